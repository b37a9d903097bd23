"""A small picture as a file of few bytes."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLOURS = 64


def small_png(picture: NDArray[np.uint8]) -> bytes:
    """PNG of [H, W, 4] RGBA, in few colours."""
    data = io.BytesIO()
    Image.fromarray(picture).quantize(COLOURS).save(data, "PNG")
    return data.getvalue()
