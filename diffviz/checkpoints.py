"""Trained weights on disk: one folder each, with model.safetensors, config.json and a card (README.md).

Nothing of a folder is executed: weights are safetensors, the configuration is plain JSON, and the weights' SHA-256 and shapes are
checked against it. The configuration's format says which kind of network it is; kinds are registered by the domains whose data
they are trained on (domains.base.TrainingRow), each of which has a folder of its own: what a menu offers is what lies there, and
no file has to be read to know.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import nn
from torch.overrides import TorchFunctionMode

from diffviz.aliases import meant
from diffviz.caching import bounded
from diffviz.files import explained, flush, flush_folder, is_scratch, scratch
from diffviz.messages import show

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
CONFIG, WEIGHTS, CARD = "config.json", "model.safetensors", "README.md"
STATE = "training.safetensors"  # of a training under way (training/saved.py)
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
DENOISERS = ("exact", "learned")  # what a denoiser may be beside the name of a checkpoint
MAX_CONFIG_BYTES = 200_000  # a recipe may hold a person's own points
MAX_WEIGHTS_BYTES = 64_000_000


class CheckpointError(ValueError):
    """A folder that cannot be used; the message is one sentence that says why."""


@dataclass(frozen=True)
class Format:
    """A kind of network on disk.

    name: in the configuration; recipe: a frozen dataclass whose own checks raise ValueError; new: an untrained network of a
    recipe's size; dtype: on disk (in memory all is float32)
    """

    name: str
    recipe: type
    new: Callable[[Any], nn.Module]
    dtype: torch.dtype = torch.float32


_FORMATS: dict[str, Format] = {}


def register(kind: Format) -> None:
    """Make a format known. Raises ValueError for another of that name or recipe."""
    if any(kind != known and (kind.name == known.name or kind.recipe is known.recipe) for known in _FORMATS.values()):
        raise ValueError(f"There is another format {kind.name} or one of {kind.recipe.__name__}.")
    _FORMATS[kind.name] = kind


@dataclass(frozen=True)
class Checkpoint:
    """name: the folder's; recipe: how the weights came to be; measured: what the card tells, by name; network: ready to use."""

    name: str
    recipe: Any
    measured: dict[str, Any]
    network: nn.Module


def names(root: Path = CHECKPOINTS) -> list[str]:
    """The checkpoints that are there, in alphabetical order; by default those in checkpoints/ itself."""
    folders = [path.parent.name for path in root.glob(f"*/{CONFIG}")]
    return sorted({name.removeprefix(".").removesuffix(".old") for name in folders})


def taken(name: str) -> str | None:
    """What a name means before a checkpoint of that name is looked for: one of DENOISERS; None where it means a checkpoint."""
    found = meant("denoiser", name, DENOISERS)
    return found if found in DENOISERS else None


def foreign(folder: Path) -> str | None:
    """A file of a folder that is no checkpoint's and would be lost where one is saved in its place; None where there is none."""
    if not folder.is_dir():
        return None
    found = sorted(path.name for path in folder.iterdir() if not is_scratch(path.name))
    other = [name for name in found if name not in (CONFIG, WEIGHTS, CARD, STATE)]
    whole = CONFIG in found or STATE in found  # else even a README.md is somebody's own
    return next(iter(other if whole else other or found), None)


def recipe_in(folder: Path) -> Any | None:
    """The recipe of the checkpoint that a folder holds; None where it holds none. Raises CheckpointError where it is damaged."""
    try:
        with (folder / CONFIG).open("rb") as file:
            return _read_config(f"checkpoint {folder.name}", file.read(MAX_CONFIG_BYTES + 1))[1]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError(f"checkpoint {folder.name}: config.json cannot be read.") from error


def _aside(root: Path, name: str) -> Path:
    """Where an old checkpoint waits while the new one takes its place."""
    return root / f".{name}.old"


def format_of(recipe: Any) -> Format:
    """Of the network that a recipe trains."""
    return next(row for row in _FORMATS.values() if type(recipe) is row.recipe)


def written(network: nn.Module, recipe: Any, measured: dict[str, Any]) -> tuple[bytes, bytes]:
    """config.json and model.safetensors of a checkpoint."""
    kind = format_of(recipe)
    weights = {name: value.detach().to("cpu", kind.dtype).contiguous() for name, value in network.state_dict().items()}
    data = to_bytes(weights)
    config = {"format": kind.name, "recipe": asdict(recipe), "measured": measured, "sha256": hashlib.sha256(data).hexdigest()}
    return (json.dumps(config, indent=2) + "\n").encode(), data


def save(folder: Path, network: nn.Module, recipe: Any, measured: dict[str, Any], card: str) -> None:
    """Write a checkpoint whole beside its place and move it there, so that a kill leaves the old or the new, never a mixture.

    Raises WriteError where the system refuses; the old one is then as it was. Raises CheckpointError for a name that would not
    find it again, and for a folder that holds other files than a checkpoint's, which would be lost.
    """
    if other := taken(folder.name):
        raise CheckpointError(f"checkpoint must have a name that is no other denoiser's: {folder.name} is {other}.")
    if file := foreign(folder):
        raise CheckpointError(f"checkpoint must be saved in a folder of its own: {show(folder.name)} holds {show(file)}.")
    root = folder.parent
    config, weights = written(network, recipe, measured)
    contents = {WEIGHTS: weights, CARD: card.encode(), CONFIG: config}
    with explained(folder):
        root.mkdir(parents=True, exist_ok=True)
        with scratch(root) as aside:
            new, old = aside / "checkpoint", _aside(root, folder.name)
            new.mkdir()
            for name, content in contents.items():
                (new / name).write_bytes(content)
                flush(new / name)
            if folder.exists():
                shutil.rmtree(old, ignore_errors=True)
                os.replace(folder, old)
            os.replace(new, folder)
            flush_folder(root)
            shutil.rmtree(old, ignore_errors=True)


def _named_recipe(config: dict[str, Any]) -> tuple[Format | None, dict[str, Any]]:
    """The format, None if it is unknown or the settings are not its recipe's, and these settings. A setting may lack that came
    later than the configuration and has a default."""
    recipe, row = config["recipe"], _FORMATS.get(config["format"])
    if row is None:
        return None, recipe
    kinds = {item.name: type(item.default) for item in fields(row.recipe)} | {"dataset": str}
    optional = {name for name, kind in kinds.items() if kind is type(None)}  # a number or none
    default = {item.name for item in fields(row.recipe) if item.default is not MISSING}
    good = set(recipe) <= set(kinds) <= {*recipe, *default} and all(
        type(v) is kinds[name] or (name in optional and type(v) is float) for name, v in recipe.items()
    )
    return row if good else None, recipe


def read_recipe(config: dict[str, Any]) -> tuple[Format, Any]:
    """The format and the recipe that a configuration names. Raises CheckpointError."""
    try:
        row, recipe = _named_recipe(config)
        if row is not None:
            return row, row.recipe(**recipe)
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"its recipe cannot be used: {error}") from error
    raise CheckpointError(f"its recipe is not one of {', '.join(_FORMATS)}.")


def _read_config(said: str, data: bytes) -> tuple[Format, Any, dict[str, Any], str | None]:
    """The format, the recipe, what was measured, and the SHA-256 of the weights, None where there is none.

    said: what it is of, in a refusal.
    """
    if len(data) > MAX_CONFIG_BYTES:
        raise CheckpointError(f"{said}: config.json is larger than {MAX_CONFIG_BYTES} bytes.")
    try:
        config = json.loads(data.decode("utf-8"))
        row, recipe = _named_recipe(config)
        measured, digest = dict(config["measured"]), config.get("sha256")
        good = row is not None and ("sha256" not in config or re.fullmatch("[0-9a-f]{64}", digest) is not None)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{said}: config.json cannot be read.") from error
    if not good:
        raise CheckpointError(f"{said}: config.json is not a configuration of {', '.join(_FORMATS)}.")
    try:
        return row, row.recipe(**recipe), measured, digest
    except ValueError as error:
        raise CheckpointError(f"{said}: in config.json, {error}") from error


class _NothingDrawn(TorchFunctionMode):
    """Leaves out what torch.nn.init does to a tensor."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == nn.init.__name__:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def outline(row: Format, recipe: Any) -> nn.Module:
    """The network of a recipe without its numbers: nothing is allocated, and nothing is drawn, because torch would import its
    compiler for that (1.5 s)."""
    with torch.device("meta"), _NothingDrawn():
        return row.new(recipe)


def _check_tensors(said: str, weights: dict[str, torch.Tensor], row: Format, recipe: Any) -> None:
    wanted = {key: value.shape for key, value in outline(row, recipe).state_dict().items()}
    if {key: value.shape for key, value in weights.items()} != wanted:
        raise CheckpointError(f"{said}: the weights do not have the shapes config.json asks for.")
    if not all(value.is_floating_point() for value in weights.values()):
        raise CheckpointError(f"{said}: the weights must be floating-point numbers.")


def load(name: str, root: Path = CHECKPOINTS) -> Checkpoint:
    """Read a checkpoint by its folder's name.

    Raises CheckpointError, in one sentence, for a name that is not there, a damaged or foreign file, weights that are not those
    whose SHA-256 config.json holds, wrong shapes, or weights that are not finite. A checkpoint that was saved before there was
    a SHA-256 in its configuration is loaded unchecked.
    """
    return _load(name, *locate(name, root))


def locate(name: str, root: Path = CHECKPOINTS) -> tuple[Path, tuple[int, ...]]:
    """A checkpoint's folder, and when its files were written, which tells it from one saved in its place later.

    Raises CheckpointError for a name that is not there and for missing weights.
    """
    if not NAME.fullmatch(name):
        raise _unknown(root)
    folder = root / name
    if not folder.exists():  # a kill while it was being replaced
        folder = _aside(root, name)
    try:
        return folder, tuple((folder / file).stat().st_mtime_ns for file in (CONFIG, WEIGHTS))
    except OSError as error:
        if not (folder / CONFIG).is_file():
            raise _unknown(root) from error
        raise CheckpointError(f"checkpoint {name}: model.safetensors is damaged or missing.") from error


def _unknown(root: Path) -> CheckpointError:
    return CheckpointError(f"checkpoint must be one of {', '.join(names(root)) or '(none yet)'}.")


@bounded(256 * 2**20)
@torch.inference_mode(False)  # whoever loads it first: gradients may go through the network later
def _load(name: str, folder: Path, stamps: tuple[int, ...]) -> Checkpoint:
    """stamps: locate's, so that a checkpoint saved again is read again."""
    config, weights = folder / CONFIG, folder / WEIGHTS
    try:
        if weights.stat().st_size > MAX_WEIGHTS_BYTES:
            raise CheckpointError(f"checkpoint {name}: model.safetensors is larger than {MAX_WEIGHTS_BYTES} bytes.")
        with config.open("rb") as file:
            return read(name, file.read(MAX_CONFIG_BYTES + 1), weights.read_bytes())
    except OSError as error:
        raise CheckpointError(f"checkpoint {name}: model.safetensors is damaged or missing.") from error


@torch.inference_mode(False)
def read(name: str, config: bytes, data: bytes, said: str | None = None) -> Checkpoint:
    """The checkpoint of that name from its config.json and model.safetensors. Raises CheckpointError as load does.

    said: what it is called in a refusal, if not checkpoint and its name.
    """
    said = said or f"checkpoint {name}"
    row, recipe, measured, digest = _read_config(said, config)
    if digest not in (None, hashlib.sha256(data).hexdigest()):
        raise CheckpointError(f"{said}: model.safetensors is damaged: its SHA-256 is not the one in config.json.")
    try:
        stored = from_bytes(data)
    except (SafetensorError, KeyError) as error:  # KeyError: of a type of number that torch does not have
        raise CheckpointError(f"{said}: model.safetensors is damaged or missing.") from error
    _check_tensors(said, stored, row, recipe)
    weights = {key: value.float() for key, value in stored.items()}
    if not all(torch.isfinite(value).all() for value in weights.values()):
        raise CheckpointError(f"{said}: the weights hold numbers that are not finite.")
    network = row.new(recipe)
    network.load_state_dict(weights)
    return Checkpoint(name, recipe, measured, network.eval().requires_grad_(False))
