"""The views of pictures."""

from __future__ import annotations

from diffviz.views.base import DomainView
from diffviz.views.pictures import words
from diffviz.views.pictures.measure import measure, require_same_data
from diffviz.views.pictures.questions import QUESTIONS
from diffviz.views.pictures.thumbnail import thumbnail
from diffviz.views.pictures.view import PictureTelling, shown_times

VIEW = DomainView(
    measure=measure,
    comparable=require_same_data,
    warning=words.warning,
    cost=words.cost,
    summary=words.summary,
    sentence=words.sentence,
    note=words.note,
    charts=("schedule", "snr", "kl", "bits", "spread"),
    questions=QUESTIONS,
    times=shown_times,
    teller=PictureTelling,
    thumbnail=thumbnail,
)
