"""The gap against T for several schedules: one button's work."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from diffviz.datasets import DATASETS
from diffviz.diagnostics.report import analyse
from diffviz.engine import Setup
from diffviz.experiment import ExperimentError
from diffviz.figures.comparison import gap_against_steps
from diffviz.kernels import VARIANCES
from diffviz.schedules import SCHEDULES
from diffviz.thermodynamics import least_gap_nats
from diffviz.ui.controls import PLANE
from diffviz.ui.explore import notice
from diffviz.ui.limits import in_time
from diffviz.ui.pair import SideError, of_side

STEPS = (5, 10, 20, 50, 100, 200, 500)
NAMES = ("linear", "cosine", "rectified_flow", "karras", "least_dissipation")


def gap_sweep(*values: Any, progress: gr.Progress = gr.Progress()) -> Iterator[tuple[Any, Any]]:  # noqa: B008
    """Outputs (title and figure as JSON, notice): the exact denoiser's gap on A's data, with A's reverse variance, under the
    schedules of A, of B and of NAMES."""
    try:
        sides = []
        for letter, part in (("a", values[: len(PLANE.names)]), ("b", values[len(PLANE.names) :])):
            with of_side(letter):
                sides.append(PLANE.to_experiment(part))
        base = replace(sides[0], denoiser="exact", sampler_steps=None, scale_betas=True)
        names = list(dict.fromkeys([*(side.schedule for side in sides), *NAMES]))
        gaps: dict[str, list[float]] = {name: [] for name in names}
        work = list(itertools.product(names, STEPS))
        for index, (name, steps) in enumerate(in_time(work)):
            progress(index / len(work), desc="sweeping T")
            gaps[name].append(analyse(Setup(replace(base, schedule=name, steps=steps))).gap.value)
        mixture = Setup(base).mixture
        titled = {SCHEDULES[name].title: gap for name, gap in gaps.items()}
        least = [least_gap_nats(mixture, steps) for steps in STEPS]
        figure = gap_against_steps(STEPS, titled, least, [SCHEDULES[side.schedule].title for side in sides])
        variance = VARIANCES[base.variance].title
        title = f"Gap against T: {DATASETS[base.dataset].title}, reverse variance {variance}, exact denoiser, all T steps"
        yield json.dumps({"title": title, "figure": figure}), ""
    except SideError as error:
        yield gr.skip(), notice(error, f"dvc-{error.side}")
    except ExperimentError as error:
        yield gr.skip(), notice(error, "dvc")
