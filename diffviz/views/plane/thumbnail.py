"""A small picture of a distribution in the plane, for the gallery: samples of it, in the forward process's colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.plane.datasets import make_dataset
from diffviz.figures.theme import FORWARD
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.noise import ParticleNoise, Stream, particle_uniform

REACH = 2.4  # half the width, in standard deviations of data that are scaled
POINTS = 500
RADIUS = 1.25  # of a point, in pixels
OPACITY = 0.75


def thumbnail(name: str, side: int) -> NDArray[np.uint8]:
    """[side, side, 4] RGBA, transparent where there are no points."""
    return drawn(make_dataset(name), side)


def drawn(mixture: GaussianMixture, side: int, reach: float = REACH) -> NDArray[np.uint8]:
    """Samples of any mixture as thumbnail() has them. reach: half the width, in the plane's units."""
    uniform, normal = particle_uniform(0, Stream.DATA, POINTS), ParticleNoise(0, Stream.DATA, POINTS)(0)
    x, y = mixture.sample(uniform, normal.double()).numpy().T
    column, row = ((1 + x / reach) * side / 2)[:, None], ((1 - y / reach) * side / 2)[:, None]
    centres = np.arange(side) + 0.5
    across, down = (np.exp(-0.5 * ((centres - at) / (RADIUS / 2)) ** 2) for at in (column, row))  # [N, side]
    empty = np.ones((side, side))
    for a, b in zip(down, across, strict=True):
        empty *= 1.0 - OPACITY * np.outer(a, b)
    picture = np.empty((side, side, 4), np.uint8)
    picture[..., :3] = [int(FORWARD[i : i + 2], 16) for i in (1, 3, 5)]
    picture[..., 3] = np.rint(255 * (1.0 - empty))
    return picture
