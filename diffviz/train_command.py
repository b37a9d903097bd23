"""The command that trains a network. Its options are the settings of every domain's recipes."""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from diffviz import checkpoints
from diffviz.domains import DATASETS, DOMAINS, domain_of
from diffviz.fields import ExperimentError
from diffviz.files import check_folder
from diffviz.messages import show
from diffviz.views import view

TRAINABLE = [name for name, row in DATASETS.items() if row.network]
OTHERS = {  # kinds of network beside the usual denoiser, and what they are
    name: row.why for domain in DOMAINS.values() for name, row in domain.training.items() if name != "network"
}


def _options() -> Iterator[inspect.Parameter]:
    """One for each data set, setting and kind of network."""
    yield _option("dataset", str, f"One of: {', '.join(TRAINABLE)}.", inspect.Parameter.empty)
    settings: dict[str, tuple[type, dict[str, str]]] = {}
    for domain in DOMAINS.values():
        for name, row in domain.training.items():
            for item in fields(row.format.recipe):
                if item.default is not MISSING and "help" in item.metadata:
                    told = settings.setdefault(item.name, (type(item.default), {}))[1]
                    whose = domain.title.lower() if name == "network" else f"a {name.replace('_', ' ')}"
                    told.setdefault(item.metadata["help"], whose)
    for setting, (kind, told) in settings.items():
        whole = " ".join(told) if len(told) == 1 else " ".join(f"For {whose}: {text}" for text, whose in told.items())
        yield _option(setting, kind | None, whole, None)
    for name, why in OTHERS.items():
        yield _option(name, bool, why, False)
    yield _option("out", Path | None, "Folder of the checkpoint; by default in checkpoints/.", None)


def _option(name: str, kind: Any, help: str, default: Any) -> inspect.Parameter:
    switch = f"--{name.replace('_', '-')}"
    annotation = Annotated[kind, typer.Option(switch, help=help)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def train(dataset: str, out: Path | None = None, **options: Any) -> dict[str, Any]:
    """Train a network on a data set, measure it and save it with its card. What is not said is as its recipe has it."""
    if dataset not in TRAINABLE:
        raise ExperimentError("dataset", f"must be one of {', '.join(TRAINABLE)}, not {show(dataset)}.")
    domain = domain_of(dataset)
    kinds = [name for name in OTHERS if options.pop(name, False)]
    if len(kinds) > 1:
        raise ExperimentError(kinds[1], f"must not be chosen together with {kinds[0]}: one network is trained at a time.")
    kind = next(iter(kinds), "network")
    if kind not in domain.training:
        raise ExperimentError("dataset", f"must be one on which a {kind.replace('_', ' ')} can be trained, not {dataset}.")
    row, card = domain.training[kind], view(domain.name).cards[kind]
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in {item.name for item in fields(row.format.recipe)}:
            raise ExperimentError(name, f"is not a setting of the {kind.replace('_', ' ')} of {dataset}.")
    try:
        recipe = row.format.recipe(dataset=dataset, **given)
    except ValueError as error:
        name, _, message = str(error).partition(" ")
        raise ExperimentError(name, message) from None
    if out is not None and (not out.parent.is_dir() or out.is_file()):
        raise ExperimentError("out", "must be a folder, in a folder that exists.")
    if out is not None and (other := checkpoints.taken(out.name)):
        raise ExperimentError("out", f"must be a folder whose name is no other denoiser's: {show(out.name)} is {other}.")
    folder = out or row.root / (dataset + row.suffix)
    check_folder(folder.parent)
    torch.set_num_threads(1)  # sums in one order: the same command gives the same weights
    started = time.perf_counter()
    step = None
    for step in row.begin(recipe).steps():
        seconds = time.perf_counter() - started
        print(f"update {step.update}/{recipe.updates}  loss {step.loss:.4f}  {seconds:.0f} s", file=sys.stderr)
    network = step.network.eval()
    measured = card.measure(network, recipe)
    checkpoints.save(folder, network, recipe, measured, card.card(recipe, measured, step.loss))
    return {"out": str(folder), "seconds": time.perf_counter() - started, "measured": measured}


train.__signature__ = inspect.Signature([*_options()])  # type: ignore[attr-defined]
train.__annotations__ = {parameter.name: parameter.annotation for parameter in train.__signature__.parameters.values()}
