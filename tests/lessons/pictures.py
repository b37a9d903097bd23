"""The numbers that stand in the texts of the lesson."""

from diffviz.domains.pictures.images import make_images
from diffviz.lessons.pictures import EARLY, LATE, MIDDLE


def _measured_digit(setup, *_):
    return int(make_images("digits").held_out_labels[setup.experiment.test_image - 1])


CLAIMS = {
    "decided": {
        "1500": lambda setup: len(make_images("digits").train),
        "80": lambda setup: EARLY,
        "50": lambda setup: MIDDLE,
        "20": lambda setup: LATE,
    },
    **{name: {"3": _measured_digit} for name in ("posterior", "repaint", "edit")},
}
