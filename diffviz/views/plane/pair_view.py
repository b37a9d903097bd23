"""What is told of two runs in the plane: the charts they share, and the figures."""

from __future__ import annotations

import numpy as np

from diffviz.diagnostics.comparison import compare
from diffviz.diagnostics.measured import Measured
from diffviz.domains.plane.information import Information
from diffviz.domains.plane.thermodynamics import Staircase, staircase
from diffviz.figures.comparison import staircases
from diffviz.player import protocol
from diffviz.telling import pair
from diffviz.telling import words as numbers
from diffviz.telling.pair_charts import PLAIN, Charts, Line, Side, overlays, told
from diffviz.views.plane import words


def _side(outcome: Measured[Information], stairs: Staircase) -> Side:
    setup, chain = outcome.setup, outcome.details
    schedule = setup.schedule
    every, visited, signal = np.arange(schedule.steps + 1), setup.times, schedule.signal_share
    shown = protocol.shown_times(visited, setup.experiment.particles)
    left = np.searchsorted(visited, shown) - 1  # the step that leaves a displayed time; -1 at t = 0
    bound = np.concatenate([[0.0], np.cumsum(chain.kl_nats[:-1][::-1])])[::-1] + chain.kl_nats[-1]
    return Side(
        schedule,
        {
            "alpha_bar": Line(every, signal),
            "snr": Line(every, schedule.log_snr),
            "kl": Line(visited[2:], chain.kl_nats[1:-1]),  # L_0 is the code of a density, no KL
            "dissipation": Line(visited[1:], chain.dissipation_nats),
            "bound": Line(visited, bound),
        },
        {
            "alpha_bar": told(signal[shown]),
            "snr": told(schedule.log_snr[shown]),
            "kl": [words.step_cost(chain, int(j) + 1, 2, PLAIN) for j in left],
            "dissipation": [
                "" if j < 0 else text for j, text in zip(left, told(chain.dissipation_nats[left], numbers.nats), strict=True)
            ],
            "bound": told(bound[left + 1], numbers.nats),
            "staircase": [numbers.nats(stairs.stair_nats - stairs.curve_nats, 2, PLAIN)] * len(shown),
        },
    )


def charts(a: Measured[Information], b: Measured[Information]) -> Charts:
    """By clock and name, the charts of both sides."""
    stairs = [
        staircase(setup.distribution, setup.schedule, setup.times, o.details.kl_nats) for o in (a, b) for setup in [o.setup]
    ]
    drawn = staircases([(each.log_snr, each.curve, each.stairs) for each in stairs])
    return overlays([_side(*pair) for pair in zip((a, b), stairs, strict=True)], {"staircase": drawn})


def figures(a: Measured[Information], b: Measured[Information]) -> dict[str, str]:
    """Sentence and table."""
    one, other, rows = a.experiment, b.experiment, compare(a, b)
    return {
        "sentence": words.sentence(rows, one, other),
        "table": pair.comparison_table(rows) + pair.shares_rows(a, b) + pair.table_note(words.note(one, other)),
    }
