"""What each step costs on given pictures: the variational bound by Monte Carlo, in bits per dimension.

    L_T     = KL(q(x_T|x_0) || N(0, I))
    L_{t-1} = KL(q(x_s|x_t, x_0) || p(x_s|x_t)),   p(x_s|x_t) = N(c_t x_t + c_0 x0_hat, Sigma)
    L_0     = -log P(x_0|x_1), the Gaussian p(x_0|x_1) integrated over the grey level's bin (Ho et al. 2020, eq. 13)

The law of real pictures is unknown, so that nothing here is a gap to the truth: only the bound. Without L_0 it is the rate.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.denoisers.base import Denoiser, Prediction
from diffviz.diagnostics.information import Estimate
from diffviz.images import ImageRow
from diffviz.kernels import ReverseKernel, ReverseVariances, reverse_kernel
from diffviz.schedules import NoiseSchedule

LEAST_PROBABILITY = 1e-12  # of a grey level, as in DDPM's code: a sure mistake costs 28 nats, not infinity


@dataclass(frozen=True, eq=False)
class PictureCosts:
    """times: [K+1] the chain's; nats: [K+1, N] of each picture: L_0, the steps' costs by the time they leave, and L_T last.

    dim: numbers in a picture.
    """

    times: NDArray[np.int64]
    nats: NDArray[np.float64]
    dim: int

    def mean(self) -> NDArray[np.float64]:
        """[K+1] over the pictures."""
        return self.nats.mean(1)

    def stderr(self) -> NDArray[np.float64]:
        """[K+1] of the mean; 0 for a single picture, of which no error is known."""
        count = self.nats.shape[1]
        return self.nats.std(1, ddof=1) / math.sqrt(count) if count > 1 else np.zeros(len(self.nats))

    def _bits(self, nats: NDArray[np.float64]) -> Estimate:
        bits = nats / (self.dim * math.log(2.0))
        stderr = float(bits.std(ddof=1)) / math.sqrt(len(bits)) if len(bits) > 1 else math.inf
        return Estimate(float(bits.mean()), stderr)

    @property
    def bits_per_dim(self) -> Estimate:
        """The whole bound; its error is that of the mean over the pictures."""
        return self._bits(self.nats.sum(0))

    @property
    def rate_bits_per_dim(self) -> Estimate:
        """All but L_0: what is sent before the last step (Ho et al. 2020, sec. 4.3)."""
        return self._bits(self.nats[1:].sum(0))

    @property
    def distortion_bits_per_dim(self) -> Estimate:
        """L_0: what the last step still has to say."""
        return self._bits(self.nats[0])


def step_variance(variances: ReverseVariances, index: int, kernel: ReverseKernel, prediction: Prediction) -> Tensor | float:
    """Sigma of the step that leaves times[index + 1], as the bound uses it: [N, ...] where the denoiser adds its own."""
    if variances.added == "nothing":
        return float(variances.values[index])
    own = prediction.variance
    if variances.added == "mean":
        own = own.mean(tuple(range(1, own.ndim)), keepdim=True)
    floor = kernel.variance if kernel.variance > 0.0 else float(variances.values[index])
    return floor + kernel.c_0**2 * own


def _kl(kernel: ReverseKernel, error: Tensor, variance: Tensor | float) -> Tensor:
    """[N] KL between two Gaussians whose means are c_0 error apart."""
    sigma = torch.as_tensor(variance, dtype=torch.float64)
    ratio = kernel.variance / sigma
    return 0.5 * (ratio - 1.0 - torch.log(ratio) + (kernel.c_0 * error) ** 2 / sigma).flatten(1).sum(1)


def discretised_nats(x_0: Tensor, mean: Tensor, variance: Tensor | float, bin_width: float) -> Tensor:
    """[N] -log of the probability that N(mean, variance) gives each grey level of x_0; the outermost bins have no end."""
    std = torch.as_tensor(variance, dtype=torch.float64).sqrt()
    x, centre = x_0.double(), mean.double()
    upper = torch.special.ndtr((x + bin_width / 2 - centre) / std)
    lower = torch.special.ndtr((x - bin_width / 2 - centre) / std)
    upper = torch.where(x > 1.0 - bin_width / 2, torch.ones_like(upper), upper)
    lower = torch.where(x < -1.0 + bin_width / 2, torch.zeros_like(lower), lower)
    return -(upper - lower).clamp(min=LEAST_PROBABILITY).log().flatten(1).sum(1)


def picture_costs(
    denoiser: Denoiser,
    schedule: NoiseSchedule,
    variances: ReverseVariances,
    times: NDArray[np.int64],
    row: ImageRow,
    forward: Iterable[Tensor],
) -> PictureCosts:
    """The bound's terms on a forward path.

    variances: of the chain times [K+1]; forward: x_t [N, C, H, W] at these times, the pictures themselves first.
    """
    path = iter(forward)
    x_0 = next(path)
    rows = []
    for index, ((s, t), x_t) in enumerate(zip(itertools.pairwise(times.tolist()), path, strict=True)):
        kernel = reverse_kernel(schedule, s, t)
        with torch.inference_mode():
            prediction = denoiser(x_t, float(schedule.alpha[t]), float(schedule.sigma[t]))
        variance = step_variance(variances, index, kernel, prediction)
        if s == 0:
            rows.append(discretised_nats(x_0, prediction.x0_hat, variance, row.bin_width))
        else:
            rows.append(_kl(kernel, (x_0 - prediction.x0_hat).double(), variance))
    alpha2, sigma2 = float(schedule.alpha[-1]) ** 2, float(schedule.sigma[-1]) ** 2
    rows.append(0.5 * (sigma2 - 1.0 - math.log(sigma2) + alpha2 * x_0.double() ** 2).flatten(1).sum(1))
    return PictureCosts(times, torch.stack([r.cpu() for r in rows]).numpy(), x_0[0].numel())
