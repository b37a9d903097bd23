"""Bit sequences: the binary heartbeat, whose every cost is known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.binomial.denoisers import ExactBits
from diffviz.binomial.finite import BitDistribution
from diffviz.binomial.law import BinomialLaw
from diffviz.binomial.process import SAMPLERS, Binomial
from diffviz.checkpoints import Format
from diffviz.domains.base import NETWORK_2015, OWN_CHAIN, Domain, TrainingRow
from diffviz.domains.heartbeat.data import LENGTH, RATE, heartbeat
from diffviz.domains.heartbeat.network import NetworkBits
from diffviz.domains.heartbeat.network_2015 import StepBits
from diffviz.domains.heartbeat.training import BitRecipe, begin_bits, new_bit_network
from diffviz.domains.heartbeat.training_2015 import StepRecipe, begin_steps, new_step_network
from diffviz.inverse.tasks import NOTHING, STARTS, StartRow
from diffviz.process import Denoiser
from diffviz.schedules import SCHEDULES, NoiseSchedule
from diffviz.weights import load_network, on_device


@dataclass(frozen=True)
class DatasetRow:
    """One row of DATASETS (domains.base.DatasetRow)."""

    title: str
    why: str
    uses: tuple[str, ...] = ()
    network: bool = True


DATASETS: dict[str, DatasetRow] = {
    "heartbeat": DatasetRow(
        "Binary heartbeat", "20 bits with a 1 in every fifth bin, in one of five phases (Sohl-Dickstein et al. 2015)."
    )
}
EXACT_SECONDS, NETWORK_SECONDS = 1e-6, 2.5e-6  # of a function evaluation of a sequence on one core, and the step around it


class Heartbeat(Domain):
    """The domain of bit sequences [N, 20]."""

    name = "heartbeat"
    title = "Bit sequences"
    why = "Discrete data: bits that are redrawn one by one. The exact posterior, cost and dissipation of every step are known."
    datasets = DATASETS
    samplers = SAMPLERS
    training: Mapping[str, TrainingRow] = {
        "network": TrainingRow(Format("diffviz-bits-1", BitRecipe, new_bit_network), begin_bits, "heartbeat"),
        "network_2015": TrainingRow(
            Format("diffviz-bits-2015-1", StepRecipe, new_step_network, torch.float16),
            begin_steps,
            "heartbeat",
            "_2015",
            NETWORK_2015,
            OWN_CHAIN,
        ),
    }

    def __init__(self) -> None:
        made = {name: row for name, row in SCHEDULES.items() if not row.measured}
        bits = StartRow("Random bits", f"Each bit of x_T is 1 with probability {RATE:g}, as often as in the data.", drawn=True)
        starts = {**STARTS, "noise": bits}
        self.offers = {"start": starts, "measurement": {"none": NOTHING}, "schedule": made}

    def shape(self, e: Any) -> tuple[int, ...]:
        return (LENGTH,)

    def size(self, e: Any) -> int:
        return LENGTH // 2

    def distribution(self, e: Any) -> BitDistribution:
        return heartbeat()

    def process(self, e: Any, schedule: NoiseSchedule, visited: NDArray[np.int64]) -> Binomial:
        return Binomial(e, schedule, visited, RATE)

    def path_law(self, e: Any, process: Binomial) -> BinomialLaw:
        return BinomialLaw(heartbeat(), process.schedule, process.visited, RATE)

    def denoiser(self, e: Any, process: Binomial, device: torch.device) -> Denoiser:
        if e.denoiser == "exact":
            return ExactBits(heartbeat(), RATE, device)
        loaded = load_network(e, self.training["network"].root, BitRecipe, StepRecipe)
        network = on_device(loaded.network, device)
        if isinstance(loaded.recipe, BitRecipe):
            return NetworkBits(network, RATE)
        of_steps = StepBits(network, RATE, loaded.name)
        alpha, sigma = (table[process.visited[1:]].tolist() for table in (process.schedule.alpha, process.schedule.sigma))
        of_steps.step_of.check(zip(alpha, sigma, strict=True))
        return of_steps

    def evaluation_seconds(self, e: Any) -> float:
        return EXACT_SECONDS if e.denoiser == "exact" else NETWORK_SECONDS


HEARTBEAT = Heartbeat()
