"""Samplers of the reverse process. To add one, write init and step and add a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffviz.gaussian.kernels import ReverseVariances
from diffviz.gaussian.samplers.ancestral import Ancestral
from diffviz.gaussian.samplers.base import Sampler
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.gaussian.samplers.dpm_solver import DPMSolver
from diffviz.gaussian.samplers.heun import Heun, HeunEDM
from diffviz.gaussian.samplers.langevin import Langevin
from diffviz.gaussian.samplers.ode import Adaptive, Euler


@dataclass(frozen=True)
class Options:
    """What a sampler may be made from. variances: along the visited times [K+1], None unless the row's uses name them."""

    times: NDArray[np.int64]
    eta: float = 0.0
    corrector_steps: int = 1
    variances: ReverseVariances | None = None


@dataclass(frozen=True)
class SamplerRow:
    """One row of SAMPLERS. uses lists the Experiment's fields it reads; follows_ode: without noise of its own, but for eta."""

    title: str
    why: str
    make: Callable[[Options], Sampler]
    uses: tuple[str, ...] = ()
    follows_ode: bool = True


SAMPLERS: dict[str, SamplerRow] = {
    "ancestral": SamplerRow(
        "Ancestral (DDPM)",
        "Draws every step from p(x_s|x_t): the chain whose bound is shown.",
        lambda options: Ancestral(options.variances, options.times),
        ("variance",),
        follows_ode=False,
    ),
    "ddim": SamplerRow(
        "DDIM",
        "Less noise in every step, or none: without noise a first-order solver of the probability-flow ODE.",
        lambda options: DDIM(options.eta),
        ("eta",),
    ),
    "heun": SamplerRow(
        "Heun",
        "Predicts by Euler, then corrects: second order, two function evaluations a step.",
        lambda options: Heun(),
    ),
    "heun_edm": SamplerRow(
        "Heun (EDM)",
        "Heun in σ/α, as EDM has it: made for its schedule. Long steps out of almost pure noise overshoot.",
        lambda options: HeunEDM(),
    ),
    "dpm_solver_2m": SamplerRow(
        "DPM-Solver++ (2M)",
        "Also uses the x̂₀ of the step before: second order with one function evaluation a step.",
        lambda options: DPMSolver(),
    ),
    "dpm_solver_2s": SamplerRow(
        "DPM-Solver++ (2S)",
        "Second order, in pairs of steps: the first is only to evaluate the denoiser midway.",
        lambda options: DPMSolver(single=True),
    ),
    "ode_euler": SamplerRow(
        "Probability flow, Euler",
        "Straight ahead along the path of (α, σ): first order. On rectified flow it is Liu's, and DDIM's.",
        lambda options: Euler(),
    ),
    "langevin": SamplerRow(
        "Langevin, predictor-corrector",
        "A step of DDIM, then corrector steps: Langevin dynamics at the new noise level.",
        lambda options: Langevin(options.corrector_steps),
        ("corrector_steps",),
        follows_ode=False,
    ),
    "adaptive": SamplerRow(
        "Adaptive ODE",
        "As many small steps as the error tolerance needs: the reference for the others.",
        lambda options: Adaptive(),
    ),
}
