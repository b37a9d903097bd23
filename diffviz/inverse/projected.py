"""The last step onto what was measured: where a measurement has no noise, what it says of the picture is exact.

Every way of conditioning nears y = H x_0 as the noise goes; none ends on it to the last bit. The step into data does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.inverse.operators import Measurement
from diffviz.process import Sampler, State, Step
from diffviz.trajectory import StepInfo


class Projected:
    """The inner sampler, whose last x is moved to the nearest picture with H x = y. y [*y_shape]."""

    def __init__(self, inner: Sampler, measurement: Measurement, y: Tensor) -> None:
        measurement.adjoint(y[None])
        self._inner, self._measurement, self._y = inner, measurement, y

    def init(self, x_T: Tensor) -> State:
        return self._inner.init(x_T)

    def step(self, state: Any, prediction: Prediction, step: Step) -> tuple[State, StepInfo]:
        state, info = self._inner.step(state, prediction, step)
        if step.s == 0:
            state = replace(state, x=self._measurement.project(state.x, self._y[None]))
        return state, info
