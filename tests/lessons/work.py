"""The numbers that stand in the texts of the lesson on work."""

from diffviz.lessons.work import WORTH
from diffviz.lessons.work_numbers import PATHS

CLAIMS = {
    "path": {"1000": lambda setup: PATHS},
    "crooks": {"1000": lambda setup: PATHS},
    "jarzynski": {"1000": lambda a, b: PATHS},
    "trust": {"1000": lambda a, b: PATHS, "200": lambda a, b: WORTH},
    "one-point": {"1000": lambda setup: PATHS},
}
