"""What a task is: what the reverse process of one run starts from, or has to agree with, beside the data's distribution."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.inverse.operators import Measurement
from diffviz.process import Sampler


class Task(Protocol):
    """measurement: of a test image, None where none is measured."""

    @property
    def measurement(self) -> Measurement | None: ...

    def prepare(self) -> None:
        """Make what may fail. Raises ExperimentError."""

    def data(self) -> Tensor | None:
        """[N, *D] x_0 of the forward process; None where it is drawn from the data."""

    def denoiser(self, free: Any, process: Any, device: torch.device) -> Any:
        """The denoiser, conditioned where the Experiment's way works there. free: without the task."""

    def sampler(self, process: Any) -> Sampler:
        """The process's sampler, conditioned where the Experiment's way works there."""

    def start(self, denoiser: Any, process: Any, times: NDArray[np.int64], device: torch.device) -> Tensor | None:
        """[N, *D] where the reverse process starts, if the task says so; times: [K+1] those that it goes over."""
