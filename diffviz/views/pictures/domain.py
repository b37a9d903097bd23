"""The views of pictures."""

from __future__ import annotations

from diffviz.domains.pictures.own_pictures import MAX_FILE_BYTES, SIDES
from diffviz.fields import Rule
from diffviz.views.base import CardRow, DomainView, Layers
from diffviz.views.pictures import card, words
from diffviz.views.pictures.given_metrics import TASKS
from diffviz.views.pictures.later import ABSENT, LATER
from diffviz.views.pictures.measure import measure, metrics_of, require_same_data
from diffviz.views.pictures.memorised import answer
from diffviz.views.pictures.packed import MAX_PICTURES, smooth_pictures
from diffviz.views.pictures.painter import paint
from diffviz.views.pictures.questions import QUESTIONS
from diffviz.views.pictures.sent import SENT
from diffviz.views.pictures.thumbnail import thumbnail
from diffviz.views.pictures.upload import take_picture

VIEW = DomainView(
    measure=measure,
    metrics=metrics_of,
    heavy=True,
    most_measured=MAX_PICTURES,
    smooth=smooth_pictures,
    alike=(Rule(("dataset", "own")), *TASKS),
    comparable=require_same_data,
    warning=words.warning,
    cost=words.cost,
    summary=words.summary,
    sentence=words.sentence,
    note=words.note,
    charts=("schedule", "snr", "kl", "bits", "spread"),
    later=LATER,
    absent=ABSENT,
    questions=QUESTIONS,
    layers=Layers(("x0_hat", "eps_hat"), most=1, page=("x_t", "training")),
    cards={
        "network": CardRow(card.measure, card.card),
        "classifier": CardRow(card.measure_classifier, card.classifier_card),
    },
    sent=SENT,
    thumbnail=thumbnail,
    answer=answer,
    controls={
        "own": {"kind": "upload", "asks": take_picture.__name__, "sides": SIDES, "most": MAX_FILE_BYTES},
        "mask": {"kind": "painter", "asks": paint.__name__, "of": "test_image"},
    },
    served=(paint, take_picture),
)
