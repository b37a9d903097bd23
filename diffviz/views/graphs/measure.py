"""What is measured of a run of graphs: its costs, how many samples belong to the family, and what they are like beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import EFFORT, Metric, exactly
from diffviz.domains.graphs.families import bits_of, members
from diffviz.domains.graphs.information import degrees_of, edges_told, information, possible, triangles_of
from diffviz.engine import Setup
from diffviz.estimates import mean_of_counts
from diffviz.experiment import Experiment
from diffviz.trajectory import Curve, Trajectory
from diffviz.views.graphs.captions import NOUNS
from diffviz.views.symbols.measure import distinct, measured
from diffviz.views.symbols.priced import SymbolsMeasured, cost_metrics

Counts = NDArray[np.int64]
# by chart: what is counted, and of graphs [N, D] on n nodes how many [N, k]
COUNTED: dict[str, tuple[str, Callable[[NDArray[Any], int], Counts]]] = {
    "edges": ("edges", lambda x, nodes: (x == 1.0).sum(1, keepdims=True)),
    "triangles": ("triangles", lambda x, nodes: triangles_of(x, nodes)[:, None]),
    "degrees": ("degree", degrees_of),
}


def _expected_distinct(m: SymbolsMeasured) -> float:
    """Of as many draws of M equally probable graphs."""
    count = float(members(m.experiment.dataset, m.experiment.nodes).sum())
    return -count * float(np.expm1(len(m.end) * np.log1p(-1.0 / count)))


METRICS: dict[str, Metric] = {
    **cost_metrics(NOUNS),
    **EFFORT,
    "valid_share": Metric(
        "Samples of the family",
        "",
        "high",
        "The share of samples that belong to the family: that are trees, planar, or what the data are.",
        lambda m: mean_of_counts(possible(m.experiment, m.end)),
        of_cloud=True,
    ),
    "distinct": Metric(
        "Different samples", "", "", "How many different labelled graphs there are among the samples.", distinct, of_cloud=True
    ),
    "expected_distinct": Metric(
        "Different graphs of the family",
        "",
        "",
        "How many different graphs as many draws of the family itself have, on average.",
        lambda m: exactly(_expected_distinct(m)),
        of_cloud=True,
    ),
}


def validity(e: Experiment, times: NDArray[np.int64], trajectory: Trajectory) -> dict[str, Curve]:
    """By name, over the visited times [K+1], which share of x_t some graph of the family agrees with, where masks agree with
    anything."""
    forward, reverse = trajectory.forward[times], trajectory.reverse[::-1]
    found = {}
    for name, paths in (("forward", forward), ("reverse", reverse)):
        shares = [mean_of_counts(possible(e, x)).estimate for x in paths]
        values, errors = np.array([each.value for each in shares]), np.array([each.stderr for each in shares])
        found[f"possible_{name}"] = Curve(f"possible, {name}", times, values, "", errors)
    return found


def counted(e: Experiment, end: NDArray[np.floating]) -> dict[str, Curve]:
    """By name, over the number of edges, of triangles, or of the others that a node is joined to: how often each comes up among
    the samples, and in the family."""
    family, found = bits_of(np.flatnonzero(members(e.dataset, e.nodes)), end.shape[1]), {}
    for name, (over, count) in COUNTED.items():
        ours, theirs = (count(x, e.nodes) for x in (end, family))
        every = np.arange(max(ours.max(), theirs.max()) + 1)
        shares = [mean_of_counts((ours == number).mean(1)).estimate for number in every]
        values, errors = np.array([each.value for each in shares]), np.array([each.stderr for each in shares])
        law = np.bincount(theirs.ravel(), minlength=len(every)) / theirs.size
        found[f"{name}_found"] = Curve(f"{over}, samples", every, values, "", errors, over=over)
        stairs = (
            np.append(every, every[-1] + 1) - 0.5,
            np.append(law, 0.0),
        )
        found[f"{name}_law"] = Curve(f"{over}, family", *stairs, "", over=over)
    return found


def measure(setup: Setup, trajectory: Trajectory, most: int | None = None) -> SymbolsMeasured:
    """Of a finished run. most: of no effect here, where costs are known exactly or have graphs of their own."""
    e, end = setup.experiment, trajectory.reverse[-1]
    curves = validity(e, setup.times, trajectory) | counted(e, end)
    return measured(information, METRICS, setup, trajectory, {"graphs": edges_told(end, e.nodes)}, curves)
