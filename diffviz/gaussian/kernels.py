"""Gaussian kernels between two noise levels s < t of one schedule.

With a = alpha_t/alpha_s and v = sigma_t^2 - a^2 sigma_s^2 (for neighbours of a variance-preserving schedule v = beta_t):

    q(x_t|x_s)      = N(a x_s, v I)
    q(x_s|x_t, x_0) = N(c_t x_t + c_0 x_0, beta_tilde I)
    c_t = a sigma_s^2/sigma_t^2,   c_0 = alpha_s v/sigma_t^2,   beta_tilde = v sigma_s^2/sigma_t^2
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginals
from diffviz.schedules import NoiseSchedule


class ForwardKernel(NamedTuple):
    """q(x_t|x_s) = N(scale x_s, variance I)."""

    scale: float
    variance: float


class ReverseKernel(NamedTuple):
    """q(x_s|x_t, x_0) = N(c_t x_t + c_0 x_0, variance I); forward_variance is that of q(x_t|x_s)."""

    c_t: float
    c_0: float
    variance: float
    forward_variance: float


def forward_kernel(schedule: NoiseSchedule, s: int, t: int) -> ForwardKernel:
    """q(x_t|x_s) for 0 <= s < t <= T."""
    a = schedule.alpha.item(t) / schedule.alpha.item(s)
    return ForwardKernel(a, schedule.sigma.item(t) ** 2 - (a * schedule.sigma.item(s)) ** 2)


def reverse_kernel(schedule: NoiseSchedule, s: int, t: int) -> ReverseKernel:
    """q(x_s|x_t, x_0) for 0 <= s < t <= T (DDPM, eq. 6-7, for any alpha and sigma)."""
    a, v = forward_kernel(schedule, s, t)
    alpha_s, sigma_s2, sigma_t2 = schedule.alpha.item(s), schedule.sigma.item(s) ** 2, schedule.sigma.item(t) ** 2
    return ReverseKernel(a * sigma_s2 / sigma_t2, alpha_s * v / sigma_t2, v * sigma_s2 / sigma_t2, v)


def gaussian_kl_nats(square_distance: float, variance_q: float, variance_p: float, dim: int) -> float:
    """KL(N(m_q, variance_q I) || N(m_p, variance_p I)) in nats, for |m_q - m_p|^2 = square_distance."""
    ratio = variance_q / variance_p
    return 0.5 * (dim * (ratio - 1.0 - math.log(ratio)) + square_distance / variance_p)


@dataclass(frozen=True)
class VarianceRow:
    """One row of VARIANCES. only: by field, the values that it works with, where these are not all; asks: the attribute
    of a network's recipe that must be true, "" if none must."""

    title: str
    why: str
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asks: str = ""


VARIANCES: dict[str, VarianceRow] = {
    "posterior": VarianceRow(
        "Posterior (β̃)", "The variance of q(x_s|x_t, x₀), for which x₀ is known: a lower limit (OpenAI's fixedsmall)."
    ),
    "beta": VarianceRow("Forward (β)", "The variance of the forward step: exact if the data are N(0, I)."),
    "fixed_large": VarianceRow(
        "Forward (β), last step β̃",
        "OpenAI's fixedlarge: β, but for the last step, into the data, β̃ of the step from t = 2 to 1.",
    ),
    "optimal": VarianceRow(
        "Optimal (exact)",
        "β̃ plus what the variance of x₀ given x_t adds on average: the best isotropic variance (Bao et al. 2022).",
    ),
}


# Points have a Var[x_0|x_t] of each coordinate, which the exact denoiser and some networks know.
POINT_VARIANCES: dict[str, VarianceRow] = {
    **VARIANCES,
    "learned": VarianceRow(
        "Own (each coordinate)",
        "β̃ plus what the denoiser's own variance of x₀ given x_t adds, for each coordinate.",
        {"measurement": ("none",)},
        "tells_variance",
    ),
}


# For pictures, whose denoisers all know Var[x_0|x_t]. "optimal" is there its mean over each picture: no quadrature is to be had.
PICTURE_VARIANCES: dict[str, VarianceRow] = {
    **VARIANCES,
    "optimal": VarianceRow(
        "Optimal (each image)", "β̃ plus what the denoiser's own variance of x₀ adds, averaged over the image."
    ),
    "learned": VarianceRow("Learned (each pixel)", "β̃ plus what the denoiser's own variance of x₀ adds, pixel by pixel."),
}


@dataclass(frozen=True, eq=False)
class ReverseVariances:
    """Variances of p(x_s|x_t) along a chain of times 0 = t_0 < ... < t_K; index j-1 is the step t_j -> t_{j-1}.

    values: [K] as the variational bound uses them, positive but where something is added. The posterior's is 0 at the last
    step, into data; there it is replaced by beta_tilde of the step from t_2 to t_1 (improved-diffusion's
    posterior_log_variance_clipped), for "fixed_large", too.
    sampled: [K] as the sampler uses them: but for "optimal" no noise is added in the step into data (DDPM, algorithm 2).
    added: what the denoiser's own Var[x_0|x_t] adds at each step but that one, times c_0^2: nothing, its mean over each
    picture, or all of it, pixel by pixel. Of points ("coordinate") it is added at every step. values are then those without it.
    """

    kind: str
    values: NDArray[np.float64]
    sampled: NDArray[np.float64]
    added: Literal["nothing", "mean", "pixel", "coordinate"] = "nothing"


def reverse_variances(
    kind: str, schedule: NoiseSchedule, times: NDArray[np.int64], mixture: GaussianMixture | None
) -> ReverseVariances:
    """The variances of a kind for the chain times [K+1], ascending from 0.

    mixture: None for pictures, on which no quadrature is to be had: their kinds are those of PICTURE_VARIANCES, those of points
    of POINT_VARIANCES.
    optimal: beta_tilde + c_0^2 E tr Cov(x_0|x_t)/D (Bao et al. 2022, theorem 1), the expectation by quadrature.
    Raises KeyError for an unknown kind.
    """
    kernels = [reverse_kernel(schedule, s, t) for s, t in itertools.pairwise(times)]
    added = {"optimal": "mean", "learned": "pixel"}.get(kind, "nothing") if mixture is None else "nothing"
    if kind == "optimal" and mixture is not None:
        _, mmse = marginals(mixture, schedule.alpha[times[1:]], schedule.sigma[times[1:]])
        values = np.array([k.variance + k.c_0**2 * m / mixture.dim for k, m in zip(kernels, mmse, strict=True)])
        return ReverseVariances(kind, values, values)
    if kind == "learned" and mixture is not None:
        values = np.array([k.variance for k in kernels])
        return ReverseVariances(kind, values, values, "coordinate")
    chosen = "posterior" if added != "nothing" else kind
    if chosen not in VARIANCES:
        raise KeyError(kind)
    values = np.array([k.variance if chosen == "posterior" else k.forward_variance for k in kernels])
    sampled = values.copy()
    sampled[0] = 0.0
    if chosen != "beta":
        values[0] = kernels[1].variance if len(kernels) > 1 else kernels[0].forward_variance
    return ReverseVariances(kind, values, sampled, added)
