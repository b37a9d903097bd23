"""The Gaussian diffusion process: x_t = alpha_t x_0 + sigma_t eps, of points and of pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.gaussian.bugs import bug_of, chain_variances, with_bug
from diffviz.gaussian.kernels import ReverseVariances, forward_kernel, reverse_variances
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.prior import Prior
from diffviz.gaussian.samplers import ALL_SAMPLERS, Options, SamplerRow
from diffviz.process import Sampler
from diffviz.schedules import NoiseSchedule


@dataclass(frozen=True, eq=False)
class Gaussian:
    """The process of one run (process.Process).

    e: an Experiment; its sampler and what that reads, variance, bug and start are read
    visited: [K+1] the chain's times, ascending from 0
    mixture: the data, where the mean variance of x_0 given x_t can be had by quadrature; None where each denoiser tells its own
    """

    e: Any
    schedule: NoiseSchedule
    visited: NDArray[np.int64]
    mixture: GaussianMixture | None = None

    samplers = ALL_SAMPLERS
    remains = "of the variance is signal"

    @property
    def row(self) -> SamplerRow:
        """Of the Experiment's sampler."""
        return ALL_SAMPLERS[self.e.sampler]

    @cached_property
    def variances(self) -> ReverseVariances:
        """Of p(x_s|x_t), along the visited times."""
        right = reverse_variances(self.e.variance, self.schedule, self.visited, self.mixture)
        return chain_variances(self.e, self.schedule, self.visited, right)

    @property
    def reads_variance(self) -> bool:
        """Does the sampler read the denoiser's own Var[x_0|x_t]?"""
        return self.row.reads_variances and self.variances.added != "nothing"

    @cached_property
    def late(self) -> Prior | None:
        """What a late start draws x from; None where it is N(0, I), also where the schedule is not variance preserving."""
        if self.e.start != "late":
            return None
        t = int(self.visited[self.e.start_index(self.visited)])
        return Prior.matched(self.mixture, float(self.schedule.alpha[t]), float(self.schedule.sigma[t]))

    def prior(self, z: Tensor) -> Tensor:
        return z if self.late is None else self.late.draw(z)

    def known(self, x_0: Tensor) -> Tensor:
        return x_0

    def forward(self, x_s: Tensor, s: int, t: int, z: Tensor) -> Tensor:
        scale, variance = forward_kernel(self.schedule, s, t)
        return torch.add(scale * x_s, z, alpha=math.sqrt(variance))

    @property
    def options(self) -> Options:
        """What a sampler is made from."""
        e, variances = self.e, self.variances if self.row.reads_variances else None
        return Options(self.visited, e.eta, e.corrector_steps, e.langevin_step, e.temperature, variances, bug_of(e).kernel)

    def sampler(self) -> Sampler:
        return with_bug(self.e, self.row.make, self.options)
