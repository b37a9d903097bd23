"""Data sets of small pictures, [N, C, H, W] with grey values scaled to [-1, 1], and the truth about them that can be had.

The distribution of real pictures is not known. What is known exactly is that of a *training set*: each of its pictures, equally
likely, with a Gaussian kernel about it. That is a Gaussian mixture, so the exact denoiser works on pictures too. Sampled
with it, the chain returns training pictures, each exactly as it was: memorisation is what a perfect fit amounts to, and new
pictures come from what a network gets "wrong" (Kadkhodaie et al. 2024; Kamb & Ganguli 2024).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from diffviz.caching import bounded
from diffviz.domains.pictures import hub_pictures, own_pictures
from diffviz.domains.pictures.dead_leaves import LEVELS, SIDE, dead_leaves
from diffviz.gaussian.mixtures import GaussianMixture

SCANS = Path(__file__).parent / "data" / "digits.npz"
DIGITS_TRAIN = 1500
LEAVES_TRAIN, LEAVES_HELD_OUT = 2000, 512
OWN = "own"  # the data set of one picture, which the experiment brings along


@dataclass(frozen=True, eq=False)
class Pictures:
    """train: [K, C, H, W] float32 in [-1, 1]; train_labels: [K] long, None without classes; held_out: the same, unseen."""

    train: Tensor
    train_labels: Tensor | None
    held_out: Tensor
    held_out_labels: Tensor | None


def to_unit(grey: np.ndarray, levels: int) -> Tensor:
    """[N, H, W] grey values 0..levels-1 -> [N, 1, H, W] float32 in [-1, 1]."""
    return torch.from_numpy(grey.astype(np.float32))[:, None] * (2.0 / (levels - 1)) - 1.0


def _digits() -> Pictures:
    """The first 1500 scans train, the last 297 are held out. The file appears to go writer by writer (scikit-learn's notes on
    these data), so that a cut in its order, unlike a shuffled one, holds out handwriting and not only pictures."""
    with np.load(SCANS, allow_pickle=False) as file:
        pictures, labels = to_unit(file["pictures"], 17), torch.from_numpy(file["labels"].astype(np.int64))
    cut = DIGITS_TRAIN
    return Pictures(pictures[:cut], labels[:cut], pictures[cut:], labels[cut:])


def _dead_leaves() -> Pictures:
    train, held_out = dead_leaves(LEAVES_TRAIN, seed=0), dead_leaves(LEAVES_HELD_OUT, seed=1)
    return Pictures(to_unit(train, LEVELS), None, to_unit(held_out, LEVELS), None)


def _fetched(name: str) -> Pictures:
    """Raises DataError where they cannot be had."""
    train, held_out = hub_pictures.load(name)
    parts = [(torch.from_numpy(x.astype(np.float32)) * (2.0 / 255) - 1.0, torch.from_numpy(c)) for x, c in (train, held_out)]
    return Pictures(*parts[0], *parts[1])


def _own(text: str = "") -> Pictures:
    """The picture in a text, or ours; nothing is like it and held out."""
    picture = own_pictures.decode_picture(text) if text else own_pictures.default_picture()
    x = torch.from_numpy(picture.astype(np.float32))[None] * (2.0 / (own_pictures.LEVELS - 1)) - 1.0
    return Pictures(x, None, x[:0], None)


@dataclass(frozen=True)
class ImageRow:
    """One row of IMAGES. shape: (C, H, W), which of a person's own picture picture_shape tells; labels: the number of classes, 0
    for none; levels: of grey; network: one can be trained on them.

    symmetric: the distribution stays the same when a picture is turned, mirrored or made its negative, as training may do.
    """

    title: str
    why: str
    shape: tuple[int, int, int]
    labels: int
    levels: int
    make: Callable[[], Pictures]
    symmetric: bool = False
    network: bool = True

    @property
    def uses(self) -> tuple[str, ...]:
        """The Experiment's fields that these pictures read."""
        return ("label",) if self.labels else () if self.network else ("own",)

    @property
    def bin_width(self) -> float:
        """Between neighbouring grey levels, in [-1, 1]."""
        return 2.0 / (self.levels - 1)


IMAGES: dict[str, ImageRow] = {
    "digits": ImageRow(
        "Handwritten digits",
        "Ten classes, 8 × 8 pixels: 1500 training images and 297 test images.",
        (1, 8, 8),
        10,
        17,
        _digits,
    ),
    "dead_leaves": ImageRow(
        "Dead leaves",
        "Discs over discs, from small to large: the texture of the 2015 paper, generated here.",
        (1, SIDE, SIDE),
        0,
        LEVELS,
        _dead_leaves,
        symmetric=True,
    ),
    "mnist": ImageRow(
        "MNIST",
        "Handwritten digits of 28 × 28 pixels, the first 4000 of MNIST; downloaded at the first use.",
        hub_pictures.SOURCES["mnist"].shape,
        hub_pictures.CLASSES,
        256,
        partial(_fetched, "mnist"),
    ),
    "cifar10": ImageRow(
        "CIFAR-10",
        "Photographs of 32 × 32 pixels in ten classes, the first 2000 of CIFAR-10; downloaded at the first use.",
        hub_pictures.SOURCES["cifar10"].shape,
        hub_pictures.CLASSES,
        256,
        partial(_fetched, "cifar10"),
    ),
    OWN: ImageRow(
        "Your own image",
        "A training set of one image, so that every sample is that image: memorisation.",
        (3, 32, 32),
        0,
        own_pictures.LEVELS,
        _own,
        network=False,  # from one picture there is nothing to learn
    ),
}
TRAINABLE = tuple(name for name, row in IMAGES.items() if row.network)


def picture_shape(name: str, own: str = "") -> tuple[int, int, int]:
    """(C, H, W) of a picture of the data set; own: the text of a person's own, or empty. Raises ValueError for a bad one."""
    return own_pictures.parse_shape(own) if name == OWN and own else IMAGES[name].shape


@bounded(96 * 2**20)
def make_images(name: str) -> Pictures:
    """The pictures `name`, always the same ones. Raises KeyError for an unknown name."""
    return IMAGES[name].make()


def _mixture_key(name: str, label: int | None = None, own: str = "") -> Hashable:
    """One for each mixture, whether what is left to its default is written or not."""
    return name, label, own


@bounded(128 * 2**20, _mixture_key)
def image_mixture(name: str, label: int | None = None, own: str = "") -> GaussianMixture:
    """The distribution of the training pictures (float64, CPU), or of those of one class, or of the one picture in `own`: means
    [K, C*H*W], equal weights.

    std: half a grey level. Pictures that differ by less are one picture on this scale, and the chain ends within rounding of
    one; a narrower kernel would leave the last steps nothing but rounding to do, a wider one blur what is there.
    Raises KeyError for an unknown name, ValueError for a class that is not there.
    """
    row, pictures = IMAGES[name], _own(own) if name == OWN else make_images(name)
    means = pictures.train
    if label is not None:
        if not 0 <= label < row.labels:
            raise ValueError(f"label must be from 0 to {row.labels - 1}, not {label}")
        means = means[pictures.train_labels == label]
    means = means.flatten(1).double()
    return GaussianMixture(means, torch.full((len(means),), 1.0 / len(means), dtype=torch.float64), row.bin_width / 2)
