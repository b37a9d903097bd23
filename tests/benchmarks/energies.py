"""What each way of training an energy reaches on eight Gaussians, how long a report takes, and what scores of outliers tell.

Run it with `python -m tests.benchmarks.energies`; it takes some minutes of one core.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor

from diffviz import checkpoints
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.energies import LOSSES, EnergyRecipe, begin_energy
from diffviz.energies.partition import NotNormalised
from diffviz.energies.report import report
from diffviz.levels import level_of

LEVELS = {"0.03": 7.0131, "0.3": 2.4079}  # log SNR by sigma/alpha
SHORT = {"updates": 2000, "batch": 256, "hidden": 64, "lr": 2e-3}
MORE = {"pcd, penalty": {"loss": "pcd", "penalty": 0.01, "lr": 5e-4}}


def reached(recipe: EnergyRecipe) -> str:
    """A row of the table: KL(data || model) at the noise levels that the energy knows, and the range of the found weights."""
    began, training = time.process_time(), begin_energy(recipe)
    step = training.advance(recipe.updates)
    seconds, mixture, told = time.process_time() - began, make_dataset(recipe.dataset), []
    for sigma, log_snr in LEVELS.items():
        if recipe.one_level is None or abs(recipe.one_level - log_snr) < 1e-3:
            try:
                found = report(training.average, mixture, log_snr, precise=True)
                weights = f"{float(found.found.min()):.3f} to {float(found.found.max()):.3f}"
                told.append(
                    f"sigma {sigma}: KL {found.kl_data_model.value:.4f}, {found.kl_model_data.value:.4f}, weights {weights}"
                )
            except NotNormalised:
                told.append(f"sigma {sigma}: no integral")
    return f"{'; '.join(told)}; last loss {step.losses[-1]:.3g}; {seconds:.0f} s"


def auroc(inside: Tensor, outside: Tensor) -> float:
    """How often the energy of an outlier is above that of a sample of the data."""
    return float((outside[:, None] > inside[None]).double().mean() + 0.5 * (outside[:, None] == inside[None]).double().mean())


def mirrored(dataset: str, energy: Callable[[Tensor, float], Tensor], log_snr: float, count: int = 2000) -> float:
    """Of samples of the data behind noise, and the same with x mirrored."""
    generator, mixture = torch.Generator().manual_seed(0), make_dataset(dataset)
    z = torch.randn(2, count, 2, generator=generator, dtype=torch.float64)
    alpha, sigma = level_of(log_snr)
    x = mixture.sample(torch.rand(count, generator=generator, dtype=torch.float64), z[0])
    flipped = x * torch.tensor([-1.0, 1.0], dtype=torch.float64)
    return auroc(*(energy(alpha * each + sigma * z[1], log_snr) for each in (x, flipped)))


def main() -> None:
    torch.set_num_threads(1)
    for loss in LOSSES:
        for log_snr in LEVELS.values() if LOSSES[loss].one_level else (7.0,):
            print(f"{loss:20}", reached(EnergyRecipe("eight_gaussians", loss=loss, log_snr=log_snr, **SHORT)), flush=True)
    for name, changed in MORE.items():
        print(f"{name:20}", reached(EnergyRecipe("eight_gaussians", **(SHORT | changed), log_snr=LEVELS["0.03"])), flush=True)
    network, mixture = checkpoints.load("eight_gaussians_energy").network, make_dataset("eight_gaussians")
    times = []
    for _ in range(20):
        began = time.process_time()
        report(network, mixture, 7.0)
        times.append(time.process_time() - began)
    print(f"a report: {1000 * median(times):.1f} ms of one core")
    moons, exact = checkpoints.load("two_moons_energy").network, make_dataset("two_moons")
    for sigma in (0.03, 0.3, 1.0, 2.0):
        level = -2.0 * math.log(sigma)
        learned = mirrored("two_moons", lambda x, log_snr: moons.energy(x.float(), torch.tensor([log_snr])), level)
        true = mirrored("two_moons", lambda x, log_snr: -exact.log_density(x, *level_of(log_snr)), level)
        print(f"mirrored two moons, sigma {sigma}: AUROC {learned:.3f}, with the exact energy {true:.3f}")


if __name__ == "__main__":
    main()
