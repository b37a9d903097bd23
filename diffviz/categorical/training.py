"""Training a network of symbols.

Under masks the loss is the bound in continuous time, in nats a sequence: with m of D coordinates masked, m even in 1..D, D times
the mean cross-entropy of the masked ones (MDLM, Sahoo et al. 2024, whose weight 1/t makes m even; order-agnostic autoregressive
models, Hoogeboom et al. 2022, eq. 6). Its least value is the entropy of the data.

Under uniform noise it is the cross-entropy of all coordinates at log SNR drawn evenly (stratified over the batch), which is least
for the exact posterior at every level at once, so that what is minimised does not depend on a schedule.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.networks import LOG_SNR_RANGE, SymbolNetwork
from diffviz.categorical.products import ProductMixture
from diffviz.training.levels import draw_levels
from diffviz.training.loop import Task


class SymbolTask(Task):
    """A network that learns to take back the process that the recipe names, on sequences that are drawn anew for every update. A
    subclass says of which data, and makes the network."""

    largest_gradient = 1.0

    def __init__(self, recipe: Any, data: CategoricalDistribution | ProductMixture, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, device)
        self._data, self._noise = data.to("cpu", torch.float32), PROCESSES[recipe.process].make(data.symbols)
        self._masks = recipe.process == "absorbing"

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor, Tensor]]:
        """x_0, x_t [N, D] and log SNR [N] of each update."""
        drawn = self._masked if self._masks else self._redrawn
        return [tuple(part.to(self.device) for part in drawn(generator)) for _ in range(count)]

    def _masked(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """With 1..D masks, each number of them as often as any other (stratified over the batch), in places that are drawn."""
        batch, dim = self.recipe.batch, self._data.dim
        x0 = self._data.sample(torch.rand(batch, generator=generator))
        masks = ((torch.rand(1, generator=generator) + torch.arange(batch) / batch) * dim).long() % dim + 1
        place = torch.rand(batch, dim, generator=generator).argsort(1).argsort(1)
        return x0, x0.masked_fill(place < masks[:, None], self._data.symbols), torch.zeros(batch)

    def _redrawn(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        draw = torch.rand(2, self.recipe.batch, generator=generator)
        x0, log_snr = self._data.sample(draw[0]), draw_levels("uniform", *LOG_SNR_RANGE, draw[1])
        return x0, self._noise.after(x0, torch.sigmoid(-log_snr)[:, None], torch.randn(x0.shape, generator=generator)), log_snr

    def loss(self, network: SymbolNetwork, drawn: tuple[Tensor, Tensor, Tensor], update: int) -> tuple[Tensor, Tensor]:
        x0, x_t, log_snr = drawn
        nats = -network(x_t, log_snr).gather(2, x0.long()[..., None])[..., 0]
        if self._masks:
            hidden = (x_t == self._data.symbols).float()
            nats = nats * hidden * (x0.shape[1] / hidden.sum(1, keepdim=True))
        loss = nats.sum(1).mean()
        return loss, loss
