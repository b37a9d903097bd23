"""The Swiss roll of the 2015 paper (Sohl-Dickstein et al. 2015, Figure 1 and app. D.1.1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from diffviz.domains.plane.bound_2015 import NULL_BITS
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.training_2015 import ChainRecipe, begin_chain
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.files import written
from diffviz.gaussian.denoisers.rbf import ChainDenoiser, StepRBF
from diffviz.gaussian.kernels import reverse_kernel
from diffviz.noise import Stream
from diffviz.process import forward_process, reverse_process
from diffviz.reproduce.results import Outcome, Result
from diffviz.reproduce.trained import trained
from diffviz.views.plane import card_2015
from diffviz.views.plane.sent import field_points

PAPER_BITS, PAPER_OVER_NULL_BITS = 2.35, 6.45  # Table 1: K, and K - L_null
DATASET, NAME = "swiss_roll", "swiss_roll_2015"
QUICK = {"updates": 600, "batch": 32}
QUICK_SAMPLES = 2048
DRAWN = 1000  # points in a panel
FIRST_LEARNED = 2  # t of the first step whose reverse kernel is learned


def run_of(points: str, steps: int, **more: Any) -> Experiment:
    """The run whose chain has these points of log SNR."""
    return Experiment(dataset=DATASET, schedule="drawn", points=points, steps=steps, variance="learned", **more)


def width_of(bits: float) -> float:
    """The standard deviation across the roll of a density whose -H is so many bits, to leading order in it: a curve of the roll's
    length, blurred. Noise of x_1 counts as width: where p(x_0|x_1) is the forward kernel, K <= -H(X_1)."""
    means = make_dataset(DATASET).means
    length = float(means.diff(dim=0).norm(dim=1).sum())
    return 2.0**-bits / (length * math.sqrt(2 * math.pi * math.e))


def result_of(measured: dict[str, Any], first: float, seconds: float, seed: int) -> Result:
    """From what is measured of the network (card_2015.measure). first: log SNR at t = 1."""
    return Result(
        experiment="swiss_roll",
        paper_bits=PAPER_BITS,
        ours_bits=(measured["k_bits"], measured["stderr_bits"]),
        exact_bits=measured["exact_k_bits"],
        truth_bits=measured["truth_bits"],
        seconds=seconds,
        seed=seed,
        more={
            "over_null_bits": round(measured["k_bits"] - NULL_BITS, 5),
            "paper_over_null_bits": PAPER_OVER_NULL_BITS,
            "beta_1": round(1.0 / (1.0 + math.exp(first)), 8),
            "width": round(make_dataset(DATASET).std, 4),
            "width_of_paper_bits": round(width_of(PAPER_BITS), 4),
            "points": measured["points"],
        },
    )


def rerun(seed: int, quick: bool) -> Iterator[float | Outcome]:
    """Train and measure from scratch: yield how much is done, of 1, and at last the Outcome."""
    recipe = ChainRecipe(DATASET, seed=seed, **(QUICK if quick else {}))
    network, seconds = yield from trained(begin_chain(recipe), 0.95)
    measured = card_2015.measure(network, recipe, QUICK_SAMPLES if quick else card_2015.SAMPLES)
    result = result_of(measured, recipe.first, seconds, seed)
    yield Outcome(result, lambda path: draw(network, run_of(measured["points"], recipe.steps, seed=seed, particles=DRAWN), path))


def slices(network: StepRBF, experiment: Experiment) -> dict[str, NDArray[Any]]:
    """At t = 0, T/2 and T: forward and reverse [3, N, 2], points of a grid [M, 2], and the drift there [3, M, 2].

    The drift is f_mu(x_t, t) - x_t, how far the mean of p(x_{t-1}|x_t) lies from x_t. The first is that of the step from t = 2:
    none is learned from t = 1.
    """
    setup, denoiser = Setup(experiment), ChainDenoiser(network)
    noise, steps = setup.noise(Stream.REVERSE), experiment.steps
    forward = {frame.t: frame.x for frame in forward_process(setup.process, setup.data(), setup.noise(Stream.FORWARD))}
    x_T = setup.process.prior(noise(0))
    chain = reverse_process(denoiser, setup.sampler, setup.schedule, setup.times, x_T, noise)
    reverse, grid, drift = {frame.t: frame.x for frame in chain}, torch.from_numpy(field_points()), []
    for t in (FIRST_LEARNED, steps // 2, steps):
        kernel = reverse_kernel(setup.schedule, t - 1, t)
        x0_hat = denoiser(grid, setup.schedule.alpha.item(t), setup.schedule.sigma.item(t)).x0_hat
        drift.append(kernel.c_t * grid + kernel.c_0 * x0_hat - grid)
    shown = (0, steps // 2, steps)
    found = {"forward": [forward[t] for t in shown], "reverse": [reverse[t] for t in shown], "drift": drift}
    return {name: torch.stack(arrays).numpy() for name, arrays in found.items()} | {"grid": grid.numpy()}


def draw(network: StepRBF, experiment: Experiment, path: Path) -> None:
    """Figure 1 of the paper: three rows. Raises WriteError."""
    from diffviz.figures.figure_2015 import figure_1  # matplotlib takes a second to import
    from diffviz.figures.saving import save_figure

    figure = figure_1(**slices(network, experiment), steps=experiment.steps)
    with written(path) as new:
        save_figure(figure, new)
