"""Training a small network on a data set: denoising score matching on fresh samples.

What is predicted, how noise levels are drawn and how errors are weighed are the recipe's. As it stands log SNR is drawn evenly
(stratified over the batch) and the squared error of v is minimised. For the posterior's variance an error in v costs 1/2 alpha'^2
|error|^2 nats per unit of log SNR, so an even draw weighs errors as the bound does.

With variance_weight the network also learns the variance of v in each coordinate, as in pictures/training.py (there is why):
variance_weight/2 (log f + stop(error_v^2)/f) is added to the loss, least at f = E[error_v^2|x_t]. The first part is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from diffviz.domains.plane import own_settings
from diffviz.domains.plane.datasets import mixture_of
from diffviz.energies.network import EnergyMLP
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE, MLP, TIME_FEATURES, variance_of_v
from diffviz.gaussian.denoisers.predictions import PREDICTIONS
from diffviz.levels import alpha_sigma
from diffviz.training.levels import LEVELS, WEIGHTINGS, draw_levels, level_density
from diffviz.training.loop import Task, Training
from diffviz.training.optimisers import OPTIMISERS
from diffviz.training.settings import (
    batch,
    check_settings,
    choice,
    clear_unread,
    decay,
    earlier,
    peak_rate,
    seed,
    setting,
    updates,
)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights.

    dataset: a name in DATASETS; the others say in their metadata what they are (training.settings). Fields that are not read
    return to their defaults. Raises ValueError, in one sentence, for what is not allowed.
    """

    dataset: str
    hidden: int = setting(128, "Units in a layer.", 1, 1024, "Width")
    layers: int = setting(3, "Hidden layers.", 1, 16, "Depth")
    features: int = setting(32, "Fourier features.", 1, 512, "Features of x")
    time_features: int = setting(TIME_FEATURES, "Fourier features of log SNR; 0: log SNR alone.", 0, 64, "Time embedding")
    objective: str = choice("v", "Prediction", "What the network predicts: v, eps, x0, score, flow or energy.", PREDICTIONS)
    weighting: str = choice("simple", "Weighting", "How much errors count: simple, bound, min_snr or edm.", WEIGHTINGS)
    gamma: float = setting(5.0, "Largest weight of min_snr.", 0.01, 1000.0, "γ", ("weighting", ("min_snr",)))
    sigma_data: float = setting(1.0, "Standard deviation of data in edm.", 0.05, 5.0, "σ_data", ("weighting", ("edm",)))
    levels: str = choice("uniform", "Noise levels", "How they are drawn: uniform (in log SNR), edm, linear or cosine.", LEVELS)
    variance_weight: float = setting(
        0.0, "Weight of the learned variance's score; at 0 none is learned.", 0.0, 1.0, "Learned variance"
    )
    optimiser: str = choice("adam", "Optimiser", "adam, adamw or sgd.", OPTIMISERS)
    weight_decay: float = setting(0.01, "Of AdamW.", 0.0, 1.0, "Weight decay", ("optimiser", ("adamw",)))
    updates: int = updates(12000)
    batch: int = batch(512)
    lr: float = peak_rate(4e-3)
    ema: float = decay(0.999)
    seed: int = seed()
    earlier: str = earlier()
    own_points: str = own_settings.points()
    bandwidth: float | None = own_settings.bandwidth()
    own_mixture: str = own_settings.mixture()

    def __post_init__(self) -> None:
        own_settings.check_dataset(self)
        check_settings(self)
        clear_unread(self)
        if self.gives_energy and self.tells_variance:
            raise ValueError("variance_weight must be 0 with the prediction energy, which has no second answer.")
        own_settings.check_own(self)

    @property
    def gives_energy(self) -> bool:
        """Is its network the energy of a density?"""
        return self.objective == "energy"

    @property
    def tells_variance(self) -> bool:
        """Does its network learn a variance?"""
        return self.variance_weight > 0.0


def new_network(recipe: Recipe) -> MLP | EnergyMLP:
    """An untrained network of the recipe's size."""
    shape = recipe.hidden, recipe.layers, recipe.features
    if recipe.gives_energy:
        return EnergyMLP(*shape, 2, recipe.time_features)
    return MLP(*shape, 2, recipe.time_features, recipe.objective, recipe.tells_variance)


def x0_weight(recipe: Recipe, log_snr: Tensor) -> Tensor:
    """[...] what |x_0 - x0_hat|^2 counts in the recipe's loss at log SNR [...]."""
    weight = WEIGHTINGS[recipe.weighting].weight
    if weight is None:
        return 1.0 / PREDICTIONS[recipe.objective].share(*alpha_sigma(log_snr))
    density = level_density(recipe.levels, *LOG_SNR_RANGE, log_snr)
    return weight(log_snr.exp(), density, recipe.gamma, recipe.sigma_data)


class Batch(NamedTuple):
    """x_t [N, 2], log_snr [N], target [N, 2]: what the network should answer; weight: [N, 1] of its squared error, None for 1;
    share: [N, 1] what that error squared is of v's, where a variance is learned."""

    x_t: Tensor
    log_snr: Tensor
    target: Tensor
    weight: Tensor | None
    share: Tensor | None


class DenoisingTask(Task):
    """The network of a recipe, trained on samples that are drawn anew for every update."""

    ahead = 16

    def __init__(self, recipe: Recipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, device)
        self._mixture = mixture_of(recipe).to("cpu", torch.float32)
        self._row = PREDICTIONS[recipe.objective]

    def network(self, generator: torch.Generator) -> MLP | EnergyMLP:
        network = new_network(self.recipe)
        network.draw_frequencies(generator)
        return network

    def optimiser(self, network: MLP | EnergyMLP) -> torch.optim.Optimizer:
        return OPTIMISERS[self.recipe.optimiser].make(network.parameters(), self.recipe.lr, self.recipe.weight_decay)

    def draw(self, count: int, generator: torch.Generator) -> list[Batch]:
        size = self.recipe.batch
        uniform, normal = torch.empty(count, 2, size), torch.empty(count, 2, size, 2)
        for update in range(count):
            torch.rand(2, size, generator=generator, out=uniform[update])
            torch.randn(2, size, 2, generator=generator, out=normal[update])
        x0 = self._mixture.sample(uniform[:, 0].reshape(-1), normal[:, 0].reshape(-1, 2)).view(count, size, 2)
        eps, log_snr = normal[:, 1], draw_levels(self.recipe.levels, *LOG_SNR_RANGE, uniform[:, 1])
        a, s = (each[..., None] for each in alpha_sigma(log_snr))
        share, weight, in_v = self._row.share(a, s), None, None
        if self.recipe.weighting != "simple":
            weight = (share * x0_weight(self.recipe, log_snr[..., None])).to(self.device)
        if self.recipe.tells_variance:
            in_v = (share / s.square()).to(self.device)
        known = (a * x0 + s * eps, log_snr, self._row.target(x0, eps, a, s))
        parts = [part.expand(count, *part.shape[1:]).to(self.device).unbind() for part in known]
        parts += [[None] * count if part is None else part.unbind() for part in (weight, in_v)]
        return [Batch(*each) for each in zip(*parts, strict=True)]

    def loss(self, network: MLP | EnergyMLP, drawn: Batch, update: int) -> tuple[Tensor, Tensor]:
        answer = network(drawn.x_t, drawn.log_snr)
        if not self.recipe.tells_variance:
            loss = _mean_square(answer - drawn.target, drawn.weight)
            return loss, loss
        answer, logit = answer.chunk(2, 1)
        error, f = answer - drawn.target, variance_of_v(logit)
        loss = _mean_square(error, drawn.weight)
        score = 0.5 * (f.log() + (error.square() * drawn.share).detach() / f)
        return loss + self.recipe.variance_weight * score.mean(), loss


def _mean_square(error: Tensor, weight: Tensor | None) -> Tensor:
    return (error.square() if weight is None else error.square() * weight).mean()


def begin(recipe: Recipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update; its loss is the weighted mean squared error of a coordinate."""
    return Training(DenoisingTask(recipe, device))
