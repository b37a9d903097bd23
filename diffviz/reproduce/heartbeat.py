"""The binary heartbeat of the 2015 paper (Sohl-Dickstein et al. 2015, sec. 3.1.2 and app. D.1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from diffviz.domains.heartbeat.data import RATE
from diffviz.domains.heartbeat.network_2015 import SCHEDULE, StepBits, StepMLP
from diffviz.domains.heartbeat.training_2015 import StepRecipe, begin_steps
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.files import written
from diffviz.noise import Stream
from diffviz.process import forward_process, reverse_process
from diffviz.reproduce.results import Outcome, Result
from diffviz.reproduce.trained import trained
from diffviz.views.heartbeat import card_2015

PAPER_BITS = -2.414  # Table 1, per sequence
DATASET, NAME = "heartbeat", "heartbeat_2015"
QUICK = {"updates": 300}
DRAWN = 40  # sequences in a panel


def run_of(steps: int, **more: Any) -> Experiment:
    """The run of the paper's chain."""
    return Experiment(dataset=DATASET, schedule=SCHEDULE, steps=steps, **more)


def result_of(measured: dict[str, Any], seconds: float, seed: int) -> Result:
    """From what is measured of the network (card_2015.measure). K is in the paper's convention, where the forward kernel draws
    x_0; more: in ours, where the denoiser does."""
    return Result(
        experiment="heartbeat",
        paper_bits=PAPER_BITS,
        ours_bits=(measured["paper_convention_bits"], measured["paper_convention_stderr_bits"]),
        exact_bits=measured["paper_convention_exact_bits"],
        truth_bits=measured["truth_bits"],
        seconds=seconds,
        seed=seed,
        more={
            "denoiser_draws_bits": measured["k_bits"],
            "denoiser_draws_stderr_bits": measured["stderr_bits"],
            "denoiser_draws_exact_bits": measured["exact_k_bits"],
        },
    )


def rerun(seed: int, quick: bool) -> Iterator[float | Outcome]:
    """Train and measure from scratch: yield how much is done, of 1, and at last the Outcome."""
    recipe = StepRecipe(seed=seed, **(QUICK if quick else {}))
    network, seconds = yield from trained(begin_steps(recipe), 0.9)
    result = result_of(card_2015.measure(network, recipe), seconds, seed)
    yield Outcome(result, lambda path: draw(network, run_of(recipe.steps, seed=seed, particles=DRAWN), path))


def draw(network: StepMLP, experiment: Experiment, path: Path) -> None:
    """Sequences at t = 0, T/2 and T of both processes, as rasters. Raises WriteError."""
    from diffviz.figures.figure_2015 import rasters  # matplotlib takes a second to import
    from diffviz.figures.saving import save_figure

    setup, shown = Setup(experiment), (0, experiment.steps // 2, experiment.steps)
    noise = setup.noise(Stream.REVERSE)
    chain = reverse_process(
        StepBits(network, RATE), setup.sampler, setup.schedule, setup.times, setup.process.prior(noise(0)), noise
    )
    forward = forward_process(setup.process, setup.data(), setup.noise(Stream.FORWARD))
    rows = [torch.stack([x[t] for t in shown]).numpy() for x in ({f.t: f.x for f in frames} for frames in (forward, chain))]
    with written(path) as new:
        save_figure(rasters(*rows, steps=experiment.steps), new)
