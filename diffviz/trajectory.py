"""What a run leaves behind: data only, no behaviour to speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diffviz.schedules import NoiseSchedule

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of one direction.

    direction: "forward" (data to noise) or "reverse" (noise to data)
    index: 0, 1, ... in the order in which the direction is computed
    t: diffusion time, 0..T
    x: torch.Tensor [N, *D], the particles
    x0_hat: torch.Tensor [N, *D], what the denoiser makes of them; None going forward
    info: the reverse step that leaves t: weights c_t of x_t and c_0 of x0_hat, and noise_std
    """

    direction: Literal["forward", "reverse"]
    index: int
    t: int
    x: Any
    x0_hat: Any = None
    info: dict[str, float] | None = None


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A finished run of N particles with T steps, of which the sampler visited K.

    forward: [T+1, N, *D] the forward path, index t; D is 2 in the plane and C, H, W of pictures
    reverse: [K+1, N, *D] the reverse path, at the times t
    x0_hat:  [K+1, N, *D] the denoiser's estimate at each of them (at t = 0 the particle itself)
    t:       [K+1] the visited times, from T (of a noised picture, from where it turned back) down to 0
    alpha, sigma: [T+1] the schedule
    info:    K+1 dicts, of the step that leaves t (empty at t = 0)
    """

    forward: Array
    reverse: Array
    x0_hat: Array
    t: NDArray[np.int64]
    alpha: NDArray[np.float64]
    sigma: NDArray[np.float64]
    info: list[dict[str, float]]
    device: str
    seconds: float
    evaluations: int

    @property
    def log_snr(self) -> NDArray[np.float64]:
        """[T+1] of the schedule: +inf where sigma = 0, -inf where alpha = 0."""
        return NoiseSchedule("", self.alpha, self.sigma).log_snr


@dataclass(frozen=True, eq=False)
class Curve:
    """A named series over x [n]: values [n], standard errors [n] where they are Monte-Carlo, and a unit.

    over: what x is, a time t, log10 SNR or what is counted
    """

    name: str
    x: NDArray[Any]
    values: NDArray[np.float64]
    unit: str
    stderr: NDArray[np.float64] | None = None
    over: str = "t"
