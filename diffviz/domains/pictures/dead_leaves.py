"""Dead leaves: pictures made of discs that lie over one another, like leaves on the ground.

The occlusion model of Lee, Mumford & Huang 2001, on which the 2015 diffusion paper tested (its fig. 4 and table 1): discs fall at
random places with radii of density ~ r^-3 and independent grey values; what lies on top is seen. The distribution of radii makes
pictures look alike at every scale between the smallest and the largest leaf, as natural ones do.

Two pixels a distance d apart show the same leaf with probability B/(2 - B), where B(d) = gamma(d)/gamma(0) and gamma(d) is
the mean area that a leaf shares with itself moved by d; else their grey values are independent. So B/(2 - B) is also their
correlation.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SIDE = 32  # pixels
RADII = (2.0, 16.0)  # pixels: three octaves, each of which shows as much area as the others
LEVELS = 256  # of grey
CHUNK = 256  # pictures painted together, each chunk from its own generator
BOXES = (4, 8, int(RADII[1]))  # leaves are painted in boxes that just hold them: most are small


def leaf_radii(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """[count] radii of leaves that touch the window: density ~ r^-3 (SIDE + 2r)^2.

    r^-3 is the density of all leaves, the square the area in which a centre may lie. The product is a mixture of the powers
    r^-3, r^-2 and r^-1, each drawn by the inverse of its distribution function.
    """
    low, high = RADII
    areas = [
        SIDE**2 * (low**-2 - high**-2) / 2,
        4 * SIDE * (1 / low - 1 / high),
        4 * math.log(high / low),
    ]
    power = rng.choice(3, size=count, p=np.array(areas) / sum(areas))
    u = rng.random(count)
    cubic = (low**-2 - u * (low**-2 - high**-2)) ** -0.5
    square = 1.0 / (1 / low - u * (1 / low - 1 / high))
    inverse = low * (high / low) ** u
    return np.choose(power, [cubic, square, inverse])


def _paint(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    """[count, SIDE, SIDE]. From the front to the back: a leaf shows where nothing lies on it, until nothing shines through."""
    margin = BOXES[-1] + 1  # a leaf may hang over the edge: it is painted there, too, and cut off at the end
    wide = SIDE + 2 * margin
    grey = np.zeros((count, wide, wide), np.uint8)
    bare = np.zeros((count, wide, wide), bool)
    bare[:, margin:-margin, margin:-margin] = True
    left = np.arange(count)  # pictures with bare pixels
    while len(left):
        radius = leaf_radii(rng, len(left))
        centre = rng.uniform(-radius, SIDE + radius, (2, len(left))) + margin - 0.5
        value = rng.integers(0, LEVELS, len(left), dtype=np.uint8)
        smallest = 0.0
        for box in BOXES:
            (these,) = np.nonzero((radius > smallest) & (radius <= box))
            smallest = box
            offset = np.arange(-box, box + 1)
            y, x = (np.rint(c[these]).astype(int)[:, None] + offset for c in centre)
            within = (y - centre[0, these, None]) ** 2
            within = within[:, :, None] + ((x - centre[1, these, None]) ** 2)[:, None, :] <= radius[these, None, None] ** 2
            place = (left[these, None, None], y[:, :, None].clip(0, wide - 1), x[:, None, :].clip(0, wide - 1))
            seen = within & bare[place]
            picture, row, column = np.nonzero(seen)
            at = (left[these[picture]], y[picture, row], x[picture, column])
            grey[at] = value[these[picture]]
            bare[at] = False
        left = left[bare[left].any((1, 2))]
    return grey[:, margin:-margin, margin:-margin]


def dead_leaves(count: int, seed: int) -> NDArray[np.uint8]:
    """[count, SIDE, SIDE] grey values 0..255. The first pictures of a larger count are those of a smaller one, by chunks."""
    starts = range(0, count, CHUNK)
    return np.concatenate([_paint(np.random.default_rng((seed, start // CHUNK)), CHUNK) for start in starts])[:count]
