"""The words of training: what is minimised, how weights move, and when more of it no longer helps."""

from __future__ import annotations

import math

import torch

from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal
from diffviz.telling.glossary.entry import Moment, Term, cite
from diffviz.telling.words import number
from diffviz.training.levels import WEIGHTINGS
from diffviz.training.settings import learning_rate

DECAY, BATCH, GAMMA = 0.999, 512, 5.0  # of the examples
SIGMAS = 2.0  # standard errors, as domains/plane/progress.py has it
FRESH, MOVES = 0.05, 10


def _snr(m: Moment) -> float:
    alpha, sigma, _, _ = m.levels
    return (alpha / sigma) ** 2


def _loss(m: Moment) -> str:
    mixture, (alpha, sigma, _, _) = m.setup.distribution, m.levels
    if not mixture.has_quadrature:
        return ""
    least = marginal(mixture, alpha, sigma).mmse * (1 + _snr(m)) / mixture.dim
    return f"At t = {m.t} no network that predicts v has a mean squared error below {number(least)} in each coordinate."


def counted(name: str, snr: float) -> float:
    """The weight of |x_0 - x0_hat|^2 at a noise level, in a weighting other than simple and bound."""
    weight = WEIGHTINGS[name].weight
    assert weight is not None
    return float(weight(torch.tensor(snr, dtype=torch.float64), torch.ones(()), GAMMA, 1.0))


def _weighting(m: Moment) -> str:
    snr = _snr(m)
    return (
        f"At t = {m.t} a squared error of x_0 counts {number(1 + snr)} times in the simple loss of v, "
        f"{number(counted('min_snr', snr))} times with min-SNR."
    )


def _average(m: Moment) -> str:
    half = math.log(2.0) / -math.log(DECAY)
    return f"With c = {DECAY:g} half of the average is of the last {half:.0f} updates."


def _rate(m: Moment) -> str:
    half, late = (number(learning_rate(1.0, update, 1000)) for update in (500, 900))
    return f"In the middle of a training it is {half} of its peak, after nine tenths of the updates {late}."


def _batch(m: Moment) -> str:
    return f"The loss of a batch of {BATCH} has {number(1 / math.sqrt(BATCH))} of the standard deviation of a single sample's."


def _plateau(m: Moment) -> str:
    chance = math.erfc(-SIGMAS / math.sqrt(2.0)) / 2.0
    return f"Where the loss has stopped to fall, the sentence is there in a share of {number(chance)} of all measurements."


def _replay(m: Moment) -> str:
    return f"With f = {FRESH:g} and k = {MOVES} a chain makes {MOVES / FRESH:.0f} moves on average before it begins anew."


REPLAY = Term(
    "Replay buffer",
    "Chains that go on from update to update, from where the last update left them, instead of beginning at the data.",
    "x ← k moves from a chain of the buffer, &nbsp; x ← noise with probability f",
    "So chains come further than k moves lead, and the training sees where the energy is too low far from the data. The energy "
    "changes meanwhile: the learning rate must be so small that the chains follow it. Some begin anew from noise, so that the "
    "buffer does not stay in a few modes.",
    cite("tieleman", ("ngmcmc", "sec. 3")),
    _replay,
)

TRAINING: dict[str, Term] = {
    "training_loss": Term(
        "Loss and its exact minimum",
        "The squared error of what the network predicts, over data, noise and noise levels, which no network brings below that "
        "of the posterior mean.",
        "L = E w |x_0 − x̂_0|^2 ≥ E w mmse",
        "What is left at the minimum is no fault of the network: from x_t nobody can tell x_0. So a loss is good or bad by its "
        "distance from the minimum, which is known here because the data are. Losses of other predictions or weightings have "
        "other minima, and cannot be compared.",
        cite(("ddpm", "eq. 14"), ("vincent", "sec. 4")),
        _loss,
        GaussianMixture,
    ),
    "weighting": Term(
        "Weighting of noise levels",
        "How much an error counts at each noise level, beside how often that level is drawn.",
        "w: &nbsp; bound SNR/(2p), &nbsp; min-SNR min(SNR, γ), &nbsp; EDM SNR + 1/s^2",
        "w is the weight of the error of x_0, p the density with which log SNR is drawn, s the standard deviation of the data. "
        "Simple counts every error of what is predicted alike, and then the prediction decides: of ε it is w = SNR, of v "
        "w = SNR + 1. No weighting moves the best network; it decides where a small one, or a short training, is near it.",
        cite(("ddpm", "sec. 3.4"), ("vdm", "eq. 15"), ("minsnr", "eq. 8"), ("edm", "table 1")),
        _weighting,
        GaussianMixture,
    ),
    "ema": Term(
        "Exponential moving average",
        "The weights that are kept, and that all samples here are made with: a mean over the last updates.",
        "m ← c m + (1 − c) θ",
        "Single batches push the weights θ to and fro. Their mean m scatters less. "
        "It lags behind: at the beginning of a training it is worse than the weights themselves.",
        cite("polyak", ("ddpm", "app. B")),
        _average,
    ),
    "learning_rate": Term(
        "Learning rate",
        "The size of an update’s step, which rises at first and then falls to 0 along half a cosine.",
        "r(k) = r_{max} min(50 k/K, (1 + cos(π k/K))/2)",
        "Large steps are quick but leave the weights scattered, and at some size the loss grows without bound. Small steps at "
        "the end let them settle, so the loss falls fast in the last part of a training. A training that goes on with more "
        "updates follows the curve of its new length from there.",
        cite(("sgdr", "eq. 5")),
        _rate,
    ),
    "batch": Term(
        "Batch and update",
        "An update moves all weights once, downhill on the loss of one batch of fresh samples.",
        "θ ← θ − r g, &nbsp; g = ∇L(batch)",
        "Adam divides each weight’s step by the root mean square of its recent gradients. Each batch has new noise and new noise "
        "levels. Its loss is a mean over few samples, so it scatters; the chart shows it smoothed, beside the single values.",
        cite(("adam", "alg. 1")),
        _batch,
    ),
    "plateau": Term(
        "Plateau of the loss",
        "From here on the loss comes no nearer to its exact minimum than chance would bring it.",
        "fall over the last half ≤ 2 standard errors",
        "The fall is measured on the same points at every report, so that most of the chance cancels. What is left above the "
        "minimum then needs another remedy than time: a wider or deeper network, other noise levels, a smaller learning rate at "
        "the end.",
        cite("prechelt"),
        _plateau,
    ),
}
OF_SETTINGS: dict[str, str] = {  # the entry that explains a setting of a training
    "dataset": "data_distribution",
    "own_points": "data_distribution",
    "own_mixture": "data_distribution",
    "bandwidth": "kernel_bandwidth",
    "objective": "denoiser",
    "loss": "training_loss",
    "weighting": "weighting",
    "gamma": "weighting",
    "sigma_data": "weighting",
    "levels": "snr",
    "log_snr": "snr",
    "variance_weight": "variance",
    "updates": "batch",
    "batch": "batch",
    "lr": "learning_rate",
    "ema": "ema",
    "moves": "contrastive",
    "step": "langevin_chain",
    "temperature": "langevin_chain",
    "adjusted": "langevin_chain",
    "buffer": "replay",
    "fresh": "replay",
    "penalty": "contrastive",
}
OF_SETTING_OPTIONS: dict[str, dict[str, str]] = {
    "objective": {"eps": "eps_hat", "x0": "x0_hat", "score": "score", "energy": "energy"},
    "loss": {"cd": "contrastive", "pcd": "replay", "mle": "partition"},
}
