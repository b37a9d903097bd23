"""Where a run is computed."""

from __future__ import annotations

import os
from contextvars import ContextVar

import torch

from diffviz.experiment import ExperimentError

ZERO_GPU_VARIABLE = "SPACES_ZERO_GPU"  # set by the host
_lent: ContextVar[bool] = ContextVar("lent", default=False)


def on_zero_gpu() -> bool:
    """Is this a Space whose GPU is lent to single functions (ui/zero.py)? CUDA then seems to be there all the time."""
    return os.environ.get(ZERO_GPU_VARIABLE, "").lower() in ("1", "t", "true")


def take_lent_gpu() -> None:
    """From now on, in this thread, the GPU is there. To be called where it is lent, in a process of its own."""
    _lent.set(True)


def available_devices() -> list[str]:
    """What `device` may be on this machine: auto, and what auto chooses from, best first."""
    cuda = torch.cuda.is_available() and (_lent.get() or not on_zero_gpu())
    there = {"cuda": cuda, "mps": torch.backends.mps.is_available(), "cpu": True}
    return ["auto", *(kind for kind, present in there.items() if present)]


def choose_device(name: str) -> torch.device:
    """auto: CUDA, else MPS, else CPU. Raises ExperimentError if the device named is not on this machine."""
    here = available_devices()
    if name not in here:
        raise ExperimentError("device", f"{name} is not on this machine; it must be one of {', '.join(here)}.")
    return torch.device(here[1] if name == "auto" else name)
