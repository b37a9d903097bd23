"""The lessons, in the order of a course. A lesson is one file here and one row."""

from __future__ import annotations

from diffviz.lessons.back import BACK
from diffviz.lessons.base import Lesson
from diffviz.lessons.bugs import REAL_BUGS
from diffviz.lessons.cost import COST
from diffviz.lessons.decided import DECIDED
from diffviz.lessons.energies import ENERGIES
from diffviz.lessons.networks import NETWORKS
from diffviz.lessons.noise import NOISE
from diffviz.lessons.pictures import PICTURES
from diffviz.lessons.samplers import SAMPLERS
from diffviz.lessons.schedules import SCHEDULES
from diffviz.lessons.work import WORK

LESSONS: dict[str, Lesson] = {
    "noise": NOISE,
    "back": BACK,
    "cost": COST,
    "schedules": SCHEDULES,
    "samplers": SAMPLERS,
    "networks": NETWORKS,
    "pictures": PICTURES,
    "bugs": REAL_BUGS,
    "work": WORK,
    "decided": DECIDED,
    "energies": ENERGIES,
}
