"""Samplers of the reverse process, and chains at one noise level. To add one, write init and step and add a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.gaussian.kernels import ReverseKernel, ReverseVariances, reverse_kernel
from diffviz.gaussian.samplers.ancestral import Ancestral
from diffviz.gaussian.samplers.chains import MALA, ULA
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.gaussian.samplers.dpm_solver import DPMSolver
from diffviz.gaussian.samplers.heun import Heun, HeunEDM
from diffviz.gaussian.samplers.langevin import Langevin
from diffviz.gaussian.samplers.ode import Adaptive, Euler, adaptive_evaluations
from diffviz.process import Sampler


@dataclass(frozen=True)
class Options:
    """What a sampler may be made from. variances: along the visited times [K+1], None unless the row reads them; kernel(schedule,
    s, t): whose mean an ancestral step has."""

    times: NDArray[np.int64]
    eta: float = 0.0
    corrector_steps: int = 1
    langevin_step: float = 0.0
    temperature: float = 1.0
    variances: ReverseVariances | None = None
    kernel: Callable[..., ReverseKernel] = reverse_kernel


@dataclass(frozen=True)
class SamplerRow:
    """One row of SAMPLERS or CHAINS. uses: the Experiment's fields that it reads.

    follows_ode: it adds no noise of its own, but for eta
    reads_variances: it draws from p(x_s|x_t), whose variances it is given
    one_level: it stays at one noise level, the field langevin_level, at all times, and no schedule is read
    reads_energy: it asks the denoiser for the energy
    unpriced: why there is no ELBO; "" where that of the ancestral chain with the same steps stands beside it
    evaluations: about how many function evaluations a step of an Experiment takes
    """

    title: str
    why: str
    make: Callable[[Options], Sampler]
    uses: tuple[str, ...] = ()
    follows_ode: bool = True
    reads_variances: bool = False
    one_level: bool = False
    reads_energy: bool = False
    unpriced: str = ""
    evaluations: Callable[[Any], float] = lambda e: 1

    @property
    def only(self) -> dict[str, tuple[str, ...]]:
        """By field, the values that it works with, where these are not all."""
        return {"measurement": ("none",)} if self.one_level else {}

    @property
    def asks(self) -> str:
        """The attribute of a network's recipe that must be true; "" if none must."""
        return "gives_energy" if self.reads_energy else ""


SAMPLERS: dict[str, SamplerRow] = {
    "ancestral": SamplerRow(
        "Ancestral (DDPM)",
        "Draws x_s from the Gaussian p(x_s|x_t): the chain whose ELBO is shown (Ho et al. 2020).",
        lambda options: Ancestral(options.variances, options.times, options.kernel),
        ("variance",),
        follows_ode=False,
        reads_variances=True,
    ),
    "ddim": SamplerRow(
        "DDIM",
        "With less noise in every step, or none: with η = 0 a first-order solver of the probability-flow ODE (Song et al. 2021).",
        lambda options: DDIM(options.eta),
        ("eta",),
    ),
    "heun": SamplerRow(
        "Heun",
        "Euler's method predicts, a second evaluation corrects: second order, two function evaluations a step.",
        lambda options: Heun(),
        evaluations=lambda e: 2,
    ),
    "heun_edm": SamplerRow(
        "Heun (EDM)",
        "Heun's method in σ/α, as in EDM (Karras et al. 2022). Long steps out of almost pure noise overshoot.",
        lambda options: HeunEDM(),
        evaluations=lambda e: 2,
    ),
    "dpm_solver_2m": SamplerRow(
        "DPM-Solver++ (2M)",
        "Also uses the x̂₀ of the step before: second order with one function evaluation a step (Lu et al. 2022).",
        lambda options: DPMSolver(),
    ),
    "dpm_solver_2s": SamplerRow(
        "DPM-Solver++ (2S)",
        "Second order, in pairs of steps: the first step only leads to where the denoiser is evaluated again.",
        lambda options: DPMSolver(single=True),
    ),
    "ode_euler": SamplerRow(
        "Probability flow, Euler",
        "Euler's method along the path of (α, σ): first order. On rectified flow it equals Liu's sampler and DDIM.",
        lambda options: Euler(),
    ),
    "langevin": SamplerRow(
        "Langevin, predictor-corrector",
        "A DDIM step predicts, then Langevin dynamics at the new noise level corrects (Song et al. 2021).",
        lambda options: Langevin(options.corrector_steps),
        ("corrector_steps",),
        follows_ode=False,
        evaluations=lambda e: 1 + e.corrector_steps,
    ),
    "adaptive": SamplerRow(
        "Probability flow, adaptive",
        "The ODE solved in as many small steps as an error tolerance needs: the reference for the other solvers.",
        lambda options: Adaptive(),
        evaluations=lambda e: adaptive_evaluations(e.steps_taken),
    ),
}

NO_REVERSE_PROCESS = "Langevin dynamics at one noise level is no reverse process"
OF_CHAINS = ("langevin_level", "langevin_step", "temperature", "corrector_steps")
CHAINS: dict[str, SamplerRow] = {  # of data in the plane alone
    "ula": SamplerRow(
        "Langevin at one level (ULA)",
        "x − e∇U + √(2eT) z at one noise level, every step taken: a bias of first order in e. The last step takes x̂₀.",
        lambda options: ULA(options.langevin_step, options.temperature, options.corrector_steps),
        OF_CHAINS,
        follows_ode=False,
        one_level=True,
        unpriced=NO_REVERSE_PROCESS,
        evaluations=lambda e: e.corrector_steps,
    ),
    "mala": SamplerRow(
        "Langevin, accepted or refused (MALA)",
        "The same steps, accepted or refused so that exp(−U/T) is stationary for every e (Besag 1994). It needs a density, as "
        "the exact denoiser and energy models have it.",
        lambda options: MALA(options.langevin_step, options.temperature, options.corrector_steps),
        OF_CHAINS,
        follows_ode=False,
        one_level=True,
        reads_energy=True,
        unpriced=NO_REVERSE_PROCESS,
        evaluations=lambda e: 1 + e.corrector_steps,
    ),
}
ALL_SAMPLERS = {**SAMPLERS, **CHAINS}
