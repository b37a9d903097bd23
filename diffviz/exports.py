"""What a run can be taken away as: a Python snippet, a command line, arrays and pictures."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from diffviz.conditions import CONDITIONS, MEASURED, known_pixels
from diffviz.datasets import DATASETS
from diffviz.diagnostics.report import analyse, picture_analysis
from diffviz.engine import Setup, collect, stream
from diffviz.experiment import Experiment, ExperimentError
from diffviz.files import WriteError, check_target, written
from diffviz.images import IMAGES
from diffviz.kernels import PICTURE_VARIANCES, VARIANCES
from diffviz.relevant import DEFAULTS, canonical, relevant
from diffviz.samplers import SAMPLERS
from diffviz.samplers.base import SPACINGS
from diffviz.schedules import SCHEDULES
from diffviz.trajectory import Curve, Frame, Trajectory, save_npz

Progress = Callable[[float], None]
Watch = Callable[[Iterable[Frame]], Iterable[Frame]]
_DRAWING = threading.Lock()  # matplotlib's parser of formulas is not made for threads


def writable(out: Path, *endings: str, name: str = "out") -> Path:
    """out, if it has one of the endings, in capitals or not, and can be written. Raises ExperimentError that names the option."""
    if out.suffix.lower() not in endings:
        raise ExperimentError(name, f"must end in {' or '.join(endings)}, not {out.name[-40:]!r}.")
    if not out.parent.is_dir() or out.is_dir():
        raise ExperimentError(name, "must be a file in a folder that exists.")
    try:
        check_target(out)
    except WriteError as error:
        raise ExperimentError(name, f"must be a file that may be written: {error}") from None
    return out


def schedule_title(e: Experiment, beside: Experiment | None = None) -> str:
    """The schedule with all that is not as usual about it, or not as in the run beside."""
    usual, said = Experiment(), SCHEDULES[e.schedule].title
    if "start" in SCHEDULES[e.schedule].uses:
        if not e.scale_betas:
            said += " unscaled"
        if (e.beta_start, e.beta_end) != (usual.beta_start, usual.beta_end):
            said += f" {e.beta_start:g} to {e.beta_end:g}"
    if e.zero_snr and "zero_snr" in relevant(e):
        said += " to pure noise"
    plain = beside is not None and beside.schedule == e.schedule and said == SCHEDULES[e.schedule].title
    return said + (", as usual" if plain and schedule_title(beside) != said else "")


def parts(e: Experiment, beside: Experiment | None = None) -> list[str]:
    """What names a run: all that is not as usual, but for the seed and the device; or not as in the run beside."""
    names, mine, other = relevant(e), canonical(e), canonical(beside) if beside else DEFAULTS

    def told(name: str) -> bool:
        """Has it an effect, and is it not as usual, or not as in the other?"""
        return name in names and not mine[name] == DEFAULTS[name] == other[name]

    table = IMAGES if e.shows_pictures else DATASETS
    found = [table[e.dataset].title, schedule_title(e, beside), SAMPLERS[e.sampler].title]
    if told("eta"):
        found.append(f"η = {e.eta:g}")
    if "corrector_steps" in names:
        found.append(f"{e.corrector_steps} corrector steps")
    if told("variance"):
        found.append(f"variance {(PICTURE_VARIANCES if e.shows_pictures else VARIANCES)[e.variance].title}")
    if mine["label"] is not None:
        found.append(f"class {e.label}, guidance {e.guidance:g}")
    elif other["label"] is not None:
        found.append("no class")
    found.append(f"{e.denoiser} denoiser")
    taken = f", {SPACINGS[e.spacing].title}" if told("spacing") else ""
    found.append(f"{e.steps} steps" if e.steps_taken == e.steps else f"{e.steps_taken} of {e.steps} steps{taken}")
    starts = {
        "noise": "from fresh noise",
        "forward": "from the forward process's end",
        "picture": f"from picture {e.picture}, noised up to {e.start_time:g} T",
        "between": f"between pictures {e.picture} and {e.picture_b}",
    }
    if told("start"):
        found.append(starts[e.start])
    if e.conditional:
        found += _measurement(e)
    if beside is not None:
        values = {name: mine[name] for name in ALONE if name in names and mine[name] != other[name]}
        found += [f"{ALONE[name]} {f'{x:g}' if isinstance(x, float) else x}" for name, x in values.items()]
    return found


# they name a run only beside another
ALONE = {"points": "log SNR", "data_std": "width", "particles": "particles", "seed": "seed"}


def title(experiment: Experiment) -> str:
    """A run in a line, for the head of a picture."""
    return " · ".join(parts(experiment))


def pair_parts(a: Experiment, b: Experiment) -> tuple[str, str, str]:
    """What names A alone, B alone, and both of them."""
    one, other = parts(a, b), parts(b, a)
    own = [" · ".join(part for part in mine if part not in theirs) for mine, theirs in ((one, other), (other, one))]
    return own[0], own[1], " · ".join(part for part in one if part in other)


def _measurement(e: Experiment) -> list[str]:
    """What is measured, and the conditioning method."""
    what = {
        "inpaint": f", {known_pixels(e, e.picture_shape).mean() * 100:.0f} % known",
        "super_resolve": f", blocks of {e.factor} × {e.factor}",
        "deblur": f", {e.blur_width:g} pixels wide",
    }
    how, usual, uses = CONDITIONS[e.condition].title, Experiment(), CONDITIONS[e.condition].uses
    if "strength" in uses and e.strength != usual.strength:
        how += f", likelihood weight {e.strength:g}"
    if "resamples" in uses:
        how += f", resampling {e.resamples}" + (f", jump length {e.jump}" if e.jump != usual.jump else "")
    return [
        f"picture {e.picture} measured: {MEASURED[e.measurement].title}{what.get(e.measurement, '')}, σ = {e.measure_noise:g}",
        how,
    ]


def python_snippet(experiment: Experiment) -> str:
    """Lines of Python that reproduce the run."""
    changed = {name: getattr(experiment, name) for name in experiment.to_strings()}
    arguments = "".join(f"    {name}={value!r},\n" for name, value in changed.items())
    made = f"Experiment(\n{arguments})" if arguments else "Experiment()"
    particle = "C, H, W" if experiment.shows_pictures else "2"
    return (
        f"from diffviz import Experiment, run\n\ntrajectory = run({made})\n"
        f"print(trajectory.reverse.shape)  # [K+1, N, {particle}], from noise to data"
    )


def command_line(experiment: Experiment, command: str = "run", out: str = "run.npz") -> str:
    """The command that reproduces the run."""
    options = [f"--{name.replace('_', '-')} {shlex.quote(text)}" for name, text in experiment.to_strings().items()]
    return " ".join([f"python -m diffviz {command}", *options, f"--out {shlex.quote(out)}"])


def render_file(setup: Setup, trajectory: Trajectory, out: Path, progress: Progress = lambda share: None) -> None:
    """Draw a run into out, an animation if it ends in .gif, else a contact sheet (.png). Raises WriteError."""
    from diffviz.figures import export, picture_export  # matplotlib takes a second to import

    heading, animated = title(setup.experiment), out.suffix.lower() == ".gif"
    pictures = setup.experiment.shows_pictures
    curves = analyse(setup).curves(f"{setup.experiment.denoiser} denoiser") if animated and not pictures else {}
    with _DRAWING, written(out) as new:
        if pictures and animated:
            picture_export.render_gif(trajectory, heading, new, progress)
        elif pictures:
            picture_export.render_sheet(trajectory, heading, new)
        elif animated:
            export.render_gif(trajectory, curves["used"], curves["exact"], heading, new, progress)
        else:
            export.render_sheet(trajectory, heading, new)


def render_pair(
    a: Experiment, b: Experiment, out: Path, progress: Progress = lambda share: None, watch: Watch = lambda frames: frames
) -> None:
    """Run both, of points or of pictures, and write their arrays if out ends in .npz, or draw them on one clock, t/T: a film
    (.gif, .mp4), else a sheet (.png, .pdf). Raises WriteError.

    watch: what every frame passes through, as it is computed
    """
    setups = [Setup(experiment) for experiment in (a, b)]
    trajectories = [collect(setup, watch(stream(setup.experiment, setup)), time.perf_counter()) for setup in setups]
    ending = out.suffix.lower()
    if ending == ".npz":
        save_npz(out, dict(zip(("a_", "b_"), trajectories, strict=True)))
        return
    from diffviz.figures import pair_export  # matplotlib takes a second to import

    titles = [f"{name}: {' · '.join(parts(*pair))}" for name, pair in (("A", (a, b)), ("B", (b, a)))]
    film = ending in (".gif", ".mp4")
    costs = [_step_costs(*pair) for pair in zip(setups, trajectories, strict=True)] if film else []
    with _DRAWING, written(out) as new:
        if film:
            pair_export.render_film(trajectories, costs, titles, new, progress)
        else:
            pair_export.render_sheet(trajectories, titles, new)


def _step_costs(setup: Setup, trajectory: Trajectory) -> Curve:
    """What each step taken back dissipates; of pictures, whose dissipation is not known, what it costs; where pictures are given,
    which leaves no bound, how far the particles are apart."""
    if not setup.experiment.plain:
        spread = trajectory.reverse.std(1).mean((1, 2, 3)).astype(np.float64)
        return Curve("spread of the particles", trajectory.t, spread, "")
    if setup.experiment.shows_pictures:
        costs = picture_analysis(setup, trajectory)
        return Curve("cost of each step, nats a picture", costs.times[2:], costs.mean()[1:-1], "nats")
    dissipated = analyse(setup, setup.times).curves("")["dissipated"]
    return replace(dissipated, name="nats dissipated in each step")


def pair_snippet(a: Experiment, b: Experiment) -> str:
    """Lines of Python that reproduce a comparison, of points or of pictures."""
    kind, compare, file = ("Outcome", "compare", "comparison")
    if a.shows_pictures:
        kind, compare, file = ("PictureOutcome", "compare_pictures", "picture_comparison")
    made = [f"Experiment(**{ {name: getattr(e, name) for name in e.to_strings()}!r})" for e in (a, b)]
    return (
        "from diffviz import Experiment, run\n"
        f"from diffviz.diagnostics.{file} import {kind}, {compare}\nfrom diffviz.engine import Setup\n\n"
        f"setups = [Setup({made[0]}),\n          Setup({made[1]})]\n"
        f"a, b = ({kind}.of(setup, run(setup.experiment, setup)) for setup in setups)\n"
        f"for row in {compare}(a, b):\n    print(row.name, row.a.value, row.b.value, row.winner)"
    )


def pair_command(a: Experiment, b: Experiment) -> str:
    """The command that reproduces a comparison; each side is written as in a link."""
    return f"python -m diffviz compare --a {shlex.quote(a.to_query())} --b {shlex.quote(b.to_query())} --out compare.gif"
