"""How long an update takes of networks of points that are trained on the page, beside what the page counts (ui/training_form.py).

In the processor's time, on one core.

python -m tests.benchmarks.training_cost [--rounds 3]
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import replace

import torch

from diffviz.domains.plane.energies import LOSSES, EnergyRecipe
from diffviz.domains.plane.training import Recipe
from diffviz.ui.limits import MAX_TRAINING_BATCH, MAX_UPDATE
from diffviz.ui.training_form import point_cost, row_of, update_cost

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


def longest(loss: str, batch: int = 512, **shape: int) -> EnergyRecipe:
    """An energy whose update costs as much as the page allows: with as many Langevin moves, where there are chains."""
    recipe = EnergyRecipe("eight_gaussians", loss=loss, batch=batch, updates=100, **shape)
    if not recipe.chain_moves:
        return recipe
    each = update_cost(replace(recipe, moves=2)) - update_cost(replace(recipe, moves=1))
    return replace(recipe, moves=min(200, recipe.moves + int((MAX_UPDATE - update_cost(recipe)) / each)))


def seconds(recipe: Recipe | EnergyRecipe, rounds: int = 3) -> float:
    """Of the processor for an update, the least of so many."""
    training, found = row_of(recipe).begin(recipe), []
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
    for loss in LOSSES:
        recipe = longest(loss)
        taken = seconds(recipe, rounds)
        moves = f"{recipe.chain_moves} moves" if recipe.chain_moves else ""
        print(f"{loss:10} {moves:>14} {recipe.batch:7} {1e3 * taken:13.1f} {1e9 * taken / update_cost(recipe):18.3f}")


if __name__ == "__main__":
    main()
