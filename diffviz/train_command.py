"""The command that trains a network. Its options are the settings of every domain's recipes."""

from __future__ import annotations

import inspect
import math
import shlex
import time
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from diffviz import checkpoints
from diffviz.console import patient_stop, progress
from diffviz.domains import DATASETS, DOMAINS, domain_of
from diffviz.fields import ExperimentError
from diffviz.files import check_folder
from diffviz.messages import show
from diffviz.training.loop import Diverged, Training
from diffviz.training.saved import load_state, save_state
from diffviz.views import filed, view

EVERY = 500  # updates
PART = 10  # updates, after which it is seen whether Ctrl-C was pressed


def _trainable(dataset: str) -> bool:
    """Does the usual network's recipe take these data?"""
    try:
        return bool(domain_of(dataset).training["network"].format.recipe(dataset=dataset))
    except (KeyError, ValueError):
        return False


TRAINABLE = [name for name in DATASETS if _trainable(name)]
OTHERS = {  # kinds of network beside the usual denoiser, and what they are
    name: row.why for domain in DOMAINS.values() for name, row in domain.training.items() if name != "network"
}


def _options() -> Iterator[inspect.Parameter]:
    """One for each data set, setting and kind of network."""
    yield _option("dataset", str | None, f"One of: {', '.join(TRAINABLE)}.", None)
    settings: dict[str, tuple[type, dict[str, str]]] = {}
    for domain in DOMAINS.values():
        for name, row in domain.training.items():
            for item in fields(row.format.recipe):
                if item.default is not MISSING and "help" in item.metadata:
                    told = settings.setdefault(item.name, (float if item.default is None else type(item.default), {}))[1]
                    whose = domain.title.lower() if name == "network" else f"a {name.replace('_', ' ')}"
                    told.setdefault(item.metadata["help"], whose)
    for setting, (kind, told) in settings.items():
        whole = " ".join(told) if len(told) == 1 else " ".join(f"For {whose}: {text}" for text, whose in told.items())
        yield _option(setting, kind | None, whole, None)
    for name, why in OTHERS.items():
        yield _option(name, bool, why, False)
    yield _option("out", Path | None, "Folder of the checkpoint; by default in checkpoints/, or that of resume.", None)
    told = "Go on with a training that was interrupted, or that kept its state: its folder. With updates, to that number in all."
    yield _option("resume", Path | None, told, None)
    yield _option("keep_state", bool, "Keep the state in the folder also at the end, to go on later with more updates.", False)
    yield _option("replace", bool, "Replace what another recipe left in the folder.", False)
    yield _option("every", int, "So many updates after each of which the state is written, to resume from.", EVERY)


def _option(name: str, kind: Any, help: str, default: Any) -> inspect.Parameter:
    switch = f"--{name.replace('_', '-')}"
    annotation = Annotated[kind, typer.Option(switch, help=help)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _new(dataset: str | None, options: dict[str, Any]) -> tuple[str, Training]:
    """The kind of network, and its training as the options say."""
    if dataset not in TRAINABLE:
        raise ExperimentError("dataset", f"must be one of {', '.join(TRAINABLE)}, not {show(dataset)}.")
    domain = domain_of(dataset)
    kinds = [name for name in OTHERS if options.pop(name, False)]
    if len(kinds) > 1:
        raise ExperimentError(kinds[1], f"must not be chosen together with {kinds[0]}: one network is trained at a time.")
    kind = next(iter(kinds), "network")
    if kind not in domain.training:
        raise ExperimentError("dataset", f"must be one on which a {kind.replace('_', ' ')} can be trained, not {dataset}.")
    row, given = domain.training[kind], {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in {item.name for item in fields(row.format.recipe)}:
            raise ExperimentError(name, f"is not a setting of the {kind.replace('_', ' ')} of {dataset}.")
    given = {name: filed(name, value) for name, value in given.items()}
    try:
        return kind, row.begin(row.format.recipe(dataset=dataset, **given))
    except ValueError as error:
        name, _, message = str(error).partition(" ")
        raise ExperimentError(name, message) from None


def _resumed(folder: Path, dataset: str | None, options: dict[str, Any]) -> tuple[str, Training]:
    """The kind of network, and its training as it was when it was written into a folder; with updates among the options it goes
    on to that number (Training.lengthened). Raises ExperimentError."""
    updates = options.pop("updates", None)
    more = [name for name, value in {"dataset": dataset, **options}.items() if value not in (None, False)]
    if more:
        raise ExperimentError(more[0], "must be left out with resume: the training goes on with its own settings.")
    if (folder / checkpoints.CONFIG).exists() and not (folder / checkpoints.STATE).exists():
        raise ExperimentError(
            "resume",
            "must be the folder of a training that was interrupted, or that kept its state (--keep-state): the one in "
            f"{show(str(folder))} is finished.",
        )
    try:
        form, recipe, state = load_state(folder)
        rows = domain_of(recipe.dataset).training.items()
        kind, row = next((kind, row) for kind, row in rows if row.format.recipe is form.recipe)
        training = row.begin(recipe)
        training.restore(state)
    except ValueError as error:  # CheckpointError is one
        raise ExperimentError("resume", f"cannot continue the training in {show(str(folder))}: {error}") from error
    if updates is not None:
        return kind, _lengthened(training, updates)
    if training.done and (folder / checkpoints.CONFIG).exists():
        raise ExperimentError("updates", f"must be given, more than {training.update}: the training is finished.")
    return kind, training


def _lengthened(training: Training, updates: int) -> Training:
    """To another number of updates. Raises ExperimentError."""
    if not hasattr(training.recipe, "earlier"):
        raise ExperimentError("updates", f"cannot be changed with resume: a network of {training.recipe.dataset} has one length.")
    try:
        return training.lengthened(updates)
    except ValueError as error:
        name, _, message = str(error).partition(" ")
        raise ExperimentError(name, message) from None


def _check_place(folder: Path, recipe: Any) -> None:
    """Raises ExperimentError where a folder holds what another recipe has made, finished or under way."""
    for what, read in (("checkpoint", checkpoints.recipe_in), ("unfinished training", _recipe_under_way)):
        try:
            there = read(folder)
        except checkpoints.CheckpointError:
            different = ["damaged"]
        else:
            different = [] if there in (None, recipe) else _differences(there, recipe)
        if different:
            raise ExperimentError(
                "out",
                f"must be another folder, or be replaced by --replace: {show(folder.absolute().name)} holds the {what} of "
                f"another recipe ({', '.join(different)}).",
            )


def _recipe_under_way(folder: Path) -> Any | None:
    return load_state(folder)[1] if (folder / checkpoints.STATE).exists() else None


def _differences(one: Any, other: Any) -> list[str]:
    """The settings that differ between two recipes."""
    if type(one) is not type(other):
        return ["another kind of network"]
    return [item.name for item in fields(one) if getattr(one, item.name) != getattr(other, item.name)]


def _run(training: Training, folder: Path, every: int) -> float:
    """Train to the end, with progress on standard error, and a state in the folder after every so many updates. The mean loss
    since the last of them. Raises ExperimentError where the loss is not finite, with the last good state in the folder, and
    KeyboardInterrupt after Ctrl-C, with the state of that moment."""
    recipe, losses = training.recipe, []
    with progress(recipe.updates, "updates") as tell, patient_stop() as stopped:
        tell(training.update)
        try:
            while not training.done:
                step = training.advance(min(PART, every - training.update % every))
                tell(step.update)
                losses += step.losses
                stop = stopped() and not training.done
                if stop or (step.update % every == 0 and not training.done):
                    save_state(folder, training)
                    losses.clear()
                if stop:
                    raise KeyboardInterrupt
        except Diverged as error:
            kept = save_state(folder, training)
            raise ExperimentError(
                "lr",
                f"may be too large: the {error.said}. The last good weights, after update {training.update}, are kept in "
                f"{show(str(kept))}.",
            ) from None
    return math.fsum(losses) / len(losses)


def _stopped(training: Training, folder: Path) -> typer.Abort:
    """What is told after Ctrl-C."""
    said = f"Stopped after update {training.update} of {training.recipe.updates}."
    try:
        there = _recipe_under_way(folder)
    except checkpoints.CheckpointError:
        there = None
    if there != training.recipe:  # of another one, which was to be replaced
        return typer.Abort(f"{said} Nothing was written yet.")
    return typer.Abort(f"{said} To go on: python -m diffviz train --resume {shlex.quote(str(folder))}")


def train(
    dataset: str | None = None,
    out: Path | None = None,
    resume: Path | None = None,
    keep_state: bool = False,
    replace: bool = False,
    every: int = EVERY,
    **options: Any,
) -> dict[str, Any]:
    """Train a network on a data set, measure it and save it with its card. What is not said is as its recipe has it.

    While it trains its state is written into the folder now and then, and after Ctrl-C; resume goes on from there, to the same
    weights, or with updates to another number of them. A folder with another recipe's checkpoint or state is refused, unless
    replace is given.
    """
    if every < 1:
        raise ExperimentError("every", "must be a whole number from 1.")
    torch.set_num_threads(1)  # sums in one order: the same command gives the same weights
    kind, training = _new(dataset, options) if resume is None else _resumed(resume, dataset, options)
    recipe, out = training.recipe, out or resume
    domain = domain_of(recipe.dataset)
    row, card = domain.training[kind], view(domain.name).cards[kind]
    if out is None and not DATASETS[recipe.dataset].network:
        raise ExperimentError("out", f"must be a folder: {recipe.dataset} has no checkpoint of its own.")
    if out is not None and (not out.parent.is_dir() or out.is_file()):
        raise ExperimentError("out", "must be a folder, in a folder that exists.")
    if out is not None and (other := checkpoints.taken(out.name)):
        raise ExperimentError("out", f"must be a folder whose name is no other denoiser's: {show(out.name)} is {other}.")
    folder = out or row.root / (recipe.dataset + row.suffix)
    if file := checkpoints.foreign(folder):
        raise ExperimentError("out", f"must be a folder of its own: {show(folder.absolute().name)} holds {show(file)}.")
    check_folder(folder.parent)
    if not replace and folder != resume:
        _check_place(folder, recipe)
    started = time.perf_counter()
    try:
        loss = _run(training, folder, every) if not training.done else math.nan
        network = training.average.eval()
        measured, beside = card.measure(network, recipe), card.floor(network, recipe) if card.floor else {"loss": loss}
        checkpoints.save(folder, network, recipe, measured, card.card(recipe, measured, loss))
        if keep_state:
            save_state(folder, training)
    except KeyboardInterrupt:
        raise _stopped(training, folder) from None
    return {"out": str(folder), "seconds": time.perf_counter() - started, **beside, "measured": measured}


train.__signature__ = inspect.Signature([*_options()])  # type: ignore[attr-defined]
train.__annotations__ = {parameter.name: parameter.annotation for parameter in train.__signature__.parameters.values()}
