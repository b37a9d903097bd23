"""What a run can be taken away as: a Python snippet, a command line, arrays and pictures."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from diffviz.datasets import DATASETS
from diffviz.diagnostics.information import Information
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.samplers import SAMPLERS
from diffviz.schedules import SCHEDULES
from diffviz.trajectory import Trajectory

Progress = Callable[[float], None]
_DRAWING = threading.Lock()  # matplotlib's parser of formulas is not made for threads


def title(experiment: Experiment) -> str:
    """A run in a line, for the head of a picture."""
    e = experiment
    steps = f"{e.steps} steps" if e.steps_taken == e.steps else f"{e.steps_taken} of {e.steps} steps"
    parts = (DATASETS[e.dataset].title, SCHEDULES[e.schedule].title, SAMPLERS[e.sampler].title, f"{e.denoiser} denoiser", steps)
    return " · ".join(parts)


def python_snippet(experiment: Experiment) -> str:
    """Lines of Python that reproduce the run."""
    changed = {name: getattr(experiment, name) for name in experiment.to_strings()}
    arguments = "".join(f"    {name}={value!r},\n" for name, value in changed.items())
    made = f"Experiment(\n{arguments})" if arguments else "Experiment()"
    return (
        f"from diffviz import Experiment, run\n\ntrajectory = run({made})\n"
        "print(trajectory.reverse.shape)  # [K+1, N, 2], from noise to data"
    )


def command_line(experiment: Experiment, command: str = "run", out: str = "run.npz") -> str:
    """The command that reproduces the run."""
    options = [f"--{name.replace('_', '-')} {shlex.quote(text)}" for name, text in experiment.to_strings().items()]
    return " ".join([f"python -m diffviz {command}", *options, f"--out {shlex.quote(out)}"])


def render_file(
    setup: Setup,
    trajectory: Trajectory,
    information: Information,
    out: Path,
    progress: Progress = lambda share: None,
) -> None:
    """Draw a run into out, an animation if it ends in .gif, else a contact sheet (.png)."""
    from diffviz.figures import export  # matplotlib takes a second to import

    with _DRAWING:
        _draw(export, setup, trajectory, information, out, progress)


def _draw(
    export: ModuleType, setup: Setup, trajectory: Trajectory, information: Information, out: Path, progress: Progress
) -> None:
    if out.suffix == ".gif":
        curves = information.curves(f"{setup.experiment.denoiser} denoiser")
        export.render_gif(trajectory, curves["used"], curves["exact"], title(setup.experiment), out, progress)
    else:
        export.render_sheet(trajectory, title(setup.experiment), out)
