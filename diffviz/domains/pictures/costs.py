"""What each step costs on given pictures: the variational bound by Monte Carlo, in bits per dimension.

    L_T     = KL(q(x_T|x_0) || N(0, I))
    L_{t-1} = KL(q(x_s|x_t, x_0) || p(x_s|x_t)),   p(x_s|x_t) = N(c_t x_t + c_0 x0_hat, Sigma)
    L_0     = -log P(x_0|x_1), the Gaussian p(x_0|x_1) integrated over the grey level's bin (Ho et al. 2020, eq. 13)

The distribution of real pictures is unknown, so that only the bound is known, and no gap.
Without L_0 it is the rate.

picture_costs has the sum on a forward path that is given, drawn_costs an estimate of it from a few steps drawn for every picture,
for chains of many steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.deadline import check_time
from diffviz.domains.pictures.images import ImageRow
from diffviz.estimates import Estimate
from diffviz.gaussian.denoisers.base import Denoiser, Prediction
from diffviz.gaussian.kernels import ReverseKernel, ReverseVariances, reverse_kernel
from diffviz.schedules import REACH_LOG_SNR, NoiseSchedule

Watch = Callable[[Iterable[int]], Iterable[int]]
BATCH = 64  # pictures in one function evaluation
EVEN_SHARE = 0.1  # of the draws: the other ones go to steps in proportion to their lengths in log SNR
LEAST_PROBABILITY = 1e-12  # of a grey level, as in DDPM's code: a sure mistake costs 28 nats, not infinity


@dataclass(frozen=True, eq=False)
class PictureCosts:
    """times: [K+1] the chain's; nats: [K+1, N] of each picture: L_0, the steps' costs by the time they leave, and L_T last.

    square: [K, N] |x_0 - x0_hat|^2 at times[1:]; dim: numbers in a picture. Where steps were drawn, nats and square are those
    that were seen, divided by how often they were to be expected, and 0 elsewhere: the means over pictures are without bias.
    """

    times: NDArray[np.int64]
    nats: NDArray[np.float64]
    square: NDArray[np.float64]
    dim: int

    def mean(self) -> NDArray[np.float64]:
        """[K+1] over the pictures."""
        return self.nats.mean(1)

    def stderr(self) -> NDArray[np.float64]:
        """[K+1] of the mean; infinite for a single picture, of which no error is known."""
        count = self.nats.shape[1]
        return self.nats.std(1, ddof=1) / math.sqrt(count) if count > 1 else np.full(len(self.nats), math.inf)

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

    @property
    def prior_bits_per_dim(self) -> Estimate:
        """L_T, a part of the rate: what is still to be seen of the picture at the end."""
        return self._bits(self.nats[-1])

    def rate_distortion(self, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """t, bits/dim sent before x_t is known, and the root mean squared error of x0_hat(x_t), in [-1, 1]: [<= points] each.

        The progressive code of Ho et al. 2020, sec. 4.3 and fig. 5. Neighbouring times are averaged.
        """
        mean = self.mean() / (self.dim * math.log(2.0))
        rate = np.cumsum(mean[::-1])[::-1][1:]  # [K] at times[1:]: L_T and the steps that leave later times
        groups = np.array_split(np.arange(len(rate)), min(points, len(rate)))
        square = self.square.mean(1) / self.dim
        t, bits, error = (np.array([of[g].mean() for g in groups]) for of in (self.times[1:], rate, square))
        return t, bits, np.sqrt(error)


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
    upper, lower = (x + bin_width / 2 - centre) / std, (x - bin_width / 2 - centre) / std
    upper = upper.masked_fill(x > 1.0 - bin_width / 2, math.inf)
    lower = lower.masked_fill(x < -1.0 + bin_width / 2, -math.inf)
    above = lower > 0.0  # there both values of the distribution function are near 1 and their difference would be rounding
    upper, lower = torch.where(above, -lower, upper), torch.where(above, -upper, lower)
    # erfc keeps its digits in the tail, which torch's ndtr, 1 + erf, does not: 10^-6 of a probability of 10^-11
    upper, lower = (torch.special.erfc(z / -math.sqrt(2.0)) / 2 for z in (upper, lower))
    return -(upper - lower).clamp(min=LEAST_PROBABILITY).log().flatten(1).sum(1)


def step_costs(
    denoiser: Denoiser,
    schedule: NoiseSchedule,
    variances: ReverseVariances,
    times: NDArray[np.int64],
    index: int,
    row: ImageRow,
    x_0: Tensor,
    x_t: Tensor,
) -> tuple[Tensor, Tensor]:
    """[N] nats and [N] |x_0 - x0_hat|^2 of the step that leaves times[index + 1], from one function evaluation at x_t [N, C, H,
    W]."""
    check_time()
    s, t = int(times[index]), int(times[index + 1])
    kernel = reverse_kernel(schedule, s, t)
    with torch.inference_mode():
        prediction = denoiser(x_t, float(schedule.alpha[t]), float(schedule.sigma[t]))
    variance = step_variance(variances, index, kernel, prediction)
    error = (x_0 - prediction.x0_hat).double()
    nats = discretised_nats(x_0, prediction.x0_hat, variance, row.bin_width) if s == 0 else _kl(kernel, error, variance)
    return nats, error.square().flatten(1).sum(1)


def prior_nats(schedule: NoiseSchedule, x_0: Tensor, t: int) -> Tensor:
    """[N] KL(q(x_t|x_0) || N(0, I)): the prior loss L_T of a chain whose last time is t."""
    alpha2, sigma2 = float(schedule.alpha[t]) ** 2, float(schedule.sigma[t]) ** 2
    return 0.5 * (sigma2 - 1.0 - math.log(sigma2) + alpha2 * x_0.double() ** 2).flatten(1).sum(1)


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
    costs = [
        step_costs(denoiser, schedule, variances, times, index, row, x_0, x_t)
        for index, x_t in zip(range(len(times) - 1), path, strict=True)
    ]
    nats, square = ([part.cpu() for part in parts] for parts in zip(*costs, strict=True))
    nats.append(prior_nats(schedule, x_0, int(times[-1])).cpu())
    return PictureCosts(times, torch.stack(nats).numpy(), torch.stack(square).numpy(), x_0[0].numel())


def _drawn_steps(schedule: NoiseSchedule, count: int, passes: int, generator: torch.Generator) -> tuple[list[Tensor], Tensor]:
    """The pictures for which each of the T steps is computed, T tensors of indices, and how often one was to be expected there
    [T].

    All take the step into data; each pass draws another step for every picture, by lot and evenly over the pictures. A few draws
    go to all steps alike, so that no step with a high cost is all but left out.
    """
    steps = schedule.steps
    if passes >= steps:
        return [torch.arange(count)] * steps, torch.ones(steps, dtype=torch.float64)
    length = -np.diff(np.clip(schedule.log_snr[1:], -REACH_LOG_SNR, REACH_LOG_SNR))
    chances = torch.from_numpy((1.0 - EVEN_SHARE) * length / length.sum() + EVEN_SHARE / len(length))
    place = torch.stack([torch.randperm(count, generator=generator) for _ in range(passes)]).double()  # [passes, count]
    place = (place + torch.rand(place.shape, generator=generator, dtype=torch.float64)) / count
    step = 1 + torch.searchsorted(chances.cumsum(0), place).clamp_(max=steps - 2)
    order = step.flatten().argsort(stable=True)
    sizes = torch.bincount(step.flatten(), minlength=steps)[1:].tolist()
    pictures = [torch.arange(count), *(order % count).split(sizes)]
    return pictures, torch.cat([torch.ones(1, dtype=torch.float64), passes * chances])


def drawn_costs(
    denoiser: Denoiser,
    schedule: NoiseSchedule,
    variances: ReverseVariances,
    row: ImageRow,
    x_0: Tensor,
    passes: int,
    seed: int = 0,
    watch: Watch = lambda steps: steps,
) -> PictureCosts:
    """The bound of all T steps of the schedule, from 1 + `passes` steps drawn for every picture x_0 [N, C, H, W], from T if
    passes >= T.

    Importance sampling: every picture has an unbiased estimate of its own bound, so that the error of the mean over pictures has
    in it what the draws add. variances: of all times 0..T; watch: what the steps pass through, as they are taken.
    """
    generator, times = torch.Generator().manual_seed(seed), np.arange(schedule.steps + 1)
    drawn, expected = _drawn_steps(schedule, len(x_0), passes, generator)
    nats, square = torch.zeros(2, schedule.steps, len(x_0), dtype=torch.float64)
    for index in watch(range(schedule.steps)):
        alpha, sigma = float(schedule.alpha[index + 1]), float(schedule.sigma[index + 1])
        for these in drawn[index].split(BATCH):
            some = x_0[these]
            x_t = alpha * some + sigma * torch.randn(some.shape, generator=generator).to(some)
            costs = step_costs(denoiser, schedule, variances, times, index, row, some, x_t)
            for table, seen in zip((nats, square), costs, strict=True):
                table[index].index_add_(0, these, seen.cpu() / expected[index])
    nats = torch.cat([nats, prior_nats(schedule, x_0, int(times[-1])).cpu()[None]])
    return PictureCosts(times, nats.numpy(), square.numpy(), x_0[0].numel())
