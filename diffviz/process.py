"""What a diffusion process is, and the one loop that runs every process backwards.

A process has a forward kernel q(x_t|x_s), a prior that x_T is drawn from, and samplers that take a reverse step. gaussian/ has
the process of points and pictures; a discrete one stands beside it in a folder of its own. Whatever the process, one
NoiseSchedule says how much of the data is left at each time, and a denoiser says what the data may have been.

A sampler is init and step: memory (for multistep solvers) lives in the state, what a person wants to see lives in the
info that step returns, so that every sampler is animated by the same loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.deadline import check_time
from diffviz.fields import ExperimentError
from diffviz.schedules import NoiseSchedule
from diffviz.trajectory import Frame, StepInfo


class Prediction(Protocol):
    """What a denoiser says of x_0 given x_t: a dataclass of tensors.

    x0_hat: [N, *D] the posterior mean; for bits, the probability of a 1; for symbols, whose mean says nothing, the most probable
        one and its probability [N, *D, 2]

    A process may ask for more: Gaussian kernels read a variance, discrete ones the probabilities of all states.
    """

    @property
    def x0_hat(self) -> Tensor: ...


class Denoiser(Protocol):
    """(x_t [N, *D], alpha >= 0, sigma > 0) -> Prediction.

    alpha and sigma are the schedule's at t. A discrete process reads alpha^2/(alpha^2 + sigma^2), the probability that a
    coordinate of x_t is still the data's (NoiseSchedule.signal_share).
    """

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction: ...


FAR = 1e4  # from 0: no data and no noise reach it


class State(Protocol):
    """At least the present x_t [N, *D]."""

    @property
    def x(self) -> Tensor: ...


@dataclass(frozen=True)
class Position:
    """The state of a sampler without memory."""

    x: Tensor


@dataclass(frozen=True)
class Step:
    """A step from time t to s < t, and what a sampler may ask for in it.

    noise(draw): this step's standard normal numbers [N, *D], draw = 0, 1, ... independent of one another
    denoise(x, alpha, sigma): further function evaluations, beyond the one at x_t that every step is given; they are counted
    """

    t: int
    s: int
    schedule: NoiseSchedule
    noise: Callable[[int], Tensor]
    denoise: Denoiser

    @property
    def levels(self) -> tuple[float, float, float, float]:
        """alpha_t, sigma_t, alpha_s, sigma_s."""
        alpha, sigma, t, s = self.schedule.alpha, self.schedule.sigma, self.t, self.s
        return float(alpha[t]), float(sigma[t]), float(alpha[s]), float(sigma[s])


class Sampler(Protocol):
    """init(x_T [N, *D]) -> state;  step(...) -> (state, info)."""

    def init(self, x_T: Tensor) -> State: ...

    def step(self, state: Any, prediction: Prediction, step: Step) -> tuple[State, StepInfo]: ...


class SamplerRow(Protocol):
    """One row of a process's table of samplers. uses: the Experiment's fields that the sampler reads; evaluations: about how many
    function evaluations a step of an Experiment takes; one_level: it stays at one noise level at all times."""

    title: str
    why: str
    uses: tuple[str, ...]
    evaluations: Callable[[Any], float]
    one_level: bool


class Process(Protocol):
    """The diffusion process of one run: made by its domain from an Experiment, the schedule and the visited times.

    samplers: the table that the Experiment's sampler is a name of
    schedule: alpha and sigma for t = 0..T
    visited: [K+1] the chain's times, ascending from 0
    remains: of what NoiseSchedule.signal_share is the data's share, in words that follow a percentage
    Particles are float32 [N, *D] on the run's device, whatever they are; bits are zeros and ones. All randomness comes as
    standard normal numbers z [N, *D] (noise.ParticleNoise); a discrete process takes their distribution function.
    """

    samplers: Mapping[str, SamplerRow]
    schedule: NoiseSchedule
    visited: NDArray[np.int64]
    remains: str

    def prior(self, z: Tensor) -> Tensor:
        """x_T [N, *D], or x at the largest visited time, drawn from the prior with z [N, *D]."""

    def forward(self, x_s: Tensor, s: int, t: int, z: Tensor) -> Tensor:
        """x_t [N, *D] drawn from q(x_t|x_s) with z [N, *D], for 0 <= s < t <= T."""

    def known(self, x_0: Tensor) -> Tensor:
        """x0_hat of particles x_0 [N, *D] that are data already."""

    def sampler(self) -> Sampler:
        """The Experiment's sampler, ready for the visited times."""


class Entropies(NamedTuple):
    """Of the forward process along a chain of K steps, in nats; of densities they may be negative.

    marginal: [K+1] H(x_t); forward: [K] H(x_t|x_s) of each step; given_data: [K+1] H(x_t|x_0), at t = 0 -inf of a density
    """

    marginal: NDArray[np.float64]
    forward: NDArray[np.float64]
    given_data: NDArray[np.float64]


class PathLaw(Protocol):
    """The probabilities of paths x_0, ..., x_K along the visited times 0 = t_0 < ... < t_K of one run, under two laws: q, the
    forward process that begins with the data, and p, the reverse chain whose variational bound is shown, which begins with the
    prior. Step j = 1..K lies between t = t_j and s = t_{j-1}. All is float64 on the CPU: x [N, *D], logarithms [N] in nats.

    schedule, times: of the chain, times [K+1]
    prediction: what the run's denoiser answers at x_t; p is the chain of that denoiser, exact or not
    z: standard normal numbers [N, *D]; uniform: [N] in [0, 1)
    """

    schedule: NoiseSchedule
    times: NDArray[np.int64]

    def exact(self, x_t: Tensor, j: int) -> Prediction:
        """What the exact denoiser answers at t_j."""

    def log_marginal(self, x: Tensor, j: int) -> Tensor:
        """log q(x_{t_j} = x); of bits -inf where the data cannot be x."""

    def log_forward(self, x_s: Tensor, x_t: Tensor, j: int) -> Tensor:
        """log q(x_t|x_s) of step j."""

    def log_reverse(self, x_s: Tensor, x_t: Tensor, prediction: Prediction, j: int) -> Tensor:
        """log p(x_s|x_t) of step j."""

    def log_prior(self, x: Tensor) -> Tensor:
        """log p(x_{t_K} = x)."""

    def entropies(self) -> Entropies:
        """Of the forward process, exactly. Raises ExperimentError where they are not known."""

    def reverse_entropy(self, x_t: Tensor, prediction: Prediction, j: int) -> Tensor:
        """[N] entropy of p(x_s|x_t) of step j, in nats."""

    def draw_data(self, uniform: Tensor, z: Tensor) -> Tensor:
        """x_0 drawn from the data."""

    def draw_forward(self, x_s: Tensor, j: int, z: Tensor) -> Tensor:
        """x_t drawn from q(x_t|x_s) of step j."""

    def draw_reverse(self, x_t: Tensor, prediction: Prediction, j: int, z: Tensor) -> Tensor:
        """x_s drawn from p(x_s|x_t) of step j."""

    def draw_prior(self, z: Tensor) -> Tensor:
        """x_{t_K} drawn from the prior."""


def forward_process(process: Process, x_0: Tensor, noise: Callable[[int], Tensor]) -> Iterator[Frame]:
    """The Markov path x_0 -> x_1 -> ... -> x_T, one step's kernel at a time: yields T+1 Frames."""
    x = x_0
    yield Frame("forward", 0, 0, x)
    for t in range(1, process.schedule.steps + 1):
        check_time()
        x = process.forward(x, t - 1, t, noise(t))
        yield Frame("forward", t, t, x)


class Counting:
    """A denoiser that knows how often it was asked, and whose answers are finite. t: of the step that it is asked in."""

    def __init__(self, denoiser: Denoiser) -> None:
        self._denoiser = denoiser
        self.evaluations = self.t = 0

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        """Raises ExperimentError if the answer, or what is asked about, is not finite."""
        check_time()
        self.evaluations += 1
        prediction = self._denoiser(x_t, alpha, sigma)
        if not _finite(prediction.x0_hat):
            check_finite(x_t, self.t)
            far = float(x_t.abs().max())
            hint = f" Particles were as far as {far:.0e} from 0: shorter steps may keep them near." if far > FAR else ""
            raise ExperimentError(
                "denoiser", f"gives numbers that are not finite in the step from t = {self.t}: the run stops there.{hint}"
            )
        return prediction


def _finite(x: Tensor) -> bool:
    return bool(torch.isfinite(torch.stack(x.aminmax())).all())  # to ask each number takes eight times as long


def check_finite(x: Tensor, t: int) -> None:
    """Raises ExperimentError if the sampler has taken particles x out of all finite numbers in the step that leaves t."""
    if not _finite(x):
        raise ExperimentError(
            "sampler",
            f"reaches numbers that are not finite in the step from t = {t}: the run stops there. Take shorter steps.",
        )


def reverse_process(
    denoiser: Denoiser,
    sampler: Sampler,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    x_T: Tensor,
    noise: Callable[[int, int], Tensor],
    known: Callable[[Tensor], Tensor] = lambda x_0: x_0,
) -> Iterator[Frame]:
    """From noise to data along times [K+1] (ascending): yields K+1 Frames, x at times[K] first and x at 0 last. x_T is x there.

    noise(t, draw) [N, *D] is the noise of the step that leaves t. The info of each step says how many evaluations it took.
    known: Process.known, for the last frame.
    Raises ExperimentError, with the step in it, once a number is not finite.
    """
    path = [int(t) for t in times[::-1]]
    state, denoise, without_gradients = sampler.init(x_T), Counting(denoiser), torch.inference_mode()
    for index, (t, s) in enumerate(itertools.pairwise(path)):
        before, denoise.t = denoise.evaluations, t
        with without_gradients:
            prediction = denoise(state.x, float(schedule.alpha[t]), float(schedule.sigma[t]))
            x_t = state.x
            step = Step(t, s, schedule, lambda draw=0, t=t: noise(t, draw), denoise)
            state, info = sampler.step(state, prediction, step)
        check_finite(state.x, t)
        info = info._replace(evaluations=denoise.evaluations - before)
        yield Frame("reverse", index, t, x_t, prediction.x0_hat, info)
    yield Frame("reverse", len(path) - 1, 0, state.x, known(state.x))
