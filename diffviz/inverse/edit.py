"""From pictures into noise along the ODE, and the way between two of them there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.gaussian.denoisers.base import Denoiser, eps_hat
from diffviz.gaussian.samplers.base import deterministic
from diffviz.gaussian.samplers.ode import directions
from diffviz.process import Counting
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Frame, StepInfo


def encode(
    denoiser: Denoiser, schedule: NoiseSchedule, times: NDArray[np.int64], x0: Tensor, second_order: bool = False
) -> Iterator[Frame]:
    """The probability-flow ODE from data to noise, along times [k+1] ascending from 0: yields k+1 forward Frames, x_t last.

    First order, it is DDIM turned round (Song et al. 2021, sec. 4.3); second order is Heun's method along the path of the noise
    level (heun.py), for one more function evaluation a step. At data, where no denoiser can be asked, the first step takes the
    eps_hat that is found at its end for the same x/alpha. From a picture unlike the data, first order comes back with a visible
    error.
    """
    denoise, x = Counting(denoiser), x0
    for index, (s, t) in enumerate(itertools.pairwise(times.tolist())):
        before = denoise.evaluations
        alpha_s, sigma_s, alpha_t, sigma_t = (float(table[k]) for k in (s, t) for table in (schedule.alpha, schedule.sigma))
        with torch.inference_mode():
            if s == 0:
                x0_hat, under = x, alpha_t * x
                x_t = under + sigma_t * eps_hat(under, denoise(under, alpha_t, sigma_t).x0_hat, alpha_t, sigma_t)
            else:
                x0_hat = denoise(x, alpha_s, sigma_s).x0_hat
                if second_order:
                    (da_s, ds_s), (da_t, ds_t) = directions(schedule, s, t)
                    step = da_s * x0_hat + ds_s * eps_hat(x, x0_hat, alpha_s, sigma_s)
                    ahead = denoise(x + step, alpha_t, sigma_t).x0_hat
                    x_t = x + (step + da_t * ahead + ds_t * eps_hat(x + step, ahead, alpha_t, sigma_t)) / 2
                else:
                    c_s, c_0 = deterministic(alpha_s, sigma_s, alpha_t, sigma_t)
                    x_t = c_s * x + c_0 * x0_hat
        yield Frame("forward", index, s, x, x0_hat, StepInfo(evaluations=denoise.evaluations - before))
        x = x_t
    yield Frame("forward", len(times) - 1, int(times[-1]), x)


def slerp(a: Tensor, b: Tensor, share: Tensor) -> Tensor:
    """From noise a to noise b along the sphere (DDIM, app. D.5): [M, *D] for a, b [1 or M, *D] and share [M], 0 at a and 1 at b.

    The straight line between two draws of noise passes where no noise is: half way its length is 0.7 of theirs. Here the length
    goes evenly from one to the other. Exactly opposite ends have no shortest way, and give 0.
    """
    a_flat, b_flat, share = a.flatten(1), b.flatten(1), share.to(a)[:, None]
    a_norm, b_norm = a_flat.norm(dim=1, keepdim=True), b_flat.norm(dim=1, keepdim=True)
    a_unit, b_unit = a_flat / a_norm, b_flat / b_norm
    # exact for angles near 0 and pi, where arccos of the product is not; the floor keeps equal ends from 0/0
    angle = 2 * torch.atan2((a_unit - b_unit).norm(dim=1, keepdim=True), (a_unit + b_unit).norm(dim=1, keepdim=True))
    angle = angle.clamp(min=1e-6)
    direction = torch.sin((1 - share) * angle) * a_unit + torch.sin(share * angle) * b_unit
    direction = direction / direction.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return (direction * ((1 - share) * a_norm + share * b_norm)).unflatten(1, a.shape[1:])
