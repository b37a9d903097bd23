"""The views of bit sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffviz.views.base import CardRow, DomainView, Layers
from diffviz.views.heartbeat import card, card_2015, words
from diffviz.views.heartbeat.later import ABSENT, LATER
from diffviz.views.heartbeat.measure import measure
from diffviz.views.heartbeat.questions import QUESTIONS
from diffviz.views.heartbeat.sweep import NAMES, gap_sweep
from diffviz.views.heartbeat.thermo import known
from diffviz.views.heartbeat.thumbnail import thumbnail
from diffviz.views.heartbeat.view import HeartbeatTelling, shown_times
from diffviz.views.sweep import explained

if TYPE_CHECKING:
    from diffviz.figures.scenes import Scene


def _draw(*run: Any) -> Scene:
    from diffviz.views.heartbeat.draw import draw  # matplotlib takes a second to import

    return draw(*run)


VIEW = DomainView(
    measure=measure,
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
    layers=Layers(("x0_hat",), most=1, page=("probability", "sorted")),
    draw=_draw,
    times=shown_times,
    teller=HeartbeatTelling,
    thumbnail=thumbnail,
    arrow=True,
    sweep=gap_sweep,
    sweep_text=explained(NAMES, "each gap is found in closed form"),
)
