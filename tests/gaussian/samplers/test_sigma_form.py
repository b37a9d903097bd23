"""The deterministic samplers beside the same methods in sigma form, written from the papers (tests/oracles/sigma_form.py)."""

import numpy as np
import pytest
import torch

from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.gaussian.samplers.dpm_solver import DPMSolver
from diffviz.gaussian.samplers.heun import HeunEDM
from diffviz.process import reverse_process
from diffviz.schedules import make_schedule
from tests.gaussian.samplers import chains
from tests.oracles import sigma_form

METHODS = {
    "euler": (DDIM, sigma_form.euler),
    "heun_edm": (HeunEDM, sigma_form.heun),
    "2m": (DPMSolver, sigma_form.dpm_solver_2m),
    "2s": (lambda: DPMSolver(single=True), sigma_form.dpm_solver_2s),
}


@pytest.mark.parametrize("steps", [12, 13])
@pytest.mark.parametrize("schedule", ["linear", "cosine", "karras", "rectified_flow"])
@pytest.mark.parametrize("dataset", ["eight_gaussians", "two_moons"])
@pytest.mark.parametrize("method", METHODS)
def test_every_particle_of_every_step_is_the_same(method, dataset, schedule, steps):
    """To 1e-10 of alpha y. Rectified flow begins a step below T, where y is infinite."""
    make, oracle = METHODS[method]
    denoiser, table = ExactDenoiser(make_dataset(dataset), dtype=torch.float64), make_schedule(schedule, steps)
    times = np.arange(steps + (table.alpha[-1] > 0))
    alpha = table.alpha[times[::-1]]
    sigmas = (table.sigma[times[::-1]] / alpha).tolist()

    def denoise(y, sigma):
        scale = 1.0 / np.hypot(1.0, sigma)  # any scale will do: the denoiser answers for every schedule
        return denoiser(y * scale, scale, sigma * scale).x0_hat

    frames = reverse_process(denoiser, make(), table, times, chains.noise(0), chains.noise)
    path = oracle(denoise, chains.noise(0) / alpha[0], sigmas)
    for frame, y, factor in zip(frames, path, alpha, strict=True):
        assert chains.largest_difference(frame.x, factor * y) < 1e-10
