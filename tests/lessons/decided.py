"""The numbers that stand in the texts of the lesson on symmetry breaking."""

from diffviz.domains.pictures.images import make_images
from diffviz.domains.plane.speed import SHIFTS

CLAIMS = {
    "memory": {"1500": lambda setup: len(make_images("digits").train)},
    "speed": {"0.3": lambda a, b: SHIFTS[-1]},
}
