"""The numbers that stand in the texts of the lesson."""

from diffviz.lessons.samplers import DROWNED

CLAIMS = {"spacing": {"0.01": lambda a, b: DROWNED}}
