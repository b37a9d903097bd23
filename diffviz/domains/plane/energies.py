"""Training an energy model of the points of a data set (diffviz/energies): by denoising score matching, contrastive divergence,
maximum likelihood or recovery likelihood."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from diffviz.checkpoints import Checkpoint
from diffviz.domains.plane import own_settings
from diffviz.domains.plane.datasets import mixture_of
from diffviz.energies.denoiser import EnergyDenoiser, one_level
from diffviz.energies.learning import chain, contrast, denoising, negative_log_likelihood, places, recovered
from diffviz.energies.network import EnergyMLP
from diffviz.energies.partition import REACH, WIDER, least_reach
from diffviz.fields import ExperimentError
from diffviz.gaussian.denoisers.mlp import LOG_SNR_RANGE
from diffviz.levels import alpha_sigma
from diffviz.training.levels import draw_levels
from diffviz.training.loop import Task, Training
from diffviz.training.settings import (
    batch,
    check_settings,
    choice,
    clear_unread,
    decay,
    earlier,
    peak_rate,
    seed,
    setting,
    updates,
)

SQUARES = {REACH: 96, WIDER * REACH: 144, WIDER**2 * REACH: 216}  # that maximum likelihood integrates over: reach in u, and side
SEARCHED = 50  # updates after each of which it is sought which of them holds the model's mass
OF_POSTERIOR = 0.3  # a move of recovery's chains, in units of the variance that y alone leaves


@dataclass(frozen=True)
class LossRow:
    """One row of LOSSES. one_level: the energy is learned at one noise level; chains: it draws Langevin chains."""

    title: str
    why: str
    one_level: bool = True
    chains: bool = False


LOSSES: dict[str, LossRow] = {
    "dsm": LossRow("Denoising score matching", "At all noise levels: the squared error of the score behind noise.", False),
    "dsm_one": LossRow("Denoising score matching, one level", "The same at one noise level alone (Vincent 2011)."),
    "cd": LossRow("Contrastive divergence", "Chains of k moves that begin at the data (Hinton 2002).", chains=True),
    "pcd": LossRow(
        "Persistent contrastive divergence",
        "Chains go on from update to update, in a replay buffer (Tieleman 2008).",
        chains=True,
    ),
    "recovery": LossRow(
        "Recovery likelihood", "The likelihood of data given themselves behind more noise (Gao et al. 2021).", False, True
    ),
    "mle": LossRow("Maximum likelihood", "The exact gradient, with log Z by quadrature: possible in the plane."),
}


def _when(attribute: str) -> tuple[str, tuple[str, ...]]:
    """With which losses a setting is read: those whose rows have the attribute."""
    return "loss", tuple(name for name, row in LOSSES.items() if getattr(row, attribute))


@dataclass(frozen=True)
class EnergyRecipe:
    """Everything that decides the weights.

    dataset: a name in DATASETS; the others say in their metadata what they are. Fields that are not read return to their
    defaults. Raises ValueError, in one sentence, for what is not allowed.
    """

    dataset: str
    loss: str = choice("dsm", "Loss", f"Of an energy model, one of: {', '.join(LOSSES)}.", LOSSES)
    log_snr: float = setting(
        7.0, "Noise level of the data, for losses at one level: log SNR.", *LOG_SNR_RANGE, "Noise level", _when("one_level")
    )
    hidden: int = setting(128, "Units in a layer.", 1, 1024, "Width")
    layers: int = setting(3, "Hidden layers.", 1, 16, "Depth")
    features: int = setting(32, "Fourier features.", 1, 512, "Features of x")
    moves: int = setting(10, "Langevin moves k of a chain in each update.", 1, 200, "Moves k", _when("chains"))
    step: float = setting(
        0.004, "Langevin step e of cd and pcd, in units of x².", 1e-7, 100.0, "Langevin step e", ("loss", ("cd", "pcd"))
    )
    temperature: float = setting(
        1.0, "Temperature of the chains' noise √(2eT): 1 is right.", 0.01, 100.0, "Temperature T", _when("chains")
    )
    adjusted: bool = setting(
        True, "Accept or refuse the chains' moves (MALA), instead of taking all.", title="Accept or refuse", when=_when("chains")
    )
    buffer: int = setting(8192, "Chains in the replay buffer of pcd.", 1, 200_000, "Replay buffer", ("loss", ("pcd",)))
    fresh: float = setting(
        0.05, "Share of pcd's chains that begin anew, from noise.", 0.0, 1.0, "Share begun anew", ("loss", ("pcd",))
    )
    penalty: float = setting(
        0.0, "Weight of the mean squared energy, where chains are drawn.", 0.0, 100.0, "Penalty on the energy", _when("chains")
    )
    spacing: float = setting(
        1.0,
        "Of recovery: by how much log SNR falls to the noisier one.",
        0.05,
        10.0,
        "Step in log SNR",
        ("loss", ("recovery",)),
    )
    updates: int = updates(12000)
    batch: int = batch(512)
    lr: float = peak_rate(4e-3)
    ema: float = decay(0.999)
    seed: int = seed()
    earlier: str = earlier()
    own_points: str = own_settings.points()
    bandwidth: float | None = own_settings.bandwidth()
    own_mixture: str = own_settings.mixture()

    def __post_init__(self) -> None:
        own_settings.check_dataset(self)
        check_settings(self)
        clear_unread(self)
        own_settings.check_own(self)

    gives_energy = True  # of a density: its network is an energy

    @property
    def chain_moves(self) -> int:
        """Langevin moves of each point of a batch, in every update."""
        return self.moves if LOSSES[self.loss].chains else 0

    @property
    def quadrature_nodes(self) -> int:
        """Points at which the energy is asked beside those of a batch, in an update on the first square."""
        return SQUARES[REACH] ** 2 if self.loss == "mle" else 0

    @property
    def one_level(self) -> float | None:
        """Log SNR of the only noise level that the energy knows; None where it knows all."""
        return self.log_snr if LOSSES[self.loss].one_level else None


def new_energy(recipe: EnergyRecipe) -> EnergyMLP:
    """An untrained network of the recipe's size."""
    return EnergyMLP(recipe.hidden, recipe.layers, recipe.features)


class Drawn(NamedTuple):
    """Of one update: u [N, 2] behind noise at log_snr [N] or [1], and what its loss reads else.

    v: [N, 2] target of denoising; y, a, v_y: of recovery, u behind more noise y = a u + sqrt(v_y) eps
    z, uniform: [k, N, 2] and [k, N] of the chains; begin: [N] the places in the buffer; new: [N, 2] where chains begin anew, NaN
        where they go on
    """

    u: Tensor
    log_snr: Tensor
    v: Tensor
    y: Tensor | None = None
    a: Tensor | None = None
    v_y: Tensor | None = None
    z: Tensor | None = None
    uniform: Tensor | None = None
    begin: Tensor | None = None
    new: Tensor | None = None


class EnergyTask(Task):
    """The energy of a recipe, trained on samples that are drawn anew for every update."""

    def __init__(self, recipe: EnergyRecipe, device: torch.device | str = "cpu") -> None:
        super().__init__(recipe, device)
        self._mixture = mixture_of(recipe).to("cpu", torch.float32)
        kept = {"pcd": recipe.buffer, "cd": recipe.batch}.get(recipe.loss, 0)
        self._negatives = torch.zeros(kept, 2, device=self.device)  # of cd all zero before the first update
        self._reach = torch.tensor(REACH, dtype=torch.float64)  # of the square that maximum likelihood integrates over

    def network(self, generator: torch.Generator) -> EnergyMLP:
        network = new_energy(self.recipe)
        network.draw_frequencies(generator)
        if self.recipe.loss == "pcd":
            self._negatives.copy_(torch.randn(self._negatives.shape, generator=generator))
        else:
            self._negatives.zero_()
        self._reach.fill_(REACH)
        return network

    def tensors(self) -> Mapping[str, Tensor]:
        kept = {"pcd": {"buffer": self._negatives}, "cd": {"reached": self._negatives}, "mle": {"reach": self._reach}}
        return kept.get(self.recipe.loss, {})

    @property
    def negatives(self) -> Tensor | None:
        """[N, 2] at the recipe's one noise level, the samples whose energy is raised: the replay buffer, or where the chains of
        the last update came to; None where there are none."""
        return self._negatives if self._negatives.any() else None

    def after(self, network: EnergyMLP, update: int) -> None:
        """Energy outside a square would cost nothing, so that mass could gather there."""
        if self.recipe.loss == "mle" and update % SEARCHED == 0:
            self._reach.fill_(least_reach(network, self.recipe.log_snr, [*SQUARES]))

    def draw(self, count: int, generator: torch.Generator) -> list[Drawn]:
        return [Drawn(*(None if part is None else part.to(self.device) for part in self._draw(generator))) for _ in range(count)]

    def _draw(self, generator: torch.Generator) -> Drawn:
        recipe = self.recipe
        draw = torch.rand(2, recipe.batch, generator=generator)
        normal = torch.randn(2, recipe.batch, 2, generator=generator)
        x0, eps = self._mixture.sample(draw[0], normal[0]), normal[1]
        if recipe.one_level is None:
            log_snr = draw_levels("uniform", *LOG_SNR_RANGE, draw[1])
        else:
            log_snr = torch.full((1,), recipe.one_level)
        alpha, sigma = alpha_sigma(log_snr[:, None])
        found = Drawn(alpha * x0 + sigma * eps, log_snr, alpha * eps - sigma * x0)
        if not LOSSES[recipe.loss].chains:
            return found
        z = torch.randn(recipe.moves, recipe.batch, 2, generator=generator)
        uniform = torch.rand(recipe.moves, recipe.batch, generator=generator) if recipe.adjusted else None
        found = found._replace(z=z, uniform=uniform)
        if recipe.loss == "recovery":
            noisier, noise = alpha_sigma(log_snr[:, None] - recipe.spacing)
            a = noisier / alpha
            v_y = noise.square() - (a * sigma).square()
            return found._replace(y=a * found.u + v_y.sqrt() * torch.randn(recipe.batch, 2, generator=generator), a=a, v_y=v_y)
        if recipe.loss == "pcd":
            begin = torch.randint(recipe.buffer, (recipe.batch,), generator=generator)
            new = torch.randn(recipe.batch, 2, generator=generator)
            goes_on = torch.rand(recipe.batch, generator=generator) >= recipe.fresh
            return found._replace(begin=begin, new=new.masked_fill(goes_on[:, None], torch.nan))
        return found

    def loss(self, network: EnergyMLP, drawn: Drawn, update: int) -> tuple[Tensor, Tensor]:
        recipe = self.recipe
        if recipe.loss in ("dsm", "dsm_one"):
            loss = denoising(network, drawn.log_snr, drawn.u, drawn.v)
            return loss, loss
        if recipe.loss == "mle":
            loss = self._negative_log_likelihood(network, drawn)
            return loss, loss
        return contrast(network, drawn.log_snr, drawn.u, self._chains(network, drawn), recipe.penalty)

    def _negative_log_likelihood(self, network: EnergyMLP, drawn: Drawn) -> Tensor:
        """Infinite where no square holds the mass, and log Z is not known."""
        reach = float(self._reach)
        if math.isinf(reach):
            return network.energy(drawn.u, drawn.log_snr).mean() + reach
        axis = torch.linspace(-reach, reach, SQUARES[reach], device=self.device)
        cell = float(axis[1] - axis[0]) ** 2
        return negative_log_likelihood(network, drawn.log_snr, drawn.u, torch.cartesian_prod(axis, axis), cell)

    def _chains(self, network: EnergyMLP, drawn: Drawn) -> Tensor:
        """[N, 2] what this update's chains reach."""
        recipe, told = self.recipe, places(network, drawn.log_snr)
        if recipe.loss == "recovery":
            told = recovered(network, drawn.log_snr, drawn.y, drawn.a, drawn.v_y)
            size = OF_POSTERIOR * drawn.v_y / (drawn.a.square() + drawn.v_y)
            return chain(told, drawn.y, size, drawn.z, drawn.uniform, recipe.temperature)
        begin = drawn.u
        if recipe.loss == "pcd":
            begin = torch.where(drawn.new.isnan(), self._negatives[drawn.begin], drawn.new)
        reached = chain(told, begin, recipe.step, drawn.z, drawn.uniform, recipe.temperature)
        self._negatives[drawn.begin if recipe.loss == "pcd" else slice(None)] = reached
        return reached


def begin_energy(recipe: EnergyRecipe, device: torch.device | str = "cpu") -> Training:
    """A training of this recipe, before its first update. Its loss is the mean squared error of v, the difference of the mean
    energies of data and chains, or minus the log-likelihood in nats."""
    return Training(EnergyTask(recipe, device))


def energy_denoiser(e: Any, loaded: Checkpoint, network: EnergyMLP, levels: Iterable[tuple[float, float]]) -> EnergyDenoiser:
    """Of a loaded energy on the run's device. levels: (alpha, sigma) that will be asked for. Raises ExperimentError for what the
    energy does not know: levels other than its own, or a variance."""
    if e.variance == "learned":
        raise ExperimentError("denoiser", f"{loaded.name} predicts no variance, so the reverse variance cannot be its own.")
    level = loaded.recipe.one_level if isinstance(loaded.recipe, EnergyRecipe) else None
    if level is None:
        return EnergyDenoiser(network)
    check = one_level(level, loaded.name)
    for alpha, sigma in levels:
        check(alpha, sigma)
    return EnergyDenoiser(network, check)
