"""Charts come in sets, chosen by name: a set is a row. Names are those of charts; a run shows what it has of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChartSet:
    """charts: by name, the first three of them are seen at once."""

    name: str
    title: str
    charts: tuple[str, ...]


CHART_SETS = (
    ChartSet("cost", "Schedule and cost", ("schedule", "alpha_bar", "snr", "kl", "bits", "bound")),
    ChartSet("thermodynamics", "Thermodynamics", ("dissipation", "staircase", "bound", "kl")),
)
