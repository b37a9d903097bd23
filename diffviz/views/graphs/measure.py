"""What is measured of a run of graphs: its costs, how many samples belong to the family, and what they are like beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import EFFORT, Metric, exactly
from diffviz.domains.graphs.data import BLOCKS, EXAMPLES, data_of, redrawn
from diffviz.domains.graphs.families import FAMILIES
from diffviz.domains.graphs.information import degrees_of, edges_told, information, triangles_of
from diffviz.engine import Setup
from diffviz.estimates import Estimate, Sampled, mean_of_counts
from diffviz.experiment import Experiment
from diffviz.trajectory import Curve, Trajectory
from diffviz.views.graphs.captions import NOUNS
from diffviz.views.symbols.measure import distinct, measured
from diffviz.views.symbols.priced import SymbolsMeasured, cost_metrics

FEWEST_JUDGED, MOST_JUDGED = 16, 1 << 16  # graphs at each time; graphs altogether, which bounds the time it takes
Counts = NDArray[np.int64]
# by chart: what is counted, and of graphs [N, D] on n nodes how many [N, k]
COUNTED: dict[str, tuple[str, Callable[[NDArray[Any], int], Counts]]] = {
    "edges": ("edges", lambda x, nodes: (x == 1.0).sum(1, keepdims=True)),
    "triangles": ("triangles", lambda x, nodes: triangles_of(x, nodes)[:, None]),
    "degrees": ("degree", degrees_of),
}


def _judged_share(m: SymbolsMeasured) -> Sampled:
    return mean_of_counts(data_of(m.experiment).judged(m.end))


_SHARED: dict[str, Metric] = {
    **cost_metrics(NOUNS),
    **EFFORT,
    "distinct": Metric(
        "Different samples", "", "", "How many different labelled graphs there are among the samples.", distinct, of_cloud=True
    ),
    "expected_distinct": Metric(
        "Different graphs of the data",
        "",
        "",
        "How many different graphs as many draws of the data themselves have, on average.",
        lambda m: exactly(data_of(m.experiment).expected_distinct(len(m.end))),
        of_cloud=True,
    ),
}
METRICS: dict[str, Metric] = {
    **_SHARED,
    "valid_share": Metric(
        "Samples of the family",
        "",
        "high",
        "The share of samples that belong to the family: that are trees, planar, or what the data are.",
        _judged_share,
        of_cloud=True,
    ),
}
MODEL_METRICS: dict[str, Metric] = {
    **_SHARED,
    "told_share": Metric(
        "Samples that tell their communities",
        "",
        "",
        "The share of samples of which one way to part the nodes has more than half of the posterior probability.",
        _judged_share,
        of_cloud=True,
    ),
    "expected_told_share": Metric(
        "Graphs of the model that tell theirs",
        "",
        "",
        f"The same of {EXAMPLES} draws of the block model itself.",
        lambda m: _told_share(),
    ),
}


@cache
def _told_share() -> Estimate:
    """Of the block model; no run's seed draws it."""
    return replace(mean_of_counts(BLOCKS.judged(BLOCKS.examples())).estimate, drawn=False)


def metrics_of(e: Experiment) -> dict[str, Metric]:
    """Those that a run has."""
    return METRICS if e.dataset in FAMILIES else MODEL_METRICS


def judged(setup: Setup, times: NDArray[np.int64], trajectory: Trajectory) -> dict[str, Curve]:
    """By name, over the visited times [K+1], which share of x_t some graph of the family agrees with, where masks agree with
    anything; or which share tells its communities at the level of t."""
    e, lost = setup.experiment, redrawn(setup.experiment.process, setup.schedule)
    data, (name, title) = data_of(e), ("possible", "possible") if e.dataset in FAMILIES else ("told", "communities told")
    most = max(FEWEST_JUDGED, MOST_JUDGED // len(times))
    forward, reverse = trajectory.forward[times, :most], trajectory.reverse[::-1, :most]
    found = {}
    for way, paths in (("forward", forward), ("reverse", reverse)):
        shares = [mean_of_counts(data.judged(x, lost[t])).estimate for t, x in zip(times, paths, strict=True)]
        values, errors = np.array([each.value for each in shares]), np.array([each.stderr for each in shares])
        found[f"{name}_{way}"] = Curve(f"{title}, {way}", times, values, "", errors)
    return found


def counted(e: Experiment, end: NDArray[np.floating]) -> dict[str, Curve]:
    """By name, over the number of edges, of triangles, or of the others that a node is joined to: how often each comes up among
    the samples, and in the data."""
    data, found = data_of(e), {}
    examples = data.examples()
    for name, (over, count) in COUNTED.items():
        ours, theirs = (count(x, data.nodes) for x in (end, examples))
        every = np.arange(max(ours.max(), theirs.max()) + 1)
        shares = [mean_of_counts((ours == number).mean(1)).estimate for number in every]
        values, errors = np.array([each.value for each in shares]), np.array([each.stderr for each in shares])
        law = np.bincount(theirs.ravel(), minlength=len(every)) / theirs.size
        found[f"{name}_found"] = Curve(f"{over}, samples", every, values, "", errors, over=over)
        stairs = (
            np.append(every, every[-1] + 1) - 0.5,
            np.append(law, 0.0),
        )
        found[f"{name}_law"] = Curve(f"{over}, data", *stairs, "", over=over)
    return found


def measure(setup: Setup, trajectory: Trajectory, most: int | None = None) -> SymbolsMeasured:
    """Of a finished run. most: of no effect here, where costs are known exactly or have graphs of their own."""
    e, end = setup.experiment, trajectory.reverse[-1]
    curves = judged(setup, setup.times, trajectory) | counted(e, end)
    return measured(information, metrics_of(e), setup, trajectory, {"graphs": edges_told(end, data_of(e).nodes)}, curves)
