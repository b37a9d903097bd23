"""The views of points in the plane."""

from __future__ import annotations

from functools import partial

from diffviz.diagnostics.comparison import require_alike
from diffviz.views.base import CardRow, DomainView, Layers
from diffviz.views.plane import card, card_2015, card_energy, factor, own, words
from diffviz.views.plane.answer import answer
from diffviz.views.plane.later import ABSENT, LATER
from diffviz.views.plane.live import LIVE
from diffviz.views.plane.measure import measure, metrics_of
from diffviz.views.plane.questions import QUESTIONS
from diffviz.views.plane.sent import SENT
from diffviz.views.plane.sweep import NAMES, gap_sweep
from diffviz.views.plane.thermo import known
from diffviz.views.plane.thumbnail import thumbnail
from diffviz.views.sweep import explained

# view.js and conditional.js offer these beside the others
PAGE_LAYERS = (
    "surface",
    "drift",
    "error",
    "marginals",
    "conditional",
    "of_1",
    "of_2",
    "of_5",
    "of_20",
    "of_all",
)

VIEW = DomainView(
    measure=measure,
    metrics=metrics_of,
    warning=words.warning,
    cost=words.cost,
    summary=words.summary,
    sentence=words.sentence,
    note=words.note,
    alike=factor.ALIKE,
    comparable=partial(require_alike, factor.ALIKE),
    charts=(
        "schedule",
        "snr",
        "kl",
        "path_kl",
        "dissipation",
        "produced",
        "bound",
        "staircase",
        "level_excess",
        "accepted",
        "modes",
    ),
    later=LATER,
    absent=ABSENT,
    known=known,
    questions=QUESTIONS,
    layers=Layers(("density", "energy", "work", "score", "trails", "x0_hat"), ("density",), page=PAGE_LAYERS),
    cards={
        "network": CardRow(card.measure, card.card, card.floor),
        "network_2015": CardRow(card_2015.measure, card_2015.card),
        "energy": CardRow(card_energy.measure, card_energy.card),
    },
    sent=SENT,
    thumbnail=thumbnail,
    live=LIVE,
    controls=own.CONTROLS,
    served=(own.take_points, own.weigh_mixture, own.picture_own),
    arrow=True,
    answer=answer,
    slow=("work",),
    filed={"work": {"work": True}},
    sweep=gap_sweep,
    sweep_text=explained(NAMES, "each gap is found by quadrature"),
)
