"""A small picture of a distribution of bit sequences, for the gallery: sequences as rows, a 1 in the forward process's colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.heartbeat.data import heartbeat
from diffviz.figures.theme import FORWARD
from diffviz.noise import Stream, particle_uniform

ROWS = 20
GAP = 1  # pixels between bits


def thumbnail(name: str, side: int) -> NDArray[np.uint8]:
    """[about side, about side, 4] RGBA, transparent where bits are 0."""
    bits = heartbeat().sample(particle_uniform(0, Stream.DATA, ROWS)).numpy()
    cell = max(GAP + 1, side // max(bits.shape))
    shown = bits.repeat(cell, 0).repeat(cell, 1)
    inner = np.arange(len(shown)) % cell < cell - GAP
    picture = np.empty((*shown.shape, 4), np.uint8)
    picture[..., :3] = [int(FORWARD[i : i + 2], 16) for i in (1, 3, 5)]
    picture[..., 3] = np.rint(255 * shown * inner[:, None] * inner[: shown.shape[1]])
    return picture
