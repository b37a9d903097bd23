"""Short explanations of the words on the page, each with its formula and its source. Formulas are HTML."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """title: the word; formula; text: for a first-year student; source: where it comes from."""

    title: str
    formula: str
    text: str
    source: str


_XT, _X0, _XS = "<i>x</i><sub>t</sub>", "<i>x</i><sub>0</sub>", "<i>x</i><sub>t−1</sub>"

GLOSSARY: dict[str, Term] = {
    "forward": Term(
        "Forward process",
        f"{_XT} = <i>α</i><sub>t</sub> {_X0} + <i>σ</i><sub>t</sub> <i>ε</i>, &nbsp; <i>ε</i> ~ <i>N</i>(0, <i>I</i>)",
        "Every step shrinks the picture a little and adds a little Gaussian noise. After T steps nothing of the data should be "
        "left. <i>q</i>(<i>x</i><sub>t</sub>) is the law of the particles at time t; here it is a Gaussian mixture and known exactly.",
        "Sohl-Dickstein et al. 2015, sec. 2.1; Ho et al. 2020, eq. 4",
    ),
    "reverse": Term(
        "Reverse process",
        f"<i>p</i>({_XS}|{_XT}) = <i>N</i>(<i>c</i><sub>t</sub> {_XT} + <i>c</i><sub>0</sub> <i>x̂</i><sub>0</sub>, <i>Σ</i><sub>t</sub>)",
        "Start from pure noise and undo one step after the other. Each step asks the denoiser which data the particle may have come "
        "from, <i>x̂</i><sub>0</sub>, moves a little towards it, and adds fresh noise (DDIM may add none). If each step were undone exactly, both panels "
        "would have the same law at every t.",
        "Sohl-Dickstein et al. 2015, sec. 2.2; Ho et al. 2020, algorithm 2; Song et al. 2021, eq. 12",
    ),
    "schedule": Term(
        "Noise schedule",
        "<i>β</i><sub>t</sub> = 1 − (<i>α</i><sub>t</sub>/<i>α</i><sub>t−1</sub>)<sup>2</sup>, &nbsp; "
        "<i>ᾱ</i><sub>t</sub> = <i>α</i><sub>t</sub><sup>2</sup> = Π (1 − <i>β</i><sub>s</sub>)",
        "β is the share of the signal's variance that step t erases; ᾱ is what is left of it. Linear and cosine differ only in when the "
        "noise comes.",
        "Ho et al. 2020, sec. 4 (linear); Nichol & Dhariwal 2021, eq. 17 (cosine)",
    ),
    "snr": Term(
        "Signal-to-noise ratio",
        "SNR<sub>t</sub> = <i>α</i><sub>t</sub><sup>2</sup> / <i>σ</i><sub>t</sub><sup>2</sup>",
        "Above 1 there is more data than noise in <i>x</i><sub>t</sub>, below 1 more noise than data. All that matters of a schedule is when it visits "
        "which SNR: two schedules at the same SNR see the same picture.",
        "Kingma et al. 2021, sec. 3",
    ),
    "alpha_bar": Term(
        "Signal's share",
        "share = <i>α</i><sub>t</sub><sup>2</sup> / (<i>α</i><sub>t</sub><sup>2</sup> + <i>σ</i><sub>t</sub><sup>2</sup>)",
        "The share of the variance of <i>x</i><sub>t</sub> that is data. It says how fast a schedule removes them. Where a schedule keeps the "
        "variance, <i>α</i><sub>t</sub><sup>2</sup> + <i>σ</i><sub>t</sub><sup>2</sup> = 1, this is "
        "<i>ᾱ</i><sub>t</sub> = <i>α</i><sub>t</sub><sup>2</sup>; rectified flow does not, and two schedules at the same noise level have the same share.",
        "Ho et al. 2020",
    ),
    "dissipation": Term(
        "Dissipation",
        "E KL(<i>q</i>(<i>x</i><sub>s</sub>|<i>x</i><sub>t</sub>) ‖ <i>p</i>(<i>x</i><sub>s</sub>|<i>x</i><sub>t</sub>)) ≥ 0",
        "What a step wastes: the part of its cost that is not information. It is the entropy produced because time runs in finite steps, and "
        "for short steps it falls like the square of a step's length in log SNR. With very many steps the smallest gap is left by a schedule "
        "that wastes the same in every step. With few it is not: steps are long, and the mismatch at T counts as well.",
        "Sohl-Dickstein et al. 2015; Salamon &amp; Berry 1983; Crooks 2007",
    ),
    "bound": Term(
        "Bound, summed from the noise",
        "<i>L</i><sub>T</sub> + <i>L</i><sub>T−1</sub> + … down to the present step",
        "The variational bound as it is spent in the reverse process. At the left end it is the whole bound, which lies above the entropy by the gap. "
        "The last step may take some off again: <i>L</i><sub>0</sub> codes a density and may be negative.",
        "Sohl-Dickstein et al. 2015, eq. 14",
    ),
    "staircase": Term(
        "MMSE against SNR, and its stairs",
        "<i>I</i>(<i>x</i><sub>0</sub>; <i>x</i><sub>t</sub>) = ½ ∫ MMSE(SNR) dSNR",
        "Half the area under the least possible error is information (dashed, drawn over log SNR so that areas are nats). A step of the chain "
        "is a stair whose area is what it costs. The area between stairs and curve is what finite steps waste: the head says how much, "
        "without the step into the data, which lies at infinite SNR.",
        "Guo, Shamai &amp; Verdú 2005",
    ),
    "kl": Term(
        "KL of each step",
        f"<i>L</i><sub>t−1</sub> = E KL( <i>q</i>({_XS}|{_XT}, {_X0}) ‖ <i>p</i>({_XS}|{_XT}) )",
        "What it costs, in nats, to tell someone who only knows p where the step back really went. In a single run the dashed line is the exact "
        "denoiser's cost: no network can be below it. The dotted part is dissipated: it buys no information and vanishes as steps get "
        "finer. Of two runs, A is solid and B dotted, and what is dissipated has a chart of its own. <i>L</i><sub>0</sub> codes the data itself (it is a density, so it may be negative), <i>L</i><sub>T</sub> is the prior loss: what is still to be told at the end.",
        "Sohl-Dickstein et al. 2015, eq. 14; Ho et al. 2020, eq. 5",
    ),
    "gap": Term(
        "Bound, entropy and gap",
        "bound = Σ <i>L</i> ≥ <i>H</i>(data), &nbsp; gap = Σ dissipation + KL( <i>q</i>(<i>x</i><sub>T</sub>) ‖ <i>N</i>(0, <i>I</i>) )",
        "The bound is what the model pays for a point of data, the entropy what any model must pay. Their difference is lost: the entropy "
        "produced by walking back in finite steps with an imperfect denoiser. With the exact one it falls like 1/T. "
        "KL(data ‖ samples) is at most the gap; how much less, the gap does not say, so a smaller one need not end nearer to the data.",
        "Sohl-Dickstein et al. 2015, sec. 2.3 and 2.6",
    ),
    "prior_loss": Term(
        "Prior loss, and mismatch at T",
        "<i>L</i><sub>T</sub> = E KL( <i>q</i>(<i>x</i><sub>T</sub>|<i>x</i><sub>0</sub>) ‖ <i>N</i>(0, <i>I</i>) ) = "
        "<i>I</i>(<i>x</i><sub>0</sub>; <i>x</i><sub>T</sub>) + KL( <i>q</i>(<i>x</i><sub>T</sub>) ‖ <i>N</i>(0, <i>I</i>) )",
        "Two ways of asking whether <i>x</i><sub>T</sub> is noise. The prior loss asks one point of data at a time: it counts all that "
        "<i>x</i><sub>T</sub> still knows of its <i>x</i><sub>0</sub>, which is no loss, because the steps back need not tell it again. The mismatch at T, "
        "the last term, asks the cloud as a whole: it is how wrong the law is from which the reverse process starts. The mismatch alone is a part of the gap.",
        "Hoffman &amp; Johnson 2016; Kingma et al. 2021, eq. 11",
    ),
    "bits": Term(
        "Bits per dimension",
        "Σ <i>L</i> / (<i>D</i> ln 2) = rate + <i>L</i><sub>0</sub>/(<i>D</i> ln 2)",
        "How many bits a pixel costs if the picture is sent step by step from the noise: the rate is all that is sent before the last step, "
        "<i>L</i><sub>0</sub> what names the grey levels at the end. Grey levels are counted, so the bound cannot be negative, and a coder that "
        "knows nothing pays log<sub>2</sub> of their number.",
        "Ho et al. 2020, sec. 4.3 and eq. 13",
    ),
    "x0_hat": Term(
        "The denoiser's estimate",
        "<i>x̂</i><sub>0</sub> = E[ <i>x</i><sub>0</sub> | <i>x</i><sub>t</sub> ]",
        "The mean of all pictures that may be under the noise. Far from the data that is a blur, and it sharpens in the reverse process.",
        "Ho et al. 2020, eq. 15",
    ),
    "eps_hat": Term(
        "The noise it sees",
        "<i>ε̂</i> = (<i>x</i><sub>t</sub> − <i>α</i><sub>t</sub> <i>x̂</i><sub>0</sub>) / <i>σ</i><sub>t</sub>",
        "What the denoiser takes for noise. Where the picture can be made out in it, the estimate is wrong.",
        "Ho et al. 2020, eq. 11-12",
    ),
    "sliced": Term(
        "Sliced Wasserstein distance",
        "SW<sub>2</sub><sup>2</sup> = mean over directions of <i>W</i><sub>2</sub><sup>2</sup> of the projections",
        "How far the generated points must be moved, on average, to become data; measured along many directions. Two clouds of true data "
        "have a distance too, because they are finite: that figure stands in brackets, and at or below it nothing is left to improve.",
        "Bonneel et al. 2015",
    ),
    "excess_nll": Term(
        "Excess NLL of samples",
        "E<sub>samples</sub>[ −log <i>q</i>(<i>x</i>) ] − <i>H</i>(data) = KL(samples ‖ data) + <i>H</i>(samples) − <i>H</i>(data)",
        "The mean negative log-likelihood of the generated points under the exact density of the data, less what true points have on "
        "average. True samples have 0. Samples that are too sharp sit where the density is high and come out negative. Samples that lie "
        "where no data are come out positive. It needs no fresh data to compare with, so it shows differences that distances between "
        "clouds do not. It does not see what is missing: samples of one mode alone may have 0, too.",
        "Cover &amp; Thomas 2006, sec. 2.3 and 8.5 (relative entropy)",
    ),
    "posterior": Term(
        "What a measurement leaves open",
        "<i>p</i>(<i>x</i><sub>0</sub>|<i>y</i>) ∝ <i>q</i>(<i>x</i><sub>0</sub>) <i>r</i>(<i>x</i><sub>0</sub>), &nbsp; "
        "<i>r</i>(<i>x</i><sub>0</sub>) = <i>N</i>(<i>y</i>; <i>H</i><i>x</i><sub>0</sub>, <i>σ</i><sub>y</sub><sup>2</sup>)",
        "Only y is known of one picture: some of its pixels, their means over blocks, or a blur. Every picture that agrees with y may be "
        "the one. The samples' mean is the best single estimate, and their spread, pixel by pixel, says how sure it may be: dark ink is 1, "
        "the whole of grey. Exact is the law of the training pictures, each weighed by how well it agrees: the truth about those pictures, not about "
        "all there are, so that of an unseen one a network may well estimate better.",
        "Sohl-Dickstein et al. 2015, sec. 2.5; Song et al. 2023 (ΠGDM); Lugmayr et al. 2022 (RePaint)",
    ),
    "edited": Term(
        "From a noised picture (SDEdit)",
        "<i>x</i><sub>t</sub> = <i>α</i><sub>t</sub> <i>x</i><sub>0</sub> + <i>σ</i><sub>t</sub> <i>ε</i>, then the reverse process from t",
        "A picture is noised up to t and denoised from there. Its coarse structure stays, its detail is sampled anew; "
        "the larger t, the less of it is left. The spread over the particles shows which pixels were decided by the noise.",
        "Meng et al. 2022 (SDEdit)",
    ),
    "between": Term(
        "Between two pictures",
        "d<i>x</i>/d<i>t</i> without noise, both ways; between the two ends <i>x</i><sub>T</sub> the great circle",
        "The ODE leads each picture into a noise of its own, from which it comes back. Noises on the arc between the two are as likely "
        "as any, so that pictures come back from them as well: they change from one into the other.",
        "Song et al. 2021 (score SDE), sec. 4.3; Shoemake 1985 (slerp)",
    ),
    "inside": Term(
        "Inside the network",
        "<i>h</i><sub>l</sub>(<i>x</i><sub>t</sub>, log SNR) [maps, height, width]",
        "A U-Net goes down to fewer and larger pixels, attends to all of them at once in the middle, and comes up again with what it kept "
        "on the way down. Each small picture is one feature map: grey is 0, black and white its strongest answers in the whole run. "
        "Far from the data maps show little but noise; edges and strokes appear as they are decided. “prediction” is the answer itself, "
        "“variance” how unsure of it the network is, pixel by pixel.",
        "Ronneberger et al. 2015; Ho et al. 2020, app. B",
    ),
}
