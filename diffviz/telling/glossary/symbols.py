"""Entries about diffusion of symbols: letters behind masks, and what is lost where several are drawn at once."""

from __future__ import annotations

from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.products import ProductMixture
from diffviz.telling.glossary.entry import Moment, Term, cite
from diffviz.telling.words import number, with_error

DATA = CategoricalDistribution, ProductMixture


def _unmasked(m: Moment) -> str:
    if m.info is None or m.info.rho is None:
        return ""
    return f"In the step from t = {m.t} to s = {m.s} each masked symbol is unmasked with probability {number(m.info.rho, 2)}."


def _masked(m: Moment) -> str:
    if m.setup.experiment.process != "absorbing":
        return ""
    return f"By t = {m.t} a symbol is masked with probability {number(float(m.schedule.signal_lost[m.t]), 2)}."


def _lost(m: Moment) -> str:
    curve = m.measured.curves.get("exact_dissipation_nats")
    if curve is None:
        return ""
    return f"The step from t = {m.t} to s = {m.s} loses {number(float(curve.values[m.position - 1]))} nats."


def _limit(m: Moment) -> str:
    found = m.measured.metrics.get("bound_continuous_nats") and m.measured.estimate("bound_continuous_nats")
    if not found:
        return ""
    chain = with_error(m.measured.estimate("bound_nats"))
    return f"Here it is {with_error(found)} nats; in {len(m.measured.times) - 1} steps the bound is {chain}."


def _told(m: Moment) -> str:
    curve = m.measured.curves.get("told_forward")
    if curve is None:
        return ""
    return (
        f"At t = {m.t} of the forward process {100 * float(curve.values[m.position]):.0f} % of the graphs tell their communities."
    )


SYMBOLS: dict[str, Term] = {
    "masked_diffusion": Term(
        "Masked diffusion",
        "The forward process puts a mask in the place of symbols, such as letters, one by one; the reverse process unmasks them.",
        "q(x_s = x_0|x_t = mask, x_0) = (ᾱ_s − ᾱ_t)/(1 − ᾱ_t)",
        "In the ancestral chain a masked symbol is unmasked with a probability that only the schedule decides, and then drawn "
        "from the denoiser's posterior given the symbols that are not masked. With one symbol at a time it is an autoregressive "
        "model in a random order.",
        cite(("d3pm", "app. A.2"), ("mdlm", "sec. 3")),
        _unmasked,
        DATA,
    ),
    "absorbing_state": Term(
        "Absorbing state",
        "A value that a process can enter and never leaves, such as the mask.",
        "q(x_t = x_s|x_s) = ᾱ_t/ᾱ_s, q(x_t = mask|x_s) = 1 − ᾱ_t/ᾱ_s",
        "Where ᾱ_T = 0 all symbols are there at T, whatever the data were, so that the reverse process starts from masks alone.",
        cite(("d3pm", "sec. 3.1")),
        _masked,
        DATA,
    ),
    "total_correlation": Term(
        "Total correlation",
        "How much several quantities say of one another: the entropy that drawing each of them alone adds.",
        "TC(x^1, …, x^D) = H(x^1) + … + H(x^D) − H(x^1, …, x^D)",
        "It is the KL divergence of their joint distribution from the product of the single ones. A reverse step that draws "
        "symbols independently of one another loses that of the symbols it draws together; one at a time costs nothing.",
        cite("watanabe", ("cover", "sec. 2.5")),
        _lost,
        DATA,
    ),
    "hidden_communities": Term(
        "Stochastic block model",
        "Graphs whose nodes have hidden communities, on which alone it depends how probable an edge is.",
        "p(x) = (1/M) Σ_m Π_i p(x^i|m)",
        "Here all M = 462 ways to halve the nodes are equally probable, and a pair is joined with probability 0.7 in one half, "
        "else 0.05. x_t tells its communities where one way has over half of the posterior.",
        cite("holland"),
        _told,
        ProductMixture,
    ),
    "continuous_bound": Term(
        "Bound in continuous time",
        "What the variational bound tends to as its steps become many and short, while nothing else is changed.",
        "lim −ELBO = H(x_0) + KL(q(x_T)‖prior) + ∫ E Σ_w [R ln(R/R′) − R + R′] dᾱ",
        "R are the rates at which symbols jump in the exact reverse process, R′ those of the denoiser. No two jump at once, so "
        "that no total correlation is lost: the exact denoiser has no gap but the mismatch. Under masks the integrand is the "
        "cross-entropy of the masked symbols over 1 − ᾱ, and the bound the mean cost of one symbol at a time in a random order, "
        "which papers report. That of a chain of T steps is larger, by a multiple of 1/T if T is large.",
        cite(("campbell", "prop. 2"), "sedd", ("mdlm", "eq. 10")),
        _limit,
        DATA,
    ),
}
