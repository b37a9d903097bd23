"""A figure of the settings of A and of B over the number of steps T, beside other schedules."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from diffviz.deadline import check_time
from diffviz.experiment import Experiment, differing
from diffviz.exports import schedule_title
from diffviz.figures.sweep import gap_against_steps
from diffviz.grids import combinations
from diffviz.relevant import SCHEDULE_FIELDS
from diffviz.schedules import SCHEDULES
from diffviz.telling.words import listed

STEPS = (5, 10, 20, 50, 100, 200, 500)


def explained(names: Sequence[str], how: str) -> str:
    """What a sweep of the named schedules does. how: the gap of one chain is found."""
    titles, steps = listed([SCHEDULES[name].title for name in names]), listed([str(steps) for steps in STEPS])
    return (
        f"The number of diffusion steps T is varied: {steps}. For each T the ELBO gap, the negative ELBO less the data's "
        f"entropy, is computed for the schedules of A and of B and, with their usual settings, for {titles}. The denoiser is "
        f"exact and every step is taken; {how}, and no samples are drawn. The result is a curve of the gap over T for each "
        "schedule: the lower the curve, the fewer steps are needed for the same gap."
    )


@dataclass(frozen=True)
class Swept:
    """values: at STEPS, of every experiment as it is at its own T; sides: by label, of A and of B, or once for both; others: by
    title, None for one that a side has."""

    values: dict[Experiment, list[float]]
    sides: dict[str, list[float]]
    others: dict[str, list[float] | None]


def lines(a: Experiment, b: Experiment, names: Sequence[str]) -> tuple[dict[str, Experiment], dict[str, Experiment]]:
    """By label, what is swept: the schedules of A and of B as they are set, and the named ones as they are by default, but for
    those that A or B has. All else is A's, except that the denoiser is the exact one, the sampler the chain of the bound, no
    mistake is made on purpose, nothing is measured, and every step is taken from T on, of one particle."""
    usual = Experiment()
    plain = {name: getattr(usual, name) for name in SCHEDULE_FIELDS}
    rest = {"sampler": "ancestral", "sampler_steps": None, "bug": "none", "start": "noise", "measurement": "none"}
    base = replace(a, denoiser="exact", particles=1, **rest, **plain)
    own = [replace(base, **{name: getattr(side, name) for name in SCHEDULE_FIELDS}) for side in (a, b)]
    titles = [schedule_title(side) for side in own]
    if not differing(*own):
        sides = {f"A = B: {titles[0]}": own[0]}
    else:
        sides = {f"{letter}: {title}": side for letter, title, side in zip("AB", titles, own, strict=True)}
    others = {SCHEDULES[name].title: replace(base, schedule=name) for name in names}
    return sides, {title: other for title, other in others.items() if all(differing(other, side) for side in own)}


def _with(e: Experiment, values: Mapping[str, Any]) -> Experiment:
    return replace(e, **values)


def swept(
    a: Experiment, b: Experiment, names: Sequence[str], value: Callable[[Experiment], float]
) -> Generator[dict[str, int], None, Swept]:
    """Yields how many chains are done of how many; value: of an experiment."""
    sides, kept = lines(a, b, names)
    values: dict[Experiment, list[float]] = {e: [] for e in (*sides.values(), *kept.values())}
    runs = [(e, each.run) for e in values for each in combinations({"steps": STEPS}, partial(_with, e))]
    for index, (e, run) in enumerate(runs):
        check_time()
        yield {"done": index, "all": len(runs)}
        values[e].append(value(run))
    of = {title: values[e] for title, e in (sides | kept).items()}
    return Swept(
        values,
        {label: of[label] for label in sides},
        {title: of.get(title) for title in (SCHEDULES[name].title for name in names)},
    )


def exact_gaps(
    a: Experiment, b: Experiment, names: Sequence[str], gap_nats: Callable[[Experiment], float], data: str
) -> Iterator[dict[str, Any]]:
    """A DomainView's sweep where all gaps are known exactly. gap_nats: of an experiment; data: what the title calls them."""
    found = yield from swept(a, b, names, gap_nats)
    title = f"ELBO gap vs T: {data}, exact denoiser, all T steps"
    yield {"title": title, "figure": gap_against_steps(STEPS, found.sides, found.others, None, None)}
