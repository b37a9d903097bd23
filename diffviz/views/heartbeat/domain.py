"""The views of bit sequences."""

from __future__ import annotations

from diffviz.views.base import CardRow, DomainView, Layers
from diffviz.views.heartbeat import card, card_2015, words
from diffviz.views.heartbeat.later import ABSENT, LATER
from diffviz.views.heartbeat.measure import METRICS, measure
from diffviz.views.heartbeat.questions import QUESTIONS
from diffviz.views.heartbeat.sent import SENT
from diffviz.views.heartbeat.sweep import NAMES, gap_sweep
from diffviz.views.heartbeat.thermo import known
from diffviz.views.heartbeat.thumbnail import thumbnail
from diffviz.views.sweep import explained
from diffviz.views.symbols.rows import COLOURED

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
    sent=SENT,
    thumbnail=thumbnail,
    arrow=True,
    **COLOURED,
    sweep=gap_sweep,
    sweep_text=explained(NAMES, "each gap is found in closed form"),
)
