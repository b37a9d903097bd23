"""Other people's networks by the names that an experiment may give them, and the few that are kept ready.

    hub:owner/name   from the Hugging Face hub, where the environment allows it (fetching.py)
    folder:NAME      a folder inside the directory that the environment's DIFFVIZ_MODELS names; whoever sends a link names what
                     the owner of the machine put there, and nothing else

They are unconditional and do not say how sure they are. They are taken at their word, as if they were: variance 0, so that the
reverse variances "optimal" and "learned" add nothing to beta_tilde.
"""

from __future__ import annotations

import copy
import os
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.pretrained.config import PretrainedError
from diffviz.pretrained.denoiser import PretrainedDenoiser, load
from diffviz.pretrained.fetching import FETCHER, HUB_MODELS
from diffviz.pretrained.hub import PART, load_from_hub

HUB, FOLDER = "hub:", "folder:"
MODELS_VARIABLE = "DIFFVIZ_MODELS"
KEPT_BYTES = 800_000_000  # of weights: one of the largest and a small one, or five for CIFAR-10
_NAMES = {HUB: re.compile(f"{PART}/{PART}"), FOLDER: re.compile(r"[A-Za-z0-9_-]{1,64}")}
FORMS = "hub:owner/name (such as hub:google/ddpm-cifar10-32) or folder:NAME of letters, digits, _ and -"


def is_other(name: str) -> bool:
    """Does the name mean somebody else's network? Whether there is such a one is another question."""
    return name.startswith((HUB, FOLDER))


def well_formed(name: str) -> bool:
    """Is it one of FORMS? A name with separators or dots that lead elsewhere is not."""
    return any(name.startswith(start) and form.fullmatch(name[len(start) :]) for start, form in _NAMES.items())


def _load(name: str) -> tuple[PretrainedDenoiser, object]:
    """The network and what tells it from one saved in its place later. Raises PretrainedError."""
    if name.startswith(HUB):
        return load_from_hub(name.removeprefix(HUB)), None
    stamped = stamp(name)  # before it is read: what is written meanwhile is read the next time
    return load(_folder(name), title=name), stamped


def _folder(name: str) -> Path:
    root = os.environ.get(MODELS_VARIABLE, "")
    if not root:
        raise PretrainedError(f"{name} is not there: the environment's {MODELS_VARIABLE} names no directory of models here.")
    folder = Path(root) / name.removeprefix(FOLDER)
    if not folder.is_dir():
        raise PretrainedError(f"{name} is not there: the directory of models holds no folder of that name.")
    return folder


def stamp(name: str) -> tuple[tuple[str, int], ...] | None:
    """Of a folder, the names of its files and when they were written, which tell its network from one saved in its place later;
    None for one of the hub. Raises PretrainedError."""
    if name.startswith(HUB):
        return None
    try:
        files = sorted(path for path in _folder(name).rglob("*") if path.is_file())
        return tuple((str(path), path.stat().st_mtime_ns) for path in files)
    except OSError as error:
        raise PretrainedError("the folder cannot be read.") from error


class _Shelf:
    """The networks used last, at most KEPT_BYTES of them but for the newest. One is loaded at a time: each takes much memory.
    Whoever asks for one that is kept does not wait for that."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[PretrainedDenoiser, object]] = OrderedDict()
        self._lock, self._loading = threading.Lock(), threading.Lock()

    def get(self, name: str) -> PretrainedDenoiser:
        found = self._find(name)
        if found is None:
            with self._loading:
                found = self._find(name)  # others may have loaded it meanwhile
                if found is None:
                    found = self._keep(name, _load(name))
        return found

    def _find(self, name: str) -> PretrainedDenoiser | None:
        stamped = stamp(name)
        with self._lock:
            found = self._kept.get(name)
            if found is None or found[1] != stamped:
                self._kept.pop(name, None)
                return None
            self._kept.move_to_end(name)
            return found[0]

    def _keep(self, name: str, loaded: tuple[PretrainedDenoiser, object]) -> PretrainedDenoiser:
        with self._lock:
            self._kept[name] = loaded
            while len(self._kept) > 1 and sum(4 * other.parameters for other, _ in self._kept.values()) > KEPT_BYTES:
                self._kept.popitem(last=False)
        return loaded[0]


_SHELF = _Shelf()


def load_other(name: str) -> PretrainedDenoiser:
    """The network of that name, on the CPU, shared by all who ask. Raises PretrainedError, in one sentence."""
    if not well_formed(name):
        raise PretrainedError(f"the name must be {FORMS}.")
    if name.startswith(HUB):
        FETCHER.check(name.removeprefix(HUB), HUB_MODELS, PretrainedError)
    return _SHELF.get(name)


@dataclass(frozen=True, eq=False)
class Sure:
    """A denoiser whose error is unknown, taken at its word: variance 0."""

    denoiser: PretrainedDenoiser

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        x0_hat = self.denoiser(x_t, alpha, sigma).x0_hat
        return Prediction(x0_hat, torch.zeros_like(x0_hat))

    def features(self, x_t: Tensor, alpha: Tensor, sigma: Tensor) -> dict[str, Tensor]:
        return self.denoiser.features(x_t, alpha, sigma)


def on_device(denoiser: PretrainedDenoiser, device: torch.device) -> Sure:
    """Ready to sample with; the shared one stays where it is."""
    if device.type != "cpu":
        denoiser = replace(denoiser, network=copy.deepcopy(denoiser.network).to(device))
    return Sure(denoiser)
