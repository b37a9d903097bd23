"""The files of somebody else's network, read with suspicion: diffusers' folder layout, JSON and safetensors, nothing executed.

Either a pipeline's folder (model_index.json, unet/, scheduler/) or a network's own (config.json and the weights beside it, the
scheduler's configuration beside them, in scheduler/ or nowhere). Old repositories mix the two: model_index.json with all else
beside it. Sizes are looked at before contents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from diffviz.messages import show
from diffviz.pretrained.config import PretrainedError

MAX_CONFIG_BYTES = 256_000  # thousands of betas fit
MAX_HEADER_BYTES = 1_000_000  # of a safetensors file: names and shapes
DTYPES = {"F32": 4, "F16": 2, "BF16": 2}  # bytes

INDEX = "model_index.json"
STEM = "diffusion_pytorch_model"
VARIANTS = ("", ".fp32", ".fp16", ".bf16")  # diffusers' names of the same weights; the first that is there is read
SCHEDULERS = ("scheduler/scheduler_config.json", "scheduler_config.json")
_OLD_NAMES = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}  # of attention, before diffusers 0.18
_OLD = re.compile(r"(attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$")


@dataclass(frozen=True)
class Layout:
    """Paths inside a folder, with '/'; index and scheduler are None where there are none."""

    index: str | None
    config: str
    scheduler: str | None
    weights: str

    @property
    def files(self) -> list[str]:
        return [name for name in (self.index, self.config, self.scheduler, self.weights) if name is not None]


def layout(there: Callable[[str], bool]) -> Layout:
    """Which files make up the network, where there(name) says whether a file is. Raises PretrainedError."""
    index = INDEX if there(INDEX) else None
    place = "unet/" if there("unet/config.json") else ""
    if not there(f"{place}config.json"):
        raise PretrainedError("neither unet/config.json nor config.json is there, of which a diffusers network has one.")
    scheduler = next(filter(there, SCHEDULERS), None)
    if index and scheduler is None:
        raise PretrainedError(f"{SCHEDULERS[0]} is missing, which {INDEX} names.")
    found = {
        form: next(filter(there, (f"{place}{STEM}{form.format(variant)}" for variant in VARIANTS)), None)
        for form in ("{}.safetensors", ".safetensors.index{}.json", "{}.bin")
    }
    weights, several, pickled = found.values()
    if weights is None and several:
        raise PretrainedError(f"the weights must be in one file, {place}{STEM}.safetensors, not in several as {several} says.")
    if weights is None and pickled:
        raise PretrainedError(f"weights must be safetensors; {pickled} is a pickle, which could run code, and is not read.")
    if weights is None:
        variants = " or ".join(f"{STEM}{variant}.safetensors" for variant in VARIANTS[1:])
        raise PretrainedError(f"the weights, {place}{STEM}.safetensors, are missing, and there is no {variants} either.")
    return Layout(index, f"{place}config.json", scheduler, weights)


class Folder:
    """A folder whose files are only those that lie inside it, whatever links say, or inside `within` where that is given: the
    hub's cache is made of links."""

    def __init__(self, path: Path, within: Path | None = None) -> None:
        try:
            self._path, self._within = path.resolve(), (within or path).resolve()
            good = self._path.is_dir()
        except (OSError, ValueError, RuntimeError):  # a zero in the name, links that go in circles
            good = False
        if not good:
            raise PretrainedError(f"{show(str(path))} is no folder.")
        self.layout = layout(lambda name: self._find(name) is not None)

    def _find(self, name: str) -> Path | None:
        path = self._path / name
        try:
            if not path.is_file():
                return None
            inside = path.resolve().is_relative_to(self._within)
        except (OSError, RuntimeError):
            return None
        if not inside:
            raise PretrainedError(f"{name} is a link that leads out of the folder.")
        return path

    def json(self, name: str) -> dict[str, Any]:
        """The object in a file of at most MAX_CONFIG_BYTES."""
        path, values = self._path / name, None
        try:
            size = path.stat().st_size
            if size <= MAX_CONFIG_BYTES:
                values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:  # a number of too many digits is a ValueError too
            raise PretrainedError(f"{name} cannot be read as JSON.") from error
        if size > MAX_CONFIG_BYTES:
            raise PretrainedError(f"{name} is larger than {MAX_CONFIG_BYTES} bytes.")
        if not isinstance(values, dict):
            raise PretrainedError(f"{name} must hold fields and values.")
        return values

    def weights(self, wanted: Mapping[str, torch.Size]) -> dict[str, Tensor]:
        """float32 tensors of the names and shapes wanted, all of them and no others, finite."""
        name = self.layout.weights
        path, parameters = self._path / name, sum(shape.numel() for shape in wanted.values())
        try:
            size, low, high = path.stat().st_size, 2 * parameters, 4 * parameters + MAX_HEADER_BYTES
            if not low <= size <= high:
                raise PretrainedError(f"{name} has {size} bytes; its {parameters} parameters take {low} to {high}.")
            with safe_open(path, framework="pt") as file:
                found = list(file.keys())
                stored = {_new_name(key): key for key in found}
                if len(stored) != len(found):
                    raise PretrainedError(f"{name} holds some weights twice, by their old names and their new.")
                for key in sorted(set(wanted) ^ set(stored)):
                    what = "lacks" if key in wanted else "holds, and the network has no,"
                    raise PretrainedError(f"{name} {what} {show(key)}.")
                weights = {}
                for key, old in stored.items():
                    part = file.get_slice(old)
                    if part.get_dtype() not in DTYPES:
                        raise PretrainedError(f"{name}: {key} must be of {', '.join(DTYPES)}, not {part.get_dtype()}.")
                    if tuple(part.get_shape()) != tuple(wanted[key]):
                        raise PretrainedError(
                            f"{name}: {key} must have the shape {list(wanted[key])} that config.json asks for,"
                            f" not {show(part.get_shape())}."
                        )
                    weights[key] = file.get_tensor(old).to(torch.float32, copy=True)  # not of the mapped file any more
        except (SafetensorError, OSError) as error:
            raise PretrainedError(f"{name} is damaged: it is no whole safetensors file.") from error
        if not all(torch.isfinite(value).all() for value in weights.values()):
            raise PretrainedError(f"{name} holds numbers that are not finite.")
        return weights


def _new_name(key: str) -> str:
    return _OLD.sub(lambda found: f"{found[1]}.{_OLD_NAMES[found[2]]}.{found[3]}", key)
