"""The Swiss roll of the 2015 paper on a roll thin enough for its 2.35 bits (domains/plane/thin_roll.py)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from diffviz.checkpoints import CHECKPOINTS
from diffviz.domains.plane.bound_2015 import NULL_BITS
from diffviz.domains.plane.learned_schedule import frozen, noised
from diffviz.domains.plane.thin_roll import ThinRecipe, exact_k_bits, k_bits, thin_roll, train_thin, truth_bits
from diffviz.files import written
from diffviz.gaussian.denoisers.rbf import StepRBF
from diffviz.gaussian.kernels import reverse_kernel
from diffviz.reproduce.results import Outcome, Result
from diffviz.reproduce.swiss_roll import DRAWN, FIRST_LEARNED, PAPER_BITS, PAPER_OVER_NULL_BITS
from diffviz.schedules import NoiseSchedule, from_log_snr
from diffviz.views.plane.sent import field_points

RECIPE = ThinRecipe()
WEIGHTS = CHECKPOINTS / "thin_roll_2015.safetensors"
QUICK = {"starts": 4, "tried": 100, "polished": 300, "points": 300, "fitted": 600, "rounds": 1}
SAMPLES = {"k": 1 << 16, "exact": 1 << 10, "truth": 1 << 15}  # points at each step that each figure is estimated on
QUICK_SAMPLES = {"k": 1 << 12, "exact": 1 << 7, "truth": 1 << 11}


def shipped() -> StepRBF:
    """The network that RECIPE trained."""
    network = StepRBF(RECIPE.hidden, RECIPE.steps)
    network.load_state_dict(load_file(WEIGHTS))
    return network.eval().requires_grad_(False)


def measure(network: StepRBF, recipe: ThinRecipe, samples: dict[str, int], seconds: float) -> Result:
    """K of the network and of the exact denoiser in the same steps, and minus the entropy of the data: each on random points."""
    mixture = thin_roll(recipe.width)
    k = k_bits(network, mixture, samples["k"])
    exact, truth = exact_k_bits(network.levels, mixture, samples["exact"]), truth_bits(mixture, samples["truth"])
    return Result(
        experiment="thin_roll",
        paper_bits=PAPER_BITS,
        ours_bits=(round(k.value, 5), round(k.stderr, 5)),
        exact_bits=round(exact.value, 3),
        truth_bits=round(truth.value, 3),
        seconds=seconds,
        seed=recipe.seed,
        more={
            "over_null_bits": round(k.value - NULL_BITS, 5),
            "paper_over_null_bits": PAPER_OVER_NULL_BITS,
            "width": recipe.width,
            "beta_1": float(f"{torch.sigmoid(-network.levels[0]).item():.5g}"),
            "largest_readout": round(float(network.readouts.abs().max())),
            "exact_stderr_bits": round(exact.stderr, 5),
            "truth_stderr_bits": round(truth.stderr, 5),
        },
    )


def rerun(seed: int, quick: bool) -> Iterator[float | Outcome]:
    """Train and measure from scratch: yield how much is done, of 1, and at last the Outcome."""
    recipe, started = ThinRecipe(seed=seed, **(QUICK if quick else {})), time.process_time()
    found = None
    for found in train_thin(recipe):
        yield 0.95 * found[0]
    network = found[1]
    result = measure(network, recipe, QUICK_SAMPLES if quick else SAMPLES, time.process_time() - started)
    yield Outcome(result, lambda path: draw(network, recipe, path))


def slices(network: StepRBF, recipe: ThinRecipe) -> dict[str, NDArray[Any]]:
    """What swiss_roll.slices gives, of this roll."""
    steps, generator = recipe.steps, torch.Generator().manual_seed(recipe.seed)
    x_0, eps = frozen(thin_roll(recipe.width), steps, DRAWN, generator)
    x_t, grid, drift = noised(x_0, eps, network.levels), torch.from_numpy(field_points()), []
    schedule = NoiseSchedule("learned", *from_log_snr(network.levels.double().numpy()))
    x, shown = torch.randn(DRAWN, 2, generator=generator), (0, steps // 2, steps)
    reverse = {steps: x}
    for t in range(steps, 0, -1):
        kernel = reverse_kernel(schedule, t - 1, t)
        x0_hat, variance = network.at(x, t - 1)
        spread = (kernel.variance + kernel.c_0**2 * variance).sqrt()
        x = kernel.c_t * x + kernel.c_0 * x0_hat + spread * torch.randn(DRAWN, 2, generator=generator)
        reverse[t - 1] = x
    for t in (FIRST_LEARNED, steps // 2, steps):
        kernel = reverse_kernel(schedule, t - 1, t)
        drift.append(kernel.c_t * grid + kernel.c_0 * network.at(grid, t - 1)[0] - grid)
    rows = {
        "forward": [x_0[0] if t == 0 else x_t[t - 1] for t in shown],
        "reverse": [reverse[t] for t in shown],
        "drift": drift,
    }
    return {name: torch.stack(each).numpy() for name, each in rows.items()} | {"grid": grid.numpy()}


def draw(network: StepRBF, recipe: ThinRecipe, path: Path) -> None:
    """Figure 1 of the paper: three rows. Raises WriteError."""
    from diffviz.figures.figure_2015 import figure_1  # matplotlib takes a second to import
    from diffviz.figures.saving import save_figure

    figure = figure_1(**slices(network, recipe), steps=recipe.steps)
    with written(path) as new:
        save_figure(figure, new)
