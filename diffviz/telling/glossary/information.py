"""What a step costs, what it must cost, and how near samples are to the data."""

from __future__ import annotations

import math

from diffviz.telling.glossary.entry import Moment, Term, cite
from diffviz.telling.words import number, with_error

L_T, L_0 = "L_T", "L_0"


def _dim(m: Moment) -> int:
    return int(m.measured.end[0].size)


def _told(m: Moment, name: str, text: str) -> str:
    """The text with the metric in place of {}; nothing where this run has none."""
    found = m.metric(name)
    return text.format(with_error(found)) if found else ""


def _entropy(m: Moment) -> str:
    found, sigma = m.metric("entropy_nats"), m.levels[1]
    if found:
        return f"The data here have {with_error(found)} nats."
    noise = _dim(m) / 2 * math.log(2 * math.pi * math.e * sigma**2)
    return f"The noise in x_{{{m.t}}}, {_dim(m)} numbers of standard deviation {number(sigma, 2)}, has {number(noise)} nats."


def _cost(m: Moment) -> float | None:
    """Of the step from t to s, in nats."""
    return None if m.measured.costs is None else float(m.measured.costs.kl_nats[m.position - 1])


def _nats(m: Moment) -> str:
    cost = _cost(m)
    value = 1.0 if cost is None else cost
    what = "" if cost is None else f", the cost of the step from t = {m.t} to s = {m.s}"
    return f"{number(value)} nats = {number(value / math.log(2))} bits{what}"


def _kl(m: Moment) -> str:
    cost = _cost(m)
    return "" if cost is None or m.s == 0 else f"The step from t = {m.t} to s = {m.s} has {number(cost)} nats."


def _elbo(m: Moment) -> str:
    if m.measured.costs is None:
        return ""
    first, *middle, last = m.measured.costs.kl_nats.tolist()
    parts = f"{number(last)} + {number(math.fsum(middle))} + {number(first)}".replace("+ −", "− ")
    return f"L_T + ({len(middle)} steps) + L_0 = {parts} = {number(math.fsum([first, *middle, last]))} nats"


def _l0(m: Moment) -> str:
    if m.measured.costs is None:
        return ""
    return f"Here L_0 = {number(float(m.measured.costs.kl_nats[0]))} nats, for samples of {_dim(m)} numbers."


def _gap(m: Moment) -> str:
    found = [m.metric(name) for name in ("bound_nats", "entropy_nats", "gap_nats")]
    if not all(found):
        return ""
    bound, entropy, gap = (with_error(each) for each in found)
    return f"{bound} − ({entropy}) = {gap} nats"


def _dissipation(m: Moment) -> str:
    curve = m.measured.curves.get("dissipation_nats")
    if curve is None:
        return ""
    return f"The step from t = {m.t} to s = {m.s} dissipates {number(float(curve.values[m.position - 1]))} nats."


def _cumulative(m: Moment) -> str:
    if m.measured.costs is None:
        return ""
    return f"From T down to t = {m.t}: {number(math.fsum(m.measured.costs.kl_nats[m.position :].tolist()))} nats."


def _prior(m: Moment) -> str:
    if m.measured.costs is None:
        return ""
    text = f"Here L_T = {number(float(m.measured.costs.kl_nats[-1]))} nats"
    return text + _told(m, "mismatch_nats", ", and the mismatch is {} nats") + "."


def _bits(m: Moment) -> str:
    if m.measured.costs is None:
        return ""
    total = math.fsum(m.measured.costs.kl_nats.tolist())
    return f"{number(total)} nats / ({_dim(m)} · ln 2) = {number(total / (_dim(m) * math.log(2)))} bits/dim"


def _stair(m: Moment) -> str:
    if m.s == 0:
        return ""
    width = float(m.schedule.snr[m.s] - m.schedule.snr[m.t]) / 2
    return f"The step from t = {m.t} to s = {m.s} is {number(width)} wide in ½ SNR: its area is that times the MMSE at t."


def _sliced(m: Moment) -> str:
    floor = _told(m, "sliced_wasserstein_floor", "; two true samples of this size: {}")
    return _told(m, "sliced_wasserstein", "This run: {}") + floor


def _work(m: Moment) -> str:
    curve = m.measured.curves.get("dissipation_nats")
    if curve is None:
        return ""
    return f"By t = {m.t} its mean over forward paths is {number(math.fsum(curve.values[: m.position].tolist()))} kT."


INFORMATION: dict[str, Term] = {
    "entropy": Term(
        "Entropy",
        "How much information one sample of the data holds on average: no code is shorter.",
        "H = −E[log q(x)]",
        "The entropy of a density, differential entropy, has no lower limit: it is negative for narrow densities.",
        cite(("shannon", "sec. 6 and 20"), ("cover", "ch. 2 and 8")),
        _entropy,
    ),
    "nats": Term(
        "Nats and bits",
        "Units of information: nats with the natural logarithm, bits with that to base 2.",
        "1 nat = 1/ln 2 bits ≈ 1.4427 bits",
        "",
        cite(("cover", "sec. 2.1")),
        _nats,
    ),
    "kl": Term(
        "KL divergence",
        "How many nats more it costs to code samples of q with a code made for p: 0 only if both are the same.",
        "KL(q ‖ p) = E_q[log q − log p] ≥ 0; &nbsp; of a step L_{t−1} = E KL(q(x_s|x_t, x_0) ‖ p(x_s|x_t))",
        "q is the reverse step that knows x_0, p the one of the model. In a single run the dashed line is the exact "
        "denoiser: no network can be below it. L_0 is no KL but the code length of a density, which may be negative; "
        "L_T is the prior loss.",
        cite(("kullback", "eq. 2.2"), ("2015", "eq. 14"), ("ddpm", "eq. 5")),
        _kl,
    ),
    "elbo": Term(
        "ELBO",
        "A lower bound of the log-likelihood of the data under the model; its negative is the sum of the costs of all steps.",
        "−log p(x_0) ≤ −ELBO = L_T + L_{T−1} + … + L_1 + L_0",
        "The negative ELBO, which is shown, is an upper bound of the code length of a sample, and never below the "
        "entropy of the data.",
        cite(("2015", "eq. 9-14"), ("ddpm", "eq. 3-5"), ("vae", "eq. 3")),
        _elbo,
    ),
    "l0": Term(
        "Reconstruction term L₀",
        "What it costs to code the data themselves, once x_1 is known.",
        "L_0 = E[−log p(x_0|x_1)]",
        "Of continuous data it is the code length of a density, which depends on the unit and may be negative. Of "
        "images grey levels are counted, and it is positive.",
        cite(("ddpm", "sec. 3.3 and eq. 13")),
        _l0,
    ),
    "gap": Term(
        "ELBO gap",
        "By how much the negative ELBO exceeds the entropy of the data: what finite steps and an imperfect denoiser cost.",
        "−ELBO − H(data) = Σ E KL(q(x_s|x_t) ‖ p(x_s|x_t)) + KL(q(x_T) ‖ N(0, I))",
        "With the exact denoiser it falls like 1/T. KL(data ‖ samples) is at most the gap; how much less the gap does "
        "not say, so a smaller gap need not mean samples nearer to the data.",
        cite(("2015", "sec. 2.3 and 2.6")),
        _gap,
    ),
    "dissipation": Term(
        "Discretisation gap, or entropy production",
        "The part of a step's cost that is no information: with the exact denoiser it is the price of taking steps of "
        "finite length.",
        "E KL(q(x_s|x_t) ‖ p(x_s|x_t)) ≥ 0",
        "In thermodynamics it is the entropy produced by a process of finite speed, in units of Boltzmann's constant; times "
        "the temperature it is heat, so that a nat is a kT. Summed from the noise down, the mismatch at T first, it is the "
        "ELBO gap. For short steps it falls like the "
        "square of the step's length in log SNR, so that with very many steps equal lengths in that metric are best.",
        cite("2015", "salamon", "crooks"),
        _dissipation,
    ),
    "work": Term(
        "Work of a path",
        "By how much a path is more probable under the forward process than under the model's chain, as a logarithm, in kT.",
        "W = log q(x_0, …, x_T) − log p(x_0, …, x_T), &nbsp; E_q[W] = ELBO gap, &nbsp; E_q[e^{−W}] = 1",
        "Each step does a part of it, whose mean is the dissipation of that step; the prior does the rest. A single path may "
        "have a negative work, but the mean cannot be below 0. The layer Work colours particles by what has been done so far: "
        "along the forward path by the steps up to t, along the reverse path by the prior and the steps from T down to t. 1 kT "
        "is 1 nat.",
        cite(("2015", "sec. 2.4"), ("jarzynski", "eq. 2"), ("crooks_1999", "eq. 2")),
        _work,
    ),
    "bound": Term(
        "Cumulative negative ELBO",
        "The negative ELBO, summed from the noise down to the present step.",
        "L_T + L_{T−1} + … + L_t",
        "At the data it is the whole negative ELBO. Its last term, L_0, is the code length of a density and may be "
        "negative, so the curve may fall there.",
        cite(("2015", "eq. 14"), ("ddpm", "sec. 4.3")),
        _cumulative,
    ),
    "prior_loss": Term(
        "Prior loss, and mismatch at T",
        "The prior loss is how much x_T still says of its x_0; the mismatch is how far the distribution of x_T is "
        "from pure noise.",
        "L_T = E KL(q(x_T|x_0) ‖ N(0, I)) = I(x_0; x_T) + KL(q(x_T) ‖ N(0, I))",
        "Only the last term, the mismatch, is a part of the ELBO gap: what x_T says of its x_0 need not be told again "
        "by the later steps.",
        cite("surgery", ("vdm", "eq. 11")),
        _prior,
    ),
    "bits": Term(
        "Bits per dimension",
        "The negative ELBO in bits, divided by the number of pixels and colours.",
        "−ELBO / (D ln 2) = rate + L_0/(D ln 2)",
        "The rate is what all steps but the last cost, the rest names the grey levels. A code that knows nothing of "
        "the data takes log_2 of the number of grey levels.",
        cite(("ddpm", "sec. 4.3 and eq. 13")),
        _bits,
    ),
    "staircase": Term(
        "Information and MMSE (I-MMSE)",
        "Half the area under the MMSE, over SNR, is the information that x_t has about x_0.",
        "I(x_0; x_t) = ½ ∫ MMSE(SNR) dSNR",
        "The dashed curve is ½ SNR·MMSE over log SNR, so that areas are nats. A step of the chain is a stair, whose "
        "area is what it costs. The area between the stairs and the curve is the discretisation gap, without the step "
        "into the data, which is at infinite SNR.",
        cite(("mmse", "theorem 1"), ("vdm", "eq. 13 and 18")),
        _stair,
    ),
    "sliced": Term(
        "Sliced Wasserstein distance",
        "How far samples must be moved, on average, to become data, measured along many directions.",
        "SW_2^2 = mean over directions of W_2^2 of the projections",
        "Two finite sets of data have a distance, too. That of two true samples of this size is shown beside it: no "
        "sampler can be expected to be below that.",
        cite("sliced"),
        _sliced,
    ),
    "excess_nll": Term(
        "Excess negative log-likelihood (NLL)",
        "The mean −log q(x) of the samples under the exact density of the data, less that of true data.",
        "E_{samples}[−log q(x)] − H(data) = KL(samples ‖ data) + H(samples) − H(data)",
        "It is 0 for true samples, negative for samples that are too concentrated where the density is high, and "
        "positive for samples where no data are. It does not see missing modes.",
        cite(("cover", "sec. 2.3 and 8.5")),
        lambda m: _told(m, "excess_nll_nats", "This run: {} nats"),
    ),
}
