"""Where a run is computed."""

from __future__ import annotations

import torch

from diffviz.experiment import ExperimentError


def available_devices() -> list[str]:
    """What `device` may be on this machine: auto, and what auto chooses from, best first."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return ["auto", *(kind for kind, present in there.items() if present)]


def choose_device(name: str) -> torch.device:
    """auto: CUDA, else MPS, else CPU. Raises ExperimentError if the device named is not on this machine."""
    here = available_devices()
    if name not in here:
        raise ExperimentError("device", f"{name} is not on this machine; it must be one of {', '.join(here)}.")
    return torch.device(here[1] if name == "auto" else name)
