"""What the player is told of a run before its first frame, whatever its data are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz import exports
from diffviz.engine import Setup
from diffviz.telling import captions
from diffviz.telling.charting import finite_levels
from diffviz.telling.typeset import prose
from diffviz.views.told import first_charts


def common(setup: Setup, times: NDArray[np.int64], warning: str) -> dict[str, Any]:
    """The fields that every Init has, but for those of the view."""
    e, schedule = setup.experiment, setup.schedule
    return {
        "steps": schedule.steps,
        "times": times.tolist(),
        "alpha": schedule.alpha[times].tolist(),
        "sigma": schedule.sigma[times].tolist(),
        "levels": finite_levels(schedule),
        "total": e.particles,
        "captions": captions.captions(setup, times),
        "charts": first_charts(setup, times),
        "title": prose(exports.title(e)),
        "snippet": exports.python_snippet(e),
        "command": exports.command_line(e),
        "warning": warning,
        "experiment": e.to_dict(),
    }
