"""A network that is trained: its weights, its optimiser with what that remembers, and the average of the weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Learner:
    """network: the weights that are trained; average: their exponential moving average, or they themselves

    decay: of the average, None for none
    largest_gradient: the norm to which a gradient is cut, None to leave it as it is
    """

    def __init__(
        self, network: nn.Module, optimiser: torch.optim.Optimizer, decay: float | None, largest_gradient: float | None
    ) -> None:
        self.network, self.average = network, network
        self._optimiser, self._largest_gradient = optimiser, largest_gradient
        self._peaks = [group["lr"] for group in optimiser.param_groups]
        self._parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        if decay is not None:
            self.average = deepcopy(network).requires_grad_(False).eval()
            self._move_average = get_ema_multi_avg_fn(decay)
            self._averaged, self._raw = ([*module.parameters()] for module in (self.average, network))

    def step(self, minimised: Tensor, rate: Callable[[float], float]) -> None:
        """One step down the gradient. rate: the learning rate, from its peak."""
        for group, peak in zip(self._optimiser.param_groups, self._peaks, strict=True):
            group["lr"] = rate(peak)
        self._optimiser.zero_grad(set_to_none=True)
        minimised.backward()
        if self._largest_gradient is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._largest_gradient)
        self._optimiser.step()

    @torch.no_grad()
    def follow(self, update: int) -> None:
        """The average follows the weights of this update in 1..updates. Buffers do not change in training."""
        if self.average is self.network:
            return
        if update == 1:
            torch._foreach_copy_(self._averaged, self._raw)
        else:
            self._move_average(self._averaged, self._raw, update)

    def largest(self) -> Tensor:
        """The largest absolute value of a weight."""
        return nn.utils.get_total_norm(self._parameters, math.inf).detach()

    def make_memory(self) -> None:
        """The optimiser remembers something of every weight, as after a step, so that it can be overwritten."""
        for parameter in self._parameters:
            parameter.grad = torch.zeros_like(parameter)
        self._optimiser.step()

    def tensors(self) -> dict[str, Tensor]:
        """What updates change, by name: the tensors themselves."""
        found = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        if self.average is not self.network:
            found |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for index, parameter in enumerate(self._parameters):
            memory = self._optimiser.state.get(parameter, {})
            found |= {f"optimiser.{index}.{name}": value for name, value in memory.items() if value is not None}
        return found
