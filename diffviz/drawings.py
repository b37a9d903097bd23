"""Finished runs as files: films and sheets, and with records.py arrays and tables."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from diffviz.deadline import turn
from diffviz.experiment import Experiment, ExperimentError
from diffviz.exports import pair_parts, title
from diffviz.files import written
from diffviz.player.protocol import field_points
from diffviz.records import Record, save_arrays, save_table
from diffviz.telling import captions, words
from diffviz.trajectory import Curve
from diffviz.views import view_of
from diffviz.views.pictures.posterior import given_pictures, returned_pictures

if TYPE_CHECKING:
    from diffviz.figures.scenes import Beside, Shown

Progress = Callable[[float], None]
FILMS, SHEETS, DATA = (".gif", ".mp4"), (".png", ".pdf"), (".npz", ".csv")
DRAWN = (*FILMS, *SHEETS)
POINT_OVERLAYS, PICTURE_OVERLAYS = ("density", "score", "trails", "x0_hat"), ("x0_hat", "eps_hat")
DENSITY_SIDE = 96
_DRAWING = threading.Lock()  # matplotlib's parser of formulas is not made for threads


def read_overlays(text: str | None, pictures: bool) -> tuple[str, ...]:
    """Names from a text, separated by spaces; None stands for what the page begins with. Raises ExperimentError.

    Over points: density, score, trails, x0_hat. Two runs of pictures show x0_hat or eps_hat instead of what comes back; one run
    shows both in any case.
    """
    if text is None:
        return () if pictures else ("density",)
    names, allowed = tuple(dict.fromkeys(text.split())), PICTURE_OVERLAYS if pictures else POINT_OVERLAYS
    if not set(names) <= set(allowed) or (pictures and len(names) > 1):
        some = "one" if pictures else "some"
        raise ExperimentError("overlays", f"must be {some} of {', '.join(allowed)}, separated by spaces, not {text[:60]!r}.")
    return names


def _captions(record: Record) -> Callable[[int, bool], str]:
    """What happens at t: going forward only the state is told, going back also what the step does."""
    setup, times = record.setup, record.setup.times
    texts = view_of(setup.experiment).captions(record.measured, times)
    steps = dict(zip(times.tolist(), map(words.plain, texts), strict=True))

    def caption(t: int, back: bool) -> str:
        return steps[t] if back else words.plain(captions.captions(setup, np.array([t]))[0])

    return caption


def _summary(record: Record) -> str:
    return words.plain(view_of(record.setup.experiment).summary(record.measured))


def _costs(record: Record, pair: bool) -> tuple[str, list[Curve]]:
    """A title and curves: of points what each step costs, and the exact denoiser's; of two runs what it dissipates; of pictures
    what it costs; where pictures are given, which leaves no bound, how far the particles are apart."""
    e = record.setup.experiment
    if not e.plain and e.shows_pictures:
        return "Spread of the particles", [record.curves["spread_over_time"]]
    if e.shows_pictures:
        curve = record.curves["kl_nats"]
        return "Cost of each step, nats a picture", [replace(curve, x=curve.x[1:], values=curve.values[1:], stderr=None)]
    if pair:
        return "Dissipated in each step, nats", [record.curves["dissipation_nats"]]
    curves = [replace(record.curves["kl_nats"], name=f"{e.denoiser} denoiser", stderr=None)]
    if e.denoiser != "exact":
        curves.append(replace(record.curves["exact_kl_nats"], name="exact"))
    return "KL of each step, nats", curves


def _over_points(record: Record, pair: bool) -> dict:
    """What overlays need: the exact density and the denoisers' estimates, each computed when first asked for."""
    setup, schedule = record.setup, record.setup.schedule
    from diffviz.figures.theme import VIEW

    side = torch.from_numpy(VIEW * ((2.0 * np.arange(DENSITY_SIDE) + 1.0) / DENSITY_SIDE - 1.0))
    grid = torch.cartesian_prod(side, side).flip(1)  # row by row from below
    points = torch.from_numpy(field_points())

    def level(t: int) -> tuple[float, float]:
        return float(schedule.alpha[t]), float(schedule.sigma[t])

    @lru_cache(maxsize=512)
    def density(t: int) -> np.ndarray:
        return setup.distribution.log_density(grid, *level(t)).exp().view(DENSITY_SIDE, DENSITY_SIDE).numpy()

    @lru_cache(maxsize=512)
    def estimates(t: int) -> dict[str, np.ndarray]:
        found = {"exact": setup.distribution.posterior(points.double(), *level(t), variance=False)[0].numpy()}
        if setup.experiment.denoiser != "exact":
            with torch.inference_mode():
                found["used"] = setup.denoiser(points.to(setup.device), *level(t)).x0_hat.cpu().numpy()
        return found

    return {"density": density, "estimates": estimates}


def _shown(record: Record, heading: str, overlays: tuple[str, ...], pair: bool) -> Shown:
    from diffviz.figures.scenes import Shown

    e = record.setup.experiment
    kinds: tuple[str, ...] = ("forward", "reverse")
    if e.shows_pictures:
        kinds = ("forward", *(overlays or ("reverse",))) if pair else ("forward", "reverse", "x0_hat", "eps_hat")
    costs_title, costs = _costs(record, pair)
    return Shown(
        record.trajectory,
        heading,
        _summary(record),
        kinds,
        int(record.trajectory.t[0]) if e.start == "picture" else e.steps,  # a noised picture goes no further
        _captions(record),
        costs,
        costs_title,
        () if e.shows_pictures else overlays,
        **({"beside": _beside(record)} if e.shows_pictures else _over_points(record, pair)),
    )


def _beside(record: Record) -> list[Beside]:
    """What is given and what came back of it; its asterisk is explained where figures stand."""
    from diffviz.figures.scenes import Beside

    setup, end = record.setup, record.trajectory.reverse[-1]
    pictures = [*given_pictures(setup), *returned_pictures(setup, end)]
    return [Beside(each.title, each.x, each.known, each.name.endswith("std")) for each in pictures]


def headings(experiments: Sequence[Experiment]) -> list[str]:
    """What names one run, or each of two, beginning with what sets it apart."""
    if len(experiments) == 1:
        return [title(experiments[0])]
    *own, common = pair_parts(*experiments)
    return [" · ".join(part for part in (mine, common) if part) for mine in own]


def write(records: Sequence[Record], out: Path, overlays: tuple[str, ...] = (), progress: Progress = lambda share: None) -> None:
    """One finished run, or two, as the file that the ending of out asks for.

    .gif, .mp4: a film, two runs on the clock t/T; .png, .pdf: a sheet; .npz: arrays; .csv: figures and curves
    overlays: as read_overlays returns them, of films and sheets
    Raises WriteError.
    """
    ending = out.suffix.lower()
    if ending == ".npz":
        save_arrays(out, records)
    elif ending == ".csv":
        save_table(out, records)
    else:
        from diffviz.figures import films, sheets  # matplotlib takes a second to import

        pair, names = len(records) > 1, headings([record.setup.experiment for record in records])
        runs = [_shown(record, name, overlays, pair) for record, name in zip(records, names, strict=True)]
        with turn(_DRAWING), written(out) as new:
            if ending in FILMS:
                films.render_film(runs, new, progress)
            else:
                sheets.render_sheet(runs, new)
