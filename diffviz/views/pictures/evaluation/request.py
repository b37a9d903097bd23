"""What to measure, and which demands are refused."""

from __future__ import annotations

from dataclasses import dataclass

from diffviz import checkpoints
from diffviz.domains.pictures.domain import PICTURES
from diffviz.domains.pictures.images import TRAINABLE
from diffviz.domains.pictures.training import ImageRecipe
from diffviz.engine import Setup
from diffviz.experiment import Experiment, ExperimentError

DEFAULT_SAMPLERS, DEFAULT_NFE = "ancestral ddim heun dpm_solver_2m", "5 10 20 50"
LIMITS = {"pictures": (8, 2000), "samples": (8, 5000), "passes": (1, 4000), "ode_steps": (4, 1000), "probes": (1, 64)}


@dataclass(frozen=True)
class Request:
    """What to measure. checkpoint: of pictures, or "exact", which needs a dataset; None elsewhere: as many as are soon done.

    steps: T, of the bound's chain and of the times samplers choose from; pictures, samples: how many; passes: steps
    drawn for each picture, for the bound; ode_steps, probes: of the likelihood; samplers, nfe: names, and numbers of function
    evaluations, with spaces between, of the curves; the first sampler and the largest number also of the figures. Raises
    ExperimentError.
    """

    checkpoint: str
    dataset: str | None = None
    steps: int = 1000
    schedule: str = "cosine"
    spacing: str = "trailing"
    pictures: int | None = None
    samples: int | None = None
    passes: int = 16
    ode_steps: int = 16
    probes: int = 2
    samplers: str = DEFAULT_SAMPLERS
    nfe: str = DEFAULT_NFE
    inception: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ExperimentError(name, f"must be from {low} to {high}, not {value}.")
        if self.ode_steps % 2:
            raise ExperimentError("ode_steps", f"must be even, to be taken in half as many, not {self.ode_steps}.")
        self.setup(self.sampler_names[0], self.steps)  # its own checks
        for name in self.sampler_names:
            if name == "adaptive":
                raise ExperimentError("samplers", "must not name adaptive, which chooses its own number of function evaluations.")
            self.setup(name, self.steps)
        if not all(1 <= count <= self.steps for count in self.nfe_counts):
            raise ExperimentError("nfe", f"must be numbers from 1 to steps, {self.steps}, with spaces between.")

    @property
    def dataset_name(self) -> str:
        """That of the checkpoint, unless another is named; one picture alone holds none out to measure with."""
        if self.dataset is not None:
            if self.dataset not in TRAINABLE:
                raise ExperimentError("dataset", f"must be one of {', '.join(TRAINABLE)}, not {self.dataset[:40]!r}.")
            return self.dataset
        if self.checkpoint == "exact":
            raise ExperimentError("dataset", f"must be said for exact: one of {', '.join(TRAINABLE)}.")
        known = PICTURES.networks()
        if self.checkpoint not in known:
            raise ExperimentError("checkpoint", f"must be exact or one of {', '.join(known)}, not {self.checkpoint[:40]!r}.")
        recipe = checkpoints.load(self.checkpoint, PICTURES.training["network"].root).recipe
        if not isinstance(recipe, ImageRecipe):
            raise ExperimentError("dataset", f"must be said for {self.checkpoint}: one of {', '.join(TRAINABLE)}.")
        return recipe.dataset

    @property
    def sampler_names(self) -> list[str]:
        names = list(dict.fromkeys(self.samplers.split()))
        if not names:
            raise ExperimentError("samplers", f"must be names with spaces between, such as {DEFAULT_SAMPLERS!r}.")
        return names

    @property
    def nfe_counts(self) -> list[int]:
        words = self.nfe.split()
        if not words or not all(word.isascii() and word.isdigit() and len(word) < 6 for word in words):
            raise ExperimentError("nfe", f"must be numbers with spaces between, such as {DEFAULT_NFE!r}.")
        return sorted({int(word) for word in words})

    def setup(self, sampler: str, count: int) -> Setup:
        """The parts of a run of so many steps back."""
        fields = {"dataset": self.dataset_name, "denoiser": self.checkpoint, "schedule": self.schedule, "sampler": sampler}
        fields["spacing"] = self.spacing
        numbers = {"steps": self.steps, "sampler_steps": count, "particles": 1, "seed": self.seed}
        return Setup(Experiment(**fields, **numbers, variance="learned"))
