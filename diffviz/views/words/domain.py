"""The views of words."""

from __future__ import annotations

from diffviz.domains.words.information import information
from diffviz.views.base import CardRow, DomainView, Layers
from diffviz.views.sweep import explained
from diffviz.views.symbols.rows import told
from diffviz.views.words import card, own
from diffviz.views.words.answer import answer
from diffviz.views.words.captions import NOUNS, summary
from diffviz.views.words.later import ABSENT, LATER
from diffviz.views.words.measure import METRICS, measure
from diffviz.views.words.questions import QUESTIONS
from diffviz.views.words.sent import SENT
from diffviz.views.words.sweep import NAMES, gap_sweep
from diffviz.views.words.thumbnail import thumbnail

VIEW = DomainView(
    measure=measure,
    metrics=lambda e: METRICS,
    summary=summary,
    **told(NOUNS, information),
    charts=("schedule", "snr", "kl", "dissipation", "produced", "bound"),
    later=LATER,
    absent=ABSENT,
    questions=QUESTIONS,
    cards={"network": CardRow(card.measure, card.card)},
    layers=Layers(("x0_hat",), most=1, page=("confidence", "estimate")),
    sent=SENT,
    thumbnail=thumbnail,
    answer=answer,
    controls=own.CONTROLS,
    served=(own.take_words, own.picture_words),
    sweep=gap_sweep,
    sweep_text=explained(NAMES, "each gap is a sum over the sets of letters that may be unmasked"),
)
