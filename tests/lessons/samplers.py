"""The numbers that stand in the texts of the lesson."""

from diffviz.lessons.samplers import HARDLY_ANY_SIGNAL

CLAIMS = {"spacing": {"0.01": lambda a, b: HARDLY_ANY_SIGNAL}}
