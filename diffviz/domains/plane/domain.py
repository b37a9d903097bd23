"""Points of the plane: Gaussian mixtures whose entropies and costs are known by quadrature."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz import checkpoints
from diffviz.checkpoints import Format
from diffviz.domains.base import NETWORK_2015, OWN_CHAIN, Domain, TrainingRow
from diffviz.domains.plane import own_mixture, own_points
from diffviz.domains.plane.bandwidth import HIGHEST, LOWEST, likely_bandwidth
from diffviz.domains.plane.cost import evaluation_seconds, schedule_seconds
from diffviz.domains.plane.datasets import DATASETS, OWN, OWN_MIXTURE, OWN_POINTS, mixture_of, points_of
from diffviz.domains.plane.energies import EnergyRecipe, begin_energy, energy_denoiser, new_energy
from diffviz.domains.plane.optimal_schedule import optimal_log_snr
from diffviz.domains.plane.thermodynamics import thermodynamic_metric
from diffviz.domains.plane.training import Recipe, begin, new_network
from diffviz.domains.plane.training_2015 import ChainRecipe, begin_chain, new_chain_network
from diffviz.energies.network import EnergyMLP
from diffviz.fields import Condition, ExperimentError, Rule, number, option, plain
from diffviz.gaussian.bugs import AFFECTED, BugFields, bites, bug_of, unpriced
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.denoisers.mlp import NetworkDenoiser
from diffviz.gaussian.denoisers.rbf import ChainDenoiser
from diffviz.gaussian.fields import GaussianFields
from diffviz.gaussian.kernels import POINT_VARIANCES
from diffviz.gaussian.law import GaussianLaw
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.process import Gaussian
from diffviz.gaussian.samplers import ALL_SAMPLERS, CHAINS
from diffviz.inverse.fields import TaskFields
from diffviz.inverse.multiplying import FactorTask
from diffviz.inverse.tasks import POINT_CONDITIONS, POINT_MEASURED, POINT_STARTS, factor_refusal, usual_condition
from diffviz.messages import show
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule
from diffviz.weights import load_network, name_refusal, on_device

NO_DENSITY = "is a network without a density, by whose ratio steps could be accepted; only its score is known."


@dataclass(frozen=True)
class PlaneFields:
    """What the data in the plane read."""

    data_std: float = number(
        1.0, "Standard deviation of the data", "Of the Gaussian; at 1 the data are distributed as the noise is.", 0.05, 1.5
    )
    own_points: str = plain(
        "",
        "Your points",
        f'Points such as "0,0;1.5,-1", at most {own_points.MAX_POINTS}, or the text that points were made into; empty for ours.',
    )
    bandwidth: float | None = number(
        None,
        "Kernel bandwidth h",
        "The standard deviation of the Gaussian at each of your points; empty for the one under which each point is most likely "
        "given the others (leave-one-out).",
        LOWEST,
        HIGHEST,
        optional=True,
    )
    own_mixture: str = plain(
        "",
        "Your components",
        f'Of each its mean, standard deviation and weight, "x,y,std,weight;...", at most {own_mixture.MOST}; empty for ours.',
    )


ENERGY = (
    "Train an energy model, whose score is the gradient of a density, by denoising score matching, contrastive divergence, "
    "recovery likelihood or maximum likelihood (--loss)."
)
_PLAIN = (
    Condition("dataset", tuple(DATASETS)),
    Condition("measurement", ("none",)),
    Condition("sampler", tuple(CHAINS), among=False),
)


class Plane(Domain):
    """The domain of points [N, 2]."""

    name = "plane"
    title = "Points in the plane"
    why = "Gaussian mixtures in two dimensions: the exact score, cost and dissipation of every step are known."
    sections = (PlaneFields, GaussianFields, BugFields)
    datasets = DATASETS
    samplers = ALL_SAMPLERS
    training: Mapping[str, TrainingRow] = {
        "network": TrainingRow(Format("diffviz-mlp-1", Recipe, new_network), begin),
        "network_2015": TrainingRow(
            Format("diffviz-rbf-2015-1", ChainRecipe, new_chain_network), begin_chain, "", "_2015", NETWORK_2015, OWN_CHAIN
        ),
        "energy": TrainingRow(Format("diffviz-energy-1", EnergyRecipe, new_energy), begin_energy, "", "_energy", ENERGY),
    }
    uses = ("measurement",)
    rules = (
        Rule(("variance",), _PLAIN),  # of the ancestral chain, whose cost stands beside every sampler
        Rule(("bug",), (*_PLAIN, Condition("denoiser", ("exact",)), Condition("sampler", AFFECTED))),
    )

    def __init__(self) -> None:
        self.offers = {
            "variance": POINT_VARIANCES,
            "start": POINT_STARTS,
            "measurement": POINT_MEASURED,
            "condition": POINT_CONDITIONS,
        }
        self.measured = {
            "metric": lambda e: thermodynamic_metric(self.distribution(e)),
            "levels": lambda e: optimal_log_snr(self.distribution(e), e.steps),
        }

    def shape(self, e: Any) -> tuple[int, ...]:
        return (2,)

    def data_title(self, e: Any) -> str:
        title = DATASETS[e.dataset].title
        if e.dataset == OWN_POINTS:
            points = points_of(e.own_points)
            title += f": {points.total}, h = {likely_bandwidth(points) if e.bandwidth is None else e.bandwidth:g}"
        if e.dataset == OWN_MIXTURE and e.own_mixture:
            title += f": {len(own_mixture.read_mixture(e.own_mixture))} components"
        return title

    def size(self, e: Any) -> int:
        return 1

    def distribution(self, e: Any) -> GaussianMixture:
        return mixture_of(e)

    def data(self, e: Any) -> Tensor:
        uniform = particle_uniform(e.seed, Stream.DATA, e.particles)
        return self.distribution(e).sample(uniform, ParticleNoise(e.seed, Stream.DATA, e.particles)(0).double()).float()

    def process(self, e: Any, schedule: NoiseSchedule, visited: NDArray[np.int64]) -> Gaussian:
        return Gaussian(e, schedule, visited, self.distribution(e))

    def path_law(self, e: Any, process: Gaussian) -> GaussianLaw:
        bug = bug_of(e)
        if why := unpriced(e):
            chain = f"one along a schedule, as {option('sampler', 'ancestral')} is,"
            field, wanted = ("bug", option("bug", "none")) if bug.unpriced else ("sampler", chain)
            raise ExperimentError(field, f"must be {wanted} for the probability of a path: {why}.")
        times = process.visited[: e.start_index(process.visited) + 1]
        return GaussianLaw(self.distribution(e), process.schedule, times, process.variances, bug.kernel, process.late)

    def denoiser(self, e: Any, process: Gaussian, device: torch.device) -> Denoiser:
        if e.denoiser == "exact":
            exact = ExactDenoiser(self.distribution(e), device, variance=process.reads_variance, energy=process.row.reads_energy)
            wrong = bug_of(e).denoiser
            return exact if wrong is None else wrong(exact, self.distribution(e))
        loaded = load_network(e, checkpoints.CHECKPOINTS, Recipe, ChainRecipe, EnergyRecipe)
        network = on_device(loaded.network, device)
        alpha, sigma = (table[process.visited[1:]].tolist() for table in (process.schedule.alpha, process.schedule.sigma))
        if isinstance(network, EnergyMLP):
            return energy_denoiser(e, loaded, network, zip(alpha, sigma, strict=True))
        if process.row.reads_energy:
            raise ExperimentError("sampler", f"must not be {option('sampler', e.sampler)}: {loaded.name} {NO_DENSITY}")
        if isinstance(loaded.recipe, Recipe):
            if e.variance == "learned" and not loaded.recipe.tells_variance:
                raise ExperimentError(
                    "denoiser", f"{loaded.name} predicts no variance, so the reverse variance cannot be its own."
                )
            return NetworkDenoiser(network, zip(alpha, sigma, strict=True))
        chain = f"{option('schedule', 'drawn')} through {network.drawn}, with T = {loaded.recipe.steps}"
        of_chain = ChainDenoiser(network, loaded.name, chain)
        of_chain.index_of.check(zip(alpha, sigma, strict=True))
        return of_chain

    def evaluation_seconds(self, e: Any) -> float:
        return evaluation_seconds(e)

    def schedule_seconds(self, e: Any) -> float:
        return schedule_seconds(e)

    def task(self, e: Any) -> FactorTask | None:
        return FactorTask(e, self.distribution(e)) if e.conditional else None

    def otherwise(self, e: Any) -> dict[str, Any]:
        """No mistake where it changes nothing; and the usual way of conditioning images, which points have not, is their own."""
        found: dict[str, Any] = {} if bites(e) else {"bug": "none"}
        if e.dataset == OWN_POINTS:
            with suppress(ValueError):  # refused in its turn
                found["own_points"] = own_points.points_text(e.own_points)
        if e.dataset == OWN_MIXTURE:
            found["own_mixture"] = own_mixture.plain_mixture_text(e.own_mixture)
        usual = next(item.default for item in fields(TaskFields) if item.name == "condition")
        return found | ({"condition": usual_condition(e)} if e.conditional and e.condition == usual else {})

    def _own_refusal(self, e: Any) -> tuple[str, str] | None:
        """Of data that are a person's own."""
        field = e.dataset
        try:
            if field == OWN_POINTS:
                own_points.points_text(e.own_points)
                if e.own_points:
                    own_points.read_points(e.own_points)
                field = "bandwidth"
            mixture_of(e)
        except ValueError as error:
            given = f", not {show(getattr(e, field))}" if str(error) in (own_points.ALLOWED, own_mixture.ALLOWED) else ""
            return field, f"{error}{given}."
        return None

    def refusal(self, e: Any) -> tuple[str, str] | None:
        if e.dataset in OWN and (refused := self._own_refusal(e)):
            return refused
        if e.denoiser == "learned" and e.dataset == "gaussian" and e.data_std != 1.0:
            return "data_std", f"must be 1 for the denoiser {option('denoiser', 'learned')}, which saw no other width."
        if e.denoiser == "learned" and e.variance == "learned":
            kinds = option("variance", *(name for name in POINT_VARIANCES if name != "learned"))
            return (
                "variance",
                f"must be one of {kinds} for the denoiser {option('denoiser', 'learned')}, which predicts no variance.",
            )
        if e.conditional and ALL_SAMPLERS[e.sampler].one_level:
            return "sampler", f"must be one along a schedule, as {option('sampler', 'ancestral')} is, with a factor r(x)."
        if e.denoiser == "learned" and ALL_SAMPLERS[e.sampler].reads_energy:
            return "sampler", f"must not be {option('sampler', e.sampler)}: {option('denoiser', 'learned')} {NO_DENSITY}"
        return name_refusal(e) or (factor_refusal(e) if e.conditional else None)


PLANE = Plane()
