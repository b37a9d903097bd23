"""Pictures as the browser is sent them: how many, and grey values as bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffviz.player.protocol import Array

MAX_PICTURES = 64  # sent to the browser
MAX_PIXELS = 2_000_000  # bytes of all pictures sent: with all else below three megabytes in base64
SMOOTH = 40  # frames of a run that should be sent: of more pictures there is room for fewer
PIXEL_RANGE = 3.0  # grey values go from -1 to 1, but noise goes further


def greys(*shape: int) -> Array:
    """Pictures, [N, C, H, W] uint8 of pixels()."""
    return Array(shape, "uint8", -PIXEL_RANGE, PIXEL_RANGE)


def smooth_pictures(dim: int) -> int:
    """So many pictures of dim numbers each can be shown in SMOOTH frames."""
    return max(1, min(MAX_PICTURES, MAX_PIXELS // (4 * SMOOTH * dim)))


def pixels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Values from -PIXEL_RANGE to PIXEL_RANGE as bytes; what lies beyond is at the edge."""
    scaled = np.nan_to_num((values + PIXEL_RANGE) * (255.0 / (2.0 * PIXEL_RANGE)), nan=127.0)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
