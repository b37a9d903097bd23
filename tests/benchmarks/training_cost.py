"""How long an update takes of networks of points that are trained on the page, beside what the page counts (ui/training_form.py).

In the processor's time, on one core.

python -m tests.benchmarks.training_cost [--rounds 3]
"""

from __future__ import annotations

import argparse
import itertools
import time

import torch

from diffviz.domains.plane.training import Recipe, begin
from diffviz.ui.limits import MAX_TRAINING_BATCH
from diffviz.ui.training_form import point_cost

SHAPES = ((128, 3, 32), (256, 4, 64), (8, 16, 4), (16, 3, 512), (8, 1, 32), (1, 1, 512))  # hidden, layers, features


def largest(objective: str, hidden: int, layers: int, features: int) -> Recipe:
    """With batches as large as the page allows."""
    shape = {
        "dataset": "two_moons",
        "updates": 100,
        "objective": objective,
        "hidden": hidden,
        "layers": layers,
        "features": features,
    }
    return Recipe(**shape, batch=min(65_536, MAX_TRAINING_BATCH // point_cost(Recipe(**shape))))


def seconds(recipe: Recipe, rounds: int = 3) -> float:
    """Of the processor for an update, the least of so many."""
    training, found = begin(recipe), []
    training.advance(1)
    for _ in range(rounds):
        started = time.process_time()
        training.advance(1)
        found.append(time.process_time() - started)
    return min(found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    torch.set_num_threads(1)
    print(f"{'objective':10} {'network':>14} {'batch':>7} {'ms an update':>13} {'ns a unit of cost':>18}")
    for objective, shape in itertools.product(("v", "energy"), SHAPES):
        recipe = largest(objective, *shape)
        taken = seconds(recipe, rounds)
        name, each = " x ".join(map(str, shape)), taken / recipe.batch / point_cost(recipe)
        print(f"{objective:10} {name:>14} {recipe.batch:7} {1e3 * taken:13.1f} {1e9 * each:18.3f}")


if __name__ == "__main__":
    main()
