"""Networks that were trained on the page, in memory, and as files that a person saves and loads.

A network on the shelf is called trained:<16 hexadecimal digits> of the SHA-256 of its configuration and weights: the name is its
content, so that a run that names it is the same run as long as the name means anything. A file is a zip of a checkpoint's
config.json and model.safetensors, and of state.safetensors, with which its training goes on.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from diffviz.caching import largest_holder_s
from diffviz.checkpoints import MAX_CONFIG_BYTES, Checkpoint, CheckpointError, read, written

NAME = re.compile(r"trained:[0-9a-f]{16}")
SHELF_BYTES = 64 * 2**20
MAX_MODEL_BYTES = 2 * 2**20  # 500 000 numbers: more than the largest network that is trained on the page has
MAX_STATE_BYTES = 4 * MAX_MODEL_BYTES  # weights, their average, and what Adam remembers of each
_MOST = {"config.json": MAX_CONFIG_BYTES, "model.safetensors": MAX_MODEL_BYTES, "state.safetensors": MAX_STATE_BYTES}
MAX_FILE_BYTES = sum(_MOST.values()) + 2**16
_FILE = "the file"  # its name in a refusal
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # how a part may be packed
_GENERATORS = ("generator", "inner")  # in a state, those of torch's random numbers
_WORDS = 624  # of the Mersenne Twister


class _Shelved(NamedTuple):
    checkpoint: Checkpoint
    owner: str
    nbytes: int


class Shelf:
    """Networks by their names, at most so many bytes of them; of the owner who has most bytes the least recently used leave
    first."""

    def __init__(self, most_bytes: int) -> None:
        self._kept: dict[str, _Shelved] = {}  # the least recently used first
        self._most, self._lock = most_bytes, threading.Lock()

    def put(self, network: nn.Module, recipe: Any, measured: dict[str, Any], owner: str = "") -> str:
        """Its name. A copy is kept, so that training may go on. owner: who needs the room for it."""
        config, weights = written(network, recipe, measured)
        unmeasured = {name: value for name, value in json.loads(config).items() if name != "measured"}
        name = f"trained:{hashlib.sha256(json.dumps(unmeasured, sort_keys=True).encode()).hexdigest()[:16]}"
        checkpoint = read(name, config, weights)
        with self._lock:
            self._kept.pop(name, None)
            self._kept[name] = _Shelved(checkpoint, owner, len(config) + len(weights))
            while sum(each.nbytes for each in self._kept.values()) > self._most:
                del self._kept[largest_holder_s({known: (each.owner, each.nbytes) for known, each in self._kept.items()})]
        return name

    def get(self, name: str) -> Checkpoint:
        """Raises CheckpointError for one that is not there, or no longer."""
        with self._lock:
            found = self._kept.pop(name, None)
            if found is not None:
                self._kept[name] = found
        if found is None:
            raise CheckpointError(
                f"{name} is not kept here any more: networks trained on a page last until others need their room; train it "
                "again, or load the file that was saved of it in Train."
            )
        return found.checkpoint

    def has(self, name: str) -> bool:
        """Without counting as a use."""
        with self._lock:
            return name in self._kept


SHELF = Shelf(SHELF_BYTES)


def file_of(network: nn.Module, recipe: Any, measured: dict[str, Any], state: Mapping[str, Tensor]) -> bytes:
    """The zip that open_file reads."""
    config, weights = written(network, recipe, measured)
    parts = {"config.json": config, "model.safetensors": weights, "state.safetensors": to_bytes(dict(state))}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def open_file(data: bytes) -> tuple[Checkpoint, dict[str, Tensor] | None]:
    """The checkpoint in a zip, and the state of its training, None where there is none in it.

    Nothing of it is executed or written to disk, and no more is unpacked than its parts may have. Raises CheckpointError, in one
    sentence, for a file that is none, that holds more or less than it should, or weights as checkpoints.load refuses them.
    """
    parts = _unpacked(data)
    missing = [name for name in ("config.json", "model.safetensors") if name not in parts]
    if missing:
        raise CheckpointError(f"{_FILE} holds no {missing[0]}.")
    checkpoint = read("file", parts["config.json"], parts["model.safetensors"], _FILE)
    return checkpoint, _state(parts["state.safetensors"]) if "state.safetensors" in parts else None


def _unpacked(data: bytes) -> dict[str, bytes]:
    if len(data) > MAX_FILE_BYTES:
        raise CheckpointError(f"{_FILE} is larger than {MAX_FILE_BYTES} bytes.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if len(set(names)) < len(names) or not set(names) <= _MOST.keys():
                raise CheckpointError(f"{_FILE} must hold {', '.join(_MOST)} and nothing else.")
            return {name: _part(archive, name) for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{_FILE} is no zip, or a damaged one.") from error


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """What the head of a zip says of sizes may be wrong: no more than allowed is unpacked."""
    if archive.getinfo(name).compress_type not in _PLAIN:
        raise CheckpointError(f"{_FILE}: {name} must be stored or deflated.")
    with archive.open(name) as file:
        part = file.read(_MOST[name] + 1)
    if len(part) > _MOST[name]:
        raise CheckpointError(f"{_FILE}: {name} is larger than {_MOST[name]} bytes.")
    return part


def _state(data: bytes) -> dict[str, Tensor]:
    try:
        state = from_bytes(data)
    except (SafetensorError, KeyError) as error:
        raise CheckpointError(f"{_FILE}: state.safetensors is damaged.") from error
    if not all(value.float().isfinite().all() for value in state.values() if value.is_floating_point()):
        raise CheckpointError(f"{_FILE}: state.safetensors holds numbers that are not finite.")
    if not all(_is_generator(state[name]) for name in _GENERATORS if name in state):
        raise CheckpointError(f"{_FILE}: state.safetensors holds a generator of random numbers that is none.")
    return state


def _is_generator(state: Tensor) -> bool:
    """Are these bytes what Generator.get_state() of torch's generator on the CPU returns?

    They begin with its seed, int32 how many numbers are left, int32 whether it was seeded and int64 which word is next. Of the
    latter torch checks each by itself, and then reads beyond the words where both are large: of a generator in use they add up.
    """
    if state.dtype != torch.uint8 or state.shape != torch.Generator().get_state().shape:
        return False
    (left, seeded), (following,) = state[8:16].view(torch.int32).tolist(), state[16:24].view(torch.int64).tolist()
    in_use = 1 <= left <= _WORDS and left + following == _WORDS + 1
    return seeded == 1 and (in_use or (left, following) == (1, 0))
