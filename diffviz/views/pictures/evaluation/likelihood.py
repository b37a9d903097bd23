"""The density that the probability-flow ODE gives, by a change of variables (Chen et al. 2018; Song et al. 2021).

As in samplers/ode.py, u = x/sqrt(alpha^2 + sigma^2), tan theta = sigma/alpha and du/dtheta = v(u, theta). From a noise level
theta_0 near the data to theta_1 near pure noise, where u is taken to be standard normal,

    log p_theta_0(u) = log N(u_1; 0, I) + int div v dtheta,        div v = E z^T (dv/du) z  for z with E z z^T = I

(Hutchinson 1990; z of random signs). Steps are those of Runge & Kutta, even in log SNR.

**Grey levels** have probabilities, the ODE a density: each picture is moved by a noise q(y|x) that stays within its bins, and

    log P(x) = log int_bins p(y) dy  >=  E_q[log p(y) - log q(y|x)]:

what is told is a bound (Theis et al. 2016; Ho et al. 2019). q may be uniform, or normal with the noise of the level at which the
ODE begins, cut off at the bins' edges (Zheng et al. 2023, sec. 3.3): then y is what the network has been trained on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from torch import Tensor

from diffviz.domains.pictures.costs import Watch
from diffviz.domains.pictures.images import ImageRow
from diffviz.estimates import Estimate
from diffviz.gaussian.denoisers.base import Denoiser, v_hat
from diffviz.levels import level_of

REACH = (10.0, -10.0)  # log SNR from the data to the noise: what the networks were trained on


def signs(probes: int, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """[probes, *shape] of +1 and -1: Rademacher's, of which Hutchinson's estimate has the least variance."""
    return 2.0 * torch.randint(0, 2, (probes, *shape), generator=generator).float() - 1.0


def axes(shape: tuple[int, ...]) -> Tensor:
    """[D, N, *D] in the place of random probes, each axis as long as makes their mean the trace itself: for few dimensions."""
    dim = math.prod(shape[1:])
    unit = math.sqrt(dim) * torch.eye(dim, dtype=torch.float64)
    return unit[:, None].expand(dim, shape[0], dim).reshape(dim, *shape)


def ode_log_density(
    denoiser: Denoiser,
    u: Tensor,
    probes: Tensor,
    steps: int,
    reach: tuple[float, float] = REACH,
    watch: Watch = lambda steps: steps,
) -> Tensor:
    """[P, N] log density in nats at u [N, *D] of the noise level reach[0], as each of the probes [P, N, *D] has it.

    reach: log SNR where the path begins and ends; 4 x steps function evaluations are made.
    """

    def slope(u: Tensor, log_snr: float) -> tuple[Tensor, Tensor]:
        """du/d(log SNR), and [P, N] of its divergence."""
        alpha, sigma = level_of(log_snr)
        with torch.enable_grad():
            u = u.detach().requires_grad_()
            v = v_hat(u, denoiser(u, alpha, sigma).x0_hat, alpha, sigma)
            pulled = [
                torch.autograd.grad(v, u, probe, retain_graph=index < len(probes) - 1)[0] for index, probe in enumerate(probes)
            ]
        divergence = torch.stack([(p * z).flatten(1).sum(1, dtype=torch.float64) for p, z in zip(pulled, probes, strict=True)])
        factor = -0.5 * sigma * alpha  # dtheta/d(log SNR)
        return factor * v.detach(), factor * divergence

    probes = probes.to(u)
    change = torch.zeros(probes.shape[:2], dtype=torch.float64, device=u.device)
    path = np.linspace(*reach, steps + 1).tolist()
    for index in watch(range(steps)):
        here, there = path[index : index + 2]
        h = there - here
        k1, d1 = slope(u, here)
        k2, d2 = slope(u + h / 2 * k1, here + h / 2)
        k3, d3 = slope(u + h / 2 * k2, here + h / 2)
        k4, d4 = slope(u + h * k3, there)
        u = u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        change += h / 6 * (d1 + 2 * d2 + 2 * d3 + d4)
    square = u.double().square().flatten(1)
    return change - 0.5 * (square.sum(1) + square.shape[1] * math.log(2.0 * math.pi))


@dataclass(frozen=True)
class Likelihood:
    """bits_per_dim: the bound; its error is over pictures, the noise in their bins and the probes all together.

    probe_stderr: what the probes alone add, None of one probe; solver: what twice the length of a step changes; log_snr: where
    the ODE began; dequantisation: uniform or normal; pictures, nfe: how many pictures and function evaluations.
    """

    bits_per_dim: Estimate
    probe_stderr: float | None
    solver: float
    log_snr: float
    dequantisation: str
    pictures: int
    nfe: int


def dequantise(x: Tensor, row: ImageRow, kind: str, std: float, seed: int) -> tuple[Tensor, NDArray[np.float64]]:
    """y [N, C, H, W] within the bins of the grey levels x, and [N] log q(y|x) in nats.

    kind: "uniform", or "normal" with this std, cut off half a bin to both sides.
    """
    half = row.bin_width / 2
    uniform = np.random.default_rng((seed, 17)).random(tuple(x.shape))
    if kind == "uniform":
        noise, logs = half * (2.0 * uniform - 1.0), np.full(uniform.shape, -math.log(row.bin_width))
    else:
        outside = ndtr(-half / std)  # of N(0, std^2), to each side
        noise = std * ndtri(outside + (1.0 - 2.0 * outside) * uniform)
        logs = -0.5 * (noise / std) ** 2 - math.log(math.sqrt(2.0 * math.pi) * std * (1.0 - 2.0 * outside))
    return x + torch.from_numpy(noise).to(x), logs.reshape(len(x), -1).sum(1)


def likelihood(
    denoiser: Denoiser,
    x: Tensor,
    row: ImageRow,
    steps: int,
    probes: int,
    kind: str = "normal",
    log_snr: float = REACH[0],
    seed: int = 0,
    watch: Watch = lambda steps: steps,
) -> Likelihood:
    """Bits per dimension of pictures x [N, C, H, W] by the ODE that begins at log_snr. steps: even, of at least 4.

    The model is the ODE from there on, read as a density of y = u/a, a = alpha/sqrt(alpha^2 + sigma^2): log p(y) =
    log p_theta_0(a y) + D log a.
    """
    dim, bits = math.prod(row.shape), 1.0 / (math.prod(row.shape) * math.log(2.0))
    a, std = level_of(log_snr)[0], math.exp(-log_snr / 2.0)
    y, log_q = dequantise(x, row, kind, std, seed)
    z = signs(probes, tuple(x.shape), torch.Generator().manual_seed(seed)).to(x.device)
    reach = (log_snr, REACH[1])

    def cost(probes: Tensor, steps: int, watch: Watch) -> NDArray[np.float64]:
        log_p = ode_log_density(denoiser, a * y, probes, steps, reach, watch).cpu().numpy() + dim * math.log(a)
        return bits * (log_q - log_p)

    found = cost(z, steps, watch)  # [P, N]
    coarse = cost(z[:1], steps // 2, lambda steps: steps)
    each = found.mean(0)
    of_probes = float(np.sqrt((found.var(0, ddof=1) / probes).mean() / len(x))) if probes > 1 else None
    return Likelihood(
        Estimate(float(each.mean()), float(each.std(ddof=1)) / math.sqrt(len(x))),
        of_probes,
        float((coarse[0] - found[0]).mean()),
        log_snr,
        kind,
        len(x),
        4 * steps,
    )
