"""How far a training has come, beside the best that any network can reach.

A recipe's loss at one noise level is w E|x_0 - x0_hat|^2/D, w its weight there (training.x0_weight). Since

    E|x_0 - x0_hat|^2 = E|x_0 - E[x_0|x_t]|^2 + E|E[x_0|x_t] - x0_hat|^2,

it cannot fall below w MMSE/D, the floor, which is known by quadrature; what it is above, the excess, is the network's own error.
Of random points the excess has far less variance than the loss: most of a loss is noise that no network can predict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.domains.plane.energies import EnergyRecipe
from diffviz.domains.plane.information import Information, information, network_errors
from diffviz.domains.plane.thermodynamics import noise_levels
from diffviz.domains.plane.training import Recipe, x0_weight
from diffviz.estimates import Estimate
from diffviz.gaussian.denoisers.base import Denoiser
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal, marginals
from diffviz.levels import alpha_sigma, level_of
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.schedules import make_schedule
from diffviz.training.levels import level_density

Values = NDArray[np.float64]
SCHEDULE, STEPS, VARIANCE = "cosine", 100, "optimal"  # of the chain whose bound is told
LEAST_REPORTS = 8  # before anything is said of whether training still helps, and half as many in its second half
SIGMAS = 2.0  # standard errors by which the excess must fall to be seen to


def level_axis(count: int) -> Values:
    """[count] log SNR, in the middle of equal parts of what is trained on: integrals are sums by the midpoint rule."""
    low, high = LOG_SNR_RANGE
    return low + (high - low) * (np.arange(count) + 0.5) / count


def _weights(recipe: Recipe, log_snr: Values) -> Values:
    return x0_weight(recipe, torch.from_numpy(log_snr)).numpy()


def floor(mixture: GaussianMixture, recipe: Recipe, log_snr: Values) -> Values:
    """[L] the least loss of the recipe at each log SNR [L] that any network can reach."""
    alpha, sigma = (each.numpy() for each in alpha_sigma(torch.from_numpy(log_snr)))
    return _weights(recipe, log_snr) * marginals(mixture, alpha, sigma)[1] / mixture.dim


def denoising(recipe: Recipe | EnergyRecipe) -> Recipe | None:
    """The recipe whose loss by noise level a training of this one minimises: its own, or that of an energy that is learned by
    denoising score matching; None where there is none."""
    if isinstance(recipe, Recipe):
        return recipe
    return Recipe(recipe.dataset, objective="energy") if recipe.loss in ("dsm", "dsm_one") else None


def least_of_energy(mixture: GaussianMixture, recipe: EnergyRecipe) -> float | None:
    """The least loss of an energy at its one noise level: of score matching as floor has it, of maximum likelihood the entropy in
    nats of the data behind noise. None of a contrast of data and chains, which has no least."""
    if recipe.loss == "dsm_one":
        return float(floor(mixture, Recipe(recipe.dataset, objective="energy"), np.array([recipe.log_snr]))[0])
    return marginal(mixture, *level_of(recipe.log_snr)).entropy_nats if recipe.loss == "mle" else None


def shares(recipe: Recipe, log_snr: Values) -> Values:
    """[L] how often the recipe draws each part of level_axis; they sum to 1."""
    density = level_density(recipe.levels, *LOG_SNR_RANGE, torch.from_numpy(log_snr)).numpy()
    return density / density.sum()


@dataclass(frozen=True, eq=False)
class LevelLoss:
    """At L noise levels, in units of the recipe's loss. loss, stderr: [L] as a training sees it, on random points; excess,
    excess_stderr: [L] what it is above the floor; points: [L, N] the excess of each of N points, whose mean that is."""

    log_snr: Values
    loss: Values
    stderr: Values
    excess: Values
    excess_stderr: Values
    points: Values

    def overall(self, recipe: Recipe) -> tuple[Estimate, Estimate]:
        """Loss and excess of all levels of level_axis as the recipe draws them; each level has points of its own."""
        share = shares(recipe, self.log_snr)
        pairs = (self.loss, self.stderr), (self.excess, self.excess_stderr)
        loss, excess = (Estimate(float(share @ value), float(np.linalg.norm(share * error))) for value, error in pairs)
        return loss, excess

    def excess_of_points(self, recipe: Recipe) -> Values:
        """[N] the excess of all levels as the recipe draws them, of the i-th point at each."""
        return shares(recipe, self.log_snr) @ self.points


def loss_by_level(
    denoiser: Denoiser, mixture: GaussianMixture, recipe: Recipe, log_snr: Values, samples: int = 512, seed: int = 0
) -> LevelLoss:
    """The loss at each log SNR [L], on so many random points at each; the same seed measures on the same points."""
    weights, truth = _weights(recipe, log_snr), mixture.to("cpu", torch.float32)
    levels = [each.tolist() for each in alpha_sigma(torch.from_numpy(log_snr))]
    uniform, normal = particle_uniform(seed, Stream.DIAGNOSTICS, samples), ParticleNoise(seed, Stream.DIAGNOSTICS, samples)
    loss, excess = np.empty((2, len(log_snr), samples))
    with torch.inference_mode():
        for row, (alpha, sigma) in enumerate(zip(*levels, strict=True)):
            x_0 = truth.sample(((uniform + row * (math.sqrt(5.0) - 1.0) / 2.0) % 1.0).float(), normal(row, 0))
            x_t = alpha * x_0 + sigma * normal(row, 1)
            exact, x0_hat = truth.posterior(x_t, alpha, sigma, variance=False)[0], denoiser(x_t, alpha, sigma).x0_hat
            for values, target in ((loss, x_0), (excess, exact)):
                values[row] = weights[row] * (target - x0_hat).double().square().mean(1).numpy()
    (loss, stderr), (mean, mean_stderr) = ((x.mean(1), x.std(1, ddof=1) / math.sqrt(samples)) for x in (loss, excess))
    return LevelLoss(log_snr, loss, stderr, mean, mean_stderr, excess)


def chain_costs(denoiser: Denoiser, mixture: GaussianMixture, samples: int, device: torch.device | str = "cpu") -> Information:
    """Bound and gap of the chain with which networks are compared, beside the exact denoiser's; samples: points at each time."""
    schedule, times = make_schedule(SCHEDULE, STEPS), np.arange(STEPS + 1)
    errors = network_errors(denoiser, mixture, schedule, times, device, samples=samples)
    variances = reverse_variances(VARIANCE, schedule, times, mixture)
    return information(mixture, schedule, variances, times, noise_levels(mixture, schedule, times), errors)


def gap(denoiser: Denoiser, mixture: GaussianMixture, samples: int = 512) -> Estimate:
    """Negative ELBO less the entropy of the data, in nats."""
    return chain_costs(denoiser, mixture, samples).gap


def plateau(updates: Sequence[int], points: Sequence[Values]) -> str | None:
    """A sentence once more training no longer helps: over the last half of the updates the excess over the floor does not fall by
    more than its error. None before there are enough reports of that half, or while it falls.

    updates [R]: rising; points [R, N]: the excess over the floor of the same N points in every report; its mean is told.
    The fall is that of a line fitted by least squares. Its variance has two parts. The N points are a sample: an error that a
    point has in every report cancels, so it is the variance of the points' own slopes that counts. The weights fluctuate: that
    moves all points together, and is the scatter about the line beyond what the points' own scatter explains.
    """
    x = np.asarray(updates, np.float64)
    last = x > x[-1] / 2.0  # not half of the reports, which come densely where single updates are made
    if len(x) < LEAST_REPORTS or last.sum() < LEAST_REPORTS // 2:
        return None
    x, of_points = x[last], np.asarray([row for row, late in zip(points, last, strict=True) if late])
    from_mean, count, length = x - x.mean(), of_points.shape[1], x[-1] - x[0]
    square = from_mean @ from_mean
    if not square or not np.isfinite(of_points).all():
        return None
    slopes = from_mean @ of_points / square
    scatter = of_points - of_points.mean(0) - np.outer(from_mean, slopes)
    together = (scatter.mean(1) ** 2).sum() / (len(x) - 2)  # of one report's mean
    alone = scatter.var(1, ddof=1).sum() / (len(x) - 2) / count
    weights = max(0.0, together - alone)
    fall, error = -slopes.mean() * length, length * math.sqrt(slopes.var(ddof=1) / count + weights / square)
    if fall > SIGMAS * error:
        return None
    left = math.sqrt(of_points.mean(0).var(ddof=1) / count + weights / len(x))
    return (
        f"More training no longer helps: over the last {length:.0f} updates the loss came {fall:.1g} ± {error:.1g} nearer "
        f"to its exact minimum, which is no more than chance; {of_points.mean():.2g} ± {left:.1g} is left."
    )
