"""What a run leaves behind: data only, no behaviour to speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from diffviz.schedules import NoiseSchedule

Array = NDArray[np.float32]


class StepInfo(NamedTuple):
    """What a sampler's step from t to s < t computed, in numbers for the reader.

    A Gaussian step is the sum x_s = c_t x_t + c_0 x0_hat + noise_std z, z ~ N(0, I), and of the terms below that are not None.

    noise_std: where particles or pixels have different ones, their root mean square
    evaluations: function evaluations of the step; the loop counts them (process.reverse_process)
    c_1: weight of a second estimate x0_hat: that of the second evaluation or, beside c_r, of the step before
    c_old: weight of the x0_hat of the step before
    c_r: weight of the x where the step before began, in place of c_t
    tries: steps that an adaptive method tried; it has no weights
    corrector_steps: Langevin steps at s, after the sum
    resampled: how often RePaint went up from s and came down again
    accepted: share of the particles whose last proposal the Metropolis-Hastings step accepted; the sum is then the proposal
    perturbed: the kernel of that sum was multiplied by a factor r(x_s), or shifted for it
    transition: of bits, which have no sum: transition[v][b] = q(x_s = 1|x_t = v, x_0 = b)
    rho: of masked symbols, which have none either: the probability with which each of them is shown
    shown: or how many symbols of each sequence the step shows, where that is fixed; at_most: some sequences had fewer to be shown
    """

    c_t: float | None = None
    c_0: float | None = None
    noise_std: float = 0.0
    evaluations: int = 0
    c_1: float | None = None
    c_old: float | None = None
    c_r: float | None = None
    tries: int | None = None
    corrector_steps: int = 0
    resampled: int = 0
    accepted: float | None = None
    perturbed: bool = False
    transition: tuple[tuple[float, float], tuple[float, float]] | None = None
    rho: float | None = None
    shown: int | None = None
    at_most: bool = False


@dataclass(frozen=True, eq=False)
class Frame:
    """One moment of one direction.

    direction: "forward" (data to noise) or "reverse" (noise to data)
    index: 0, 1, ... in the order in which the direction is computed
    t: diffusion time, 0..T
    x: torch.Tensor [N, *D], the particles
    x0_hat: torch.Tensor [N, *D], what the denoiser makes of them, of symbols [N, *D, 2] (process.Prediction); None going forward
    info: of the step that leaves t; None where no denoiser was asked, and for the last frame of a direction
    """

    direction: Literal["forward", "reverse"]
    index: int
    t: int
    x: Any
    x0_hat: Any = None
    info: StepInfo | None = None


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A finished run of N particles with T steps, of which the sampler visited K.

    forward: [T+1, N, *D] the forward path, index t; D is 2 in the plane and C, H, W of pictures
    reverse: [K+1, N, *D] the reverse path, at the times t
    x0_hat:  [K+1, N, *D] the denoiser's estimate at each of them (at t = 0 the particle itself); of symbols [K+1, N, *D, 2], the
        most probable one and its probability
    t:       [K+1] the visited times, from T (of a noised picture, from where it turned back) down to 0
    alpha, sigma: [T+1] the schedule
    info:    K+1, of the step that leaves t; None at t = 0
    """

    forward: Array
    reverse: Array
    x0_hat: Array
    t: NDArray[np.int64]
    alpha: NDArray[np.float64]
    sigma: NDArray[np.float64]
    info: list[StepInfo | None]
    device: str
    seconds: float
    evaluations: int

    @property
    def log_snr(self) -> NDArray[np.float64]:
        """[T+1] of the schedule: +inf where sigma = 0, -inf where alpha = 0."""
        return NoiseSchedule("", self.alpha, self.sigma).log_snr


class Mark(NamedTuple):
    """A place on the axis of a curve that has a name."""

    x: float
    label: str


@dataclass(frozen=True, eq=False)
class Curve:
    """A named series over x [n]: values [n], standard errors [n] where they are Monte-Carlo, and a unit.

    over: what x is, a time t, log10 SNR or what is counted
    marks: of the axis; times may lie between two steps
    """

    name: str
    x: NDArray[Any]
    values: NDArray[np.float64]
    unit: str
    stderr: NDArray[np.float64] | None = None
    over: str = "t"
    marks: tuple[Mark, ...] = ()
