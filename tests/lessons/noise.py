"""The numbers that stand in the texts of the lesson."""

from diffviz.domains.heartbeat.data import LENGTH, PERIOD, RATE
from diffviz.domains.pictures.images import make_images

CLAIMS = {
    "end": {"25": lambda a, b: len(b.distribution.means)},
    "image": {
        "8": lambda setup: setup.shape[-1],
        "64": lambda setup: setup.distribution.dim,
        "1500": lambda setup: len(make_images("digits").train),
    },
    "bits": {"20": lambda setup: LENGTH, "5": lambda setup: PERIOD, "4": lambda setup: LENGTH * RATE},
}
