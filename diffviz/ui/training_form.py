"""The form of the Train tab, and what may be asked with it: both are made of the recipe's own table, as the command line is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields
from functools import cache
from typing import Any

from diffviz.checkpoints import format_of, outline
from diffviz.domains import DOMAINS
from diffviz.domains.base import Domain, TrainingRow
from diffviz.experiment import ExperimentError, iter_specs
from diffviz.messages import show
from diffviz.train_command import TRAINABLE
from diffviz.trained import MAX_FILE_BYTES
from diffviz.ui.limits import (
    COST_OF_ENERGY,
    COST_OF_MOVE,
    COST_OF_UNIT,
    MAX_TRAINING,
    MAX_TRAINING_BATCH,
    MAX_TRAINING_PARAMETERS,
    MAX_UPDATE,
)
from diffviz.ui.menus import offered
from diffviz.ui.speech import typeset
from diffviz.views import VIEWS, view
from diffviz.views.base import LiveRow

MAIN = (
    *("dataset", "own_points", "bandwidth", "own_mixture"),
    *("objective", "loss", "log_snr", "moves", "step", "penalty", "spacing"),
    *("weighting", "gamma", "sigma_data", "levels", "updates"),
)
CHAINS = ("adjusted", "temperature", "buffer", "fresh")
NETWORK = ("hidden", "layers", "features", "time_features")
FOLDS = {"main": "", "chains": "Langevin chains", "network": "Network", "advanced": "Optimiser and seed"}
STOPS = {  # of sliders that are not even
    "moves": (1, 2, 5, 10, 20, 50, 100, 200),
    "step": (0.0005, 0.001, 0.002, 0.004, 0.007, 0.01, 0.02, 0.05, 0.1),
    "penalty": (0, 0.0001, 0.001, 0.01, 0.1, 1),
    "temperature": (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100),
    "buffer": (64, 256, 1024, 4096, 8192, 16_384, 65_536, 200_000),
    "updates": (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000),
    "batch": (32, 64, 128, 256, 512, 1024, 2048),
    "hidden": (8, 16, 32, 64, 128, 256),
}


def trainable() -> tuple[Domain, LiveRow]:
    """The kind of data on which networks are trained on the page."""
    return next((DOMAINS[name], view(name).live) for name in VIEWS if view(name).live)


def _rows() -> tuple[TrainingRow, ...]:
    """The usual kind of network, and the other one if there is any."""
    domain, live = trainable()
    return tuple(domain.training[name] for name in (live.row, live.other) if name)


def row_of(recipe: Any) -> TrainingRow | None:
    """The kind of network that a recipe trains; None of one that is not trained on the page."""
    return next((row for row in _rows() if row.format.recipe is type(recipe)), None)


def _row(values: Mapping[str, Any]) -> TrainingRow:
    """The kind that the settings mean. Raises ExperimentError for a setting that means none."""
    for name, _ in trainable()[1].meant:
        allowed = _fields()[name].metadata["choices"]
        if values[name] not in allowed:
            raise ExperimentError(name, f"must be one of {', '.join(allowed)}.")
    return _rows()[bool(trainable()[1].other) and all(values[name] in among for name, among in trainable()[1].meant)]


@cache
def _own_fields() -> tuple[dict[str, Field], ...]:
    """Of each kind; without what is not chosen but follows from how a training went."""
    return tuple({item.name: item for item in fields(row.format.recipe) if not item.metadata.get("if_set")} for row in _rows())


@cache
def _fields() -> dict[str, Field]:
    """Of both kinds together."""
    return {name: item for own in reversed(_own_fields()) for name, item in own.items()}


def settings_of(recipe: Any) -> dict[str, Any]:
    """All that a form has of a recipe, and what else means its kind."""
    row, (usual, *_), meant = row_of(recipe), _rows(), trainable()[1].meant
    return ({} if row is usual else {name: among[0] for name, among in meant}) | {
        name: value for name, value in asdict(recipe).items() if name in _fields()
    }


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
    places = {"main": MAIN, "chains": CHAINS, "network": NETWORK}
    fold = next((fold for fold, names in places.items() if name in names), "advanced")
    entry = {"name": name, "title": typeset(title_of(name)), "help": typeset(told.get("help", "")), "default": default}
    entry |= {"fold": fold, "common": name in live.common, "choices": None}
    if told.get("choices"):
        rows = zip(told["choices"], told["titles"], told["whys"], strict=True)
        return entry | {"kind": "menu", "choices": [(value, title, typeset(why)) for value, title, why in rows]}
    control = view(domain.name).controls.get(name, {})  # the same as in the form of a run
    if isinstance(default, str):
        return entry | {"kind": "gallery" if name == "dataset" else "text"} | control
    if isinstance(default, bool):
        return entry | {"kind": "check"} | control
    whole = type(default) is int
    entry |= {"kind": "number", "low": told["low"], "high": told["high"], "whole": whole, "optional": default is None} | control
    return entry | ({"marks": STOPS[name]} if name in STOPS else {})


def _wheres(name: str) -> list[list[list[Any]]]:
    """The conditions under which a training has this setting: all of one of these lists."""
    usual, *others = (name in own for own in _own_fields())
    means = [[field, [*values], True] for field, values in trainable()[1].meant]
    chosen = next((i for i, (field, *_) in enumerate(means) if field == name), None)
    if usual and (all(others) or chosen is not None):
        return [[]]
    if usual:  # one of the conditions does not hold, while those before it do
        return [[*means[:i], [field, values, False]] for i, (field, values, _) in enumerate(means)] or [[]]
    return [means[:chosen]]


def _rules() -> list[dict[str, Any]]:
    """Which fields are read when, those first on which others depend."""
    found: dict[str, dict[str, Any]] = {}
    for name, item in _fields().items():
        when = item.metadata.get("when")
        own = [[when[0], [*when[1]], True]] if when else []
        for where in _wheres(name):
            conditions = where + [each for each in own if each not in where]
            found.setdefault(str(conditions), {"when": conditions, "uses": []})["uses"].append(name)
    return sorted(found.values(), key=lambda rule: len(rule["when"]))


def table() -> dict[str, Any]:
    """As JSON values: Table of train/contract.d.ts."""
    domain, live = trainable()
    order = {name: index for index, name in enumerate((*MAIN, *CHAINS, *NETWORK))}
    names = sorted(_fields(), key=lambda name: order.get(name, len(order)))
    datasets = [(value, title, typeset(why)) for value, title, why in offered(domain)["dataset"] if value in TRAINABLE]
    known = {"datasets": datasets, "choices": {}, "only": {}, "other": {}, "advanced": [], "untrained": [], "missing": {}}
    kind = {"name": domain.name, "title": domain.title, **known, "alike": [], "most": {}, "start": {}}
    return {
        "fields": [_field(name, _fields()[name], domain, live) for name in names],
        "folds": FOLDS,
        "rules": _rules(),
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
    kind = _row(values).format.recipe
    try:
        recipe = kind(**{item.name: values[item.name] for item in fields(kind) if item.name in values})
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
    cost, update = point_cost(recipe), update_cost(recipe)
    if recipe.batch * cost > MAX_TRAINING_BATCH:
        most = MAX_TRAINING_BATCH // cost
        raise ExperimentError("batch", f"must be at most {most} here with this network, not {recipe.batch}.")
    if update > MAX_UPDATE and _moves(recipe):
        most = int((MAX_UPDATE / recipe.batch - cost) / (COST_OF_MOVE * _pass_cost(recipe)))
        message = f"must be at most {most} here with batches of {recipe.batch} and this network, not {recipe.moves}."
        raise ExperimentError("moves", message)
    if update > MAX_UPDATE:
        message = f"must be less here: log Z takes the energies of {recipe.quadrature_nodes} points in each update."
        raise ExperimentError("hidden", message)
    if recipe.updates * update > MAX_TRAINING:
        moves = f", {_moves(recipe)} moves" if _moves(recipe) else ""
        most = MAX_TRAINING // update
        message = f"must be at most {most} here with batches of {recipe.batch}{moves} and this network, not {recipe.updates}."
        raise ExperimentError("updates", message)


def _moves(recipe: Any) -> int:
    """Langevin moves of each point of a batch in an update."""
    return getattr(recipe, "chain_moves", 0)


def _pass_cost(recipe: Any) -> int:
    """Of a denoiser's answer, and of the derivatives of a loss of it."""
    return parameters(recipe) + COST_OF_UNIT * (recipe.features + recipe.layers * recipe.hidden)


def point_cost(recipe: Any) -> int:
    """About what one point of a batch costs in an update, without chains, in parameters by which it is multiplied: 0.03 to 0.14
    ns each, as tests/benchmarks/training_cost.py measures."""
    return _pass_cost(recipe) * (COST_OF_ENERGY if recipe.gives_energy else 1)


def update_cost(recipe: Any) -> int:
    """About what an update costs: its points, the moves of their chains, and the nodes of a quadrature. Where those do not reach
    far enough, a wider grid costs up to five times as much."""
    chains = COST_OF_MOVE * _moves(recipe) * _pass_cost(recipe)
    return int(recipe.batch * (point_cost(recipe) + chains)) + getattr(recipe, "quadrature_nodes", 0) * _pass_cost(recipe)


def parameters(recipe: Any) -> int:
    """Of its network; nothing is allocated."""
    return sum(parameter.numel() for parameter in outline(format_of(recipe), recipe).parameters())
