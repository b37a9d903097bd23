"""The views of graphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from diffviz.diagnostics.measured import Measured
from diffviz.domains.graphs.information import information
from diffviz.experiment import Experiment
from diffviz.inverse.tasks import ALL_STARTS
from diffviz.views.base import CardRow, DomainView, Layers
from diffviz.views.coloured import coloured_answer
from diffviz.views.graphs import card
from diffviz.views.graphs.captions import NOUNS, summary
from diffviz.views.graphs.later import ABSENT, LATER
from diffviz.views.graphs.measure import METRICS, measure
from diffviz.views.graphs.questions import QUESTIONS
from diffviz.views.graphs.sent import SENT
from diffviz.views.graphs.sweep import NAMES, gap_sweep
from diffviz.views.graphs.thumbnail import thumbnail
from diffviz.views.sweep import explained
from diffviz.views.symbols import captions, thermo

if TYPE_CHECKING:
    from diffviz.figures.scenes import Scene


def _draw(*run: Any) -> Scene:
    from diffviz.views.graphs.draw import draw  # matplotlib takes a second to import

    return draw(*run)


def _work(e: Experiment, asked: Mapping[str, Any], measured: Callable[[Experiment], Measured[Any]]) -> dict[str, Any]:
    """What graphs are coloured by. Reverse paths have work where they are of the ancestral chain that starts from its prior."""
    return coloured_answer(measured(e), e.sampler == "ancestral" and ALL_STARTS[e.start].drawn, into_data=True)


VIEW = DomainView(
    measure=measure,
    metrics=lambda e: METRICS,
    warning=captions.warning,
    step=partial(captions.step, NOUNS),
    cost=partial(captions.cost, NOUNS),
    summary=summary,
    sentence=partial(captions.sentence, NOUNS),
    note=partial(captions.note, NOUNS),
    charts=("schedule", "snr", "kl", "dissipation", "produced", "bound", "validity", "edges", "triangles", "degrees"),
    later=LATER,
    absent=ABSENT,
    known=partial(thermo.known, NOUNS, information),
    questions=QUESTIONS,
    cards={"network": CardRow(card.measure, card.card)},
    layers=Layers(("x0_hat",), most=1, page=("probability", "work")),
    draw=_draw,
    sent=SENT,
    thumbnail=thumbnail,
    arrow=True,
    answer=_work,
    slow=("work",),
    filed={"work": {"work": True}},
    sweep=gap_sweep,
    sweep_text=explained(NAMES, "each gap is found exactly"),
)
