"""What updates are made with, drawn for several of them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


class Batches:
    """Those of a training, in blocks that begin at the same updates wherever it was interrupted.

    draw: what the next so many updates are made with, from a generator; ahead: updates of a block; updates: of the training
    """

    def __init__(
        self, draw: Callable[[int, torch.Generator], Sequence[Any]], ahead: int, updates: int, generator: torch.Generator
    ) -> None:
        self._draw, self._ahead, self._updates, self._generator = draw, ahead, updates, generator
        self._block: Sequence[Any] | None = None

    def after(self, update: int) -> Any:
        """What the update is made with that follows so many. They are asked for in order."""
        place = update % self._ahead
        if self._block is None or place == 0:
            self._before_block = self._generator.get_state()
            self._block = self._draw(min(self._ahead, self._updates - (update - place)), self._generator)
        return self._block[place]

    def state(self, update: int) -> Tensor:
        """The generator's state from which the block is drawn that goes on after so many updates."""
        within = self._block is not None and update % self._ahead != 0
        return self._before_block if within else self._generator.get_state()

    def restore(self, state: Tensor) -> None:
        """Draw from here on; before anything was drawn."""
        self._generator.set_state(state)
