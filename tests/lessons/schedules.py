"""The numbers that stand in the texts of the lesson."""

from diffviz.schedules import BETA_END, BETA_START, REFERENCE_STEPS

CLAIMS = {
    "unscaled": {
        "0.0001": lambda a, b: BETA_START,
        "0.02": lambda a, b: BETA_END,
        "1000": lambda a, b: REFERENCE_STEPS,
    }
}
