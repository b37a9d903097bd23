"""Inverse problems: samples given a measurement, and editing of given images."""

from __future__ import annotations

import math

from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.inverse.apply import pixel_std
from diffviz.telling.glossary.entry import Moment, Term, cite, linear
from diffviz.telling.words import number, with_error


def _measurement(m: Moment) -> str:
    found = m.setup.measurement
    if found is None:
        return ""
    known, all_of = math.prod(found.map.y_shape), math.prod(found.map.shape)
    return f"y has {known} numbers for the {all_of} of x_0, with σ_y = {found.std:g}."


def _posterior(m: Moment) -> str:
    error, spread = m.metric("mean_to_truth_mse"), m.metric("spread")
    if not error or not spread:
        return ""
    return f"The samples' mean is off by {with_error(error)} (mean squared), their standard deviation is {with_error(spread)}."


def _pigdm(m: Moment) -> str:
    if m.setup.measurement is None:
        return ""
    alpha, sigma, *_ = m.levels
    square = pixel_std(m.setup.distribution) ** 2
    return f"At t = {m.t}: r_t^2 = {number(square * sigma**2 / (alpha**2 * square + sigma**2), 2)}."


def _multiplied(m: Moment) -> str:
    if m.setup.measurement is None:
        return ""
    return f"At s = {m.s} the power is ({m.schedule.steps} − {m.s})/{m.schedule.steps} = {number(1 - m.s / m.schedule.steps, 2)}."


def _factor(m: Moment) -> str:
    found = m.metric("log_z_nats")
    return "" if found is None else f"log Z = {number(found.value, 3)} nats."


def _path_kl(m: Moment) -> str:
    found = m.metric("path_kl_nats")
    return "" if found is None else f"Of this run: {with_error(found)} nats."


def _small_perturbation(m: Moment) -> str:
    """Of a run whose kernels are perturbed, exactly or by a shift."""
    if m.setup.task is None or m.metric("log_z_nats") is None or m.setup.task.perturbation is None:
        return ""
    kernel, own = float(m.setup.process.variances.sampled[m.position - 1]), m.setup.task.perturbation.variance_at(m.s)
    text = f"At t = {m.t} the kernel's variance is {number(kernel, 2)}, that of r {number(own, 2)}."
    lost = m.metric("small_perturbation_nats")
    return text if lost is None else f"{text} The shifts of this run cost {with_error(lost)} nats."


def _repaint(m: Moment) -> str:
    e = m.measured.experiment
    if m.setup.measurement is None or e.condition != "replace":
        return ""
    cost = f"{m.measured.evaluations} function evaluations for {len(m.measured.times) - 1} steps"
    return f"With U = {e.resamples} and jump length {e.jump} this run takes {cost}."


def _edited(m: Moment) -> str:
    start = int(m.measured.times[-1])
    alpha, sigma = float(m.schedule.alpha[start]), float(m.schedule.sigma[start])
    return f"x_{{{start}}} = {linear((alpha, 'x_0'), (sigma, 'ε'))}"


def _between(m: Moment) -> str:
    count = len(m.measured.end)
    return f"{count} particles lie {number(1 / (count - 1), 2)} of the way apart." if count > 1 else ""


INVERSE: dict[str, Term] = {
    "measurement": Term(
        "Measurement operator",
        "The linear map H that says what is observed of an image, with noise added.",
        "y = H x_0 + σ_y z",
        "The identity gives denoising, a mask inpainting, means over blocks super-resolution, a convolution "
        "deblurring. An inverse problem asks which x_0 may have given y.",
        cite(("pigdm", "sec. 2")),
        _measurement,
    ),
    "posterior": Term(
        "Posterior given a measurement",
        "The distribution of all images that agree with the measurement y, each weighted by its probability.",
        "p(x_0|y) ∝ q(x_0) N(y; H x_0, σ_y^2 I)",
        "The samples' mean is the best single estimate, and their standard deviation, pixel by pixel, says how sure "
        "it is: black is 1, half of the range of grey. The exact one weights the training images by their likelihood: "
        "it is the truth about those images, so that of a test image a network may estimate better.",
        cite(("2015", "sec. 2.5"), "pigdm"),
        _posterior,
    ),
    "pigdm": Term(
        "Gradient guidance (ΠGDM)",
        "The denoised estimate is moved along the gradient of the likelihood of y, taken through the denoiser.",
        "∇ log p(y|x_t) = (∂x̂_0/∂x_t)^T H^T (σ_y^2 + r_t^2 H H^T)^{−1} (y − H x̂_0)",
        "It takes what x_t leaves open of x_0 to be Gaussian, of variance r_t² in every direction. The guidance "
        "strength is a factor of it.",
        cite(("pigdm", "eq. 7-8")),
        _pigdm,
        GaussianMixture,
    ),
    "multiplied": Term(
        "Multiplication by r(x)",
        "Each reverse kernel is multiplied by the likelihood r of the measurement, as the 2015 paper does.",
        "p̃(x_s|x_t) ∝ p(x_s|x_t) r(x_s)",
        "It takes x_s for the image itself, which counts y more than once on a long chain. With a ramp r has the power (T−s)/T.",
        cite(("2015", "sec. 2.5")),
        _multiplied,
    ),
    "factor": Term(
        "Factor r(x)",
        "A function that multiplies the distribution of the data, so that samples agree with what is known of them.",
        "q̃(x_0) = q(x_0) r(x_0)/Z,   Z = E r(x_0)",
        "In the plane r is the likelihood of what is known of a noisy observation y = x + σ_y z: a half-plane in which it lies, "
        "its distance from the origin, one coordinate, or y itself. The exact reverse process multiplies a kernel by "
        "h(x_s) = E[r(x_0)|x_s] (Doob's h-transform), and the denoiser becomes E[x_0|x_t, r].",
        cite(("2015", "sec. 2.5")),
        _factor,
        GaussianMixture,
    ),
    "path_kl": Term(
        "Path KL to the exact posterior",
        "How far the paths of a reverse process are from those of the exact process that ends in q(x_0) r(x_0)/Z.",
        "E_{p̃} log p̃(x_0, …, x_T)/q̃(x_0, …, x_T) ≥ KL(p̃(x_0) ‖ q̃(x_0))",
        "Both densities of a path are known, so it is a mean over the run's own paths, which may come out below 0 within its "
        "error. It is 0 for the exact process alone, and the KL divergence of the samples is at most as large. Where no noise is "
        "added in the last step, paths end one step before.",
        cite(("2015", "sec. 2.5"), ("cover", "sec. 2.8")),
        _path_kl,
        GaussianMixture,
    ),
    "small_perturbation": Term(
        "Small perturbation",
        "The 2015 paper's approximation: a kernel multiplied by r is taken to be the same Gaussian with a shifted mean.",
        "N(μ, Σ) r(x_s) ≈ N(μ + Σ ∇ log r(μ), Σ)",
        "It is good where the kernel's variance is small beside that of r: its error falls with the fourth power of r's width. "
        "Where the kernel's variance is larger, the shift goes too far.",
        cite(("2015", "app. C")),
        _small_perturbation,
        GaussianMixture,
    ),
    "repaint": Term(
        "RePaint",
        "Inpainting by putting the noised known pixels in place at every step, and resampling so that "
        "the others agree with them.",
        "x_s = mask · (α_s y + σ_s z) + (1 − mask) · (a reverse step)",
        "U is how often each jump is taken in all; a jump is so many steps up by the forward process, and the same number down.",
        cite(("repaint", "algorithm 1")),
        _repaint,
    ),
    "edited": Term(
        "SDEdit",
        "A given image is noised to the time t₀ and denoised from there.",
        "x_{t₀} = α_{t₀} x_0 + σ_{t₀} ε, then the reverse process from t₀",
        "Its coarse structure stays and its detail is sampled anew; the larger t₀, the less of it is left.",
        cite(("sdedit", "sec. 3")),
        _edited,
        GaussianMixture,
    ),
    "between": Term(
        "Interpolation of two images",
        "Both images are encoded as noise by the probability-flow ODE, and images between them are decoded from the "
        "great circle between the two noises.",
        "x_T = slerp(x_T^{(a)}, x_T^{(b)}, share)",
        "Noises on the great circle have the length of typical noise, so typical images come out.",
        cite(("sde", "sec. 4.3"), ("ddim", "sec. 5.3"), "slerp"),
        _between,
    ),
}
