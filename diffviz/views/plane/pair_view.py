"""What is told of two runs in the plane: the charts they share, and the figures."""

from __future__ import annotations

import numpy as np

from diffviz.domains.plane.nearness import mode_shares
from diffviz.domains.plane.thermodynamics import Staircase, staircase
from diffviz.figures.comparison import staircases
from diffviz.player import protocol
from diffviz.telling import captions, pair, words
from diffviz.telling.pair_charts import PLAIN, Charts, Line, Side, overlays, told
from diffviz.views.plane.metrics import Outcome, compare


def _side(outcome: Outcome, stairs: Staircase) -> Side:
    setup, chain = outcome.setup, outcome.chain
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
            "kl": [captions.step_cost(chain, int(j) + 1, 2, PLAIN) for j in left],
            "dissipation": [
                "" if j < 0 else text for j, text in zip(left, told(chain.dissipation_nats[left], words.nats), strict=True)
            ],
            "bound": told(bound[left + 1], words.nats),
            "staircase": [words.nats(stairs.stair_nats - stairs.curve_nats, 2, PLAIN)] * len(shown),
        },
    )


def charts(a: Outcome, b: Outcome) -> Charts:
    """By clock and name, the charts of both sides."""
    stairs = [staircase(setup.mixture, setup.schedule, setup.times, o.chain.kl_nats) for o in (a, b) for setup in [o.setup]]
    drawn = staircases([(each.log_snr, each.curve, each.stairs) for each in stairs])
    return overlays([_side(*pair) for pair in zip((a, b), stairs, strict=True)], {"staircase": drawn})


def figures(a: Outcome, b: Outcome) -> dict[str, str]:
    """Sentence and table."""
    one, other, rows = a.experiment, b.experiment, compare(a, b)
    modes = pair.modes_row([mode_shares(o.setup.mixture, o.end) for o in (a, b)])
    return {
        "sentence": pair.comparison_sentence(rows, one, other),
        "table": pair.comparison_table(rows) + modes + pair.table_note(one, other),
    }
