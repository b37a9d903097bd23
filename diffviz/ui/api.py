"""Named end points for gradio_client: /run, /thermo and /schedule. An Experiment as JSON in, a report out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import gradio as gr

from diffviz.diagnostics.report import report_json, schedule_json
from diffviz.engine import Setup, collect
from diffviz.experiment import MAX_PARTICLES, Experiment, ExperimentError
from diffviz.messages import show
from diffviz.thermodynamics.report import PATHS
from diffviz.thermodynamics.work import path_law
from diffviz.ui.limits import ENGINE, check_budget, deadline
from diffviz.ui.turns import LONG, TURNS, attended
from diffviz.ui.watching import observed
from diffviz.ui.zero import stream
from diffviz.views import thermo_report, view_of


@contextmanager
def _turn() -> Iterator[None]:
    """One turn for an answer, within its deadline, which ends when nobody waits for it any more. Raises ExperimentError."""
    by = deadline()
    with attended() as visit, visit.open(), by.open(), TURNS.one(LONG):
        visit.at_leaving = by.end
        yield


def _experiment(values: Any, budget: bool = True) -> Experiment:
    """Raises gr.Error with the one sentence that says what is wrong."""
    try:
        experiment = Experiment.from_json(values) if isinstance(values, str) else Experiment.from_dict(values)
        if budget:
            check_budget(experiment)
    except ExperimentError as error:
        raise gr.Error(str(error), print_exception=False) from None
    return experiment


def run_report(experiment: Any) -> dict[str, Any]:
    """Run an experiment, given as a JSON object of its fields, and report what each step cost."""
    setup = Setup(_experiment(experiment))
    try:
        with _turn():
            started = time.perf_counter()
            trajectory = collect(setup, TURNS.giving_way(stream(setup.experiment, setup)), started)
            return report_json(view_of(setup.experiment).measure(setup, trajectory))
    except ExperimentError as error:
        raise gr.Error(str(error), print_exception=False) from None


def thermo(experiment: Any, paths: int = PATHS) -> dict[str, Any]:
    """The work of paths of an experiment, given as a JSON object of its fields, and what it obeys: fluctuation theorems, entropy
    production, brackets, and when samples commit. As many paths may be drawn as a run may have particles; the particles of the
    experiment are not read."""
    if type(paths) is not int or not 2 <= paths <= MAX_PARTICLES:
        raise gr.Error(f"paths must be a whole number from 2 to {MAX_PARTICLES}, not {show(paths)}.", print_exception=False)
    setup = Setup(_experiment(experiment, budget=False))
    try:
        with _turn():
            path_law(setup)  # data that have no such law are refused as such, not for what they cost
            check_budget(replace(setup.experiment, particles=paths))
            return thermo_report(setup, paths)
    except ExperimentError as error:
        said = ExperimentError("paths", error.message) if error.field == "particles" else error
        raise gr.Error(str(said), print_exception=False) from None


def schedule_table(experiment: Any) -> dict[str, Any]:
    """The table of a schedule: schedule, steps and beta fields of an experiment are read, and the data where it is made for
    them."""
    setup = Setup(_experiment(experiment, budget=False))
    try:
        with _turn():
            return schedule_json(setup.schedule)
    except ExperimentError as error:
        raise gr.Error(str(error), print_exception=False) from None


def build() -> None:
    """Add the end points to the Blocks being built."""
    public = {**ENGINE, "api_visibility": "public"}
    gr.api(observed("/run", run_report), api_name="run", **public)
    gr.api(observed("/thermo", thermo), api_name="thermo", **public)
    gr.api(observed("/schedule", schedule_table), api_name="schedule", **public)
