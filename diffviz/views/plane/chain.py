"""What is measured of chains at one noise level: how near they are to what they should sample there, and to the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.diagnostics.measured import EFFORT, Measured, Metric, Value
from diffviz.domains.plane.nearness import level_excess, mode_curves
from diffviz.engine import Setup
from diffviz.estimates import Estimate, Sampled, mean_of
from diffviz.gaussian.quadrature import ERROR_NATS, entropy_nats, marginal
from diffviz.trajectory import Curve, Trajectory


@dataclass(frozen=True, eq=False)
class ChainDetails:
    """last: [N, 2] where the chains are after their last move, at their noise level."""

    last: NDArray[np.float32]


def _excess_at_level(m: Measured[ChainDetails]) -> Sampled:
    schedule, mixture = m.setup.schedule, m.setup.distribution
    level = float(schedule.alpha[-1]), float(schedule.sigma[-1])
    energies = -mixture.log_density(torch.from_numpy(m.details.last[: len(m.end)]).double(), *level).numpy()
    return mean_of(energies, ERROR_NATS).less(marginal(mixture, *level).entropy_nats)


def _accepted(m: Measured[ChainDetails]) -> Estimate | None:
    """Of all steps; the error is of the draw of particles, as if all were independent."""
    shares = [info.accepted for info in m.info if info is not None and info.accepted is not None]
    if not shares:
        return None
    share = float(np.mean(shares))
    return Estimate(share, float(np.sqrt(max(share * (1.0 - share), 0.0) / (len(shares) * len(m.end)))))


def _curves(setup: Setup, trajectory: Trajectory) -> dict[str, Curve]:
    """By name, over the times that a move leaves, and for the last state that has noise; the share of accepted proposals of
    MALA alone."""
    times = setup.times[1:]
    found = {"level_excess_nats": level_excess(setup.distribution, setup.schedule, times, trajectory.reverse[-2::-1])}
    told = [(t, info.accepted) for t, info in zip(trajectory.t, trajectory.info, strict=True) if info is not None]
    moved = [(t, share) for t, share in reversed(told) if share is not None]
    if moved:
        left, shares = (np.array(each) for each in zip(*moved, strict=True))
        error = np.sqrt(shares * (1.0 - shares) / setup.experiment.particles)
        found["accepted"] = Curve("accepted", left, shares, "", error)
    return found


def entropy_of_data(m: Measured[ChainDetails]) -> Value:
    """By quadrature."""
    return Estimate(entropy_nats(m.setup.distribution), ERROR_NATS, drawn=False)


METRICS: dict[str, Metric] = {
    "level_excess_nll_nats": Metric(
        "Excess NLL at the chains’ noise level",
        "nats",
        "zero",
        "E[−log q(x)] of the chains less the entropy of q, the data at that noise level: near narrow modes it is T − 1 at the "
        "temperature T, and −1 at 0.",
        _excess_at_level,
        of_cloud=True,
        term="excess_nll",
    ),
    "accepted": Metric(
        "Proposals accepted", "", "", "The share of Langevin's proposals that the Metropolis–Hastings step accepted.", _accepted
    ),
    **EFFORT,
}


def measure(setup: Setup, trajectory: Trajectory, of_clouds: Mapping[str, Metric]) -> Measured[ChainDetails]:
    """Of a finished run. of_clouds: metrics of the samples beside the data, whichever sampler drew them."""
    return Measured.of_run(
        setup,
        trajectory,
        METRICS | of_clouds,
        curves=_curves(setup, trajectory) | mode_curves(setup.distribution, trajectory.reverse[-1]),
        details=ChainDetails(trajectory.reverse[-2].copy()),
    )
