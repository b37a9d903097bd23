"""The contract of a kind of data. A domain is a folder here, a folder in views/ and one row in the table DOMAINS.

Everything that is asked of the data by code that does not know which data it has is asked here: what a particle is, how data
are drawn, which process noises them, which networks know them, and what cannot be combined. e is an Experiment throughout.

The choices of a run are not tables here. A domain makes its process (`process`) and names its samplers; where there are several
processes, which one it is is a field of a section. The names of denoisers are the field's own, checkpoints among them, which are
read from disk; a domain makes the one that is named (`denoiser`) and lists what can be trained (`training`). Measurements and
starts stand in the tables of inverse/, which several domains read: `offers` says which of their rows fit the data, and `task`
makes the one that is named. What is written about a network (its card) needs what is measured of it, so it stands in views/.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz import checkpoints
from diffviz.checkpoints import Format
from diffviz.fields import Rule
from diffviz.inverse.task import Task
from diffviz.noise import Stream, particle_uniform
from diffviz.process import Denoiser, PathLaw, Process
from diffviz.schedules import NoiseSchedule
from diffviz.training.loop import Training
from diffviz.weights import Stamp, name_refusal, network_stamp

NETWORK_2015 = (
    "Train the network of Sohl-Dickstein et al. (2015) on these data, with a read-out for each step of one chain, instead of the "
    "usual denoiser."
)


OWN_CHAIN = "It knows the noise levels of its own chain alone."


class DataError(ValueError):
    """Data that cannot be had; the message is one sentence that says why."""


class Row(Protocol):
    """One row of a table that a field's values are names of: title names it in a menu, why is one sentence about it. A row with
    an attribute `only` works with these values of other fields alone, by field; one that `asks` works with the exact denoiser and
    with networks whose recipe has this attribute, and it is true."""

    title: str
    why: str


class DatasetRow(Row, Protocol):
    """One row of a domain's data sets.

    uses: the Experiment's fields that these data read, beside the domain's own; network: one can be trained on them
    """

    uses: tuple[str, ...]
    network: bool


@dataclass(frozen=True)
class TrainingRow:
    """A kind of network that can be trained on a domain's data.

    format: of its checkpoints, with the recipe; begin: of a recipe (and a device, "cpu"), a training before its first update
    folder: of its checkpoints, in checkpoints/; suffix: of its name there, after the data set's
    why: what is trained, as a command's option says it; "" of the usual denoiser
    knows: a sentence for menus about the only noise levels that it knows; "" if all
    """

    format: Format
    begin: Callable[..., Training]
    folder: str = ""
    suffix: str = ""
    why: str = ""
    knows: str = ""

    @property
    def root(self) -> Path:
        return checkpoints.CHECKPOINTS / self.folder

    def recipes(self) -> dict[str, Any]:
        """By name, of the networks of this kind that can be read from disk; why another one cannot is told when it is chosen."""
        found = {}
        for name in checkpoints.names(self.root):
            with suppress(checkpoints.CheckpointError):
                recipe = checkpoints.recipe_in(self.root / name)
                if isinstance(recipe, self.format.recipe):
                    found[name] = recipe
        return found


class Domain(ABC):
    """A kind of data. One object for each kind, without state. What is not abstract here is what most kinds answer.

    name: of the folder, in the address and of the browser's view
    title, why: for the gallery of data
    sections: what its data and its process add to the Experiment, frozen dataclasses of fields (fields.py)
    datasets: names are unique over all domains
    samplers: those of its process
    training: by name, the networks that can be trained; "network" is the one that the denoiser learned means
    uses, rules: the Experiment's fields that a run of these data reads beside those of all runs, and what else is read when
    offers: by field, the rows that these data can be combined with, where they are not all that the field allows
    measured: by name ("metric", "levels"), what a schedule may read of the data (ScheduleRow.reads): found from an Experiment.
        A schedule that reads what is not here is refused.
    """

    name: str
    title: str
    why: str
    sections: tuple[type, ...] = ()
    datasets: Mapping[str, DatasetRow]
    samplers: Mapping[str, Row]
    training: Mapping[str, TrainingRow]
    uses: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    offers: Mapping[str, Mapping[str, Row]]
    measured: Mapping[str, Callable[[Any], Any]] = MappingProxyType({})

    @abstractmethod
    def shape(self, e: Any) -> tuple[int, ...]:
        """*D of a particle: (2,) in the plane, (C, H, W) of a picture, (20,) of a sequence of 20 bits."""

    def data_title(self, e: Any) -> str:
        """How a title names the data: as their row, with what a person made of them."""
        return self.datasets[e.dataset].title

    @abstractmethod
    def size(self, e: Any) -> int:
        """Of a particle, counted in points of two numbers: what it costs in memory and on the wire."""

    @abstractmethod
    def distribution(self, e: Any) -> Any:
        """The data's distribution in closed form, on the CPU. Raises ExperimentError where the data cannot be had."""

    def data(self, e: Any) -> Tensor:
        """x_0 [N, *D] float32 on the CPU, drawn with Stream.DATA: particle i is the same for any number of particles.
        Here of a distribution that makes a particle of one uniform number."""
        return self.distribution(e).sample(particle_uniform(e.seed, Stream.DATA, e.particles)).float()

    @abstractmethod
    def process(self, e: Any, schedule: NoiseSchedule, visited: NDArray[np.int64]) -> Process:
        """What noises the data and brings them back. visited: [K+1] the chain's times, ascending from 0."""

    @abstractmethod
    def path_law(self, e: Any, process: Process) -> PathLaw:
        """The probabilities of paths under the forward process and under the chain of the bound. Raises ExperimentError, of the
        field that is to be another, where they are not known."""

    @abstractmethod
    def denoiser(self, e: Any, process: Process, device: torch.device) -> Denoiser:
        """The denoiser that the Experiment names, ready to be asked on the device at the process's visited times. Raises
        ExperimentError, of the field denoiser, where it cannot be used."""

    def at_hand(self, dataset: str) -> bool:
        """Are the data on this machine, so that nothing has to be fetched? Nothing is read."""
        return True

    @abstractmethod
    def evaluation_seconds(self, e: Any) -> float:
        """About how long a function evaluation of one particle takes on one core, with the step around it; infinite where
        something may have to be fetched first."""

    def call_seconds(self, e: Any) -> float:
        """About how long a function evaluation takes on one core beside that, however few particles there are."""
        return 0.0

    def schedule_seconds(self, e: Any) -> float:
        """About how long it takes on one core to find what the schedule reads of the data (measured); 0 where it reads nothing of
        them or it is known already."""
        return 0.0

    def task(self, e: Any) -> Task | None:
        """What the reverse process of e has to agree with or starts from, which is not plain; None of data without such tasks."""
        return None

    def networks(self) -> list[str]:
        """The names of the trained networks that are there, for menus; read from disk."""
        return checkpoints.names(self.training["network"].root)

    def networks_only(self) -> dict[str, dict[str, tuple[Any, ...]]]:
        """Of trained networks, by name and field, the values that each works with, if it does not work with all; read from disk,
        for menus."""
        return {}

    def weights_stamp(self, e: Any) -> Stamp | None:
        """What tells a run from the same one with a network saved in the same place later; None where no file is read, or none
        can be, which is told when the run is prepared."""
        return network_stamp(e, self.training["network"].root)

    def otherwise(self, e: Any) -> dict[str, Any]:
        """The fields of these data that say in another way what a more usual value says, with that value: equal runs are to be
        equal values. Not all values of e may be allowed together."""
        return {}

    def refusal(self, e: Any) -> tuple[str, str] | None:
        """(field, what is allowed) of the first thing in which e asks for what these data do not have; None if there is none.
        Nothing is read from disk."""
        return name_refusal(e)
