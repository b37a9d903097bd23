"""When samples commit to a part of the data, how fast they move, and how finitely many training points are told apart."""

from __future__ import annotations

import math

from diffviz.gaussian.memory import information_nats
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.prior import Prior
from diffviz.gaussian.quadrature import clone_probability, marginal
from diffviz.gaussian.speed import from_noise_nats, squared_speed, squared_speeds
from diffviz.gaussian.symmetry import largest_variance
from diffviz.telling.glossary.entry import Moment, Term, cite
from diffviz.telling.words import number


def _plane(m: Moment) -> GaussianMixture | None:
    """The data, where quadrature is to be had."""
    mixture = m.setup.distribution
    return mixture if mixture.has_quadrature else None


def _clones(m: Moment) -> str:
    mixture = _plane(m)
    return f"At t = {m.t}, φ = {number(clone_probability(mixture, *m.levels[:2]))}." if mixture else ""


def _splits(m: Moment) -> str:
    mixture = _plane(m)
    if mixture is None:
        return ""
    share, largest = float(m.schedule.signal_share[m.t]), largest_variance(mixture)
    return f"Here Λ = {number(largest)}. At t = {m.t}, ᾱ_t Λ = {number(share * largest)} and 1 − ᾱ_t = {number(1.0 - share)}."


def _late(m: Moment) -> str:
    mixture = _plane(m)
    if mixture is None:
        return ""
    alpha, sigma = m.levels[:2]
    least = Prior.matched(mixture, alpha, sigma).cross_entropy_nats(mixture, alpha, sigma)
    lost = max(0.0, least - marginal(mixture, alpha, sigma).entropy_nats)
    return f"A start at t = {m.t} loses {number(lost, 2)} nats."


def _speed(m: Moment) -> str:
    mixture = _plane(m)
    return f"At t = {m.t}, v_2^2 = {number(squared_speed(mixture, m.schedule, m.t), 2)}." if mixture else ""


def _bound_of_shift(m: Moment) -> str:
    mixture = _plane(m)
    return f"Here the bound is {number(float(squared_speeds(mixture, m.schedule).mean()), 2)}." if mixture else ""


def _neural(m: Moment) -> str:
    mixture = _plane(m)
    if mixture is None:
        return ""
    start, end = (from_noise_nats(mixture, m.schedule, t) for t in (0, m.t))
    return f"From 0 to t = {m.t}: {number(start)} − {number(end)} = {number(start - end)} nats."


def _collapse(m: Moment) -> str:
    mixture = _plane(m)
    if mixture is None:
        points = len(m.setup.distribution.means)
        return f"{points} training images: log n = {number(math.log(points))} nats."
    points, known = m.measured.experiment.particles, information_nats(mixture, *m.levels[:2])
    return f"{points} points: log n = {number(math.log(points))} nats. At t = {m.t}, I(x_0; x_t) = {number(known)} nats."


COMMITMENT: dict[str, Term] = {
    "clones": Term(
        "Clone probability",
        "How probable it is that two samples drawn from p(x_0|x_t), for the same x_t, come from the same mode of the data.",
        "φ(t) = E Σ_k p(k|x_t)^2",
        "In pure noise it is Σ w_k^2, as for two samples that know nothing of one another; without noise it is 1 if the "
        "modes are separate. The other line is the share of particles that are already in the mode in which they end. The "
        "modes of a curve are the many Gaussians that it is made of, which overlap.",
        cite("biroli"),
        _clones,
        GaussianMixture,
    ),
    "splits": Term(
        "Symmetry breaking",
        "The noise levels at which a sample begins to belong to one part of the data, three of which go by one name.",
        "density: λ = 0; &nbsp; drift: λ = −½; &nbsp; speciation: ᾱ_t Λ = 1 − ᾱ_t",
        "λ is the largest eigenvalue of the Hessian of log q(x_t) at the place that is its only mode at much noise, Λ that "
        "of the data's covariance. In the reverse process the drift of the SDE, x/2 + ∇ log q(x_t), splits first, then the "
        "density. The chart shows τ^2 λ and τ^2 (λ + ½), with τ the standard deviation of a Gaussian of the data at t. "
        "Speciation is meant for many dimensions, where Λ is large and it is written ᾱ_t Λ = 1, which is marked as well.",
        cite(("raya", "eq. 9"), "biroli"),
        _splits,
        GaussianMixture,
    ),
    "late_start": Term(
        "Late start",
        "The reverse process begins at a time t₀ below T, from the Gaussian with the mean and the covariance of x there.",
        "x_{t₀} ~ N(m, C); &nbsp; lost: KL(q(x_{t₀}) ‖ N(m, C))",
        "The steps above t₀ are saved. What is lost is the mismatch, a part of the ELBO gap. Before the drift of the "
        "reverse SDE splits, q(x_t) is nearly Gaussian and little is lost.",
        cite("raya"),
        _late,
        GaussianMixture,
    ),
    "squared_speed": Term(
        "Speed and accuracy",
        "How fast the probability flow moves the data into noise, which bounds how much an error of its start grows in the "
        "reverse process.",
        "W_2^2 ≤ ∫ v_2^2 d(t/T); &nbsp; (ΔW_1)^2/χ^2 ≤ ∫ v_2^2 d(t/T); &nbsp; v_2^2 = E|u(x_t, t)|^2",
        "u is the velocity of the probability-flow ODE, and W_2 the distance of data from noise: no flow takes less. If the "
        "reverse process starts from a shifted distribution, χ^2 tells how far it is from the right one and ΔW_1 how much "
        "further the samples are.",
        cite("ikeda"),
        _speed,
        GaussianMixture,
    ),
    "shifted_start": Term(
        "Error of a shifted start",
        "How much further from the data the samples end if x_T is shifted by so much, over how far that makes the start from "
        "the right one.",
        "(W_1 of the ends − W_1 of the starts)^2/χ^2 ≤ ∫ v_2^2 d(t/T); &nbsp; χ^2 = E_q[(p/q)^2] − 1 of the starts",
        "Points are what the probability flow makes of shifted starts, the dashed line is the bound. The bound holds at every "
        "shift, but it is loose: the gap between both is what it gives away.",
        cite("ikeda"),
        _bound_of_shift,
        GaussianMixture,
    ),
    "neural_entropy": Term(
        "Neural entropy",
        "How much entropy the noise produces between the data and t, which is what a network has to know in order to undo it.",
        "∫ (β/2) E|∇ log p_t + x|^2 dt = KL(p_0 ‖ N(0, I)) − KL(p_t ‖ N(0, I))",
        "Whatever the schedule, it depends on the two ends alone; schedules differ in when it is produced. The integral is "
        "found from scores and the difference from entropies, both by quadrature. If a schedule does not keep the variance, "
        "x_t is scaled so that it does.",
        cite("premkumar"),
        _neural,
        GaussianMixture,
    ),
    "collapse": Term(
        "Collapse onto training points",
        "The noise level below which the exact denoiser of n training points knows which of them it goes to.",
        "I(x_0; x_t) = log n; &nbsp; of n draws of N(0, s^2 I) in d dimensions: SNR = (n^{2/d} − 1)/s^2",
        "About there the largest posterior weight grows from 1/n to 1, and the effective number of training points, the "
        "exponential of the weights' entropy, falls from n to 1. In the plane the training points are the run's own x_0, "
        "and the exact denoiser is that of these points alone. A network that has learned the distribution instead of the "
        "points does not collapse.",
        cite("biroli"),
        _collapse,
        GaussianMixture,
    ),
}
