"""Pictures: training sets whose exact denoiser memorises them, and networks that make new ones."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz import checkpoints
from diffviz.domains.pictures.cost import evaluation_seconds
from diffviz.domains.pictures.denoiser import ImageDenoiser
from diffviz.domains.pictures.hub_pictures import SOURCES, DataError, at_hand
from diffviz.domains.pictures.images import IMAGES, OWN, image_mixture, picture_shape
from diffviz.domains.pictures.training import ImageRecipe
from diffviz.fields import ExperimentError
from diffviz.gaussian.denoisers.classifier_free import Guided
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.kernels import PICTURE_VARIANCES
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.process import Gaussian
from diffviz.inverse.tasks import PICTURE_STARTS
from diffviz.noise import Stream, particle_uniform
from diffviz.pretrained import names
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule
from diffviz.weights import load_network, network_stamp, on_device


class Pictures:
    """The domain of pictures [N, C, H, W] (domains.base.Domain)."""

    name = "pictures"
    title = "Pictures"
    why = "Small pictures: the exact denoiser returns training pictures, a network makes new ones."
    datasets = IMAGES

    def __init__(self) -> None:
        self.offers = {"variance": PICTURE_VARIANCES, "start": PICTURE_STARTS}
        self.measured = {}

    def shape(self, e: Any) -> tuple[int, int, int]:
        return picture_shape(e.dataset, e.own)

    def size(self, e: Any) -> int:
        channels, height, width = self.shape(e)
        return channels * height * width // 2

    def label(self, e: Any) -> int | None:
        """The class that is asked for; None where the data have none."""
        return e.label if IMAGES[e.dataset].labels else None

    def _mixture(self, e: Any, label: int | None) -> GaussianMixture:
        try:
            return image_mixture(e.dataset, label, e.own if e.dataset == OWN else "")
        except DataError as error:
            raise ExperimentError("dataset", f"{e.dataset} cannot be had: {error}") from error

    def distribution(self, e: Any) -> GaussianMixture:
        """Of the training pictures, or those of the class that is asked for."""
        return self._mixture(e, self.label(e))

    def training_set(self, e: Any) -> GaussianMixture:
        """All training pictures, whatever the class."""
        return self._mixture(e, None)

    def sampled(self, e: Any) -> GaussianMixture:
        """What an exact reverse process would draw from: all training pictures where the class is ignored."""
        return self.training_set(e) if e.guidance == 0.0 else self.distribution(e)

    def data(self, e: Any) -> Tensor:
        """Training pictures as they are, without the kernel's noise."""
        uniform = particle_uniform(e.seed, Stream.DATA, e.particles)
        x_0 = self.distribution(e).sample(uniform, torch.zeros((), dtype=torch.float64))
        return x_0.view(-1, *self.shape(e)).float()

    def process(self, e: Any, schedule: NoiseSchedule, visited: NDArray[np.int64]) -> Gaussian:
        return Gaussian(e, schedule, visited)

    def denoiser(self, e: Any, process: Gaussian, device: torch.device) -> Denoiser:
        if e.denoiser == "exact":
            return self._exact(e, process.reads_variance, device)
        if names.is_other(e.denoiser):
            return names.on_device(self._pretrained(e), device)
        loaded = load_network(e, checkpoints.PICTURES, ImageRecipe)
        theirs, ours = IMAGES[loaded.recipe.dataset], IMAGES[e.dataset]
        if (theirs.shape, theirs.labels) != (self.shape(e), ours.labels):
            what = f"{loaded.name} was trained on {loaded.recipe.dataset}, other pictures than {e.dataset}."
            raise ExperimentError("denoiser", what)
        return ImageDenoiser(on_device(loaded.network, device), loaded.recipe.prediction, self.label(e), e.guidance)

    def _exact(self, e: Any, asked: bool, device: torch.device) -> Denoiser:
        """Of the data; with a class and guidance, of the class and of all data, taken together. asked: for the variance, too."""
        if self.label(e) is None or e.guidance == 1.0:
            return ExactDenoiser(self.distribution(e), device, variance=asked)
        everything = ExactDenoiser(self.training_set(e), device, variance=asked and e.guidance == 0.0)
        if e.guidance == 0.0:
            return everything
        return Guided(everything, ExactDenoiser(self.distribution(e), device, variance=asked), e.guidance)

    def _pretrained(self, e: Any) -> names.PretrainedDenoiser:
        """Somebody else's network for pictures of this shape, on the CPU."""
        try:
            loaded = names.load_other(e.denoiser)
        except names.PretrainedError as error:
            raise ExperimentError("denoiser", f"cannot be used: {error}") from error
        if loaded.shape != self.shape(e):
            theirs, ours = (" × ".join(map(str, size)) for size in (loaded.shape, self.shape(e)))
            raise ExperimentError("denoiser", f"{loaded.title} is for pictures of {theirs}, and these are {ours}.")
        return loaded

    def at_hand(self, dataset: str) -> bool:
        return dataset not in SOURCES or at_hand(dataset)

    def evaluation_seconds(self, e: Any) -> float:
        return evaluation_seconds(e)

    def weights_stamp(self, e: Any) -> Hashable:
        if not names.is_other(e.denoiser):
            return network_stamp(e, checkpoints.PICTURES)
        try:
            return names.stamp(e.denoiser)
        except names.PretrainedError:
            return None

    def refusal(self, e: Any) -> tuple[str, str] | None:
        return None


PICTURES = Pictures()
