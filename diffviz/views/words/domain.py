"""The views of words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from diffviz.domains.words.information import information
from diffviz.views.base import CardRow, DomainView, Layers
from diffviz.views.sweep import explained
from diffviz.views.symbols import captions, thermo
from diffviz.views.words import card, own
from diffviz.views.words.answer import answer
from diffviz.views.words.captions import NOUNS, summary
from diffviz.views.words.later import ABSENT, LATER
from diffviz.views.words.measure import METRICS, measure
from diffviz.views.words.questions import QUESTIONS
from diffviz.views.words.sent import SENT
from diffviz.views.words.sweep import NAMES, gap_sweep
from diffviz.views.words.thumbnail import thumbnail

if TYPE_CHECKING:
    from diffviz.figures.scenes import Scene


def _draw(*run: Any) -> Scene:
    from diffviz.views.words.draw import draw  # matplotlib takes a second to import

    return draw(*run)


VIEW = DomainView(
    measure=measure,
    metrics=lambda e: METRICS,
    warning=captions.warning,
    step=partial(captions.step, NOUNS),
    cost=partial(captions.cost, NOUNS),
    summary=summary,
    sentence=partial(captions.sentence, NOUNS),
    note=partial(captions.note, NOUNS),
    charts=("schedule", "snr", "kl", "dissipation", "produced", "bound"),
    later=LATER,
    absent=ABSENT,
    known=partial(thermo.known, NOUNS, information),
    questions=QUESTIONS,
    cards={"network": CardRow(card.measure, card.card)},
    layers=Layers(("x0_hat",), most=1, page=("confidence", "estimate")),
    draw=_draw,
    sent=SENT,
    thumbnail=thumbnail,
    arrow=True,
    answer=answer,
    controls=own.CONTROLS,
    served=(own.take_words, own.picture_words),
    sweep=gap_sweep,
    sweep_text=explained(NAMES, "each gap is a sum over the sets of letters that may be seen"),
)
