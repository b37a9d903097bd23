"""The forward and the reverse process, and the schedule of both."""

from __future__ import annotations

from diffviz.binomial.finite import BitDistribution
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal
from diffviz.telling.captions import formula
from diffviz.telling.glossary.entry import Moment, Term, cite, linear
from diffviz.telling.words import number


def _data(m: Moment) -> str:
    return f"This run draws {len(m.measured.end)} samples of {m.measured.end[0].size} numbers each."


def _forward(m: Moment) -> str:
    alpha, sigma, *_ = m.levels
    return f"x_{{{m.t}}} = {linear((alpha, 'x_0'), (sigma, 'ε'))}"


def _reverse(m: Moment) -> str:
    return f"From t = {m.t} to s = {m.s}: {formula(m.info)}"


def _schedule(m: Moment) -> str:
    beta, alpha_bar = (float(values[m.t - k]) for values, k in ((m.schedule.beta, 1), (m.schedule.alpha_bar, 0)))
    return f"β_{{{m.t}}} = {number(beta, 2)}, ᾱ_{{{m.t}}} = {number(alpha_bar, 2)}"


def _share(m: Moment) -> str:
    alpha, sigma, *_ = m.levels
    squares = f"{number(alpha**2, 2)} / ({number(alpha**2, 2)} + {number(sigma**2, 2)})"
    return f"At t = {m.t} the share is {squares} = {number(float(m.schedule.signal_share[m.t]), 2)}."


def _snr(m: Moment) -> str:
    alpha, sigma, *_ = m.levels
    ratio = f"{number(alpha, 2)}^2 / {number(sigma, 2)}^2"
    return f"SNR_{{{m.t}}} = {ratio} = {number(float(m.schedule.snr[m.t]), 2)}"


def _last_snr(m: Moment) -> str:
    return f"Here T = {m.schedule.steps} and SNR_T = {number(float(m.schedule.snr[-1]), 2)}."


def _binomial(m: Moment) -> str:
    kept = float(m.schedule.signal_share[m.t])
    return f"By t = {m.t} a bit is still the data's with probability {number(kept, 2)}, and redrawn with {number(1 - kept, 2)}."


def _energy(m: Moment) -> str:
    data = m.setup.distribution
    if not data.has_quadrature:
        return ""
    alpha, sigma, *_ = m.levels
    return (
        f"At t = {m.t} its mean over particles, the entropy of q(x_t), is {number(marginal(data, alpha, sigma).entropy_nats)} kT."
    )


PROCESS: dict[str, Term] = {
    "data_distribution": Term(
        "Data distribution",
        "The probability distribution that the data are drawn from, and that samples should follow.",
        "x_0 ~ q(x_0)",
        "Here it is known in closed form: a mixture of Gaussians, or a finite list of states. So the exact score, the "
        "exact denoiser and the exact entropy are known as well.",
        cite(("2015", "sec. 2")),
        _data,
    ),
    "forward": Term(
        "Forward process",
        "It adds Gaussian noise to the data in T small steps, until x_T is nearly pure noise.",
        "x_t = α_t x_0 + σ_t ε, &nbsp; ε ~ N(0, I)",
        "Every step multiplies x_t by a factor a little below 1 and adds a little noise. q(x_t) is the distribution "
        "of the particles at time t.",
        cite(("2015", "sec. 2.1"), ("ddpm", "eq. 4")),
        _forward,
        GaussianMixture,
    ),
    "reverse": Term(
        "Reverse process",
        "It starts from noise and undoes the forward process step by step, so that samples of the data come out.",
        "p(x_s|x_t) = N(c_t x_t + c_0 x̂_0, Σ_t), &nbsp; s &lt; t",
        "Each step evaluates the denoiser, moves x_t towards its estimate x̂_0 and adds new noise z; deterministic "
        "samplers add none. If every step were the exact reverse of a forward step, both panels would show the same "
        "distribution at every t.",
        cite(("2015", "sec. 2.2"), ("ddpm", "algorithm 2"), ("ddim", "eq. 12")),
        _reverse,
        GaussianMixture,
    ),
    "schedule": Term(
        "Noise schedule",
        "It says how much noise each step of the forward process adds.",
        "β_t = 1 − (α_t/α_{t−1})^2, &nbsp; ᾱ_t = α_t^2 = Π (1 − β_s)",
        "β is the share of the signal's variance that step t removes, and ᾱ the share that is left. Schedules differ "
        "only in when noise is added: with a continuous time and the same ends all would have the same ELBO.",
        cite(("ddpm", "sec. 4"), ("improved", "eq. 17"), ("vdm", "sec. 5.1")),
        _schedule,
    ),
    "alpha_bar": Term(
        "Signal share",
        "The share of the variance of x_t that comes from the data, if these have variance 1.",
        "share = α_t^2 / (α_t^2 + σ_t^2)",
        "For variance-preserving schedules, where α_t^2 + σ_t^2 = 1, it is ᾱ_t. Rectified flow does not preserve the "
        "variance, and the share still compares it with the others.",
        cite(("ddpm", "eq. 4")),
        _share,
    ),
    "snr": Term(
        "Signal-to-noise ratio (SNR)",
        "The variance of the signal in x_t over that of the noise: above 1 there is more signal, below 1 more noise.",
        "SNR_t = α_t^2 / σ_t^2",
        "All that distinguishes one schedule from another is the SNR at each time: at equal SNR two schedules show "
        "the same distribution, but for a factor of x_t.",
        cite(("vdm", "sec. 3")),
        _snr,
    ),
    "energy": Term(
        "Energy landscape",
        "A height over every place, low where particles are likely, so that the score points downhill.",
        "U_t(x) = −log q(x_t), &nbsp; ∇ log q(x_t) = −∇U_t",
        "If its unit is kT, heights are nats, and 1 kT more is a factor e less in density. With noise, valleys merge until one "
        "bowl is left; the reverse process starts in the bowl and commits to a valley as they part again.",
        cite(("2015", "sec. 1"), ("sde", "eq. 6")),
        _energy,
        GaussianMixture,
    ),
    "zero_snr": Term(
        "Zero terminal SNR",
        "A schedule has it if nothing of the data is left in x_T.",
        "α_T = 0, &nbsp; SNR_T = 0",
        "Most schedules end with a little signal. The reverse process starts from pure noise all the same, and so "
        "from a distribution that is not quite that of the forward process. Rescaling the schedule removes the "
        "difference.",
        cite(("zero_snr", "sec. 3.1")),
        _last_snr,
    ),
    "binomial": Term(
        "Binomial diffusion",
        "The forward process of bits: each step redraws every bit at random with a small probability.",
        "q(x_t = 1|x_0) = ᾱ_t x_0 + p (1 − ᾱ_t)",
        "A redrawn bit is 1 with probability p, so that at T all bits are independent draws of B(p). ᾱ_t, the signal "
        "share of the schedule, is the probability that a bit has never been redrawn.",
        cite(("2015", "sec. 2.1 and app. B")),
        _binomial,
        BitDistribution,
    ),
}
