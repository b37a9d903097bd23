"""What is measured of a run of words: its costs, in nats and in bits, and how many samples are words of the list."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diffviz.diagnostics.measured import EFFORT, Measured, Metric, exactly
from diffviz.domains.words.information import expected_distinct, information, keys, on_list
from diffviz.domains.words.lists import text_of
from diffviz.engine import Setup
from diffviz.estimates import Sampled, mean_of
from diffviz.trajectory import Trajectory
from diffviz.views.symbols.priced import SymbolsMeasured, cost_metrics, priced
from diffviz.views.words.captions import NOUNS


def _valid_share(m: SymbolsMeasured) -> Sampled:
    """Known to one part in N at best: N samples that are all on the list do not say that every one is."""
    return mean_of(on_list(m.setup.distribution, m.end).astype(float), tolerance=1.0 / len(m.end))


def _distinct(m: SymbolsMeasured) -> Sampled:
    """Without a sample that comes up once there is one fewer."""
    _, place, count = np.unique(keys(m.end), return_inverse=True, return_counts=True)
    return Sampled(float(len(count)), len(m.end) * (count[place] == 1).astype(float))


METRICS: dict[str, Metric] = {
    **cost_metrics(NOUNS),
    **EFFORT,
    "valid_share": Metric(
        "Samples that are on the list",
        "",
        "high",
        "The share of samples that are words of the list.",
        _valid_share,
        of_cloud=True,
    ),
    "distinct": Metric(
        "Different samples",
        "",
        "",
        "How many different sequences of letters there are among the samples.",
        _distinct,
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
    e, times = setup.experiment, setup.times
    found = information(e, setup.schedule, times, None if e.denoiser == "exact" else setup.denoiser, setup.device)
    end = trajectory.reverse[-1].copy()
    measured = Measured(
        experiment=e,
        times=times,
        info=trajectory.info[::-1],
        end=end,
        evaluations=trajectory.evaluations,
        seconds=trajectory.seconds,
        device=trajectory.device,
        metrics=METRICS,
        readable={"words": text_of(end)},
        details=found,
    )
    return measured if found is None else replace(measured, **priced(found, times))
