"""The results page: the 2015 paper's experiments as the paper has them and as they were rerun here."""

from __future__ import annotations

import json
from typing import Any

from diffviz.estimates import Estimate
from diffviz.reproduce import EXPERIMENTS, note
from diffviz.reproduce.results import Result, recorded
from diffviz.telling.words import number, with_error

INTRO = (
    "The toy experiments of Sohl-Dickstein et al. (2015), rerun from scratch. <i>K</i> is the paper's lower bound on "
    "E[log<sub>2</sub> <i>p</i>(<i>x</i><sub>0</sub>)], in bits; higher is better. Exact: the exact denoiser in the same "
    "steps or, where the schedule is learned, in the best ones. Truth: minus the entropy of the data, which no <i>K</i> exceeds."
)
DIGITS = 4


def _figure(bits: float | None) -> str:
    return "" if bits is None else number(bits, DIGITS)


def _row(result: Result) -> dict[str, Any]:
    row = EXPERIMENTS[result.experiment]
    return {
        "name": result.experiment,
        "title": row.title,
        "why": row.why,
        "note": note(result),
        "figures": {
            "paper": _figure(result.paper_bits),
            "ours": with_error(Estimate(*result.ours_bits)),
            "exact": _figure(result.exact_bits),
            "truth": _figure(result.truth_bits),
            "seconds": f"{result.seconds:.0f}",
            "seed": str(result.seed),
        },
        "reasons": {name.removesuffix("_bits"): reason for name, reason in result.reasons.items()},
        "runs": [e.to_dict() for e in row.opened(result) if e is not None],
        "unopened": row.unopened,
        "layers": list(row.layers) or None,
        "command": f"python -m diffviz reproduce --experiment {result.experiment}",
    }


def table() -> bytes:
    """All of it as JSON; a browser fetches it when the page is first opened. Nothing is computed."""
    found = recorded()
    rows = [_row(found[name]) for name in EXPERIMENTS]
    return json.dumps({"intro": INTRO, "rows": rows}, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
