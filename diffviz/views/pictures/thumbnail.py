"""A small picture of a distribution of pictures, for the gallery: a few of the training set."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.pictures.images import make_images

GAP = 3  # pixels between tiles
LARGEST = 32  # pixels a side of a tile, about: small pictures come in numbers


def thumbnail(name: str, side: int) -> NDArray[np.uint8]:
    """[about side, about side, 4] RGBA. Raises DataError for pictures that cannot be had."""
    train = make_images(name).train
    across = min(max(1, side // max(LARGEST, train.shape[-1])), math.isqrt(len(train)))
    tiles = train[: across**2].numpy().transpose(0, 2, 3, 1)
    tiles = np.repeat(tiles, 3, -1) if tiles.shape[-1] == 1 else tiles
    scale = max(1, (side - GAP * (across - 1)) // (across * tiles.shape[1]))
    grey = np.clip(np.rint(127.5 + 127.5 * tiles), 0, 255).astype(np.uint8).repeat(scale, 1).repeat(scale, 2)
    tile = grey.shape[1]
    picture = np.zeros((across * (tile + GAP) - GAP,) * 2 + (4,), np.uint8)
    for number, each in enumerate(grey):
        row, column = (tile + GAP) * np.array(divmod(number, across))
        picture[row : row + tile, column : column + tile] = np.concatenate([each, np.full_like(each[..., :1], 255)], -1)
    return picture
