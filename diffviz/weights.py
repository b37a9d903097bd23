"""The network that an Experiment names: where it is read from, and what tells it from a later one. e is an Experiment."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from diffviz import checkpoints
from diffviz.fields import ExperimentError, option
from diffviz.messages import show
from diffviz.trained import NAME as TRAINED
from diffviz.trained import SHELF

TRAIN_ONE = "Train one in Train, where points in the plane are the data, or with python -m diffviz train."
Network = TypeVar("Network", bound=nn.Module)
Stamp = tuple[tuple[str, int], ...]  # of each file of a network, its path and when it was written (ns)


def _name(e: Any) -> str:
    """Of the checkpoint: the data's own, or the one that is named."""
    return e.dataset if e.denoiser == "learned" else e.denoiser


def network_stamp(e: Any, root: Path) -> Stamp | None:
    """What tells the run from the same one with a network saved in the same place later; None where no file is read, or none can
    be, which is told when the run is prepared. A network that was trained on the page is told by its name."""
    try:
        if e.denoiser == "exact" or TRAINED.fullmatch(e.denoiser):
            return None
        folder, written = checkpoints.locate(_name(e), root)
    except checkpoints.CheckpointError:
        return None
    return tuple((str(folder / name), at) for name, at in zip((checkpoints.CONFIG, checkpoints.WEIGHTS), written, strict=True))


@lru_cache(maxsize=64)
def weights_digest(stamp: Stamp) -> str | None:
    """16 hexadecimal digits of the SHA-256 of what those files hold: one number for one network, on whatever machine;
    None where they cannot be read."""
    found = hashlib.sha256()
    try:
        for path, _ in stamp:
            with open(path, "rb") as file:
                own = hashlib.sha256()
                while part := file.read(2**20):
                    own.update(part)
            found.update(own.digest())
    except OSError:
        return None
    return found.hexdigest()[:16]


def name_refusal(e: Any) -> tuple[str, str] | None:
    """(denoiser, what is allowed) of what cannot be the name of a checkpoint or of a network trained on the page; whether it is
    there is told when it is loaded."""
    if checkpoints.NAME.fullmatch(e.denoiser) or TRAINED.fullmatch(e.denoiser):
        return None
    allowed = option("denoiser", *checkpoints.DENOISERS)
    return "denoiser", f"must be {allowed} or the name of a checkpoint, not {show(e.denoiser)}."


def load_network(e: Any, root: Path, *recipes: type) -> checkpoints.Checkpoint:
    """The network in a folder of root, made by one of such recipes. Raises ExperimentError where it is none or cannot be read."""
    try:
        loaded = SHELF.get(e.denoiser) if TRAINED.fullmatch(e.denoiser) else _on_disk(e, root)
    except checkpoints.CheckpointError as error:
        raise ExperimentError("denoiser", f"cannot be used: {error}") from error
    if not isinstance(loaded.recipe, recipes):
        raise ExperimentError("denoiser", f"{loaded.name} is a network for another kind of data.")
    return loaded


def _on_disk(e: Any, root: Path) -> checkpoints.Checkpoint:
    known = checkpoints.names(root)
    if e.denoiser == "learned" and e.dataset not in known:
        exact, data = option("denoiser", "exact"), option("dataset", e.dataset)
        raise ExperimentError("denoiser", f"must be {exact} for {data}, on which no network was trained. {TRAIN_ONE}")
    if _name(e) not in known:
        allowed = option("denoiser", *checkpoints.DENOISERS, *known)
        raise ExperimentError("denoiser", f"must be one of {allowed}, not {show(e.denoiser)}.")
    return checkpoints.load(_name(e), root)


def on_device(network: Network, device: torch.device) -> Network:
    """A loaded network is shared by all runs and stays where it is; elsewhere a copy is used."""
    return network if device.type == "cpu" else copy.deepcopy(network).to(device)


class OwnLevels:
    """Of a network that knows the noise levels of one chain alone: which step has a level (alpha, sigma).

    find(alpha, sigma): its number, None where no step has it; chain: how to name that chain, to end a sentence
    """

    def __init__(self, name: str, chain: str, find: Callable[[float, float], int | None]) -> None:
        self._name, self._chain, self._find = name, chain, find

    def __call__(self, alpha: float, sigma: float) -> int:
        """Raises ExperimentError for a level of another chain."""
        step = self._find(alpha, sigma)
        if step is None:
            raise ExperimentError("denoiser", f"{self._name} knows the noise levels of its own chain alone: {self._chain}.")
        return step

    def check(self, levels: Iterable[tuple[float, float]]) -> None:
        """Raises ExperimentError if one of them is of another chain."""
        for level in levels:
            self(*level)
