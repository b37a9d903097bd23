"""Two runs side by side: their metrics with errors, and which side is better."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from diffviz.diagnostics.measured import LEVELS, TIMES, Measured, Metric, Value
from diffviz.estimates import Estimate, Sampled, difference, less, pair
from diffviz.experiment import Experiment, ExperimentError
from diffviz.fields import Rule, option


@dataclass(frozen=True)
class Row:
    """A metric of both sides; winner is "a", "b" or "" where the difference is within two standard errors.

    difference: A less B of what is estimated; taken sample by sample it has less of an error than both together
    """

    name: str
    metric: Metric
    a: Estimate
    b: Estimate
    winner: str
    difference: Estimate | None = None


def better_side(better: str, a: Estimate, b: Estimate, apart: Estimate) -> str:
    """The side that is better by more than two standard errors of the difference, "" if that is none.

    better: of Metric; apart: A less B. |A| < |B| where B - A and B + A have one sign, so that both signs must be clear where
    nearer to 0 is better; var(A + B) = 2 var(A) + 2 var(B) - var(A - B).
    """
    if not better or abs(apart.value) <= 2.0 * apart.stderr:
        return ""
    if better in ("low", "high"):
        return "a" if (apart.value < 0.0) == (better == "low") else "b"
    variance = 2.0 * (a.stderr**2 + b.stderr**2) - apart.stderr**2
    if abs(a.value + b.value) <= 2.0 * math.sqrt(max(variance, 0.0)):
        return ""
    return "a" if abs(a.value) < abs(b.value) else "b"


def require_alike(rules: Iterable[Rule], a: Experiment, b: Experiment) -> None:
    """Raises ExperimentError for a b whose outcome says nothing beside a's: it names the first field in which a rule that holds
    for either of them wants both to agree."""
    for name in (name for rule in rules if rule.holds(a) or rule.holds(b) for name in rule.uses):
        one, other = getattr(a, name), getattr(b, name)
        if one != other:
            what = "painted" if name == "mask" else option(name, one) if isinstance(one, str) else one
            raise ExperimentError(name, f"must be {what} as in A: what is given must be the same.")


def row_of(name: str, metric: Metric, better: str, a: Value, b: Value, paired: bool) -> Row:
    """Both sides of a metric, and the better one. paired: sample i of both is moved by the same noise."""
    if isinstance(a, Sampled) and isinstance(b, Sampled):
        apart, one, other = difference(a, b, paired), a.estimate, b.estimate
        return Row(name, metric, one, other, better_side(better, one, other, apart), apart)
    one, other = (x.estimate if isinstance(x, Sampled) else x for x in (a, b))
    apart = less(one, other)
    return Row(name, metric, one, other, better_side(better, one, other, apart))


def compare(a: Measured[Any], b: Measured[Any], only: Collection[str] | None = None) -> list[Row]:
    """Every metric that both sides have, or those of them named in only. Runs with one seed are compared sample by sample: both
    moved sample i by one noise."""
    count = min(len(a.end), len(b.end))
    paired, rows = a.experiment.seed == b.experiment.seed, []
    fewer = a.first(count), b.first(count)
    for name, metric in a.metrics.items():
        if name not in b.metrics or (only is not None and name not in only):
            continue
        better = metric.better if metric.better == b.metrics[name].better else ""
        one, other = (m.value(name) for m in (fewer if metric.of_cloud else (a, b)))
        if one is not None and other is not None:
            rows.append(row_of(name, metric, better, one, other, paired))
    return rows


def metrics_json(rows: list[Row]) -> dict[str, Any]:
    """Each metric's values with their errors, null where none is known, and the better side."""
    return {
        row.name: {"a": pair(row.a), "b": pair(row.b), "better": row.winner or None}
        | ({"difference": pair(row.difference)} if row.difference else {})
        for row in rows
    }


def shares(a: Measured[Any], b: Measured[Any]) -> list[str]:
    """The curves that both have and that are over neither time nor noise levels."""
    return [name for name, curve in a.curves.items() if curve.over not in (TIMES, LEVELS) and name in b.curves]


def compare_json(a: Measured[Any], b: Measured[Any]) -> dict[str, Any]:
    """For the command line: both experiments and all metrics, each [value, standard error], and the better side."""
    return {
        "a": a.experiment.to_dict(),
        "b": b.experiment.to_dict(),
        "metrics": metrics_json(compare(a, b)),
        **{name: {"a": a.curves[name].values.tolist(), "b": b.curves[name].values.tolist()} for name in shares(a, b)},
    }
