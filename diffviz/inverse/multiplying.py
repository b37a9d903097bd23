"""The task of a run in the plane whose samples are those of the data multiplied by a factor r(x)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.gaussian.denoisers.base import Denoiser
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.process import Gaussian
from diffviz.inverse.factors import POINT_FACTORS, Factor
from diffviz.inverse.perturbed import Perturbation, Perturbed
from diffviz.inverse.tilted import Tilted, TiltedDenoiser
from diffviz.process import Sampler


@dataclass(frozen=True, eq=False)
class FactorTask:
    """Of an Experiment whose measurement is one of POINT_FACTORS. mixture: the data, float64 on the CPU."""

    e: Any
    mixture: GaussianMixture

    measurement = None

    @property
    def factor(self) -> Factor:
        return POINT_FACTORS[self.e.measurement].make(self.e.angle, self.e.offset)

    @cached_property
    def tilted(self) -> Tilted:
        """q(x_0) r(x_0)/Z, the distribution that is meant."""
        return Tilted(self.mixture, self.factor, self.e.measure_noise**2)

    @property
    def perturbation(self) -> Perturbation | None:
        """Of the kernels; None where the denoiser alone is conditioned."""
        way = self.e.condition
        if way == "exact":
            return None
        ramp, shifted = way.endswith("_ramp"), way.startswith("shifted")
        return Perturbation(self.factor, self.e.measure_noise**2, self.e.steps, ramp, shifted)

    def prepare(self) -> None:
        """Nothing here can fail."""

    def data(self) -> None:
        return None

    def denoiser(self, free: Denoiser, process: Gaussian, device: torch.device) -> Denoiser:
        return TiltedDenoiser(self.tilted, device) if self.perturbation is None else free

    def sampler(self, process: Gaussian) -> Sampler:
        if self.perturbation is None:
            return process.sampler()
        return Perturbed(process.variances, process.visited, self.perturbation)

    def start(self, denoiser: Denoiser, process: Gaussian, times: NDArray[np.int64], device: torch.device) -> Tensor | None:
        return None
