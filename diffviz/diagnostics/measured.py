"""What is measured of a finished run, in one type for every kind of data: metrics, the costs of its steps, and curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from diffviz.deadline import check_time
from diffviz.engine import Setup
from diffviz.estimates import Estimate, Sampled, mean_of
from diffviz.experiment import Experiment
from diffviz.trajectory import Curve, StepInfo, Trajectory

Value = Sampled | Estimate
Values = NDArray[np.float64]
Details = TypeVar("Details")
TIMES, LEVELS = "t", "log10 SNR"  # what a curve may be over; what else it may be over is counted


@dataclass(frozen=True)
class Metric:
    """One row of a table of metrics.

    why: what it says; term: the entry of the glossary that explains it, or ""
    better: "low" or "high" wins, "zero" where the nearer to 0 does, "" where it is no merit or another row says the same
    measure: of a Measured, a Sampled, or an Estimate of what no draw is in, or None where this run has none
    of_cloud: it depends on how many samples there are, so that two runs are compared on equally many
    """

    title: str
    unit: str
    better: Literal["low", "high", "zero", ""]
    why: str
    measure: Callable[[Measured[Any]], Value | None]
    of_cloud: bool = False
    term: str = ""


@dataclass(frozen=True, eq=False)
class Costs:
    """What the steps of a chain cost along its times t_0 < ... < t_K, in nats: the terms of the variational bound.

    kl_nats: [K+1] L_0, ..., L_K; L_j is the cost of the step that leaves t_{j+1}, L_K the prior loss
    stderr: [K+1] their standard errors; 0 where they are known in closed form or by quadrature, infinite where unknown
    each: [K+1, N] of every sample, if kl_nats are their means
    """

    kl_nats: Values
    stderr: Values
    each: Values | None = None

    @classmethod
    def of_samples(cls, each: Values) -> Costs:
        """Of the costs [K+1, N] of every sample."""
        means = [mean_of(row).estimate for row in each]
        return cls(np.array([e.value for e in means]), np.array([e.stderr for e in means]), each)


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured(Generic[Details]):
    """A finished run of N samples that visited K+1 times, and how it is judged.

    times: [K+1] the visited times, ascending
    info: K+1, what the sampler says of the step that leaves each of them; None at t = 0
    end: [N, *D] the samples at t = 0
    metrics: by name; a metric is computed when its value is asked for
    costs: of the steps taken; None where no bound holds
    exact_costs: of the exact denoiser with the same steps and reverse variance, where they are known
    curves: by name, further quantities: over visited times, of a step over the time that it leaves; over log10 SNR; or counts
    readable: by name, what the report has of the samples beside numbers, as JSON
    details: what else its domain found, for the domain's own metrics and words
    kept: what the view of its domain keeps of the run, for what is asked about it later
    """

    experiment: Experiment
    times: NDArray[np.int64]
    info: list[StepInfo | None]
    end: NDArray[np.float32]
    evaluations: int
    seconds: float
    device: str
    metrics: Mapping[str, Metric]
    costs: Costs | None = None
    exact_costs: Costs | None = None
    curves: Mapping[str, Curve] = field(default_factory=dict)
    readable: Mapping[str, Any] = field(default_factory=dict)
    details: Details = None
    kept: Any = None
    _estimates: dict[str, Estimate | None] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of_run(cls, setup: Setup, trajectory: Trajectory, metrics: Mapping[str, Metric], **found: Any) -> Measured[Any]:
        """Of a finished run. found: what else is known of it, by field."""
        return cls(
            experiment=setup.experiment,
            times=setup.times,
            info=trajectory.info[::-1],
            end=trajectory.reverse[-1].copy(),  # a view would keep the whole trajectory in memory
            evaluations=trajectory.evaluations,
            seconds=trajectory.seconds,
            device=trajectory.device,
            metrics=metrics,
            **found,
        )

    @property
    def setup(self) -> Setup:
        """The experiment's parts, made again each time: the data's distribution and the denoiser are larger than all this."""
        return Setup(self.experiment)

    def first(self, count: int) -> Measured[Details]:
        """The same of the first samples alone."""
        costs = self.costs
        if costs is not None and costs.each is not None:
            costs = Costs.of_samples(costs.each[:, :count])
        return replace(self, end=self.end[:count], costs=costs)

    def value(self, name: str) -> Value | None:
        """Of a metric; None where this run has none."""
        check_time()
        return self.metrics[name].measure(self)

    def estimate(self, name: str) -> Estimate | None:
        """The same with its standard error, which is kept."""
        if name not in self._estimates:
            value = self.value(name)
            self._estimates[name] = value.estimate if isinstance(value, Sampled) else value
        return self._estimates[name]

    def estimates(self) -> dict[str, Estimate]:
        """Every metric that this run has, by name."""
        found = {name: self.estimate(name) for name in self.metrics}
        return {name: estimate for name, estimate in found.items() if estimate is not None}


def exactly(value: float) -> Estimate:
    """What is known without error and without drawing anything."""
    return Estimate(float(value), 0.0, drawn=False)


EFFORT: dict[str, Metric] = {
    "evaluations": Metric(
        "Function evaluations (NFE)",
        "",
        "low",
        "How often the denoiser was evaluated, each time for all samples.",
        lambda m: Estimate(float(m.evaluations), 0.0, any(step is not None and step.tries for step in m.info)),
    ),
    "seconds": Metric(
        "Time on this machine",
        "s",
        "",
        "Of this run, with all else that the machine did meanwhile.",
        lambda m: exactly(m.seconds),
    ),
}  # metrics of every run


def per_dim(costs: Costs, dim: int, part: slice = slice(None)) -> Sampled:
    """Those terms of the bound, of samples of dim numbers, in bits per dimension."""
    return mean_of(costs.each[part].sum(0) / (dim * math.log(2.0)))
