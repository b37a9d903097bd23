"""The network of the 2015 paper's binary heartbeat (Sohl-Dickstein et al. 2015, app. D.1.2) as a denoiser.

Hidden layers of sigmoid units see the bits alone. They serve all steps; the read-out on top of them is another for every step t
of one chain, and it is all that knows of the noise level:

    log odds that x_0^i = 1 = own log odds of the bit (network.py) + (W_t h(x_t) + b_t)^i

The paper's read-outs give the probabilities of x_{t-1}. Here they give those of x_0, from which Bayes' rule makes the former
(binomial.kernels.one_before), so that the network is a denoiser like any other, but of the levels of its own chain alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diffviz.binomial.denoisers import Categorical
from diffviz.domains.heartbeat.network import own_log_odds
from diffviz.fields import option
from diffviz.levels import lost_at
from diffviz.weights import OwnLevels

SCHEDULE = "sohl_dickstein"  # beta_t = 1/(T-t+1), so that t/T of the bits are redrawn at t
CLOSE = 1e-6  # how far a level's t may be from a whole number


class StepMLP(nn.Module):
    """x_t [T/size, size * n, D], those of `size` neighbouring steps together -> log odds to add, of the same shape.

    `layers` hidden layers of `hidden` sigmoid units. Each read-out serves `size` steps; size is 1 but early in training.
    """

    def __init__(self, dim: int, hidden: int, layers: int, steps: int, size: int = 1) -> None:
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(dim if layer == 0 else hidden, hidden) for layer in range(layers)])
        self.weight = nn.Parameter(torch.zeros(steps // size, hidden, dim))
        self.bias = nn.Parameter(torch.zeros(steps // size, 1, dim))

    def forward(self, x_t: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, self.features(x_t), self.weight)

    def features(self, x_t: Tensor) -> Tensor:
        """[..., hidden] between -1 and 1, of bits [..., D]."""
        h = 2.0 * x_t - 1.0
        for layer in self.hidden:
            h = 2.0 * torch.sigmoid(layer(h)) - 1.0
        return h

    def at(self, x_t: Tensor, t: int) -> Tensor:
        """Log odds to add [N, D], of bits [N, D] at one step t in 1..T."""
        return torch.addmm(self.bias[t - 1], self.features(x_t), self.weight[t - 1])


class StepBits:
    """A StepMLP as a denoiser at the noise levels of its own chain, and of chains of the same schedule whose T divides its own.

    name: of the checkpoint, for who asks at another level
    """

    def __init__(self, network: StepMLP, rate: float, name: str = "the network") -> None:
        self._network, self._rate = network, rate
        chain = f"{option('schedule', SCHEDULE)}, with T = {len(network.weight)} or a T that divides it"
        self.step_of = OwnLevels(name, chain, self._find)

    def _find(self, alpha: float, sigma: float) -> int | None:
        t = float(lost_at(alpha, sigma)) * len(self._network.weight)
        return round(t) if t > 0.5 and abs(t - round(t)) < CLOSE else None

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        """Raises ExperimentError for a level that is none of the chain's."""
        t = self.step_of(alpha, sigma)
        lost = x_t.new_full((1, 1), float(lost_at(alpha, sigma)))
        return Categorical(torch.sigmoid(self._network.at(x_t, t).add_(own_log_odds(x_t, lost, self._rate))))
