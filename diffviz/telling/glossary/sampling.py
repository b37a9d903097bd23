"""Samplers and their settings."""

from __future__ import annotations

import math

from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.samplers.base import deterministic
from diffviz.gaussian.samplers.langevin import SIZE
from diffviz.telling.glossary.entry import Moment, Term, cite, linear
from diffviz.telling.words import number

MOST_TIMES = 6  # visited times that are listed from either end


def _step(m: Moment) -> str:
    return f"t = {m.t} to s = {m.s}"


def _ancestral(m: Moment) -> str:
    kernel = m.kernel
    return f"From {_step(m)} the mean is {linear((kernel.c_t, 'x_t'), (kernel.c_0, 'x̂_0'))}."


def _variance(m: Moment) -> str:
    small, large = number(m.kernel.variance, 2), number(m.kernel.forward_variance, 2)
    return f"From {_step(m)}: β̃ = {small}, β = {large}."


def _ddim(m: Moment) -> str:
    c_t, c_0 = deterministic(*m.levels)
    return f"From {_step(m)}: x_s = {linear((c_t, 'x_t'), (c_0, 'x̂_0'))}"


def _eta(m: Moment) -> str:
    full, eta = math.sqrt(max(m.kernel.variance, 0.0)), m.measured.experiment.eta
    noise = f"{number(full, 2)} with η = 1, and {number(eta * full, 2)} with η = {eta:g}"
    return f"From {_step(m)} the noise has standard deviation {noise}."


def _flow(m: Moment) -> str:
    alpha_t, sigma_t, alpha_s, sigma_s = m.levels
    return f"From {_step(m)} Euler's method adds {linear((alpha_s - alpha_t, 'x̂_0'), (sigma_s - sigma_t, 'ε̂'))} to x_t."


def _evaluations(m: Moment) -> str:
    return f"This run takes {len(m.measured.times) - 1} steps with {m.measured.evaluations} function evaluations."


def _times(m: Moment) -> str:
    times = [str(t) for t in m.measured.times]
    listed = times if len(times) <= 2 * MOST_TIMES else [*times[:MOST_TIMES], "…", *times[-MOST_TIMES:]]
    return f"This run visits {', '.join(listed)}."


def _langevin(m: Moment) -> str:
    sigma_s = m.levels[3]
    size = SIZE * sigma_s**2
    if size == 0.0:
        return ""
    return f"At s = {m.s}: δ = {number(size, 2)}, and the noise has standard deviation {number(math.sqrt(2 * size), 2)}."


SAMPLING: dict[str, Term] = {
    "ancestral": Term(
        "Ancestral sampling (DDPM)",
        "It draws each x_s from the Gaussian p(x_s|x_t), which adds new noise in every step.",
        "x_s = c_t x_t + c_0 x̂_0 + √Σ_t z, &nbsp; z ~ N(0, I)",
        "It is the only sampler with an ELBO of its own, because the ELBO compares Gaussians: of the others the chain "
        "with the same steps is shown.",
        cite(("ddpm", "algorithm 2 and eq. 7")),
        _ancestral,
        GaussianMixture,
    ),
    "variance": Term(
        "Reverse variance",
        "How much noise a step of ancestral sampling adds.",
        "β̃ = Var[x_s|x_t, x_0] ≤ Σ_t ≤ β",
        "β̃ is right if x_0 were known and β if the data are N(0, I). The optimal one adds to β̃ what the posterior "
        "variance of x_0 contributes.",
        cite(("ddpm", "sec. 3.2"), ("improved", "eq. 15"), ("analytic", "theorem 1")),
        _variance,
        GaussianMixture,
    ),
    "ddim": Term(
        "DDIM",
        "A sampler that keeps the estimated noise instead of drawing new noise, so that it needs fewer steps.",
        "x_s = α_s x̂_0 + σ_s ε̂ &nbsp; (η = 0)",
        "Without noise it is deterministic: one x_T gives one sample. It is then a first-order solver of the "
        "probability-flow ODE.",
        cite(("ddim", "eq. 12")),
        _ddim,
        GaussianMixture,
    ),
    "eta": Term(
        "DDIM η",
        "How much new noise DDIM adds: none with η = 0, as much as ancestral sampling with the variance β̃ with η = 1.",
        "x_s = α_s x̂_0 + √(σ_s^2 − η^2β̃) ε̂ + η√β̃ z",
        "",
        cite(("ddim", "eq. 16")),
        _eta,
        GaussianMixture,
    ),
    "probability_flow": Term(
        "Probability-flow ODE",
        "A differential equation without noise whose solutions have the distribution of the forward process at every time.",
        "d x_t/d t = α′_t E[x_0|x_t] + σ′_t E[ε|x_t]",
        "Solved backwards it turns noise into samples, solved forwards it encodes data as noise. Euler's method, "
        "DDIM, Heun's method and DPM-Solver++ are solvers of it; those of second order have an error that falls with "
        "the square of the step.",
        cite(("sde", "sec. 4.3 and eq. 13"), ("edm", "algorithm 1"), ("flow", "eq. 1"), ("dpm", "algorithm 2")),
        _flow,
        GaussianMixture,
    ),
    "nfe": Term(
        "Function evaluations (NFE)",
        "How often the denoiser is evaluated for one batch of samples: what sampling costs.",
        "NFE = Σ evaluations of each step",
        "Ancestral sampling, DDIM and DPM-Solver++ (2M) take one a step, Heun's method two but for the last step.",
        cite(("edm", "sec. 3")),
        _evaluations,
    ),
    "spacing": Term(
        "Timestep spacing",
        "Which of the times 1 to T a sampler visits when it takes fewer than T steps.",
        "0 = t_0 &lt; t_1 &lt; … &lt; t_K ≤ T",
        "Trailing times end at T. Leading ones begin at 1 and end below T, where x_t has more signal. Times that are "
        "even in log SNR take equal factors of the noise.",
        cite(("zero_snr", "sec. 3.3"), ("ddim", "app. D.2"), ("dpm_first", "sec. 3")),
        _times,
    ),
    "langevin": Term(
        "Langevin corrector",
        "Steps along the score with noise added, at one noise level, which correct the distribution of the particles there.",
        "x ← x + δ ∇ log q(x) + √(2δ) z",
        f"Each costs one function evaluation. Here δ = {SIZE:g} σ_s^2, the same share of the noise at every level.",
        cite(("sde", "sec. 4.2 and algorithm 2")),
        _langevin,
        GaussianMixture,
    ),
}
