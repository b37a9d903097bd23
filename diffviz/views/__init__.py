"""The views of every domain, imported when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from diffviz.domains import domain_of
from diffviz.engine import Setup
from diffviz.experiment import Experiment, ExperimentError
from diffviz.fields import option
from diffviz.telling.questions import TOPICS, Question
from diffviz.thermodynamics.report import thermo_json
from diffviz.thermodynamics.work import check_paths, path_law
from diffviz.views.base import DomainView

# names of DOMAINS; each folder has a domain.py whose VIEW is a DomainView
VIEWS = ("plane", "pictures", "heartbeat", "words", "graphs")
COMMANDS = {  # by name, module and function of one domain
    "evaluate": ("pictures.evaluation.command", "evaluate_command"),
    "bugs": ("plane.bugs", "bugs_command"),
    "points": ("plane.points_command", "points_command"),
}
FILED = {  # by field, what makes its text of a file
    "own_points": ("plane.points_command", "text_of_file"),
    "own_words": ("words.files", "text_of_file"),
}


@cache
def view(name: str) -> DomainView:
    """Of a domain, by name."""
    return import_module(f"diffviz.views.{name}.domain").VIEW


def view_of(experiment: Experiment) -> DomainView:
    """Of the domain that the experiment's data are of."""
    return view(domain_of(experiment.dataset).name)


def thermo_report(setup: Setup, paths: int) -> dict[str, Any]:
    """The thermodynamics of a run, from so many paths of either law, as JSON. Raises ExperimentError, before anything is
    computed, where the probabilities of its paths are not known or paths are too many."""
    check_paths(path_law(setup), paths)
    return thermo_json(setup, paths, view_of(setup.experiment).known(setup))


def questions() -> list[Question]:
    """Of every domain, by topic; a topic's in the order of VIEWS."""
    found = [question for name in VIEWS for question in view(name).questions]
    return sorted(found, key=lambda question: TOPICS.index(question.topic))


def commands() -> dict[str, Callable[..., None]]:
    """The commands that one domain adds to the command line, by name."""
    return {name: getattr(import_module(f"diffviz.views.{module}"), function) for name, (module, function) in COMMANDS.items()}


def filed(field: str, given: Any) -> Any:
    """What a command line gives for a field; where that is the name of a file, as it may be for some fields, what the file holds.
    Raises ExperimentError."""
    if field not in FILED:
        return given
    module, function = FILED[field]
    return getattr(import_module(f"diffviz.views.{module}"), function)(given)


def check_comparable(a: Experiment, b: Experiment) -> None:
    """Raises ExperimentError, naming a field of b, if b cannot stand beside a."""
    if view_of(a) is not view_of(b):
        theirs, given = option("dataset", a.dataset), option("dataset", b.dataset)
        raise ExperimentError("dataset", f"must be of the kind of {theirs}, as in A, not {given}.")
    view_of(a).comparable(a, b)
