"""Where CUDA's memory runs out the denoiser gets half as many particles at once, and where one is too many it runs on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from diffviz.process import Denoiser, Prediction


class MemoryFallback:
    """The answers of a denoiser, whose memory may not be enough for all particles at once.

    on_cpu: makes the same denoiser on the CPU
    Each time that memory is not enough, half as many particles are asked about at once, from then on; where one particle alone is
    too many, the CPU answers. Answers are those of the denoiser, for it knows particles one by one.
    """

    def __init__(self, denoiser: Denoiser, on_cpu: Callable[[], Denoiser]) -> None:
        self._denoiser, self._make, self._cpu = denoiser, on_cpu, None
        self._most: int | None = None

    @property
    def note(self) -> str:
        """What had to be done, as the end of a sentence about where the run was computed; empty if memory was enough."""
        if self._cpu is not None:
            return "its denoiser on the CPU, because memory ran out"
        return "" if self._most is None else f"{self._most} particles at once, because memory ran out"

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        while self._cpu is None:
            try:
                return _joined([self._denoiser(part, alpha, sigma) for part in x_t.split(self._most or len(x_t))])
            except torch.cuda.OutOfMemoryError:
                pass  # what it holds is given back before the next try
            self._halve(len(x_t))
        return _joined([self._cpu(x_t.cpu(), alpha, sigma)], x_t.device)

    def _halve(self, particles: int) -> None:
        torch.cuda.empty_cache()
        size = min(self._most or particles, particles)
        if size == 1:
            with torch.inference_mode(False):  # what is made here may be asked for its gradient
                self._cpu = self._make()
        else:
            self._most = -(-size // 2)


def _joined(parts: list[Any], device: torch.device | None = None) -> Any:
    """Predictions of some particles each, as one, on a device."""
    if len(parts) == 1 and device is None:
        return parts[0]
    values = {each.name: [getattr(part, each.name) for part in parts] for each in fields(parts[0])}
    return type(parts[0])(**{name: None if found[0] is None else torch.cat(found).to(device) for name, found in values.items()})
