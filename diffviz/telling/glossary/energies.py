"""Energy models: how they are sampled, trained and normalised."""

from __future__ import annotations

import math

from diffviz.energies.partition import density, divergences, square_of
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.levels import log_snr_of
from diffviz.telling.glossary.entry import Moment, Term, cite
from diffviz.telling.glossary.training import REPLAY
from diffviz.telling.words import number


def _langevin(m: Moment) -> str:
    e = m.measured.experiment
    if not m.setup.domain.samplers[e.sampler].one_level:
        return ""
    std = math.sqrt(2.0 * e.langevin_step * e.temperature)
    return f"With e = {number(e.langevin_step)} and T = {number(e.temperature)} the noise of a step is √(2eT) = {number(std)}."


def _partition(m: Moment) -> str:
    alpha, sigma, _, _ = m.levels
    tau2 = alpha**2 * m.setup.distribution.std**2 + sigma**2
    log_z = m.setup.distribution.dim / 2 * math.log(2.0 * math.pi * tau2)
    return f"At t = {m.t} one component alone, U = |x|^2/(2τ^2) with τ^2 = {number(tau2)}, has log Z = {number(log_z)} nats."


def _contrastive(m: Moment) -> str:
    alpha, sigma, _, _ = m.levels
    mixture = m.setup.distribution
    square = alpha**2 * mixture.mean_square + sigma**2 * mixture.dim
    apart = square / 4.0 - mixture.dim / 2.0
    return (
        f"At t = {m.t}, were the model N(0, 2 I), the difference of the mean energies would be {number(apart)}: it is too wide."
    )


def _annealed(m: Moment) -> str:
    mixture = m.setup.distribution
    if not mixture.has_quadrature:
        return ""
    alpha, sigma, _, _ = m.levels
    if alpha <= 0.0 or abs(math.hypot(alpha, sigma) - 1.0) > 1e-6:
        return ""
    log_snr = log_snr_of(alpha, sigma)
    noise = density(lambda u: u.square().sum(1) / 2, *square_of(mixture, log_snr))
    _, lost = divergences(noise, mixture, log_snr)
    return f"From N(0, I) to x_{m.t} in a single step, −log Z would come out too high by {number(lost.value)} nats on average."


ENERGIES: dict[str, Term] = {
    "langevin_chain": Term(
        "Langevin dynamics, MALA",
        "Steps downhill on the energy with noise, whose places are distributed as exp(−U/T) once steps are short or refused "
        "rightly.",
        "x ← x − e ∇U(x) + √(2eT) z",
        "Steps that are all taken (ULA) have a bias of first order in e: a variance V becomes V/(1 − e/(2V)). MALA accepts them "
        "by the Metropolis–Hastings rule and has none. Noise smaller than √(2e) is a lower temperature. Between modes that lie "
        "far apart chains cross seldom or never.",
        cite("mala", "ngmcmc"),
        _langevin,
    ),
    "partition": Term(
        "Partition function",
        "The number by which exp(−U) has to be divided to be a density, in general as hard to find as a sample.",
        "p(x) = e^{−U(x)} / Z, &nbsp; Z = ∫ e^{−U(x)} dx",
        "In the plane it is a sum over a grid, whose error is known. With it the likelihood is exact, and so are both "
        "KL divergences from the data.",
        cite(("jem", "sec. 2"), ("neal", "sec. 2")),
        _partition,
        GaussianMixture,
    ),
    "contrastive": Term(
        "Contrastive divergence",
        "Training an energy by lowering it at data and raising it where short chains from the data have come.",
        "∇ E_q[−log p] = E_q[∇U] − E_p[∇U]",
        "The second mean is the model’s; k moves of a chain stand for it. Persistent chains go on from update to update. Where "
        "chains do not reach, energies are free to be wrong, and they run away unless their squares are held by a penalty.",
        cite(("hinton", "eq. 5"), "tieleman", ("ngmcmc", "sec. 3")),
        _contrastive,
        GaussianMixture,
    ),
    "replay": REPLAY,
    "annealed": Term(
        "Annealed importance sampling",
        "The partition function as a mean over chains that go from a known distribution to the energy in small steps.",
        "Z_1 / Z_0 = ⟨e^{−W}⟩, &nbsp; W = Σ_j (U_{j+1} − U_j)(x_j)",
        "It is the Jarzynski equality: right at every speed, with weights that vary the less the slower it goes. −log of the "
        "mean is on average too high, by Jensen’s inequality, where chains are few.",
        cite(("neal", "eq. 11"), ("jarzynski", "eq. 2")),
        _annealed,
        GaussianMixture,
    ),
}
