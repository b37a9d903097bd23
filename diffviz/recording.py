"""The frames of one run, written into arrays as they come."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Frame, StepInfo, Trajectory


class Recorder:
    """forward and reverse: how many frames each direction will have.

    Every array is made once. A list of frames would keep thousands of small tensors among the large ones that a network needs
    for a moment: the allocator then cannot use that memory again, and fresh pages cost up to a quarter of a run.
    """

    def __init__(self, forward: int, reverse: int) -> None:
        self._counts = {"forward": forward, "reverse": reverse, "x0_hat": reverse}
        self._arrays: dict[str, Tensor] = {}
        self._times: list[int] = []
        self._info: list[StepInfo | None] = []

    def _write(self, name: str, index: int, x: Tensor) -> None:
        if name not in self._arrays:
            shape = (self._counts[name], *x.shape)
            try:
                self._arrays[name] = x.new_empty(shape)
            except torch.cuda.OutOfMemoryError:  # of a device that has memory for a frame, and not for all
                self._arrays[name] = torch.empty(shape, dtype=x.dtype)
        self._arrays[name][index] = x

    def add(self, frame: Frame) -> None:
        self._write(frame.direction, frame.index, frame.x)
        if frame.direction == "reverse":
            self._write("x0_hat", frame.index, frame.x0_hat)
            self._times.append(frame.t)
            self._info.append(frame.info)

    def _array(self, name: str) -> NDArray[np.float32]:
        return self._arrays[name].cpu().numpy()

    def trajectory(self, schedule: NoiseSchedule, device: str, seconds: float) -> Trajectory:
        """What was recorded, once all frames were added."""
        return Trajectory(
            forward=self._array("forward"),
            reverse=self._array("reverse"),
            x0_hat=self._array("x0_hat"),
            t=np.array(self._times),
            alpha=schedule.alpha,
            sigma=schedule.sigma,
            info=self._info,
            device=device,
            seconds=seconds,
            evaluations=sum(info.evaluations for info in self._info[:-1]),
        )
