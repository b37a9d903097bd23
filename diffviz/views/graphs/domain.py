"""The views of graphs."""

from __future__ import annotations

from diffviz.domains.graphs.information import information
from diffviz.views.base import CardRow, DomainView, Layers
from diffviz.views.graphs import card
from diffviz.views.graphs.captions import NOUNS, sentence, summary
from diffviz.views.graphs.later import ABSENT, LATER
from diffviz.views.graphs.measure import measure, metrics_of
from diffviz.views.graphs.questions import QUESTIONS
from diffviz.views.graphs.sent import SENT
from diffviz.views.graphs.sweep import NAMES, gap_sweep
from diffviz.views.graphs.thumbnail import thumbnail
from diffviz.views.sweep import explained
from diffviz.views.symbols.rows import COLOURED, told

VIEW = DomainView(
    measure=measure,
    metrics=metrics_of,
    summary=summary,
    **{**told(NOUNS, information), "sentence": sentence},
    charts=("schedule", "snr", "kl", "dissipation", "produced", "bound", "validity", "told", "edges", "triangles", "degrees"),
    later=LATER,
    absent=ABSENT,
    questions=QUESTIONS,
    cards={"network": CardRow(card.measure, card.card)},
    layers=Layers(("x0_hat", "force"), own={"block_model": ("force",)}, most=2, page=("probability", "work")),
    sent=SENT,
    thumbnail=thumbnail,
    **COLOURED,
    sweep=gap_sweep,
    sweep_text=explained(NAMES, "each gap is found exactly"),
)
