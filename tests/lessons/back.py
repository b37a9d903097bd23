"""The numbers that stand in the texts of the lesson."""

from diffviz.lessons.back import SURE

CLAIMS = {
    "posterior": {"8": lambda setup: len(setup.distribution.means)},
    "decided": {"0.9": lambda setup: SURE},
}
