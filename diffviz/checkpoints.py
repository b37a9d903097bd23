"""Trained weights on disk: one folder each, with model.safetensors, config.json and a card (README.md).

Nothing of a folder is executed: weights are safetensors, the configuration is plain JSON, and shapes are checked
against it before a number is loaded.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from diffviz.denoisers.mlp import MLP
from diffviz.training import Recipe, new_network

CHECKPOINTS = Path(__file__).resolve().parent.parent / "checkpoints"
FORMAT = "diffviz-mlp-1"
MAX_CONFIG_BYTES = 64_000
MAX_HIDDEN, MAX_LAYERS, MAX_FEATURES = 1024, 16, 512  # what a configuration may ask for


class CheckpointError(ValueError):
    """A folder that cannot be used; the message is one sentence that says why."""


@dataclass(frozen=True)
class Checkpoint:
    """name: the folder's; recipe: how the weights came to be; measured: figures of the card; network: ready to use."""

    name: str
    recipe: Recipe
    measured: dict[str, Any]
    network: MLP


def names(root: Path = CHECKPOINTS) -> list[str]:
    """The checkpoints that are there, in alphabetical order."""
    return sorted(path.parent.name for path in root.glob("*/config.json"))


def _write(path: Path, content: bytes) -> None:
    """Write through a temporary file and a rename, so that a kill leaves the old or the new, never half."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save(folder: Path, network: MLP, recipe: Recipe, measured: dict[str, Any], card: str) -> None:
    """Write a checkpoint; the configuration comes last, so a folder without it is not yet one."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        temporary = Path(scratch) / "model.safetensors"
        save_file(weights, temporary)
        temporary.chmod(0o644)
        os.replace(temporary, folder / "model.safetensors")
    _write(folder / "README.md", card.encode())
    config = {"format": FORMAT, "recipe": asdict(recipe), "measured": measured}
    _write(folder / "config.json", (json.dumps(config, indent=2) + "\n").encode())


def _read_config(folder: Path) -> tuple[Recipe, dict[str, Any]]:
    path = folder / "config.json"
    if path.stat().st_size > MAX_CONFIG_BYTES:
        raise CheckpointError(f"checkpoint {folder.name}: config.json is larger than {MAX_CONFIG_BYTES} bytes.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        recipe, kind = config["recipe"], config["format"]
        expected = {field.name: type(field.default) for field in fields(Recipe)} | {"dataset": str}
        good = set(recipe) == set(expected) and all(type(recipe[name]) is expected[name] for name in expected)
        measured = dict(config["measured"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"checkpoint {folder.name}: config.json cannot be read.") from error
    if kind != FORMAT or not good:
        raise CheckpointError(f"checkpoint {folder.name}: config.json is not a {FORMAT} configuration.")
    limits = {"hidden": MAX_HIDDEN, "layers": MAX_LAYERS, "features": MAX_FEATURES}
    for name, limit in limits.items():
        if not 1 <= recipe[name] <= limit:
            raise CheckpointError(f"checkpoint {folder.name}: {name} in config.json must be from 1 to {limit}.")
    return Recipe(**recipe), measured


def _check_shapes(path: Path, recipe: Recipe) -> None:
    with torch.device("meta"):
        wanted = {name: list(value.shape) for name, value in new_network(recipe).state_dict().items()}
    with safe_open(path, framework="pt") as file:
        stored = list(file.keys())
        found = {name: file.get_slice(name).get_shape() for name in stored}
    if found != wanted:
        raise CheckpointError(f"checkpoint {path.parent.name}: the weights do not have the shapes config.json asks for.")


@lru_cache(maxsize=32)
def load(name: str, root: Path = CHECKPOINTS) -> Checkpoint:
    """Read a checkpoint by its folder's name.

    Raises CheckpointError, in one sentence, for a name that is not there, a damaged or foreign file, wrong shapes,
    or weights that are not finite.
    """
    folder = root / name
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) or not (folder / "config.json").is_file():
        raise CheckpointError(f"checkpoint must be one of {', '.join(names(root)) or '(none yet)'}.")
    recipe, measured = _read_config(folder)
    path = folder / "model.safetensors"
    try:
        _check_shapes(path, recipe)
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"checkpoint {name}: model.safetensors is damaged or missing.") from error
    if not all(torch.isfinite(value).all() for value in weights.values()):
        raise CheckpointError(f"checkpoint {name}: the weights hold numbers that are not finite.")
    network = new_network(recipe)
    network.load_state_dict(weights)
    return Checkpoint(name, recipe, measured, network.eval().requires_grad_(False))
