"""What is told of two runs of pictures: the charts they share, and the figures."""

from __future__ import annotations

import math

import numpy as np

from diffviz.diagnostics.comparison import compare
from diffviz.diagnostics.measured import Costs, Measured
from diffviz.player import protocol
from diffviz.telling import pair, words
from diffviz.telling.pair_charts import PLAIN, Charts, Line, Side, overlays, told
from diffviz.views.pictures import words as picture_words
from diffviz.views.pictures.measure import PictureDetails


def _side(outcome: Measured[PictureDetails]) -> Side:
    setup = outcome.setup
    schedule = setup.schedule
    every, visited = np.arange(schedule.steps + 1), setup.times
    shown = protocol.shown_picture_times(visited, setup.experiment.particles, math.prod(setup.shape))
    lines = {"alpha_bar": Line(every, schedule.signal_share), "snr": Line(every, schedule.log_snr)}
    readouts = {"alpha_bar": told(schedule.signal_share[shown]), "snr": told(schedule.log_snr[shown])}
    if outcome.costs:
        costs = _costs(outcome.costs, math.prod(setup.shape), visited, np.searchsorted(visited, shown) - 1)
        lines, readouts = lines | costs[0], readouts | costs[1]
    return Side(schedule, lines, readouts)


def _costs(costs: Costs, dim: int, visited: np.ndarray, left: np.ndarray) -> tuple[dict[str, Line], dict[str, list[str]]]:
    """Lines and readouts of what the steps cost; left: the step that leaves each displayed time, -1 at t = 0."""
    mean, stderr = costs.kl_nats, costs.stderr
    so_far = np.cumsum(costs.each[::-1], axis=0)[::-1] / (dim * math.log(2.0))  # [K+1, N], from L_T on
    error = so_far.std(1, ddof=1) / math.sqrt(so_far.shape[1]) if so_far.shape[1] > 1 else np.full(len(so_far), math.inf)
    bits = so_far.mean(1)

    def cost(step: int) -> str:
        """Of the visited step that leaves times[step + 1]."""
        if step < 0:
            return ""
        text = words.number(float(mean[step]), 2, PLAIN)
        return f"<i>L</i><sub>0</sub> = {text}" if step == 0 else text

    lines = {
        "kl": Line(visited[2:], mean[1:-1], stderr[1:-1]),  # L_0 names grey levels, no KL
        "bits": Line(visited, bits, error),
    }
    return lines, {"kl": [cost(int(step)) for step in left], "bits": told(bits[left + 1])}


def charts(a: Measured[PictureDetails], b: Measured[PictureDetails]) -> Charts:
    """By clock and name, the charts of both sides."""
    return overlays([_side(a), _side(b)])


def figures(a: Measured[PictureDetails], b: Measured[PictureDetails]) -> dict[str, str]:
    """Sentence and table."""
    one, other, rows = a.experiment, b.experiment, compare(a, b)
    return {
        "sentence": picture_words.sentence(rows, one, other),
        "table": pair.comparison_table(rows) + pair.table_note(picture_words.note(one, other)),
    }
