"""A small network that learns to denoise points in the plane.

It sees the point scaled to unit variance, u = x_t / sqrt(alpha^2 + sigma^2), and log SNR; nothing else of the schedule.
With alpha' = alpha/sqrt(alpha^2 + sigma^2) and sigma' likewise it answers v = alpha' eps - sigma' x_0
(Salimans & Ho 2022), so that x0_hat = alpha' u - sigma' v: at low noise the answer is nearly the input, at high noise
nearly the mean, and an error in v does equal harm in between. It can be trained to answer something else (predictions.py), and to
give a second answer, the variance of v in each coordinate given x_t: Var[x_0|x_t] = sigma'^2 Var[v|x_t].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.predictions import PREDICTIONS
from diffviz.levels import level_features, level_frequencies, log_snr_of

LOG_SNR_RANGE = (-10.0, 14.0)  # trained on; beyond it the network is asked at the edge
TIME_FEATURES = 16
LARGEST = 4.0  # variance of v in a coordinate, of unit variance over all x_t
LOWEST, HIGHEST = 0.5, 16.0  # angular frequencies of the features of x, from the whole picture to its finest detail


class MLP(nn.Module):
    """(u [N, 2], log_snr [N] or [1]) -> v [N, 2], or what else it predicts; [N, 4] if it tells the variance: two more numbers, of
    which variance_of_v makes Var[v|x_t].

    Fourier features of u (Tancik et al. 2020) and of log SNR; `layers` hidden layers of `hidden` units, to each of which
    the noise level is added. prediction: one of PREDICTIONS
    """

    def __init__(
        self,
        hidden: int = 128,
        layers: int = 3,
        features: int = 32,
        dim: int = 2,
        time_features: int = TIME_FEATURES,
        prediction: str = "v",
        tells_variance: bool = False,
    ) -> None:
        super().__init__()
        self.prediction, self.tells_variance = prediction, tells_variance
        self.register_buffer("frequencies", torch.zeros(dim, features))
        self.register_buffer("time_frequencies", level_frequencies(time_features, -3.0, 2.0))
        self.inputs = nn.Linear(dim + 2 * features, hidden)
        self.hidden = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(layers - 1)])
        self.times = nn.Linear(1 + 2 * time_features, layers * hidden, bias=False)
        self.outputs = nn.Linear(hidden, 2 * dim if tells_variance else dim)

    def draw_frequencies(self, generator: torch.Generator) -> None:
        """Random directions, lengths spread evenly in logarithm between LOWEST and HIGHEST."""
        direction = F.normalize(torch.randn(self.frequencies.shape, generator=generator), dim=0)
        length = torch.linspace(math.log(LOWEST), math.log(HIGHEST), self.frequencies.shape[1]).exp()
        self.frequencies.copy_(direction * length)

    def embed(self, log_snr: Tensor) -> Tensor:
        """[n, layers * hidden] what each of n noise levels adds to the hidden layers."""
        return self.times(level_features(log_snr.clamp(*LOG_SNR_RANGE), self.time_frequencies))

    def forward(self, u: Tensor, log_snr: Tensor) -> Tensor:
        return self.at(u, self.embed(log_snr))

    def at(self, u: Tensor, level: Tensor) -> Tensor:
        """The same at noise levels that are embedded: [N, layers * hidden], or [1, layers * hidden] for all points."""
        phase = u @ self.frequencies
        h = torch.cat([u, phase.sin(), phase.cos()], 1)
        for layer, time in zip([self.inputs, *self.hidden], level.chunk(1 + len(self.hidden), 1), strict=True):
            # one noise level for all points is a bias: a third less time than adding it to every row
            h = F.linear(h, layer.weight, layer.bias + time[0]) if len(time) == 1 else layer(h) + time
            h = F.silu(h, inplace=True)
        return self.outputs(h)


class NetworkDenoiser:
    """An MLP, or another network (u, log_snr) -> v without levels, as a denoiser for every schedule; of an MLP this is the one
    place where it matters what it predicts.

    levels: (alpha, sigma) that will be asked for. Their log SNR is embedded here, all at once; others are embedded when they
    are asked for.
    """

    def __init__(self, network: MLP | Callable[[Tensor, Tensor], Tensor], levels: Iterable[tuple[float, float]] = ()) -> None:
        self._network, levels = network, list(levels)
        self._levels: dict[tuple[float, float], Tensor] = {}
        self._row = PREDICTIONS[getattr(network, "prediction", "v")]
        self._tells_variance = getattr(network, "tells_variance", False)
        if levels:
            log_snr = network.time_frequencies.new_tensor([log_snr_of(*level) for level in levels])
            with torch.no_grad():
                self._levels = dict(zip(levels, network.embed(log_snr).split(1), strict=True))

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        norm = math.hypot(alpha, sigma)
        a, s = alpha / norm, sigma / norm
        u = x_t if abs(norm - 1.0) < 1e-9 else x_t / norm
        level = self._levels.get((alpha, sigma))
        answer = self._network(u, x_t.new_full((1,), log_snr_of(alpha, sigma))) if level is None else self._network.at(u, level)
        if not self._tells_variance:
            return Prediction(self._row.x0_hat(answer, u, a, s))
        answer, logit = answer.chunk(2, 1)
        return Prediction(self._row.x0_hat(answer, u, a, s), variance_of_v(logit).mul_(s * s))


def variance_of_v(logit: Tensor) -> Tensor:
    """Var[v|x_t] in (0, LARGEST) from the network's second answer; 1 of 0."""
    return LARGEST * torch.sigmoid(logit - math.log(LARGEST - 1.0))
