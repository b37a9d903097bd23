"""What the work of paths obeys, and what is known of the entropy of a reverse step."""

from __future__ import annotations

import math

from diffviz.estimates import Estimate
from diffviz.experiment import ExperimentError
from diffviz.process import Entropies
from diffviz.telling.glossary.entry import Moment, Term, cite
from diffviz.telling.words import number, with_error
from diffviz.thermodynamics.work import path_law


def _crooks(m: Moment) -> str:
    gap = m.metric("gap_nats")
    if gap is None:
        return ""
    odds = number(math.exp(gap.value))
    return f"A path with W = ⟨W⟩ = {number(gap.value)} kT is e^W = {odds} times as probable forward as it is in reverse."


def _jarzynski(m: Moment) -> str:
    gap = m.metric("gap_nats")
    if gap is None:
        return ""
    said = f"e^{{−⟨W⟩}} = {number(math.exp(-gap.value))}, and the mean of e^{{−W}} is no less: it is 1"
    outside = m.metric("broken_share")  # of bits, whose samples are all of the bound's chain
    if outside is None:
        return f"{said}."
    expected = with_error(Estimate(1.0 - outside.value, outside.stderr))
    return f"{said} less the share of the model’s paths that end where no data are, {expected} by this run’s samples."


def _entropies(m: Moment) -> Entropies | None:
    """None where they are not known, as of images."""
    try:
        return path_law(m.setup).entropies()
    except ExperimentError:
        return None


def _brackets(m: Moment) -> str:
    known = _entropies(m)
    if known is None or m.s == 0:
        return ""
    j = m.position
    lower, exact = known.forward[j - 1] + known.given_data[j - 1 : j + 1] @ [1, -1], known.marginal[j - 1 : j + 1] @ [1, -1]
    values = number(float(lower)), number(float(known.forward[j - 1] + exact)), number(float(known.forward[j - 1]))
    if exact > 0.0:
        return (
            f"At t = {m.t}, to s = {m.s}: {values[0]} ≤ {values[1]} nats; {values[2]} is no bound, as H(x) falls on the way to t."
        )
    return f"At t = {m.t}, to s = {m.s}: {' ≤ '.join(values)} nats."


def _one_point(m: Moment) -> str:
    entropy, bound = m.metric("entropy_nats"), m.metric("bound_nats")
    if entropy is None or bound is None:
        return ""
    return (
        f"On average over the data log q(x_0) is {number(-entropy.value)} nats, minus their entropy, and the bound is "
        f"{number(-bound.value)} nats, the ELBO."
    )


THERMODYNAMICS: dict[str, Term] = {
    "crooks": Term(
        "Crooks’ theorem",
        "Paths of the forward process have the work W e^W times as often as paths of the reverse process have.",
        "log( P_q(W) / P_p(W) ) = W",
        "The two histograms cross at W = 0, and the logarithm of their ratio is a line of slope 1. It holds for whatever "
        "denoiser, since both distributions are those of its own chain. The slope is fitted to single paths, by logistic "
        "regression; bars are one standard error of a bin.",
        cite(("crooks_1999", "eq. 2")),
        _crooks,
    ),
    "jarzynski": Term(
        "Jarzynski equality",
        "The mean of e^{−W} over forward paths is 1 at every speed, while the mean of W falls to 0 only where steps are slow.",
        "⟨e^{−W}⟩ = 1,   ⟨W⟩ ≥ 0",
        "The mean is dominated by rare paths of low work: it takes about e^{⟨−W⟩} paths until they are seen, that mean being "
        "over paths of the reverse process. Beside it stand how many paths of equal weight those drawn are worth, and how many "
        "are needed. Where bits of the reverse process may end where no data are, the mean is 1 less the share of such paths.",
        cite(("jarzynski", "eq. 2"), ("2015", "eq. 9"), "rare"),
        _jarzynski,
    ),
    "brackets": Term(
        "Brackets of the entropy",
        "How uncertain x_s is once x_t is known lies between two values that follow from the schedule alone, for bits "
        "from the mean of the data as well.",
        "H(x_t|x_s) + H(x_s|x_0) − H(x_t|x_0) ≤ H(x_s|x_t) ≤ H(x_t|x_s)",
        "The chart draws all of them less the upper one. As variances of a Gaussian they are β̃ and β, and the best reverse "
        "variance lies between. The upper one holds where noise adds entropy: on a path that makes x_t narrower than x_s, as the "
        "first half of rectified flow does, it fails.",
        cite(("2015", "eq. 24"), ("ddpm", "sec. 3.2")),
        _brackets,
    ),
    "one_point": Term(
        "Likelihood of one sample",
        "What the model’s chain gives to one x_0: a mean over forward paths that begin there, which is exact, or its logarithm’s "
        "mean, which is a bound.",
        "p(x_0) = ⟨ p(x_0, …, x_T) / q(x_1, …, x_T|x_0) ⟩,   log p(x_0) ≥ ⟨ log( … ) ⟩",
        "The equality is that of Jarzynski and of annealed importance sampling, the inequality that of Jensen, whose mean over "
        "the data is the ELBO. p(x_0) is the model’s: it comes near the data’s q(x_0) as steps grow short.",
        cite(("2015", "eq. 9 and 12"), ("jarzynski", "eq. 2")),
        _one_point,
    ),
}
