"""A training on disk, to be gone on with: one file, training.safetensors, written whole or not at all.

It holds the state (loop.Training.state) and, in its header, the recipe and the SHA-256 of the tensors. Nothing of it is executed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from diffviz.checkpoints import STATE, CheckpointError, Format, format_of, read_recipe
from diffviz.files import explained, write_bytes
from diffviz.training.loop import Training

MAX_BYTES = 512_000_000


def _digest(state: Mapping[str, Tensor]) -> str:
    found = hashlib.sha256()
    for name in sorted(state):
        found.update(name.encode())
        found.update(state[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def save_state(folder: Path, training: Training) -> Path:
    """Write the training's state into a folder, which is made if need be; the file. Raises WriteError where the system refuses:
    what was there before is then as it was."""
    state = training.state()
    header = {
        "format": format_of(training.recipe).name,
        "recipe": json.dumps(asdict(training.recipe)),
        "sha256": _digest(state),
    }
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / STATE, to_bytes(state, metadata=header))
    return folder / STATE


def load_state(folder: Path) -> tuple[Format, Any, dict[str, Tensor]]:
    """The kind of network, the recipe and the state that were written there. Raises CheckpointError, in one sentence, where there
    are none or the file is damaged."""
    path = folder / STATE
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CheckpointError(f"{STATE} is larger than {MAX_BYTES} bytes.")
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no dictionary
        if header.get("sha256") != _digest(state):
            raise CheckpointError(f"{STATE} is damaged: its SHA-256 is not the one in its header.")
        row, recipe = read_recipe({"format": header.get("format"), "recipe": json.loads(header.get("recipe", ""))})
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no {STATE}, the state of a training under way.") from error
    except (SafetensorError, OSError, KeyError, RuntimeError, RecursionError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{STATE} is damaged.") from error
    return row, recipe, state
