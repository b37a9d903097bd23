"""The network of the 2015 paper's Swiss roll (Sohl-Dickstein et al. 2015, app. D.1.1) as a denoiser.

A normalised radial-basis-function network: units share out the plane, and a read-out at each gives a weighted mean,

    w_k(x) = softmax_k(-1/2 sum_i p_ki (x^i - c_ki)^2),   read-out_t(x) = sum_k w_k(x) r_kt

Centres c and precisions p serve all steps; the read-outs r are others for every step t of one chain, and are all that knows of
the noise level. Of the four numbers read out two give the mean and two the variance of each coordinate of x_0 given x_t:

    x0_hat = alpha_t x_t + sigma_t m,       Var = LARGEST sigmoid(logit(sigma_t^2/LARGEST) + v)

so that without read-outs both are those of data N(0, I). At t = 1, where the paper learns nothing, they stay so: p(x_0|x_1) is
then the forward kernel, N(alpha_1 x_1, sigma_1^2 I). The paper reads out mean and covariance of p(x_{t-1}|x_t), the latter by
way of a sigmoid; they follow from these as c_t x_t + c_0 x0_hat and beta_tilde + c_0^2 Var (kernels.py).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.levels import alpha_sigma
from diffviz.schedules import MAX_POINTS, drawn
from diffviz.weights import OwnLevels

FIRST, LAST = 8.0, -6.0  # log SNR at t = 1 and T before any is learned
FIRST_PRECISION = 16.0  # of units before training: they reach a quarter of the data's standard deviation
LARGEST = 4.0  # variance of x_0 given x_t: more than data of variance 1 have between two places
CLOSE = 1e-4  # in log SNR, by which a level may differ from the chain's


class StepRBF(nn.Module):
    """x_t [T, N, 2] of every step t = 1..T of a chain -> x0_hat and the variance of x_0 in each coordinate, [T, N, 2] each.

    points: log SNR [MAX_POINTS] through which the chain's schedule is drawn (schedules.drawn); levels: [T] its log SNR
    """

    def __init__(self, hidden: int = 16, steps: int = 40, dim: int = 2) -> None:
        super().__init__()
        self.register_buffer("points", torch.zeros(MAX_POINTS))
        self.register_buffer("levels", torch.zeros(steps))
        self.draw(" ".join(f"{point:.2f}" for point in np.linspace(FIRST, LAST, MAX_POINTS)))
        self.centres = nn.Parameter(torch.zeros(hidden, dim))
        self.log_precisions = nn.Parameter(torch.full((hidden, dim), math.log(FIRST_PRECISION)))
        self.readouts = nn.Parameter(torch.zeros(steps, hidden, 2 * dim))

    @property
    def drawn(self) -> str:
        """The points as an Experiment names them."""
        return " ".join(f"{point:.10g}" for point in self.points.double().numpy().round(2))

    def draw(self, points: str) -> None:
        """Take the schedule that is drawn through these points."""
        self.points = torch.tensor([float(point) for point in points.split()])
        alpha, sigma = drawn(len(self.levels), points)
        self.levels = torch.from_numpy(2.0 * np.log(alpha[1:] / sigma[1:])).float()

    def shares(self, x_t: Tensor) -> Tensor:
        """[..., hidden] how much each unit is asked at x_t [..., 2]; they sum to 1."""
        precisions = self.log_precisions.exp()
        logits = x_t @ (precisions * self.centres).T - x_t.square() @ precisions.T / 2
        return (logits - (precisions * self.centres.square()).sum(1) / 2).softmax(-1)

    def forward(self, x_t: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
        """levels: [T] log SNR, the chain's own or, while the schedule is learned, others."""
        return _of_x_0(self.shares(x_t) @ self.readouts, x_t, levels[:, None, None])

    def at(self, x_t: Tensor, index: int) -> tuple[Tensor, Tensor]:
        """Of x_t [N, 2] at one step t = index + 1."""
        return _of_x_0(self.shares(x_t) @ self.readouts[index], x_t, self.levels[index])


def _of_x_0(told: Tensor, x_t: Tensor, log_snr: Tensor) -> tuple[Tensor, Tensor]:
    mean, spread = told.chunk(2, -1)
    alpha, sigma = alpha_sigma(log_snr)
    usual = torch.logit(torch.sigmoid(-log_snr) / LARGEST)
    return alpha * x_t + sigma * mean, LARGEST * torch.sigmoid(usual + spread)


class ChainDenoiser:
    """A StepRBF as a denoiser at the noise levels of its own chain.

    name, chain: of the checkpoint and of the chain, for who asks at another level
    """

    def __init__(self, network: StepRBF, name: str = "the network", chain: str = "of its training") -> None:
        self._network = network
        self.index_of = OwnLevels(name, chain, self._find)

    def _find(self, alpha: float, sigma: float) -> int | None:
        if alpha <= 0.0 or abs(math.hypot(alpha, sigma) - 1.0) > CLOSE:
            return None
        apart, index = (self._network.levels - 2.0 * math.log(alpha / sigma)).abs().min(0)
        return int(index) if float(apart) < CLOSE else None

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        """Raises ExperimentError for a level that is none of the chain's."""
        return Prediction(*self._network.at(x_t, self.index_of(alpha, sigma)))
