"""The gap against T for several schedules: one button's work."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from diffviz.diagnostics.report import analyse
from diffviz.engine import Setup
from diffviz.experiment import ExperimentError
from diffviz.figures.comparison import gap_against_steps
from diffviz.schedules import SCHEDULES
from diffviz.thermodynamics import least_gap_nats
from diffviz.ui import controls
from diffviz.ui.explore import notice
from diffviz.ui.limits import in_time

STEPS = (5, 10, 20, 50, 100, 200, 500)
NAMES = ("linear", "cosine", "rectified_flow", "karras", "sohl_dickstein", "least_dissipation")


def gap_sweep(*values: Any, progress: gr.Progress = gr.Progress()) -> Iterator[tuple[Any, Any]]:  # noqa: B008
    """Outputs (figure as JSON, notice): the exact denoiser's gap on A's data with A's reverse variance."""
    try:
        base = replace(controls.to_experiment(values), denoiser="exact", sampler_steps=None, scale_betas=True)
        gaps: dict[str, list[float]] = {name: [] for name in NAMES}
        work = list(itertools.product(NAMES, STEPS))
        for index, (name, steps) in enumerate(in_time(work)):
            progress(index / len(work), desc="sweeping T")
            gaps[name].append(analyse(Setup(replace(base, schedule=name, steps=steps))).gap.value)
        mixture = Setup(base).mixture
        titled = {SCHEDULES[name].title: gap for name, gap in gaps.items()}
        yield json.dumps(gap_against_steps(STEPS, titled, [least_gap_nats(mixture, steps) for steps in STEPS])), ""
    except ExperimentError as error:
        yield gr.skip(), notice(error, "dvc-a")
