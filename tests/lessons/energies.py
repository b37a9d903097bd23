"""The numbers that stand in the texts of the lesson on energies."""

import math

from diffviz.lessons.energies_numbers import mode_variance

STEP, NOISE = 10, 0.005  # of the recipe


def _of_recipe(quantity):
    """Of the temperature of A, which is the recipe's."""
    return lambda a, b: quantity(a.experiment.temperature)


CLAIMS = {
    "temperature": {
        "10": _of_recipe(lambda T: NOISE**2 / (2 * T)),
        "0.005": _of_recipe(lambda T: math.sqrt(2 * STEP * T)),
        "20": lambda a, b: 2 * STEP,
        "4.47": lambda a, b: math.sqrt(2 * STEP),
    },
    "bias": {"0.014": lambda a, b: mode_variance(a)},
    "modes": {"25": lambda a, b: len(a.distribution.means)},
    "weights": {"0.125": lambda a: float(a.distribution.weights[0])},
    "levels": {"99": lambda a, b: b.experiment.steps},
}
