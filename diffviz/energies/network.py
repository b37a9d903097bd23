"""A network whose score is a gradient: an energy U(x, t) of which exp(-U) is a density, up to a constant log Z.

With u = x_t / sqrt(alpha^2 + sigma^2), as the denoising network has it (mlp.py), and l = log SNR

    U(u, l) = |u|^2/2 + exp(l/2) f(u, l),      grad_u U = u + exp(l/2) v,      v = grad_u f

f is an MLP with one smooth output and v its gradient by automatic differentiation. v is the quantity that the denoising network
predicts, for -grad log q(u) = u + exp(l/2) E[v|u] holds exactly (mlp.py with Tweedie's formula): so whatever trains a denoising
network trains an energy, and where there is only noise, l -> -inf, U is that of N(0, I).

|u|^2/2 grows faster than the network can fall, so that exp(-U) has a finite integral whatever the weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE, MLP, TIME_FEATURES


class EnergyMLP(nn.Module):
    """(u [N, 2], log_snr [N] or [1]) -> v [N, 2], the gradient of f. SiLU units are smooth, and so is v."""

    def __init__(
        self, hidden: int = 128, layers: int = 3, features: int = 32, dim: int = 2, time_features: int = TIME_FEATURES
    ) -> None:
        super().__init__()
        self.body = MLP(hidden, layers, features, dim, time_features)
        self.body.outputs = nn.Linear(hidden, 1)

    @property
    def time_frequencies(self) -> Tensor:
        """Of the embedding of log SNR, in whose precision and on whose device the network is."""
        return self.body.time_frequencies

    def draw_frequencies(self, generator: torch.Generator) -> None:
        self.body.draw_frequencies(generator)

    def embed(self, log_snr: Tensor) -> Tensor:
        """[n, layers * hidden] what each of n noise levels adds to the hidden layers."""
        return self.body.embed(log_snr)

    def potential(self, u: Tensor, level: Tensor) -> Tensor:
        """f [N] at noise levels that are embedded: [N, layers * hidden], or [1, layers * hidden] for all points."""
        return self.body.at(u, level)[:, 0]

    def with_gradient(self, u: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """f [N] and v [N, 2], also in inference mode; where gradients are recorded, a loss of v has gradients in the weights."""
        training = torch.is_grad_enabled()
        with torch.inference_mode(False), torch.enable_grad():
            u, level = (x.clone() if x.is_inference() else x for x in (u, level))
            u = u if u.requires_grad else u.detach().requires_grad_()
            f = self.potential(u, level)
            (v,) = torch.autograd.grad(f.sum(), u, create_graph=training)
        return (f, v) if training else (f.detach(), v)

    def forward(self, u: Tensor, log_snr: Tensor) -> Tensor:
        return self.at(u, self.embed(log_snr))

    def at(self, u: Tensor, level: Tensor) -> Tensor:
        """v [N, 2] at noise levels that are embedded, as MLP.at has it."""
        return self.with_gradient(u, level)[1]

    def energy(self, u: Tensor, log_snr: Tensor) -> Tensor:
        """U [N] in nats, for log_snr [N] or [1]."""
        return assembled(u, log_snr, self.potential(u, self.embed(log_snr)))

    def energy_and_force(self, u: Tensor, log_snr: Tensor) -> tuple[Tensor, Tensor]:
        """U [N] and grad_u U [N, 2]."""
        f, v = self.with_gradient(u, self.embed(log_snr))
        return assembled(u, log_snr, f), u + scale(log_snr)[:, None] * v


def scale(log_snr: Tensor) -> Tensor:
    """alpha/sigma, by which f is multiplied; of a level that the network is not asked at, that of the edge."""
    return (log_snr.clamp(*LOG_SNR_RANGE) / 2).exp()


def assembled(u: Tensor, log_snr: Tensor, f: Tensor) -> Tensor:
    """U [N] from f [N]."""
    return u.square().sum(1) / 2 + scale(log_snr) * f
