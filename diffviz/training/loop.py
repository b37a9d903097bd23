"""The loop in which every network is trained.

A Task says what is trained: the network, its optimiser, what is drawn for an update and the loss on it. A Training is one such
task under way. It makes as many updates as it is asked for and can be stopped between any two of them: what it returns as its
state, restored in another process, goes on to the same weights bit for bit.

The weights that are kept are an exponential moving average of those that are trained, where the recipe has a decay (ema).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from diffviz.training.batches import Batches
from diffviz.training.learner import Learner
from diffviz.training.settings import learning_rate, lengthened, total_at

CHECKED = 32  # updates after which it is seen whether all losses were finite: on a GPU every look waits for it
KEPT = 100  # updates after which a copy of the state is made, to return to where a loss is not finite


class Diverged(ArithmeticError):
    """A loss that is not finite, or weights after the last update that was asked for.

    update: the number of the update that had it; said: what is not finite, as a clause
    losses: of this call, up to the update to which the training has returned
    """

    def __init__(self, update: int, weights: bool = False) -> None:
        self.update, self.losses = update, ()
        self.said = f"weights after update {update} are not finite" if weights else f"loss of update {update} is not finite"
        super().__init__(f"The {self.said}.")


@dataclass(frozen=True)
class TrainStep:
    """update: 0..updates, how many were made; losses: of each batch since the last step; network: the weights to keep so far."""

    update: int
    losses: tuple[float, ...]
    network: nn.Module

    @property
    def loss(self) -> float:
        """The mean since the last step; NaN where no update was made."""
        return math.fsum(self.losses) / len(self.losses) if self.losses else math.nan


class Task:
    """What is trained: a subclass says at least which network, what is drawn for an update, and the loss on it.

    recipe: has updates, lr and seed, and ema where weights are averaged
    ahead: for so many updates batches are drawn together
    largest_gradient: the norm to which a gradient is cut, None to leave it as it is
    dropout: the network draws from torch's own generator while it is trained
    """

    ahead = 1
    largest_gradient: float | None = None
    dropout = False

    def __init__(self, recipe: Any, device: torch.device | str = "cpu") -> None:
        self.recipe, self.device = recipe, torch.device(device)

    def network(self, generator: torch.Generator) -> nn.Module:
        """Untrained. torch's own generator has the recipe's seed; generator: the one from which batches are drawn later."""
        raise NotImplementedError

    def optimiser(self, network: nn.Module) -> torch.optim.Optimizer:
        """Its rates are the peaks."""
        return torch.optim.Adam(network.parameters(), lr=self.recipe.lr, fused=True)

    def draw(self, count: int, generator: torch.Generator) -> Sequence[Any]:
        """What the next `count` updates are made with, one item each. All randomness of an update is drawn here."""
        raise NotImplementedError

    def loss(self, network: nn.Module, drawn: Any, update: int) -> tuple[Tensor, Tensor]:
        """What is minimised in this update of 1..updates, and what is reported of it: scalars."""
        raise NotImplementedError

    def rate(self, peak: float, update: int) -> float:
        """The learning rate of this update in 1..updates."""
        return learning_rate(peak, update, total_at(self.recipe, update))

    def after(self, network: nn.Module, update: int) -> None:
        """Whatever else an update changes."""

    def tensors(self) -> Mapping[str, Tensor]:
        """What training changes outside the network: the tensors themselves, whose shapes stay as they are."""
        return {}

    def grown(self, network: nn.Module, update: int) -> nn.Module | None:
        """The network that takes this one's place after so many updates, with an optimiser of its own; None: it stays."""
        return None

    def kept(self, network: nn.Module) -> nn.Module:
        """What is kept of the (averaged) network."""
        return network


class Updates:
    """A task's updates, one by one, and the state between two of them.

    update: how many were made; network: the weights that are trained; average: those to keep
    """

    def __init__(self, task: Task) -> None:
        self.task, self.recipe = task, task.recipe
        self._begin()

    def _begin(self) -> None:
        self.update = 0
        generator = torch.Generator().manual_seed(self.recipe.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.recipe.seed)
            network = self.task.network(generator)
            self._inner = torch.get_rng_state()  # of torch's own generator
        self._batches = Batches(self.task.draw, self.task.ahead, self.recipe.updates, generator)
        self._take(network.to(self.task.device))

    def _take(self, network: nn.Module) -> None:
        """Train this network from now on."""
        decay = getattr(self.recipe, "ema", None)
        self._learner = Learner(network, self.task.optimiser(network), decay, self.task.largest_gradient)

    def _grow(self, update: int) -> None:
        """The network of the next update, where it is another one."""
        grown = self.task.grown(self.network, update)
        if grown is not None:
            self._take(grown)

    @property
    def network(self) -> nn.Module:
        return self._learner.network

    @property
    def average(self) -> nn.Module:
        return self.task.kept(self._learner.average)

    def _make(self) -> Tensor:
        """One update; its loss."""
        drawn = self._batches.after(self.update)
        self._grow(self.update)
        self.update += 1
        with self._own_randomness():
            minimised, reported = self.task.loss(self.network, drawn, self.update)
        self._learner.step(minimised, lambda peak: self.task.rate(peak, self.update))
        self.task.after(self.network, self.update)
        self._learner.follow(self.update)
        return reported.detach()

    @contextmanager
    def _own_randomness(self) -> Iterator[None]:
        """torch's own generator as this training left it, for a network that draws from it."""
        if not self.task.dropout:
            yield
            return
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._inner)
            yield
            self._inner = torch.get_rng_state()

    def _tensors(self) -> dict[str, Tensor]:
        """All that a training of the same recipe needs to go on from here, by name; those of the learner and the task are the
        tensors themselves."""
        return {
            **self._learner.tensors(),
            **{f"task.{name}": value for name, value in self.task.tensors().items()},
            "generator": self._batches.state(self.update),
            "inner": self._inner,
            "update": torch.tensor(self.update),
        }

    def state(self) -> dict[str, Tensor]:
        """A copy of that, on the CPU."""
        return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in self._tensors().items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state. Raises ValueError where it is not one of this recipe's; the training is then at its beginning."""
        self._begin()
        update = int(state["update"]) if "update" in state and state["update"].numel() == 1 else -1
        if not 0 <= update <= self.recipe.updates:
            raise ValueError("The state is of no update of this training.")
        for made in range(update):
            self._grow(made)
        if update:
            self._learner.make_memory()
        mine = self._tensors()
        if {name: _kind(value) for name, value in state.items()} != {name: _kind(value) for name, value in mine.items()}:
            self._begin()
            raise ValueError("The state is not of this recipe.")
        with torch.no_grad():
            for name, value in mine.items():
                value.copy_(state[name])
        self.update, self._inner = update, mine["inner"]
        self._batches.restore(mine["generator"])


class Training(Updates):
    """A task under way. Where its numbers are no longer finite it returns to the last weights whose loss was."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._good: deque[dict[str, Tensor]] = deque(maxlen=2)  # the last states that were copied

    @property
    def done(self) -> bool:
        return self.update >= self.recipe.updates

    def lengthened(self, updates: int) -> Training:
        """This training from here on, to another number of updates in all: on the same batches, with the optimiser's memory, the
        average and the generators as they are, and the learning rate of its new length. The recipe says so (settings.earlier).
        Raises ValueError where more were made."""
        recipe = lengthened(self.recipe, self.update, updates)
        found = Training(type(self.task)(recipe, self.task.device))
        found.restore(self.state())
        return found

    def steps(self, every: int = 500) -> Iterator[TrainStep]:
        """Train to the end, with a TrainStep after every `every` updates and at the end. Stop iterating to stop training."""
        while not self.done:
            yield self.advance(every - self.update % every)

    def advance(self, updates: int = 1) -> TrainStep:
        """Make so many updates, or as many as are left.

        Raises Diverged where a loss is not finite, or the weights that are left. The training then has the last weights whose
        loss was finite; where there were none since it was restored, those of the state that it was restored from.
        """
        losses: list[float] = []
        first, end = self.update, min(self.update + updates, self.recipe.updates)
        while self.update < end:
            if not self._good or self.update - int(self._good[-1]["update"]) >= KEPT:
                self._good.append(self.state())
            made = [self._make() for _ in range(min(CHECKED, end - self.update))]
            largest = self._learner.largest()  # of the last weights no loss is known yet
            *found, weight = torch.stack([*made, largest.to(made[0])]).tolist()
            losses += found
            self._check_finite(losses, first, math.isfinite(weight))
        return TrainStep(self.update, tuple(losses), self.average)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._good.clear()  # they are of another past
        super().restore(state)

    def _check_finite(self, losses: list[float], first: int, weights: bool) -> None:
        """Goes back and raises Diverged unless the losses of the updates after the first are finite, and so are the weights."""
        bad = next((index for index, loss in enumerate(losses) if not math.isfinite(loss)), None)
        if bad is None and weights:
            return
        error = Diverged(self.update, weights=True) if bad is None else Diverged(first + bad + 1)
        self.back_to(error.update - (1 if bad is None else 2))  # the loss of an update is that of the weights before it
        error.losses = tuple(losses[: max(0, self.update - first)])
        raise error

    def back_to(self, update: int) -> None:
        """Return to an update among the last KEPT that were made; at most to where the training was begun or restored."""
        if update >= self.update or not self._good:
            return
        self.restore(next((state for state in reversed(self._good) if int(state["update"]) <= update), self._good[0]))
        while self.update < update:
            self._make()


def _kind(value: Tensor) -> tuple[torch.Size, torch.dtype]:
    return value.shape, value.dtype
