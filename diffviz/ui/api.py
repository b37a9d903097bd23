"""Named end points for gradio_client: /run and /schedule. An Experiment as JSON in, a report out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from diffviz.diagnostics.report import analyse, report_json, schedule_json
from diffviz.engine import Setup, run
from diffviz.experiment import Experiment, ExperimentError

MAX_PARTICLE_STEPS = 6_000_000  # what one request may cost here: particles x (T + 2 x steps taken)


def _experiment(values: Any, budget: bool = True) -> Experiment:
    """Raises gr.Error with the one sentence that says what is wrong."""
    try:
        experiment = Experiment.from_json(values) if isinstance(values, str) else Experiment.from_dict(values)
        if budget:
            check_budget(experiment)
    except ExperimentError as error:
        raise gr.Error(str(error), print_exception=False) from None
    return experiment


def check_budget(experiment: Experiment) -> None:
    """Raises ExperimentError for a run that is fit for the command line but too long for a shared page."""
    most = MAX_PARTICLE_STEPS // (experiment.steps + 2 * experiment.steps_taken)
    if experiment.particles > most:
        raise ExperimentError("particles", f"must be at most {most} with so many steps on this page, not {experiment.particles}.")


def run_report(experiment: Any) -> dict[str, Any]:
    """Run an experiment, given as a JSON object of its fields, and report what each step cost."""
    setup = Setup(_experiment(experiment))
    try:
        return report_json(setup, run(setup.experiment, setup), analyse(setup))
    except ExperimentError as error:
        raise gr.Error(str(error), print_exception=False) from None


def schedule_table(experiment: Any) -> dict[str, Any]:
    """The table of a schedule: schedule, steps and beta fields of an experiment are read."""
    return schedule_json(Setup(_experiment(experiment, budget=False)).schedule)


def build() -> None:
    """Add the end points to the Blocks being built."""
    gr.api(run_report, api_name="run", concurrency_id="engine", concurrency_limit=2)
    gr.api(schedule_table, api_name="schedule")
