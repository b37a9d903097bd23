"""What is seen of a training in the plane while it goes on, beside what is exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from diffviz.domains.plane import progress
from diffviz.domains.plane.datasets import mixture_of
from diffviz.domains.plane.training import Recipe, alpha_sigma, new_network
from diffviz.energies.annealing import annealed_work, log_z_of
from diffviz.energies.network import EnergyMLP
from diffviz.energies.report import AIS_CHAINS, AIS_STEPS
from diffviz.exports import is_said, recipe_title, setting_said
from diffviz.gaussian.denoisers.base import Denoiser, score
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE, NetworkDenoiser
from diffviz.gaussian.samplers.dpm_solver import DPMSolver
from diffviz.noise import ParticleNoise, Stream
from diffviz.player.protocol import scaled
from diffviz.process import Step
from diffviz.schedules import make_schedule
from diffviz.views.base import LiveRow
from diffviz.views.plane.energy import drawn, energy_of, pair, rows

LEVELS = 24  # noise levels at which the loss is measured
POINTS = 256  # at each of them
GAP_POINTS = 256
ENERGY_SIDE, CHAINS, MOVES = 49, 48, 12  # of the map of an energy, and of its Langevin chains
SIDE, REACH = 16, 3.0  # of the grid of the score field
ALWAYS = (-3.0, 0.0, 3.0, 6.0)  # log SNR at which every report has the field, beside the one that is wanted
LONGEST = 4.0  # a score is cut where it is longer than so many 1/sigma
SAMPLES, SAMPLER_STEPS = 400, 20
MOST_KEPT = 256  # reports over which a plateau is sought, the older the fewer


class PlaneLive:
    """Of recipes with the same data (views.base.LiveView)."""

    def __init__(self, recipes: Sequence[Recipe]) -> None:
        self._recipes, self._mixture = recipes, mixture_of(recipes[0])
        self._levels = progress.level_axis(LEVELS)
        axis = torch.linspace(-REACH, REACH, SIDE)
        self._grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1).reshape(-1, 2)
        self._noise = ParticleNoise(0, Stream.REVERSE, SAMPLES)(SAMPLER_STEPS)
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
        recipe = self._recipes[side]
        floor = progress.floor(self._mixture, recipe, self._levels)
        with torch.device("meta"):
            parameters = sum(parameter.numel() for parameter in new_network(recipe).parameters())
        return {
            "title": self._title(side),
            "unit": "",
            "floor": rows(floor),
            "least": float(progress.shares(recipe, self._levels) @ floor),
            "exact_gap": exact_gap,
            "parameters": parameters,
        }

    def _title(self, side: int) -> str:
        """All of one training; of two, what one of them has alone."""
        recipe = self._recipes[side]
        if len(self._recipes) == 1:
            return recipe_title(recipe)
        other, named = self._recipes[1 - side], recipe.__dataclass_fields__.values()
        own = [item for item in named if getattr(recipe, item.name) != getattr(other, item.name) and is_said(recipe, item)]
        return ", ".join(setting_said(recipe, item, item.name != "objective") for item in own) or recipe_title(recipe)

    def quick(self, side: int, network: nn.Module, update: int, log_snr: float) -> dict[str, Any]:
        denoiser, recipe = NetworkDenoiser(network), self._recipes[side]
        found = progress.loss_by_level(denoiser, self._mixture, recipe, self._levels, POINTS)
        told = self._excess[side]
        if told and told[-1][0] == update:  # seen anew
            told.pop()
        told.append((update, found.excess_of_points(recipe)))
        if len(told) > MOST_KEPT:
            del told[1::2]
        with torch.inference_mode():
            field = torch.stack([self._field(denoiser, level) for level in (log_snr, *ALWAYS)])
            samples = self._samples(denoiser)
        return {
            "levels": {"loss": rows(found.loss), "stderr": rows(found.stderr)},
            "field": {"log_snr": [log_snr, *ALWAYS], "score": scaled(field.numpy(), "int8")},
            "samples": scaled(samples.clamp(-2 * REACH, 2 * REACH).numpy(), "int16"),
            "plateau": progress.plateau(*zip(*told, strict=True)),
            "energy": self._energy(side, network, log_snr),
        }

    def _energy(self, side: int, network: nn.Module, log_snr: float) -> dict[str, Any] | None:
        """Of an energy model, its report at the noise level that is wanted; log Z by annealing is a slow part."""
        self._energies[side] = None
        if not isinstance(network, EnergyMLP):
            return None
        level = min(max(log_snr, LOG_SNR_RANGE[0]), LOG_SNR_RANGE[1])
        found = energy_of(network, self._mixture, level, reach=REACH, side=ENERGY_SIDE, chains=CHAINS, moves=MOVES)
        if found is not None:
            grid, told = found
            chains = scaled(grid.chains.clamp(-2 * REACH, 2 * REACH).numpy(), "int16")
            self._energies[side] = {**told, "energy": scaled(drawn(grid).numpy(), "int16"), "chains": chains}
        return self._energies[side]

    def slow(self, side: int, network: nn.Module) -> dict[str, Any]:
        costs = progress.chain_costs(NetworkDenoiser(network), self._mixture, GAP_POINTS)
        found: dict[str, Any] = {"bound": pair(costs.bound), "gap": pair(costs.gap)}
        energy = self._energies[side]
        if energy is not None:
            work = annealed_work(network, energy["log_snr"], AIS_CHAINS, AIS_STEPS, torch.Generator().manual_seed(0))
            found["energy"] = energy | {"ais": pair(log_z_of(work))}  # of the weights that the report is of
        return found

    def _field(self, denoiser: Denoiser, log_snr: float) -> Tensor:
        """[SIDE, SIDE, 2] the score, row by row from below."""
        alpha, sigma = (each.item() for each in alpha_sigma(torch.tensor(log_snr, dtype=torch.float64)))
        found = score(self._grid, denoiser(self._grid, alpha, sigma).x0_hat, alpha, sigma)
        longest = LONGEST / sigma
        return (found * (longest / found.norm(dim=1, keepdim=True).clamp(min=longest))).view(SIDE, SIDE, 2)

    def _samples(self, denoiser: Denoiser) -> Tensor:
        """[SAMPLES, 2] what DPM-Solver++ (2M) makes of the noise, which is the same every time."""
        schedule, sampler = make_schedule(progress.SCHEDULE, SAMPLER_STEPS), DPMSolver()
        state = sampler.init(self._noise)
        for t in range(SAMPLER_STEPS, 0, -1):
            step = Step(t, t - 1, schedule, _no_noise, denoiser)
            state, _ = sampler.step(state, denoiser(state.x, *step.levels[:2]), step)
        return state.x


def _no_noise(draw: int) -> Tensor:
    raise AssertionError("the sampler is deterministic")


LIVE = LiveRow(
    row="network",
    see=PlaneLive,
    common=("dataset", "own_points", "bandwidth", "own_mixture", "updates"),
    usual={"dataset": "two_moons", "updates": 5000},
    presets=(
        ("A first training", "Two moons, as the shipped networks were trained, in 2000 updates.", ({"updates": 2000},)),
        (
            "ε beside v",
            "The same network predicts the noise, and v: compare the loss where the noise is high.",
            ({"updates": 2000, "objective": "eps"}, {"updates": 2000}),
        ),
        (
            "Width 8 beside 128",
            "A network that is too small reaches a plateau above the exact minimum.",
            ({"updates": 2000, "hidden": 8}, {"updates": 2000}),
        ),
        (
            "An energy",
            "The network is a density up to log Z, which the grid knows: compare the KL divergences, and the weights of the "
            "modes where the noise is low.",
            ({"dataset": "eight_gaussians", "updates": 2000, "objective": "energy"},),
        ),
    ),
)
