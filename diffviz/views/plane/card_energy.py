"""The card of an energy model: what quadrature says of its density, at a few noise levels."""

from __future__ import annotations

import math
from typing import Any

from diffviz.domains.plane.datasets import DATASETS, mixture_of
from diffviz.domains.plane.energies import LOSSES, EnergyRecipe
from diffviz.energies.network import EnergyMLP
from diffviz.energies.partition import NotNormalised
from diffviz.energies.report import report
from diffviz.estimates import pair
from diffviz.views.cards import trained_again

SIGMAS = (0.03, 0.1, 0.3, 1.0)  # σ/α


def _level(network: EnergyMLP, recipe: EnergyRecipe, log_snr: float) -> dict[str, Any]:
    try:
        found = report(network, mixture_of(recipe), log_snr, ais=True, precise=True)
    except NotNormalised:
        return {"log_snr": round(log_snr, 4)}
    known = {name: round(getattr(found, name).value, 5) for name in ("log_z", "kl_data_model", "kl_model_data")}
    ais = [None if each is None else round(each, 4) for each in pair(found.ais)]
    known |= {"log_snr": round(log_snr, 4), "ais": ais}
    return known if found.found is None else known | {"weights": [round(float(weight), 4) for weight in found.found]}


def measure(network: EnergyMLP, recipe: EnergyRecipe) -> dict[str, Any]:
    """At each noise level of the card, or at the energy's only one: log Z by quadrature and by annealing, both KL divergences in
    nats, and the weights that the model gives the components of the mixture."""
    own = recipe.one_level
    levels = [-2.0 * math.log(sigma) for sigma in SIGMAS] if own is None else [own]
    return {"levels": [_level(network, recipe, level) for level in levels]}


def _row(found: dict[str, Any]) -> str:
    sigma = math.exp(-found["log_snr"] / 2)
    if "log_z" not in found:
        return f"| {sigma:.3g} | not found | | | |"
    value, error = found["ais"]
    annealed = f"{value:.3f} ± {error:.3f}" if error is not None else f"{value:.3f}, too few chains have the weight"
    return f"| {sigma:.3g} | {found['log_z']:.4f} | {annealed} | {found['kl_data_model']:.5f} | {found['kl_model_data']:.5f} |"


def card(recipe: EnergyRecipe, measured: dict[str, Any], loss: float) -> str:
    """The README of a checkpoint, in Markdown."""
    rows = "\n".join(_row(found) for found in measured["levels"])
    known = [found for found in measured["levels"] if "weights" in found]
    weights = ""
    if known:
        exact = ", ".join(f"{float(weight):.3g}" for weight in mixture_of(recipe).weights)
        told = "\n".join(
            f"- σ/α = {math.exp(-found['log_snr'] / 2):.3g}: {', '.join(map(str, found['weights']))}" for found in known
        )
        weights = f"""
The mass of the model near each component of the data, whose weights are {exact}:

{told}
"""
    return f"""# Energy of {DATASETS[recipe.dataset].title}

An energy model of the points of the `{recipe.dataset}` data set: a network U(x, t), whose gradient is minus the score, with
averaged weights. {LOSSES[recipe.loss].title}. {LOSSES[recipe.loss].why}

{trained_again(recipe)}

## What was reached

log Z by quadrature, and by annealed importance sampling with its standard error; KL divergences between the data behind noise and
the model, by quadrature. In nats.

| σ/α | log Z | annealed | KL(data ‖ model) | KL(model ‖ data) |
|---|---|---|---|---|
{rows}
{weights}
Last training loss: {loss:.4f}
"""
