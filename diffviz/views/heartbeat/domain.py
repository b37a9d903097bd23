"""The views of bit sequences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from diffviz.diagnostics.measured import Measured
from diffviz.experiment import Experiment
from diffviz.inverse.tasks import ALL_STARTS
from diffviz.views.base import CardRow, DomainView, Layers
from diffviz.views.coloured import coloured_answer
from diffviz.views.heartbeat import card, card_2015, words
from diffviz.views.heartbeat.later import ABSENT, LATER
from diffviz.views.heartbeat.measure import METRICS, measure
from diffviz.views.heartbeat.questions import QUESTIONS
from diffviz.views.heartbeat.sent import SENT
from diffviz.views.heartbeat.sweep import NAMES, gap_sweep
from diffviz.views.heartbeat.thermo import known
from diffviz.views.heartbeat.thumbnail import thumbnail
from diffviz.views.sweep import explained

if TYPE_CHECKING:
    from diffviz.figures.scenes import Scene


def _draw(*run: Any) -> Scene:
    from diffviz.views.heartbeat.draw import draw  # matplotlib takes a second to import

    return draw(*run)


def _work(e: Experiment, asked: Mapping[str, Any], measured: Callable[[Experiment], Measured[Any]]) -> dict[str, Any]:
    """What sequences are coloured by. Every reverse path is one of the chain of the bound that starts from noise, to the data."""
    return coloured_answer(measured(e), ALL_STARTS[e.start].drawn, into_data=True)


VIEW = DomainView(
    measure=measure,
    metrics=lambda e: METRICS,
    warning=words.warning,
    step=words.step,
    cost=words.cost,
    summary=words.summary,
    sentence=words.sentence,
    note=words.note,
    charts=("schedule", "snr", "kl", "dissipation", "produced", "bound"),
    later=LATER,
    absent=ABSENT,
    known=known,
    questions=QUESTIONS,
    cards={"network": CardRow(card.measure, card.card), "network_2015": CardRow(card_2015.measure, card_2015.card)},
    layers=Layers(("x0_hat",), most=1, page=("probability", "sorted", "work")),
    draw=_draw,
    sent=SENT,
    thumbnail=thumbnail,
    arrow=True,
    answer=_work,
    slow=("work",),
    filed={"work": {"work": True}},
    sweep=gap_sweep,
    sweep_text=explained(NAMES, "each gap is found in closed form"),
)
