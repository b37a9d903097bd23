"""What the Train tab asks of the server; train/contract.d.ts says what each question and answer is.

The page pulls: each call takes a turn among all that is long, trains for a moment, and answers with what is new. A visitor who
leaves costs nothing more.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

import torch

from diffviz.checkpoints import Checkpoint, CheckpointError
from diffviz.deadline import OutOfTime
from diffviz.experiment import ExperimentError
from diffviz.exports import training_command
from diffviz.trained import MAX_FILE_BYTES, NAME, SHELF, file_of, open_file
from diffviz.training.loop import Training
from diffviz.training.settings import earlier_of, lengthened
from diffviz.ui.jobs import COPIES, JOBS, Job
from diffviz.ui.speech import SideError, notice, typeset
from diffviz.ui.training_form import check_training, parameters, read_recipe, row_of, settings_of, title_of, trainable
from diffviz.ui.turns import LONG, Busy, called
from diffviz.views import FILED

MOST_UPDATES, MOST_REPORTS = 10**9, 10**9
LOWEST, HIGHEST = -20.0, 20.0  # log SNR
MOST_IDS = 64
LONGEST = 4096  # letters of a setting in a command; a longer one is in a file, where the command takes one
STATES = 3  # of what else a training changes: itself, and two copies to return to
REPORT_BYTES = 2**20  # of MOST_WAITING reports that a page has not fetched yet
GONE = (
    "This training is no longer on the server, which keeps those that somebody asks for. What you have seen of it stays here; "
    "begin again, or load a saved file."
)
ALONE = "the file holds the network alone, without the state of its optimiser and its generators"

Asked = Mapping[str, Any]


def _served(answer: Callable[[Asked], dict[str, Any]]) -> Callable[[str], str]:
    """From JSON to JSON, whatever is asked: a refusal is a sentence; empty for what is no question."""

    @wraps(answer)
    def served(what: str) -> str:
        try:
            asked = json.loads(what)
            found = answer(asked) if isinstance(asked, dict) else {}
        except (Busy, OutOfTime, _Taken):
            found = {"later": True}
        except _Gone:
            found = {"error": GONE, "gone": True}
        except ExperimentError as error:
            found = {"notices": [notice(error, title=title_of(error.field))]}
        except CheckpointError as error:
            found = {"error": typeset(str(error)[:1].upper() + str(error)[1:])}
        except (ValueError, TypeError, RecursionError):
            return ""
        return json.dumps(found, allow_nan=False, separators=(",", ":")) if found else ""

    return served


def _whole(asked: Asked, name: str, most: int) -> int:
    value = asked.get(name)
    if type(value) is not int or not 0 <= value <= most:
        raise ExperimentError(name, f"must be a whole number from 0 to {most}.")
    return value


def _level(asked: Asked) -> float:
    view = asked.get("view")
    level = view.get("log_snr") if isinstance(view, dict) else None
    if type(level) not in (int, float) or not LOWEST <= level <= HIGHEST:
        raise ExperimentError("log_snr", f"must be a number from {LOWEST:g} to {HIGHEST:g}.")
    return float(level)


def _recipes(asked: Asked) -> list[Any]:
    settings = asked.get("recipes")
    if not isinstance(settings, list) or not 1 <= len(settings) <= 2:
        raise ExperimentError("recipes", "must be one or two.")
    recipes = []
    for side, each in enumerate(settings):
        try:
            recipes.append(read_recipe(each))
        except ExperimentError as error:
            if len(settings) == 1:
                raise
            raise SideError("ab"[side], error) from None
    for name in trainable()[1].common:
        if getattr(recipes[0], name) != getattr(recipes[-1], name):
            raise ExperimentError(name, "must be the same in both trainings.")
    return recipes


def _bytes_of(training: Training) -> int:
    """About what a training keeps in memory from call to call. What an update takes beside that is bounded by the cost of a batch
    (training_form.py), and one long turn is taken at a time."""
    recipe, own = training.recipe, sum(value.nbytes for value in training.task.tensors().values())
    return 4 * (COPIES * parameters(recipe) + 16 * 8 * recipe.batch) + STATES * own + REPORT_BYTES


def _new_job(trainings: Sequence[Training], last: str | None = None) -> Job:
    recipes = [training.recipe for training in trainings]
    return Job(trainings, trainable()[1].see(recipes), sum(map(_bytes_of, trainings)), last)


class _Taken(ExperimentError):
    """Another call of the same page is at work on the job."""


@contextmanager
def _held(job: Job) -> Iterator[None]:
    """The job, for this call alone, and a turn to compute. Never a turn first: who holds the job may be waiting for one."""
    if not job.lock.acquire(blocking=False):
        raise _Taken("job", "is at work.")
    try:
        with called(LONG):
            yield
    finally:
        job.lock.release()


def _job_of(asked: Asked) -> Job:
    job = JOBS.get(asked.get("job"))
    if job is None:
        raise _Gone("job", "is no longer there.")
    return job


class _Gone(ExperimentError):
    """No such job, or no longer."""


@torch.inference_mode(False)
def _more(asked: Asked) -> dict[str, Any]:
    updates, reports, level = _whole(asked, "updates", MOST_UPDATES), _whole(asked, "reports", MOST_REPORTS), _level(asked)
    keep = asked.get("keep") is True
    if asked.get("job") is not None:
        job = _job_of(asked)
        with _held(job):
            job.reports.fetched(reports)
            if "of" in asked:
                _lengthen(job, _whole(asked, "of", MOST_UPDATES))
            job.go_on(updates, level)
            return _answer(asked["job"], job, keep)
    with called(LONG):
        recipes = _recipes(asked)  # of own data a mixture is made
        JOBS.drop(asked.get("instead"))
        job = _new_job([row_of(recipe).begin(recipe) for recipe in recipes])
        token = JOBS.put(job)
        job.go_on(updates, level)
        return _answer(token, job, keep, new=True)


def _lengthen(job: Job, updates: int) -> None:
    if updates == job.of:
        return
    try:
        for training in job.trainings:
            check_training(lengthened(training.recipe, training.update, updates))
        job.lengthen(updates)
    except ValueError as error:
        if isinstance(error, ExperimentError):
            raise
        name, _, message = str(error).partition(" ")
        raise ExperimentError(name, message) from None


def _answer(token: Any, job: Job, keep: bool = False, new: bool = False) -> dict[str, Any]:
    found = {"job": token, **job.answer(), "reports": job.reports.waiting, "trained": job.shelve() if keep or job.done else []}
    found |= {"titles": job.titles(), "notices": []}
    if new:
        found["begin"] = {"recipes": [settings_of(training.recipe) for training in job.trainings], **job.live.begin()}
    return found


def _file(asked: Asked) -> dict[str, Any]:
    job, side = _job_of(asked), asked.get("side")
    if type(side) is not int or not 0 <= side < len(job.trainings):
        raise ExperimentError("side", f"must be from 0 to {len(job.trainings) - 1}.")
    training = job.trainings[side]
    with _held(job):
        data = file_of(training.average, training.recipe, job.measured(side), training.state())
    name = f"{training.recipe.dataset}-{training.update}-updates.zip"
    return {"name": name, "data": base64.b64encode(data).decode()}


@torch.inference_mode(False)
def _load(asked: Asked) -> dict[str, Any]:
    text = asked.get("data")
    if not isinstance(text, str) or len(text) > math.ceil(MAX_FILE_BYTES / 3) * 4:
        raise CheckpointError(f"the file must be base64 of at most {MAX_FILE_BYTES} bytes.")
    with called(LONG):
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise CheckpointError("the file is not in base64.") from None
        checkpoint, state = open_file(data)
        job = _new_job([_restored(checkpoint, state)], ALONE if state is None else None)
        token = JOBS.put(job)
        job.go_on(0, 0.0)
        return _answer(token, job, keep=True, new=True)


def _restored(checkpoint: Checkpoint, state: Mapping[str, torch.Tensor] | None) -> Training:
    """The training that a file is of, where it stopped; a network alone is trained no further."""
    row = row_of(checkpoint.recipe)
    if row is None:
        raise CheckpointError("the file is of a network for other data than those of this page.")
    check_training(checkpoint.recipe)
    training = row.begin(checkpoint.recipe)
    _go_to(training, checkpoint, state)
    for until, total in earlier_of(training.recipe)[-1:]:
        if until > training.update:
            raise CheckpointError(
                f"the file: its configuration says that training was continued after update {until} of {total}, but only "
                f"{training.update} updates were made."
            )
    return training


def _go_to(training: Training, checkpoint: Checkpoint, state: Mapping[str, torch.Tensor] | None) -> None:
    """To where a file's training stopped."""
    if state is None:
        for network in (training.network, training.average):
            network.load_state_dict(checkpoint.network.state_dict())
        made = checkpoint.measured.get("updates")
        training.update = made if type(made) is int and 0 < made < checkpoint.recipe.updates else checkpoint.recipe.updates
        return
    try:
        training.restore(state)
    except (ValueError, RuntimeError) as error:  # RuntimeError: of a generator's state that is none
        raise CheckpointError("the file: state.safetensors is not the state of a training of this configuration.") from error
    kept, told = training.average.state_dict(), checkpoint.network.state_dict()
    if any(not torch.equal(value, kept[name]) for name, value in told.items()):
        raise CheckpointError("the file: state.safetensors is of other weights than model.safetensors.")


def _commands(asked: Asked) -> dict[str, Any]:
    """Of a training that is no longer here the recipes that the page has are those of the command, unless it was lengthened."""
    job = JOBS.get(asked.get("job"))
    if job is not None:
        recipes = [training.recipe for training in job.trainings]
    else:
        with called(LONG):
            recipes = _recipes(asked)
        if asked.get("of") not in (None, recipes[0].updates):
            raise _Gone("job", "is no longer there.")
    files = {name: f"{title_of(name).lower()}.txt" for name in FILED if len(getattr(recipes[0], name, "")) > LONGEST}
    outs = ["my-network"] if len(recipes) == 1 else ["network-a", "network-b"]
    commands = [training_command(recipe, out, files) for recipe, out in zip(recipes, outs, strict=True)]
    return {"commands": commands, "file": next(iter(files.values()), None)}


def _shelf(asked: Asked) -> dict[str, Any]:
    ids = asked.get("ids")
    names = ids[:MOST_IDS] if isinstance(ids, list) else []
    return {"known": [name for name in names if isinstance(name, str) and NAME.fullmatch(name) and SHELF.has(name)]}


def _named(name: str, answer: Callable[[Asked], dict[str, Any]]) -> Callable[[str], str]:
    """Gradio serves a function by its name."""
    served = _served(answer)
    served.__name__ = name
    return served


train_asked = _named("train_asked", _more)
train_file = _named("train_file", _file)
train_load = _named("train_load", _load)
train_shelf = _named("train_shelf", _shelf)
train_command = _named("train_command", _commands)
SERVED = (train_asked, train_file, train_load, train_shelf, train_command)
