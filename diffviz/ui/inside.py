"""What the browser asks about a run later: what its view shows, as a network's feature maps, and charts that become visible."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from diffviz.deadline import OutOfTime
from diffviz.experiment import Experiment, ExperimentError
from diffviz.ui.broadcast import measured_of
from diffviz.ui.later import late_charts
from diffviz.ui.limits import check_budget
from diffviz.ui.turns import LONG, QUICK, Busy, called
from diffviz.views import view_of


def _parsed(what: Any) -> tuple[Experiment, dict[str, Any]] | None:
    """A run, and what is asked about it; None for anything else."""
    try:
        asked = json.loads(what)
        return Experiment.from_query(asked["query"]), asked
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def look_inside(what: str) -> str:
    """JSON of the answer of the run's view, or of charts; {"later": true} where it cannot be computed now; empty where there is
    nothing to be seen.

    what: JSON of query, the run's, and of what else the view asks; of charts as late_charts has it, with other, the query of B.
    """
    asked = _parsed(what)
    if asked is None:
        return ""
    try:
        if "later" in asked[1]:
            experiment, which = asked
            runs = [experiment, *(Experiment.from_query(which[name]) for name in ("other",) if name in which)]
            return json.dumps(late_charts(which, runs), allow_nan=False, default=vars)
        check_budget(asked[0])
        view = view_of(asked[0])
        with called(LONG if any(name in asked[1] for name in view.slow) else QUICK):
            answer = view.answer(*asked, measured_of)
    except (Busy, OutOfTime):
        return json.dumps({"later": True})
    except (ExperimentError, KeyError, TypeError, AttributeError):
        return ""
    return "" if answer is None else json.dumps(answer)


def in_turn(asked: Callable[[str], str]) -> Callable[[str], str]:
    """What a control asks, as a quick turn; {"later": true} where it cannot be computed now."""

    @wraps(asked)
    def answered(what: str) -> str:
        try:
            with called():
                return asked(what)
        except (Busy, OutOfTime):
            return json.dumps({"later": True})

    return answered
