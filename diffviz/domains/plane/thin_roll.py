"""A Swiss roll thin enough for the 2015 paper's 2.35 bits, and a network of its kind trained on it by variable projection.

K is a log density: each halving of the roll's width adds a bit to the truth. On a thin roll the posterior mean is x_t plus a
correction that vanishes on the curve, to a small part of sigma_t, and near it takes away what lies across it. Sixteen normalised
radial basis functions can say so, but only with read-outs thousands of times larger than what they sum to. So the read-outs are
solved for. At given centres and precisions the read-outs of the mean are those of least squares in every step (variable
projection, Golub & Pereyra 1973); what is left of the squared error gives K in closed form, and L-BFGS raises it in centres,
precisions and levels. The search is begun at several places; the best is kept. Then the variances are read out, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from diffviz.domains.plane.datasets import swiss_roll_curve
from diffviz.domains.plane.learned_schedule import frozen, noised
from diffviz.domains.plane.training_2015 import negative_k_nats
from diffviz.estimates import Estimate
from diffviz.gaussian.denoisers.rbf import LARGEST, StepRBF
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.levels import level_of

BITS = 1.0 / math.log(2.0)  # in a nat
SPACING = 2.0  # of the Gaussians along the curve, in their standard deviations
LEAST_LOG_SNR = -2.0  # below which no mean squared error is tabulated
FIRST_LAST = 0.0  # log SNR at T before it is learned; the levels are even between
RIDGE = 1e-11  # added to the normal equations of the read-outs
BATCHES = 32  # by whose spread a standard error is told


@dataclass(frozen=True)
class ThinRecipe:
    """Everything that decides the weights.

    width: of the roll, whose data have variance 1; log SNR at t = 1 is 1/width^2, so that the noise of x_1 has the roll's width
    starts: places at which the search is begun; tried, polished: steps of L-BFGS from each, and from the best
    levels, points: noise levels at which mean squared errors are found, and points at each; fitted: points at each step to which
    the read-outs are fitted at last; rounds: of fitting means and variances in turn; seed: of all randomness
    """

    width: float = 0.0005
    hidden: int = 16
    steps: int = 40
    starts: int = 16
    tried: int = 150
    polished: int = 1500
    levels: int = 14
    points: int = 500
    fitted: int = 2000
    rounds: int = 3
    seed: int = 0

    @property
    def first(self) -> float:
        """Log SNR at t = 1."""
        return -2.0 * math.log(self.width)


def thin_roll(width: float) -> GaussianMixture:
    """The curve of the data set swiss_roll as a string of Gaussians of this standard deviation, of variance 1."""
    many = swiss_roll_curve(4000)
    many = many - many.mean(0)
    length = np.linalg.norm(np.diff(many, axis=0), axis=1).sum() / math.sqrt((many**2).mean())
    means = swiss_roll_curve(math.ceil(length / (SPACING * width)) + 1)
    means = means - means.mean(0)
    means = means * math.sqrt((1.0 - width**2) / (means**2).mean())
    return GaussianMixture(torch.from_numpy(means), torch.full((len(means),), 1.0 / len(means), dtype=torch.float64), width)


class _Table:
    """Of points x_t [J, N, 2] at J levels: wanted, (E[x_0|x_t] - alpha x_t)/sigma, and spread, Var[x_0|x_t]/sigma^2."""

    def __init__(self, mixture: GaussianMixture, log_snr: list[float], points: int, seed: int) -> None:
        rows = []
        for row, at in enumerate(log_snr):
            alpha, sigma = level_of(at)
            drawn = torch.quasirandom.SobolEngine(5, scramble=True, seed=1000 * seed + row).draw(points, dtype=torch.float64)
            normal = torch.special.ndtri(drawn[:, 1:].clamp(1e-9, 1.0 - 1e-9))
            x_t = alpha * mixture.sample(drawn[:, 0], normal[:, :2]) + sigma * normal[:, 2:]
            mean, variance = mixture.posterior(x_t, alpha, sigma)
            rows.append((x_t, (mean - alpha * x_t) / sigma, variance / sigma**2))
        self.x_t, self.wanted, self.spread = (torch.stack(part) for part in zip(*rows, strict=True))

    def readouts(self, shares: Tensor, weights: Tensor | None = None) -> Tensor:
        """[J, H, 2] by least squares; weights [J, N, 2] of the points in each coordinate, None for equal."""
        if weights is None:
            weights = torch.ones_like(self.wanted)
        found, ridge = [], RIDGE * torch.eye(shares.shape[2], dtype=torch.float64)
        for i in range(2):
            weighted = shares * (weights[..., i : i + 1] / weights[..., i : i + 1].mean(1, keepdim=True))
            products = weighted.transpose(1, 2) @ torch.cat([shares, self.wanted[..., i : i + 1]], 2) / shares.shape[1]
            found.append(torch.linalg.solve(products[..., :-1] + ridge, products[..., -1:]))
        return torch.cat(found, 2)

    def squared(self, shares: Tensor, readouts: Tensor) -> Tensor:
        """[J, N, 2] E[(x_0 - x0_hat)^2|x_t]/sigma^2 in each coordinate."""
        return self.spread + (self.wanted - shares @ readouts).square()


def _noise_nats(levels: Tensor) -> Tensor:
    """H_q(X_T|X_0) - H_q(X_1|X_0) - H_p(X_T) (bound_2015.py)."""
    return torch.sigmoid(-levels[-1]).log() - (2 * math.pi * math.e * torch.sigmoid(-levels[0])).log()


def _gains(levels: Tensor) -> Tensor:
    """[T-1] sigma_t^2 c_0^2/beta_tilde at t = 2..T: by so much a squared error in units of sigma_t^2 weighs."""
    return torch.expm1(levels[:-1] - levels[1:]) * torch.sigmoid(levels[1:])


def _k_of_table(log_squared: Tensor, log_snr: Tensor, levels: Tensor) -> Tensor:
    """K in nats with one variance for all x_t in each coordinate, of log mean squared errors [J, 2] at log_snr [J], between which
    they are interpolated."""
    at = torch.searchsorted(-log_snr, -levels[1:].detach()).clamp(1, len(log_snr) - 1)
    share = ((log_snr[at - 1] - levels[1:]) / (log_snr[at - 1] - log_snr[at]))[:, None]
    between = log_squared[at - 1] * (1.0 - share) + log_squared[at] * share
    return _noise_nats(levels) - 0.5 * torch.log1p(_gains(levels)[:, None] * between.exp()).sum()


class _Search:
    """L-BFGS in centres [H, 2], logarithms of precisions [H, 2] and of the falls of log SNR [T-1], in one vector."""

    def __init__(self, recipe: ThinRecipe, mixture: GaussianMixture) -> None:
        self._recipe, self._mixture = recipe, mixture
        self._log_snr = torch.linspace(recipe.first, LEAST_LOG_SNR, recipe.levels, dtype=torch.float64)
        self._table = _Table(mixture, self._log_snr.tolist(), recipe.points, recipe.seed)
        self._generator = torch.Generator().manual_seed(recipe.seed)

    def start(self) -> Tensor:
        """Centres near the curve, one in each of as many equal parts of it; units as wide as the gap between turns or wider."""
        hidden, means = self._recipe.hidden, self._mixture.means
        draw = torch.rand(hidden + 2, generator=self._generator, dtype=torch.float64)
        normal = torch.randn(2, hidden, 2, generator=self._generator, dtype=torch.float64)
        along = ((torch.arange(hidden) + draw[:hidden]) / hidden * len(means)).long()
        centres = means[along] + 0.3 * draw[-2] * normal[0]
        log_precisions = draw[-1] * math.log(4.0) + 0.3 * normal[1]  # from 1 to 4
        fall = (self._recipe.first - FIRST_LAST) / (self._recipe.steps - 1)
        falls = torch.full((self._recipe.steps - 1,), math.log(fall), dtype=torch.float64)
        return torch.cat([centres.flatten(), log_precisions.flatten(), falls])

    def parts(self, vector: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Centres, logarithms of precisions and levels [T]."""
        hidden = self._recipe.hidden
        centres, log_precisions = vector[: 4 * hidden].view(2, hidden, 2)
        levels = self._recipe.first - torch.cat([torch.zeros(1, dtype=torch.float64), vector[4 * hidden :].exp().cumsum(0)])
        return centres, log_precisions, levels

    def climb(self, vector: Tensor, steps: int) -> tuple[float, Tensor]:
        """K in bits on the table's points, and where."""

        def falling(values: np.ndarray) -> tuple[float, np.ndarray]:
            at = torch.tensor(values, requires_grad=True)
            centres, log_precisions, levels = self.parts(at)
            shares = shares_of(self._table.x_t, centres, log_precisions)
            with torch.no_grad():  # they are the best: K does not change with them to first order
                readouts = self._table.readouts(shares)
            loss = -_k_of_table(self._table.squared(shares, readouts).mean(1).log(), self._log_snr, levels) * BITS
            loss.backward()
            return loss.item(), at.grad.numpy().copy()

        options = {"maxiter": steps, "maxcor": 30, "maxfun": 2 * steps, "ftol": 1e-10}
        found = minimize(falling, vector.numpy(), jac=True, method="L-BFGS-B", options=options)
        return -float(found.fun), torch.from_numpy(found.x)


def shares_of(x_t: Tensor, centres: Tensor, log_precisions: Tensor) -> Tensor:
    """[..., H] as StepRBF.shares has it, in double precision."""
    precisions = log_precisions.exp()
    logits = x_t @ (precisions * centres).T - x_t.square() @ precisions.T / 2
    return (logits - (precisions * centres.square()).sum(1) / 2).softmax(-1)


def _spread_readouts(shares: Tensor, squared: Tensor, levels: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
    """Read-outs [T-1, H, 2] of the variances that make K largest, by L-BFGS, and what weight the points have then [T-1, N, 2]."""
    gains, usual = _gains(levels)[:, None, None], torch.logit(torch.sigmoid(-levels[1:]) / LARGEST)[:, None, None]
    in_noise = LARGEST / torch.sigmoid(-levels[1:])[:, None, None]
    readouts = before.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([readouts], max_iter=80, history_size=20, line_search_fn="strong_wolfe")

    def wide() -> Tensor:
        return 1.0 + gains * in_noise * torch.sigmoid(usual + shares @ readouts)

    def closure() -> Tensor:
        optimiser.zero_grad()
        p = wide()
        loss = 0.5 * (p.log() + (1.0 + gains * squared) / p).sum((0, 2)).mean()
        loss.backward()
        return loss

    optimiser.step(closure)
    return readouts.detach(), 1.0 / wide().detach()


def train_thin(recipe: ThinRecipe) -> Iterator[tuple[float, StepRBF | None]]:
    """Yield how much is done, of 1, and at last the network too. On the CPU alone."""
    mixture = thin_roll(recipe.width)
    search, found = _Search(recipe, mixture), []
    for start in range(recipe.starts):
        found.append(search.climb(search.start(), recipe.tried))
        yield 0.7 * (start + 1) / recipe.starts, None
    _, best = search.climb(max(found, key=lambda each: each[0])[1], recipe.polished)
    yield 0.85, None
    centres, log_precisions, levels = search.parts(best)
    network = StepRBF(recipe.hidden, recipe.steps)
    network.centres.data, network.log_precisions.data = centres.float(), log_precisions.float()
    network.levels = levels.float()
    levels = network.levels.double()
    table = _Table(mixture, levels[1:].tolist(), recipe.fitted, recipe.seed + 1)
    shares = shares_of(table.x_t, network.centres.detach().double(), network.log_precisions.detach().double())
    means, spreads = table.readouts(shares), torch.zeros(recipe.steps - 1, recipe.hidden, 2, dtype=torch.float64)
    for turn in range(recipe.rounds):
        spreads, weights = _spread_readouts(shares, table.squared(shares, means), levels, spreads)
        means = table.readouts(shares, weights)
        yield 0.85 + 0.15 * (turn + 1) / recipe.rounds, None
    spreads, _ = _spread_readouts(shares, table.squared(shares, means), levels, spreads)
    network.readouts.data[1:] = torch.cat([means, spreads], 2).float()
    yield 1.0, network.eval().requires_grad_(False)


def _batches(mixture: GaussianMixture, steps: int, samples: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    for _ in range(BATCHES):
        x_0, eps = frozen(mixture, steps, samples // BATCHES, generator)
        yield x_0.double(), eps.double()


def _over(values: list[float]) -> Estimate:
    return Estimate(float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(len(values)))


def k_bits(network: StepRBF, mixture: GaussianMixture, samples: int, seed: int = 1) -> Estimate:
    """K in bits as the paper counts it, on so many points at each step, none of them of the training."""
    levels, double = network.levels.double(), _double(network)
    with torch.no_grad():
        found = [
            -float(negative_k_nats(double, x_0, eps, levels)) * BITS for x_0, eps in _batches(mixture, len(levels), samples, seed)
        ]
    return _over(found)


def exact_k_bits(levels: Tensor, mixture: GaussianMixture, samples: int, seed: int = 1) -> Estimate:
    """The same of the exact denoiser with its own variance in each coordinate."""
    levels = levels.double()

    def one(x_0: Tensor, eps: Tensor) -> float:
        total = _noise_nats(levels)
        for t, (x_t, gain) in enumerate(zip(noised(x_0, eps, levels)[1:], _gains(levels), strict=True), 1):
            alpha, sigma = level_of(levels[t].item())
            total = total - 0.5 * torch.log1p(gain * mixture.posterior(x_t, alpha, sigma)[1] / sigma**2).sum(1).mean()
        return float(total) * BITS

    return _over([one(*batch) for batch in _batches(mixture, len(levels), samples, seed)])


def truth_bits(mixture: GaussianMixture, samples: int, seed: int = 1) -> Estimate:
    """Minus the entropy of the data."""
    found: list[float] = []
    for x_0, _ in _batches(mixture, 1, samples, seed):
        found.append(float(mixture.log_density(x_0[0]).mean()) * BITS)
    return _over(found)


def _double(network: StepRBF) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    copy = StepRBF(network.readouts.shape[1], len(network.levels))
    copy.load_state_dict(network.state_dict())
    return copy.double().requires_grad_(False)
