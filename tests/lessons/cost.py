"""The numbers that stand in the texts of the lesson."""

import math

from diffviz.domains.heartbeat.data import LENGTH, PERIOD
from diffviz.domains.pictures.images import IMAGES
from diffviz.schedules import REFERENCE_STEPS

LEVELS = IMAGES["cifar10"].levels

CLAIMS = {
    "information": {
        "20": lambda setup: LENGTH,
        "5": lambda setup: PERIOD,
        "2.3": lambda setup: setup.distribution.entropy_nats / math.log(2.0),
    },
    "mismatch": {"1000": lambda a, b: REFERENCE_STEPS},
    "excess": {"1000": lambda setup: setup.experiment.particles},
    "negative": {"20": lambda a, b: a.experiment.data_std / b.experiment.data_std},
    "bits": {"17": lambda setup: IMAGES["digits"].levels, "4.09": lambda setup: math.log2(IMAGES["digits"].levels)},
    "constants": {
        "3": lambda setup: -4 + math.log2(1.0 / IMAGES["cifar10"].bin_width),
        "4": lambda setup: 4,  # supposed, in the question
        "255": lambda setup: 2.0 / IMAGES["cifar10"].bin_width,
        "256": lambda setup: LEVELS,
        "8": lambda setup: math.log2(LEVELS),
        "7": lambda setup: math.log2(1.0 / IMAGES["cifar10"].bin_width),
    },
}
