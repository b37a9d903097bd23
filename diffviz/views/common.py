"""What the player is told of a run before its first frame, whatever its data are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz import exports
from diffviz.engine import Setup
from diffviz.figures import charts
from diffviz.player.protocol import Chart
from diffviz.telling import captions
from diffviz.telling.pair_charts import finite_levels
from diffviz.trajectory import Curve


def common(setup: Setup, times: NDArray[np.int64], warning: str) -> dict[str, Any]:
    """The fields that every Init has, but for those of the view."""
    e, schedule, steps = setup.experiment, setup.schedule, setup.schedule.steps
    every = np.arange(steps + 1)
    beta, alpha_bar = Curve("β", every[1:], schedule.beta, ""), Curve("ᾱ", every, schedule.alpha_bar, "")
    log10_snr = Curve("log10 SNR", every, schedule.log_snr / np.log(10), "")
    return {
        "steps": steps,
        "times": times.tolist(),
        "alpha": schedule.alpha[times].tolist(),
        "sigma": schedule.sigma[times].tolist(),
        "levels": tuple(level / np.log(10) for level in finite_levels(schedule)),
        "total": e.particles,
        "captions": captions.captions(setup, times),
        "charts": {
            "schedule": Chart(
                "Noise schedule <i>β</i><sub>t</sub>, <i>ᾱ</i><sub>t</sub>",
                charts.schedule_figure(beta, alpha_bar, steps),
                captions.schedule_readout(setup, times),
            ),
            "snr": Chart(
                "Signal to noise SNR<sub>t</sub>", charts.snr_figure(log10_snr, steps), captions.snr_readout(setup, times)
            ),
        },
        "title": exports.title(e),
        "snippet": exports.python_snippet(e),
        "command": exports.command_line(e),
        "warning": warning,
        "experiment": e.to_dict(),
    }
