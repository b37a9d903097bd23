"""Charts that are computed when they become visible: of one run or of two, once however many ask, kept up to so many bytes."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from typing import Any

from diffviz.deadline import OutOfTime
from diffviz.engine import Setup
from diffviz.experiment import Experiment, ExperimentError
from diffviz.trajectory import Curve
from diffviz.ui.broadcast import measured_of, run_key
from diffviz.ui.limits import LATER_BYTES, check_budget
from diffviz.ui.runs import Runs
from diffviz.ui.speech import notice
from diffviz.ui.turns import LONG, TURNS, Busy, called
from diffviz.views import check_comparable, told, view_of
from diffviz.views.base import Choice, LaterRow

Curves = Mapping[str, Curve | str]

FARTHEST = 1e3  # that a place may be along an axis, in units of the data: log densities there are still finite
CURVES: Runs[None, Curves] = Runs(LATER_BYTES)


def read_choice(asked: Mapping[str, Any]) -> Choice:
    """What the browser says is chosen; nothing, for what makes no sense."""
    particle, place = asked.get("chosen"), asked.get("place")
    if type(particle) is not int or particle < 0:
        particle = None
    numbers = isinstance(place, list) and all(type(value) in (int, float) and abs(value) <= FARTHEST for value in place)
    return Choice(particle, tuple(map(float, place)) if numbers else None)


def _of_run(choice: Choice, setup: Setup) -> Choice:
    """What a run has of it: a place of its data's numbers, a particle that there is."""
    particle, place = choice.particle, choice.place
    return Choice(
        particle if particle is not None and particle < setup.experiment.particles else None,
        place if place is not None and len(place) == math.prod(setup.shape) else None,
    )


def _computed(row: LaterRow, experiment: Experiment, choice: Choice) -> Generator[None, None, Curves]:
    """In one part."""
    curves = row.curves_of(measured_of(experiment), choice)
    yield
    return curves


def _curves(group: str, experiment: Experiment, choice: Choice) -> Curves:
    """Raises ExperimentError."""
    row = view_of(experiment).later[group]
    choice = _of_run(choice, Setup(experiment)) if row.chosen else Choice()
    run = CURVES.join((group, run_key(experiment), choice), lambda: _computed(row, experiment, choice))
    for _ in TURNS.giving_way(run.follow()):
        pass
    return run.result


def later_answer(experiments: list[Experiment], group: str, choice: Choice) -> dict[str, Any]:
    """The charts of a group, of one run or of two: {"charts": by clock and name, "why": by name, a sentence where there is none}.

    Raises ExperimentError for what cannot be computed, KeyError for a group that there is not.
    """
    view = view_of(experiments[0])
    row = view.later[group]
    if len(experiments) == 2:
        check_comparable(*experiments)
    measured = [measured_of(experiment) for experiment in experiments]
    if not all(map(row.applies, measured)):
        return {"charts": {}, "why": {}}
    curves = [_curves(group, experiment, choice) for experiment in experiments]
    charts, why = told.later_charts(view, group, list(zip(measured, curves, strict=True)))
    return {"charts": charts, "why": why}


def refused(experiments: list[Experiment], group: str, error: ExperimentError) -> dict[str, Any]:
    """Instead of charts, why they could not be computed."""
    return {"charts": {}, "why": dict.fromkeys(view_of(experiments[0]).later[group].charts, notice(error)["message"])}


def late_charts(asked: Mapping[str, Any], experiments: list[Experiment]) -> dict[str, Any]:
    """What the browser asks for: "later", a group, "chosen" and "place". {"later": true} where it cannot be computed now. Raises
    KeyError for a group that there is not."""
    group = asked["later"]
    if group not in view_of(experiments[0]).later:
        raise KeyError(group)
    try:
        for experiment in experiments:
            check_budget(experiment)
        with called(LONG):
            try:
                return later_answer(experiments, group, read_choice(asked))
            except OutOfTime as error:  # while it was computed: to ask again would not help
                return refused(experiments, group, error)
    except (Busy, OutOfTime):
        return {"later": True}
    except ExperimentError as error:
        return refused(experiments, group, error)
