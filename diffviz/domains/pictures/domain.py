"""Pictures: training sets whose exact denoiser memorises them, and networks that make new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.checkpoints import Format
from diffviz.domains.base import DataError, Domain, TrainingRow
from diffviz.domains.pictures import own_pictures
from diffviz.domains.pictures.classifier import ClassifierRecipe, begin_classifier, new_classifier
from diffviz.domains.pictures.cost import evaluation_seconds
from diffviz.domains.pictures.denoiser import ImageDenoiser
from diffviz.domains.pictures.hub_pictures import SOURCES, at_hand
from diffviz.domains.pictures.images import IMAGES, OWN, image_mixture, make_images, picture_shape
from diffviz.domains.pictures.training import ImageRecipe, begin_images, new_unet
from diffviz.fields import Condition, ExperimentError, Rule, number, option, plain
from diffviz.gaussian.denoisers.classifier_free import ClassifierFree
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.fields import GaussianFields
from diffviz.gaussian.kernels import PICTURE_VARIANCES
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.process import Gaussian
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.inverse.apply import ImageTask
from diffviz.inverse.masks import parse_mask
from diffviz.inverse.tasks import ALL_STARTS, IMAGE_CONDITIONS, IMAGE_MEASURED, IMAGE_STARTS, hole, refusal
from diffviz.messages import show
from diffviz.noise import Stream, particle_uniform
from diffviz.pretrained import names
from diffviz.process import Denoiser
from diffviz.schedules import SCHEDULES, NoiseSchedule
from diffviz.weights import Stamp, load_network, on_device

MAX_LABEL = max(row.labels for row in IMAGES.values()) - 1


@dataclass(frozen=True)
class PictureFields:
    """What the pictures read."""

    own: str = plain("", "Your own image", "The image itself, as text; empty: the built-in one.")
    label: int | None = number(
        None, "Class", "Samples are drawn of this class, where the data have classes; none: of any.", 0, MAX_LABEL, optional=True
    )
    guidance: float = number(
        1.0,
        "Guidance scale w",
        "Of classifier-free guidance: 0 is the unconditional model, 1 the conditional model, more than 1 exaggerates the class.",
        0.0,
        10.0,
    )

    @property
    def class_guided(self) -> bool:
        """The class is exaggerated or played down."""
        return self.label is not None and self.guidance not in (0.0, 1.0)

    @property
    def shows_pictures(self) -> bool:
        """Particles are pictures [C, H, W]."""
        return self.dataset in IMAGES

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of a particle, if it is a picture."""
        return picture_shape(self.dataset, self.own)


class Pictures(Domain):
    """The domain of pictures [N, C, H, W]."""

    name = "pictures"
    title = "Images"
    why = "Small images: the exact denoiser returns training images, a network makes new ones."
    sections = (PictureFields, GaussianFields)
    datasets = IMAGES
    samplers = SAMPLERS
    training: Mapping[str, TrainingRow] = {
        "network": TrainingRow(Format("diffviz-unet-1", ImageRecipe, new_unet, torch.float16), begin_images, "pictures"),
        "classifier": TrainingRow(
            Format("diffviz-classifier-1", ClassifierRecipe, new_classifier),
            begin_classifier,
            "classifiers",
            why="Train a classifier on these data instead of a denoiser.",
        ),
    }
    uses = ("measurement",)
    rules = (Rule(("guidance",), (Condition("label", (None,), among=False),)),)

    def __init__(self) -> None:
        made = {name: row for name, row in SCHEDULES.items() if not row.measured}
        self.offers = {
            "variance": PICTURE_VARIANCES,
            "schedule": made,
            "start": IMAGE_STARTS,
            "measurement": IMAGE_MEASURED,
            "condition": IMAGE_CONDITIONS,
        }

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

    def _sampled(self, e: Any) -> GaussianMixture:
        """What an exact reverse process would draw from: all training pictures where the class is ignored."""
        return self.training_set(e) if e.guidance == 0.0 else self.distribution(e)

    def data(self, e: Any) -> Tensor:
        """Training pictures as they are, without the kernel's noise."""
        uniform = particle_uniform(e.seed, Stream.DATA, e.particles)
        x_0 = self.distribution(e).sample(uniform, torch.zeros((), dtype=torch.float64))
        return x_0.view(-1, *self.shape(e)).float()

    def process(self, e: Any, schedule: NoiseSchedule, visited: NDArray[np.int64]) -> Gaussian:
        return Gaussian(e, schedule, visited)

    def path_law(self, e: Any, process: Gaussian) -> NoReturn:
        given = option("dataset", e.dataset)
        raise ExperimentError("dataset", f"must be points or bit sequences for the probability of a path, not {given}.")

    def denoiser(self, e: Any, process: Gaussian, device: torch.device) -> Denoiser:
        if e.denoiser == "exact":
            return self._exact(e, process.reads_variance, device)
        if names.is_other(e.denoiser):
            return names.on_device(self._pretrained(e), device)
        loaded = load_network(e, self.training["network"].root, ImageRecipe)
        theirs, ours = IMAGES[loaded.recipe.dataset], IMAGES[e.dataset]
        if (theirs.shape, theirs.labels) != (self.shape(e), ours.labels):
            other, ours = option("dataset", loaded.recipe.dataset), option("dataset", e.dataset)
            what = f"must be trained on images like {ours}; {loaded.name} was trained on {other}."
            raise ExperimentError("denoiser", what)
        return ImageDenoiser(on_device(loaded.network, device), loaded.recipe.prediction, self.label(e), e.guidance)

    def _exact(self, e: Any, asked: bool, device: torch.device) -> Denoiser:
        """Of the data; with a class and guidance, of the class and of all data, taken together. asked: for the variance, too."""
        if self.label(e) is None or e.guidance == 1.0:
            return ExactDenoiser(self.distribution(e), device, variance=asked)
        everything = ExactDenoiser(self.training_set(e), device, variance=asked and e.guidance == 0.0)
        if e.guidance == 0.0:
            return everything
        return ClassifierFree(everything, ExactDenoiser(self.distribution(e), device, variance=asked), e.guidance)

    def _pretrained(self, e: Any) -> names.PretrainedDenoiser:
        """Somebody else's network for pictures of this shape, on the CPU."""
        try:
            loaded = names.load_other(e.denoiser)
        except names.PretrainedError as error:
            raise ExperimentError("denoiser", f"cannot be used: {error}") from error
        if loaded.shape != self.shape(e):
            theirs, ours = (" × ".join(map(str, size)) for size in (loaded.shape, self.shape(e)))
            raise ExperimentError("denoiser", f"must be for images of {ours}; {loaded.title} is for {theirs}.")
        return loaded

    def at_hand(self, dataset: str) -> bool:
        return dataset not in SOURCES or at_hand(dataset)

    def networks_only(self) -> dict[str, dict[str, tuple[Any, ...]]]:
        """Images of the shape and with the classes that each was trained on, and a person's own, of whatever shape."""
        found = {}
        for name, recipe in self.training["network"].recipes().items():
            theirs = IMAGES[recipe.dataset]
            alike = [data for data, row in IMAGES.items() if (row.shape, row.labels) == (theirs.shape, theirs.labels)]
            found[name] = {"dataset": tuple(dict.fromkeys([*alike, OWN]))}
        return found

    def evaluation_seconds(self, e: Any) -> float:
        return evaluation_seconds(e)

    def task(self, e: Any) -> ImageTask:
        return ImageTask(e, self.shape(e), lambda: make_images(e.dataset).held_out, lambda: self._sampled(e))

    def weights_stamp(self, e: Any) -> Stamp | None:
        if not names.is_other(e.denoiser):
            return super().weights_stamp(e)
        try:
            return names.stamp(e.denoiser)
        except names.PretrainedError:
            return None

    def otherwise(self, e: Any) -> dict[str, Any]:
        """A mask of the usual hole; and a class that is ignored where nothing is drawn of it, either."""
        found: dict[str, Any] = {}
        try:
            if e.mask and np.array_equal(parse_mask(e.mask), hole(*self.shape(e)[1:])):
                found["mask"] = ""
        except ValueError:
            pass  # refused in its turn
        given = e.measurement != "none" or ALL_STARTS[e.start].task
        return found | ({"label": None} if e.guidance == 0.0 and given else {})

    def refusal(self, e: Any) -> tuple[str, str] | None:
        if e.own:
            try:
                own_pictures.decode_picture(e.own)
            except ValueError as error:
                return "own", f"{error}, not {show(e.own)}."
        if not names.is_other(e.denoiser):
            refused = super().refusal(e)
        elif not names.well_formed(e.denoiser):
            refused = "denoiser", f"must be {names.FORMS}, not {show(e.denoiser)}."
        else:
            foreign = f"must be none for {show(e.denoiser)}, which knows no classes."
            refused = None if e.label is None else ("label", foreign)
        return refused or refusal(e, self.shape(e), held_out=e.dataset != OWN)


PICTURES = Pictures()
