"""The form of the Train tab, and what may be asked with it: both are made of the recipe's own table, as the command line is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any

import torch

from diffviz.domains import DOMAINS
from diffviz.domains.base import Domain, TrainingRow
from diffviz.experiment import ExperimentError, iter_specs
from diffviz.messages import show
from diffviz.train_command import TRAINABLE
from diffviz.trained import MAX_FILE_BYTES
from diffviz.ui.limits import COST_OF_ENERGY, COST_OF_UNIT, MAX_TRAINING, MAX_TRAINING_BATCH, MAX_TRAINING_PARAMETERS
from diffviz.ui.menus import offered
from diffviz.ui.speech import typeset
from diffviz.views import VIEWS, view
from diffviz.views.base import LiveRow

MAIN = (
    *("dataset", "own_points", "bandwidth", "own_mixture"),
    *("objective", "weighting", "gamma", "sigma_data", "levels", "updates"),
)
NETWORK = ("hidden", "layers", "features", "time_features")
FOLDS = {"main": "", "network": "Network", "advanced": "Optimiser and seed"}
STOPS = {  # of sliders that are not even
    "updates": (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000),
    "batch": (32, 64, 128, 256, 512, 1024, 2048),
    "hidden": (8, 16, 32, 64, 128, 256),
}


def trainable() -> tuple[Domain, LiveRow]:
    """The kind of data on which networks are trained on the page."""
    return next((DOMAINS[name], view(name).live) for name in VIEWS if view(name).live)


def row() -> TrainingRow:
    domain, live = trainable()
    return domain.training[live.row]


@cache
def _fields() -> dict[str, Field]:
    return {item.name: item for item in fields(row().format.recipe)}


def defaults() -> dict[str, Any]:
    """By field, what a new training begins with."""
    found = {name: item.default for name, item in _fields().items() if item.default is not MISSING}
    return {**found, **trainable()[1].usual}


def title_of(name: str) -> str:
    """Of a field, as the form has it."""
    known = next((spec.title for field, spec, *_ in iter_specs() if field == name), None) if name == "dataset" else None
    told = _fields()[name].metadata if name in _fields() else {}
    return known or told.get("title") or name.replace("_", " ").capitalize()


def _field(name: str, item: Field, domain: Domain, live: LiveRow) -> dict[str, Any]:
    told, default = item.metadata, defaults()[name]
    fold = "main" if name in MAIN else "network" if name in NETWORK else "advanced"
    entry = {"name": name, "title": typeset(title_of(name)), "help": typeset(told.get("help", "")), "default": default}
    entry |= {"fold": fold, "common": name in live.common, "choices": None}
    if told.get("choices"):
        rows = zip(told["choices"], told["titles"], told["whys"], strict=True)
        return entry | {"kind": "menu", "choices": [(value, title, typeset(why)) for value, title, why in rows]}
    control = view(domain.name).controls.get(name, {})  # the same as in the form of a run
    if isinstance(default, str):
        return entry | {"kind": "gallery" if name == "dataset" else "text"} | control
    whole = type(default) is int
    entry |= {"kind": "number", "low": told["low"], "high": told["high"], "whole": whole, "optional": default is None} | control
    return entry | ({"marks": STOPS[name]} if name in STOPS else {})


def table() -> dict[str, Any]:
    """As JSON values: Table of train/contract.d.ts."""
    domain, live = trainable()
    order = {name: index for index, name in enumerate((*MAIN, *NETWORK))}
    names = sorted(_fields(), key=lambda name: order.get(name, len(order)))
    always = [name for name, item in _fields().items() if item.metadata.get("when") is None]
    rules = [{"when": [], "uses": always}]
    for name, item in _fields().items():
        if item.metadata.get("when"):
            field, values = item.metadata["when"]
            rules.append({"when": [[field, [*values], True]], "uses": [name]})
    datasets = [(value, title, typeset(why)) for value, title, why in offered(domain)["dataset"] if value in TRAINABLE]
    known = {"datasets": datasets, "choices": {}, "only": {}, "other": {}, "advanced": [], "untrained": [], "missing": {}}
    kind = {"name": domain.name, "title": domain.title, **known, "alike": [], "most": {}, "start": {}}
    return {
        "fields": [_field(name, _fields()[name], domain, live) for name in names],
        "folds": FOLDS,
        "rules": rules,
        "defaults": defaults(),
        "domains": [kind],
        "most": MAX_FILE_BYTES,
        "presets": [
            {"key": f"preset{number}", "title": title, "what": what, "runs": [dict(run) for run in runs]}
            for number, (title, what, runs) in enumerate(live.presets)
        ],
    }


def read_recipe(settings: Any) -> Any:
    """A recipe from JSON, which a page can afford. Raises ExperimentError that names a field."""
    if not isinstance(settings, Mapping):
        raise ExperimentError("recipes", "must be one or two objects of settings.")
    known = _fields()
    for name in settings:
        if name not in known:
            raise ExperimentError("recipes", f"have no setting {show(name)}.")
    values = defaults() | {name: _typed(name, value) for name, value in settings.items()}
    datasets = trainable()[0].datasets
    usable = [name for name in datasets if name in TRAINABLE]
    if values["dataset"] not in usable:
        raise ExperimentError("dataset", f"must be one of {', '.join(datasets[name].title for name in usable)}.")
    try:
        recipe = row().format.recipe(**values)
    except ValueError as error:
        name, _, message = str(error).partition(" ")
        raise ExperimentError(name, message) from None
    check_training(recipe)
    return recipe


def _typed(name: str, value: Any) -> Any:
    """The value in its field's type."""
    default = defaults()[name]
    if default is None and value is None:
        return None
    kind = float if default is None else type(default)
    if kind is float and type(value) is int and abs(value) < 2**53:
        value = float(value)
    if type(value) is not kind:
        what = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}[kind]
        raise ExperimentError(name, f"must be {what}, not {show(value)}.")
    return value


def check_training(recipe: Any) -> None:
    """Raises ExperimentError for a training that is fit for the command line but too much for a shared page."""
    size = parameters(recipe)
    if size > MAX_TRAINING_PARAMETERS:
        message = f"must be less here: the network has {size} parameters, more than {MAX_TRAINING_PARAMETERS}."
        raise ExperimentError("hidden", message)
    cost = point_cost(recipe)
    if recipe.batch * cost > MAX_TRAINING_BATCH:
        most = MAX_TRAINING_BATCH // cost
        raise ExperimentError("batch", f"must be at most {most} here with this network, not {recipe.batch}.")
    if recipe.updates * recipe.batch * cost > MAX_TRAINING:
        most = MAX_TRAINING // (recipe.batch * cost)
        message = f"must be at most {most} here with batches of {recipe.batch} and this network, not {recipe.updates}."
        raise ExperimentError("updates", message)


def point_cost(recipe: Any) -> int:
    """About what one point of a batch costs in an update, in parameters by which it is multiplied: 0.03 to 0.14 ns each, as
    tests/benchmarks/training_cost.py measures."""
    units = recipe.features + recipe.layers * recipe.hidden
    return (parameters(recipe) + COST_OF_UNIT * units) * (COST_OF_ENERGY if recipe.gives_energy else 1)


def parameters(recipe: Any) -> int:
    """Of its network; nothing is allocated."""

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in row().format.new(recipe).parameters())
