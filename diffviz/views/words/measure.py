"""What is measured of a run of words: its costs, in nats and in bits, and how many samples are words of the list."""

from __future__ import annotations

from diffviz.diagnostics.measured import EFFORT, Metric, exactly
from diffviz.domains.words.information import expected_distinct, information, on_list
from diffviz.domains.words.lists import text_of
from diffviz.engine import Setup
from diffviz.estimates import mean_of_counts
from diffviz.trajectory import Trajectory
from diffviz.views.symbols.measure import distinct, measured
from diffviz.views.symbols.priced import SymbolsMeasured, cost_metrics
from diffviz.views.words.captions import NOUNS

METRICS: dict[str, Metric] = {
    **cost_metrics(NOUNS),
    **EFFORT,
    "valid_share": Metric(
        "Samples that are on the list",
        "",
        "high",
        "The share of samples that are words of the list.",
        lambda m: mean_of_counts(on_list(m.setup.distribution, m.end)),
        of_cloud=True,
    ),
    "distinct": Metric(
        "Different samples",
        "",
        "",
        "How many different sequences of letters there are among the samples.",
        distinct,
        of_cloud=True,
    ),
    "expected_distinct": Metric(
        "Different words of the data",
        "",
        "",
        "How many different words as many draws of the list itself have, on average.",
        lambda m: exactly(expected_distinct(m.setup.distribution, len(m.end))),
        of_cloud=True,
    ),
}


def measure(setup: Setup, trajectory: Trajectory, most: int | None = None) -> SymbolsMeasured:
    """Of a finished run. most: of no effect here, where costs are known exactly or have words of their own."""
    return measured(information, METRICS, setup, trajectory, {"words": text_of(trajectory.reverse[-1])})
