"""A small picture of a distribution of pictures, for the gallery: a few of the training set."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.pictures.images import make_images

LARGEST = 32  # pixels a side of a tile, about: small pictures come in numbers


def thumbnail(name: str, side: int) -> NDArray[np.uint8]:
    """[about side, about side, 4] RGBA. Raises DataError for pictures that cannot be had."""
    train = make_images(name).train
    across = min(max(1, side // max(LARGEST, train.shape[-1])), math.isqrt(len(train)))
    tiles = train[: across**2].numpy().transpose(0, 2, 3, 1)
    tiles = np.repeat(tiles, 3, -1) if tiles.shape[-1] == 1 else tiles
    scale = max(1, side // (across * tiles.shape[1]))
    rows = [np.concatenate(tiles[i * across : (i + 1) * across], 1) for i in range(across)]
    grey = np.clip(np.rint(127.5 + 127.5 * np.concatenate(rows, 0)), 0, 255).astype(np.uint8)
    large = grey.repeat(scale, 0).repeat(scale, 1)
    return np.concatenate([large, np.full_like(large[..., :1], 255)], -1)
