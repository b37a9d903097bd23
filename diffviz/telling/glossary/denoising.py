"""What a denoiser says of a noised x_t, and what it may be."""

from __future__ import annotations

from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal
from diffviz.relevant import relevant
from diffviz.telling.glossary.entry import Moment, Term, cite, linear
from diffviz.telling.words import number, with_error


def _asked(m: Moment) -> str:
    kind = "in closed form" if m.measured.experiment.denoiser == "exact" else "a trained network"
    return f"In this run it is {kind}, and evaluated {m.measured.evaluations} times."


def _mean_of_normal(m: Moment) -> str:
    alpha, sigma, *_ = m.levels
    return f"For data x_0 ~ N(0, I) it is {linear((alpha / (alpha**2 + sigma**2), 'x_t'))} at t = {m.t}."


def _estimate(m: Moment) -> str:
    alpha, sigma, *_ = m.levels
    return f"At t = {m.t}: x̂_0 = {linear((1 / alpha, 'x_t'), (-sigma / alpha, 'ε̂'))}" if alpha > 0 else ""


def _noise(m: Moment) -> str:
    alpha, sigma, *_ = m.levels
    return f"At t = {m.t}: ε̂ = {linear((1 / sigma, 'x_t'), (-alpha / sigma, 'x̂_0'))}"


def _score(m: Moment) -> str:
    alpha, sigma, *_ = m.levels
    return f"At t = {m.t} the score is {linear((alpha / sigma**2, 'x̂_0'), (-1 / sigma**2, 'x_t'))}."


def _mmse(m: Moment) -> str:
    data = m.setup.distribution
    if not data.has_quadrature:
        return ""
    alpha, sigma, *_ = m.levels
    mmse = number(marginal(data, alpha, sigma).mmse, 2)
    return f"At t = {m.t} it is {mmse}, while the variance of x_0 is {number(_variance(data), 2)}."


def _variance(data: GaussianMixture) -> float:
    mean = data.weights @ data.means
    return data.mean_square - float(mean @ mean)


def _guidance(m: Moment) -> str:
    e = m.measured.experiment
    if "guidance" not in relevant(e):
        return ""
    parts = linear((e.guidance, "x̂_0(class)"), (1 - e.guidance, "x̂_0(∅)"))
    return f"With w = {e.guidance:g} the estimate is {parts}."


def _bandwidth(m: Moment) -> str:
    data = m.setup.distribution
    return f"Here s = {number(data.std, 2)}, for {len(data.means)} components."


def _memorised(m: Moment) -> str:
    distance = m.metric("nearest_training")
    return f"Samples of this run are {with_error(distance)} away from the nearest training image." if distance else ""


def _level(m: Moment) -> str:
    if m.measured.experiment.denoiser == "exact":
        return ""
    return f"At t = {m.t} the network is told log SNR = {number(float(m.schedule.log_snr[m.t]), 2)}."


DENOISING: dict[str, Term] = {
    "denoiser": Term(
        "Denoiser",
        "A function that estimates the data x_0 from a noised x_t.",
        "x̂_0 = D(x_t, α_t, σ_t)",
        "The best one is the posterior mean. It is exact, in closed form, for data that are known, or a network that "
        "was trained to have the least squared error.",
        cite(("ddpm", "sec. 3.2"), ("vincent", "sec. 4")),
        _asked,
    ),
    "posterior_mean": Term(
        "Posterior mean",
        "The mean of all data that may have become this x_t, each weighted by its probability.",
        "E[x_0|x_t] = ∫ x_0 q(x_0|x_t) d x_0",
        "No estimate has a smaller mean squared error. Far from the data it is nearly the mean of all data; it "
        "sharpens as the noise falls.",
        cite(("tweedie", "eq. 1.4"), ("vdm", "sec. 3.3")),
        _mean_of_normal,
        GaussianMixture,
    ),
    "x0_hat": Term(
        "Denoised estimate x̂₀",
        "What the denoiser estimates the data to be, given x_t.",
        "x̂_0 = (x_t − σ_t ε̂) / α_t",
        "It is an average over all that x_t may have come from, and so smoother than data are while there is much noise.",
        cite(("ddpm", "eq. 15")),
        _estimate,
        GaussianMixture,
    ),
    "eps_hat": Term(
        "Predicted noise ε̂",
        "The noise in x_t if the denoised estimate is right.",
        "ε̂ = (x_t − α_t x̂_0) / σ_t",
        "Many networks are trained to predict it. Where the image can be made out in it, the denoised estimate is wrong.",
        cite(("ddpm", "eq. 11-12")),
        _noise,
        GaussianMixture,
    ),
    "score": Term(
        "Score",
        "The gradient of the log density of x_t: it points to where more particles are.",
        "∇ log q(x_t) = (α_t E[x_0|x_t] − x_t) / σ_t^2 = −ε̂ / σ_t",
        "This is Tweedie's formula: who knows the posterior mean knows the score, and the other way round.",
        cite(("tweedie", "eq. 1.4"), ("vincent", "sec. 4"), ("sde", "eq. 6-7")),
        _score,
        GaussianMixture,
    ),
    "mmse": Term(
        "Minimum mean squared error (MMSE)",
        "The mean squared error of the best denoiser there can be, which is the posterior mean.",
        "MMSE = E|x_0 − E[x_0|x_t]|^2",
        "It is 0 without noise, and the variance of the data where x_t is pure noise. It sets the exact cost of every step.",
        cite(("mmse", "sec. II")),
        _mmse,
        GaussianMixture,
    ),
    "guidance": Term(
        "Classifier-free guidance",
        "The reverse process is pushed towards a class by extrapolating from the unconditional to the conditional estimate.",
        "x̂_0 = x̂_0(∅) + w (x̂_0(class) − x̂_0(∅))",
        "w = 0 is the unconditional model, w = 1 the conditional one; a larger w gives samples that are more typical "
        "of the class and less varied, of a distribution that is no longer the data's. The paper counts w from 0: its "
        "w is this one less 1.",
        cite(("guidance", "eq. 6")),
        _guidance,
        GaussianMixture,
    ),
    "kernel_bandwidth": Term(
        "Kernel bandwidth",
        "The standard deviation s of the Gaussians that the data distribution is a mixture of.",
        "q(x_0) = Σ w_k N(x_0; μ_k, s^2 I)",
        "Of images each component is a training image and s half a grey level: a kernel density estimate so narrow "
        "that samples of it are training images, to within rounding. Of your own points it is h: by default the one under which "
        "each point is most likely given the others. Silverman's rule, s over the sixth root of n for n points of standard "
        "deviation s, suits Gaussian points; it is too wide for several modes or a curve.",
        cite(("parzen", "sec. 2")),
        _bandwidth,
        GaussianMixture,
    ),
    "memorisation": Term(
        "Memorisation",
        "Samples are copies of training data instead of new data.",
        "|x − μ_k| ≈ 0 &nbsp; for some training image μ_k",
        "A denoiser with the least error on a training set memorises it: that is the exact denoiser of images. New "
        "images come from what a network computes differently, which is called generalisation.",
        cite("generalise", "creativity"),
        _memorised,
    ),
    "inside": Term(
        "Feature maps",
        "What one layer of the network computes for one image: an array of small grey images.",
        "h_l(x_t, log SNR) [maps, height, width]",
        "A U-Net goes down to fewer and larger pixels, lets all of them attend to one another in the middle, and "
        "comes up again with what it kept on the way down. Grey is 0; black and white are the largest values in the "
        "whole run. “prediction” is the network's output, “variance” its estimate of its own squared error, pixel by "
        "pixel.",
        cite("unet", ("ddpm", "app. B")),
        _level,
    ),
}
