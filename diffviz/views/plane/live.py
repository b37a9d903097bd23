"""What is seen of a training in the plane while it goes on, beside what is exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import torch

from diffviz.checkpoints import format_of, outline
from diffviz.domains.plane import progress
from diffviz.domains.plane.datasets import mixture_of
from diffviz.domains.plane.energies import LOSSES, EnergyRecipe
from diffviz.domains.plane.training import Recipe
from diffviz.energies.annealing import annealed_work, log_z_of
from diffviz.energies.denoiser import EnergyDenoiser
from diffviz.energies.network import EnergyMLP
from diffviz.energies.report import AIS_CHAINS, AIS_STEPS
from diffviz.exports import LEADS, is_said, recipe_title, setting_said, updates_said
from diffviz.gaussian.denoisers.base import Denoiser
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from diffviz.player.protocol import scaled
from diffviz.training.loop import Training
from diffviz.views.base import LiveRow
from diffviz.views.plane.energy import landscape, pair, rows
from diffviz.views.plane.live_diffusion import diffusion_samples, first_noise, positions, score_field
from diffviz.views.plane.live_energy import chain_samples, explored, negatives_of, one_level, running_away

LEVELS = 24  # noise levels at which the loss is measured
POINTS = 256  # at each of them
GAP_POINTS = 256
SIDE, REACH = 16, 3.0  # of the grid of the score field
ALWAYS = (-3.0, 0.0, 3.0, 6.0)  # log SNR at which every report has the field, beside the one that is wanted
SAMPLES = 400
MOST_KEPT = 256  # reports over which a plateau is sought, the older the fewer


class PlaneLive:
    """Of recipes with the same data (views.base.LiveView)."""

    def __init__(self, recipes: Sequence[Recipe | EnergyRecipe]) -> None:
        self._recipes, self._mixture = recipes, mixture_of(recipes[0])
        self._levels = progress.level_axis(LEVELS)
        axis = torch.linspace(-REACH, REACH, SIDE)
        self._grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1).reshape(-1, 2)
        self._noise = first_noise(SAMPLES)
        self._own = [one_level(recipe) for recipe in recipes]  # log SNR of energies that know no other
        self._shared = next((level for level in self._own if level is not None), None)
        self._denoising = [progress.denoising(recipe) for recipe in recipes]
        self._energies: list[dict[str, Any] | None] = [None for _ in recipes]  # of the last report
        self._excess: list[list[tuple[int, progress.Values]]] = [[] for _ in recipes]  # of each point

    def begin(self) -> dict[str, Any]:
        mixture = self._mixture
        exact = progress.chain_costs(ExactDenoiser(mixture), mixture, 2)
        return {
            "mixture": {"means": rows(mixture.means), "weights": rows(mixture.weights), "std": mixture.std},
            "levels": rows(self._levels),
            "reach": REACH,
            "noise": scaled(self._noise.numpy(), "int16"),
            "entropy": exact.entropy.value,
            "runs": [self._begin_of(side, exact.exact_gap.value) for side in range(len(self._recipes))],
        }

    def _begin_of(self, side: int, exact_gap: float) -> dict[str, Any]:
        recipe, own, denoising = self._recipes[side], self._own[side], self._denoising[side]
        floor = None if denoising is None or own is not None else progress.floor(self._mixture, denoising, self._levels)
        parameters = sum(parameter.numel() for parameter in outline(format_of(recipe), recipe).parameters())
        if floor is None:
            least = progress.least_of_energy(self._mixture, recipe)
        else:
            least = float(progress.shares(denoising, self._levels) @ floor)
        return {
            "kind": "denoiser" if not recipe.gives_energy else "energy" if negatives_of(recipe) is None else "contrast",
            "log_snr": own,
            "negatives": negatives_of(recipe),
            "explore": explored(self._mixture, self._own, side),
            "unit": "nats" if denoising is None and recipe.loss != "dsm_one" else "",
            "floor": None if floor is None else rows(floor),
            "least": least,
            "exact_gap": exact_gap if own is None else None,
            "parameters": parameters,
        }

    def title(self, recipes: Sequence[Any], side: int, made: int) -> str:
        """All of one training; of two, what one of them has alone, and the updates."""
        recipe = recipes[side]
        if len(recipes) == 1:
            return recipe_title(recipe, made)
        other, named = recipes[1 - side], fields(recipe)
        alone = [item for item in named if getattr(recipe, item.name) != getattr(other, item.name, item.default)]
        if type(recipe) is not type(other):  # what tells their kinds apart
            alone = [item for item in named if item in alone or item.name in LEADS]
        own = [item for item in alone if is_said(recipe, item)]
        said = [setting_said(recipe, item, item.name not in LEADS) for item in own]
        return ", ".join([*said, updates_said(recipe, made)]) if said else recipe_title(recipe, made)

    def quick(self, side: int, training: Training, log_snr: float) -> dict[str, Any]:
        network, own = training.average.eval(), self._own[side]
        level = log_snr if self._shared is None else self._shared if own is None else own
        with torch.inference_mode():
            if own is None:
                denoiser, levels = NetworkDenoiser(network), (level, *ALWAYS)
                samples = diffusion_samples(denoiser, self._noise)
            else:
                denoiser, levels = EnergyDenoiser(network), (own,)
                samples = chain_samples(network, self._mixture, own, self._noise)
            field = torch.stack([score_field(denoiser, self._grid, each).view(SIDE, SIDE, 2) for each in levels])
        energy = landscape(network, self._mixture, level, REACH) if isinstance(network, EnergyMLP) else None
        self._energies[side] = energy
        found = {
            "field": {"log_snr": levels, "score": scaled(field.numpy(), "int8")},
            "samples": positions(samples, REACH),
            "energy": energy,
        }
        if (denoising := self._denoising[side]) is not None:
            found |= self._by_level(side, denoiser, denoising, training.update)
        elif energy is not None and training.recipe.loss == "mle":  # -E log p is the entropy of the data and this
            found["excess"] = energy["kl_data_model"]
        if negatives_of(training.recipe) is not None and (negatives := training.task.negatives) is not None:
            seen = negatives[:SAMPLES]  # a replay buffer may have many more
            found["negatives"] = positions(seen, REACH)
            found["warning"] = running_away(training.network, self._mixture, own, seen)
        return found

    def _by_level(self, side: int, denoiser: Denoiser, recipe: Recipe, update: int) -> dict[str, Any]:
        """The loss at every noise level that the network knows, and whether more training helps."""
        own, told = self._own[side], self._excess[side]
        axis, points = (self._levels, POINTS) if own is None else (np.array([own]), LEVELS * POINTS)
        found = progress.loss_by_level(denoiser, self._mixture, recipe, axis, points)
        if told and told[-1][0] == update:  # seen anew
            told.pop()
        told.append((update, found.excess_of_points(recipe)))
        if len(told) > MOST_KEPT:
            del told[1::2]
        levels = {"loss": rows(found.loss), "stderr": rows(found.stderr)} if own is None else None
        excess = pair(found.overall(recipe)[1])
        return {"excess": excess, "levels": levels, "plateau": progress.plateau(*zip(*told, strict=True))}

    def slow(self, side: int, training: Training) -> dict[str, Any]:
        network, energy, found = training.average.eval(), self._energies[side], {}
        if self._own[side] is None:
            costs = progress.chain_costs(NetworkDenoiser(network), self._mixture, GAP_POINTS)
            found = {"bound": pair(costs.bound), "gap": pair(costs.gap)}
        if energy is not None:
            work = annealed_work(network, energy["log_snr"], AIS_CHAINS, AIS_STEPS, torch.Generator().manual_seed(0))
            found["energy"] = energy | {"ais": pair(log_z_of(work))}  # of the weights that the report is of
        return found


_ENERGY = {"dataset": "eight_gaussians", "updates": 2000, "objective": "energy", "batch": 256, "hidden": 64, "lr": 2e-3}

LIVE = LiveRow(
    row="network",
    see=PlaneLive,
    common=("dataset", "own_points", "bandwidth", "own_mixture", "updates"),
    usual={"dataset": "two_moons", "updates": 5000, "ema": 0.99},  # the average of a short training should not be its beginning
    presets=(
        ("A first training", "Two moons, in 2000 updates.", ({"updates": 2000},)),
        (
            "ε beside v",
            "The same network predicts the noise (A) and v (B). An error in ε is divided by α in x̂₀: at first the samples of A "
            "lie far outside, as marks at the panel's edge, and come in as the error at high noise falls. Those of B stay near.",
            ({"updates": 2000, "objective": "eps"}, {"updates": 2000}),
        ),
        (
            "Width 8 beside 128",
            "A network that is too small stays several times as far above the exact minimum: the chart of the loss above its "
            "minimum, on a log axis, tells the two apart.",
            ({"updates": 2000, "hidden": 8}, {"updates": 2000}),
        ),
        (
            "An energy",
            "The network is a density up to log Z, which the grid knows: compare the KL divergences, and the weights of the "
            "modes where the noise is low.",
            ({"dataset": "eight_gaussians", "updates": 2000, "objective": "energy"},),
        ),
        (
            "Contrastive divergence beside score matching",
            "Both learn the energy at one noise level. A raises it where chains of 10 moves from the data have come, B matches "
            "its gradient: compare the weights of the modes and the KL divergences.",
            ({**_ENERGY, "loss": "cd"}, {**_ENERGY, "loss": "dsm_one"}),
        ),
        (
            "What goes wrong: energies run away without a penalty",
            "Persistent chains, in both. Nothing holds the energies of A: their difference grows without bound, and the density "
            "contracts to a few points. A penalty on the squared energy and a smaller learning rate hold those of B.",
            ({**_ENERGY, "loss": "pcd"}, {**_ENERGY, "loss": "pcd", "penalty": 0.01, "lr": 5e-4}),
        ),
        (
            "An energy beside a diffusion model",
            "A learns the energy at one noise level, B is a diffusion model. Compare samples both with as many function "
            "evaluations: chains at that level in A, the reverse process in B.",
            ({**_ENERGY, "loss": "cd"}, {**_ENERGY, "objective": "v"}),
        ),
        (
            "Maximum likelihood, with log Z by quadrature",
            "The exact gradient, which is possible in the plane: the loss ends at the entropy of the data behind noise.",
            ({**_ENERGY, "loss": "mle"},),
        ),
    ),
    other="energy",
    meant=(("objective", ("energy",)), ("loss", tuple(name for name in LOSSES if name != "dsm"))),
)
