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
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

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


class Training:
    """A task under way.

    update: how many updates were made; network: the weights that are trained; average: those to keep
    """

    def __init__(self, task: Task) -> None:
        self.task, self.recipe = task, task.recipe
        self._good: deque[dict[str, Tensor]] = deque(maxlen=2)  # the last states that were copied
        self._begin()

    def _begin(self) -> None:
        self.update = 0
        self._drawn: Sequence[Any] | None = None
        self._generator = torch.Generator().manual_seed(self.recipe.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.recipe.seed)
            network = self.task.network(self._generator)
            self._inner = torch.get_rng_state()  # of torch's own generator
        self._take(network.to(self.task.device))

    def _take(self, network: nn.Module) -> None:
        """Train this network from now on."""
        self.network, self._average = network, network
        self._optimiser = self.task.optimiser(network)
        groups = self._optimiser.param_groups
        self._peaks = [group["lr"] for group in groups]
        self._parameters = [parameter for group in groups for parameter in group["params"]]
        if hasattr(self.recipe, "ema"):
            self._average = deepcopy(network).requires_grad_(False).eval()
            self._move_average = get_ema_multi_avg_fn(self.recipe.ema)
            self._averaged, self._raw = ([*module.parameters()] for module in (self._average, network))

    @property
    def average(self) -> nn.Module:
        return self.task.kept(self._average)

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
            largest = nn.utils.get_total_norm(self._parameters, math.inf)  # of the last weights no loss is known yet
            *found, weight = torch.stack([*made, largest.detach().to(made[0])]).tolist()
            losses += found
            self._check_finite(losses, first, math.isfinite(weight))
        return TrainStep(self.update, tuple(losses), self.average)

    def _make(self) -> Tensor:
        """One update; its loss."""
        drawn = self._batch()
        grown = self.task.grown(self.network, self.update)
        if grown is not None:
            self._take(grown)
        self.update += 1
        for group, peak in zip(self._optimiser.param_groups, self._peaks, strict=True):
            group["lr"] = self.task.rate(peak, self.update)
        with self._own_randomness():
            minimised, reported = self.task.loss(self.network, drawn, self.update)
        self._optimiser.zero_grad(set_to_none=True)
        minimised.backward()
        if self.task.largest_gradient is not None:
            nn.utils.clip_grad_norm_(self._parameters, self.task.largest_gradient)
        self._optimiser.step()
        self.task.after(self.network, self.update)
        if self._average is not self.network:
            self._follow()
        return reported.detach()

    @torch.no_grad()
    def _follow(self) -> None:
        """The average follows the weights. Buffers do not change in training."""
        if self.update == 1:
            torch._foreach_copy_(self._averaged, self._raw)
        else:
            self._move_average(self._averaged, self._raw, self.update)

    def _batch(self) -> Any:
        """What the next update is made with. Blocks of batches begin at the same updates wherever a training was interrupted."""
        place = self.update % self.task.ahead
        if self._drawn is None or place == 0:
            self._before_drawing = self._generator.get_state()
            count = min(self.task.ahead, self.recipe.updates - (self.update - place))
            self._drawn = self.task.draw(count, self._generator)
        return self._drawn[place]

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

    def _live(self) -> dict[str, Tensor]:
        """What updates change, by name: the tensors themselves."""
        found = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        if self._average is not self.network:
            found |= {f"average.{name}": value for name, value in self._average.state_dict().items()}
        found |= {f"task.{name}": value for name, value in self.task.tensors().items()}
        for index, parameter in enumerate(self._parameters):
            memory = self._optimiser.state.get(parameter, {})
            found |= {f"optimiser.{index}.{name}": value for name, value in memory.items() if value is not None}
        return found

    def state(self) -> dict[str, Tensor]:
        """A copy, on the CPU, of all that a training of the same recipe needs to go on from here."""
        within_a_block = self._drawn is not None and self.update % self.task.ahead != 0
        generator = self._before_drawing if within_a_block else self._generator.get_state()
        found = self._live() | {"generator": generator, "inner": self._inner, "update": torch.tensor(self.update)}
        return {name: value.detach().to("cpu", copy=True).contiguous() for name, value in found.items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state. Raises ValueError where it is not one of this recipe's; the training is then at its beginning."""
        self._good.clear()  # they are of another past
        self._begin()
        update = int(state["update"]) if "update" in state and state["update"].numel() == 1 else -1
        if not 0 <= update <= self.recipe.updates:
            raise ValueError("The state is of no update of this training.")
        for made in range(update):
            grown = self.task.grown(self.network, made)
            if grown is not None:
                self._take(grown)
        if update:  # so that the optimiser has its memory
            for parameter in self._parameters:
                parameter.grad = torch.zeros_like(parameter)
            self._optimiser.step()
        live = self._live() | {"generator": self._generator.get_state(), "inner": self._inner, "update": torch.tensor(0)}
        if {name: _kind(value) for name, value in state.items()} != {name: _kind(value) for name, value in live.items()}:
            self._begin()
            raise ValueError("The state is not of this recipe.")
        with torch.no_grad():
            for name, value in live.items():
                value.copy_(state[name])
        self.update, self._inner = update, live["inner"]
        self._generator.set_state(live["generator"])


def _kind(value: Tensor) -> tuple[torch.Size, torch.dtype]:
    return value.shape, value.dtype
