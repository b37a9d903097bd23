"""How the numbers of lessons on handwritten digits are measured, and the runs that several of them begin with."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz import checkpoints
from diffviz.domains.pictures.domain import PICTURES
from diffviz.estimates import Estimate, mean_of
from diffviz.experiment import Experiment
from diffviz.lessons.base import Number, Runs
from diffviz.lessons.numbers import of_end

DIGITS = Experiment(dataset="digits", denoiser="learned", particles=16, steps=20)


def root_mean_square(differences: Tensor) -> Tensor:
    """[N] over the pixels of differences [N, C, H, W]."""
    return differences.double().square().mean((1, 2, 3)).sqrt()


def images_apart(runs: Runs) -> Estimate:
    """The root mean square over pixels between the same sample in A and in B, the mean over samples."""
    a, b = (torch.from_numpy(each.end) for each in runs)
    return mean_of(root_mean_square(a.double() - b.double()).numpy()).estimate


def read(images: NDArray[np.floating]) -> NDArray[np.int64]:
    """[N] the class that a classifier reads in each of the digits [N, 1, 8, 8]."""
    reader = checkpoints.load("digits", PICTURES.training["classifier"].root).network.eval()
    with torch.inference_mode():
        return reader(torch.as_tensor(images, dtype=torch.float32)).argmax(1).numpy()


def read_as(digit: int, side: int = 0) -> Number:
    """In how many of a hundred samples the classifier reads that digit."""
    return of_end(lambda setup, end: (read(end) == digit).astype(np.float64), side, 100.0)
