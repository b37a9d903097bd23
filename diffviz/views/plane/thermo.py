"""What the report of a run's thermodynamics says of points: by quadrature, when samples commit, how fast data become noise."""

from __future__ import annotations

from typing import Any

from diffviz.domains.plane.speed import speed_accuracy
from diffviz.engine import Setup
from diffviz.estimates import pair
from diffviz.gaussian.speed import neural_entropy
from diffviz.gaussian.symmetry import Moment, commit_times
from diffviz.thermodynamics.report import Known
from diffviz.views.plane.measure import analyse


def _moment(moment: Moment) -> dict[str, Any] | None:
    """t is null where the schedule does not reach the level."""
    return None if moment.alpha is None else {"t": moment.t, "alpha": moment.alpha, "clone_probability": moment.clones}


def known(setup: Setup) -> Known:
    """Raises ExperimentError."""
    chain = analyse(setup, setup.times)
    mixture, schedule = setup.distribution, setup.schedule
    moments = commit_times(mixture, schedule)
    named = {name: getattr(moments, name) for name in ("density_split", "drift_split", "speciation")}
    speed, entropy = speed_accuracy(mixture, schedule), neural_entropy(mixture, schedule)
    return Known(
        gap=chain.gap,
        production=chain.dissipation_nats,
        production_stderr=chain.kl_stderr[:-1],
        mismatch=chain.mismatch_nats,
        parts={
            "commit": {name: _moment(moment) for name, moment in named.items()},
            "speed_accuracy": {
                "v2_squared": speed.integral,
                "floor_w2_squared": speed.floor.value,
                "floor_stderr": pair(speed.floor)[1],
                "bound": speed.bound,
                "shifted": [
                    {
                        "shift": each.shift,
                        "chi2": each.chi2,
                        "left": pair(each.left),
                        "loose_by": speed.bound / each.left.value if each.left.value > 0.0 else None,
                    }
                    for each in speed.shifted
                ],
            },
            "neural_entropy": {"left": entropy.left, "right": entropy.right},
        },
        reasons={f"commit.{name}": moment.reason for name, moment in named.items() if moment.reason},
    )
