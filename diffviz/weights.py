"""The network that an Experiment names: where it is read from, whether it fits the data, and what tells it from a later one."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path

from diffviz import checkpoints
from diffviz.domains.pictures.images import IMAGES
from diffviz.domains.pictures.training import ImageRecipe
from diffviz.domains.plane.training import Recipe
from diffviz.experiment import Experiment, ExperimentError
from diffviz.pretrained.denoiser import PretrainedDenoiser
from diffviz.pretrained.names import PretrainedError, is_other, load_other, stamp


def _checkpoint(e: Experiment) -> tuple[str, Path]:
    """Name and root of the checkpoint that a network of ours is read from."""
    name = e.dataset if e.denoiser == "learned" else e.denoiser
    return name, checkpoints.PICTURES if e.shows_pictures else checkpoints.CHECKPOINTS


def weights_stamp(e: Experiment) -> Hashable:
    """What tells the run from the same one with a network saved in the same place later; None where no file is read, or none can
    be, which is told when the run is prepared."""
    try:
        if is_other(e.denoiser):
            return stamp(e.denoiser)
        return None if e.denoiser == "exact" else checkpoints.locate(*_checkpoint(e))
    except (checkpoints.CheckpointError, PretrainedError):
        return None


def load_own(e: Experiment, shape: tuple[int, ...]) -> checkpoints.Checkpoint:
    """A network of ours for particles of this shape. Raises ExperimentError if it cannot be read or was made for other data."""
    try:
        loaded = checkpoints.load(*_checkpoint(e))
    except checkpoints.CheckpointError as error:
        raise ExperimentError("denoiser", f"cannot be used: {error}") from error
    kind = ImageRecipe if e.shows_pictures else Recipe
    if not isinstance(loaded.recipe, kind):
        raise ExperimentError("denoiser", f"{loaded.name} is a network for another kind of data.")
    if kind is ImageRecipe:
        theirs, ours = (IMAGES[name] for name in (loaded.recipe.dataset, e.dataset))
        if (theirs.shape, theirs.labels) != (shape, ours.labels):
            what = f"{loaded.name} was trained on {loaded.recipe.dataset}, other pictures than {e.dataset}."
            raise ExperimentError("denoiser", what)
    return loaded


def load_foreign(e: Experiment, shape: tuple[int, ...]) -> PretrainedDenoiser:
    """Somebody else's network for pictures of this shape, on the CPU. Raises ExperimentError."""
    try:
        loaded = load_other(e.denoiser)
    except PretrainedError as error:
        raise ExperimentError("denoiser", f"cannot be used: {error}") from error
    if loaded.shape != shape:
        theirs, ours = (" × ".join(map(str, size)) for size in (loaded.shape, shape))
        raise ExperimentError("denoiser", f"{loaded.title} is for pictures of {theirs}, and these are {ours}.")
    return loaded
