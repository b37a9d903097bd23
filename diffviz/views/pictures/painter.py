"""What the painter of masks asks: a test image to paint on, and the shortest text of what was painted."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from diffviz.domains.base import DataError
from diffviz.domains.pictures.images import IMAGES, make_images
from diffviz.inverse.masks import mask_text, parse_mask, shortest
from diffviz.inverse.tasks import hole


def painted_for(dataset: Any, text: Any) -> Any:
    """The mask's text as the Experiment wants it; empty for the usual one, and if what was painted is for other pictures than
    these. What is no mask is returned as it is, to be refused."""
    try:
        mask = parse_mask(shortest(text)) if text else None
    except (ValueError, TypeError):
        return text
    if mask is None or not isinstance(dataset, str) or dataset not in IMAGES or mask.shape != IMAGES[dataset].shape[1:]:
        return ""
    return "" if np.array_equal(mask, hole(*mask.shape)) else mask_text(mask)


def paint(what: str) -> str:
    """JSON of what is painted on: mask, its text; shape, data and known, the image's grey values and which pixels are known.

    what: JSON of dataset; mask, a text; image, the number of a test image, counted from 1, or null if only the text is asked
    for. Empty where there is nothing to paint on.
    """
    try:
        asked = json.loads(what)
        dataset, number = asked["dataset"], asked["image"]
        _, height, width = IMAGES[dataset].shape
        text = painted_for(dataset, asked["mask"])
        if number is None:
            return json.dumps({"mask": text})
        known = parse_mask(text) if text else hole(height, width)
    except (KeyError, TypeError, ValueError, RecursionError):
        return ""
    try:
        grey = make_images(dataset).held_out[max(1, int(number)) - 1].mean(0).numpy()
    except (DataError, IndexError, TypeError, ValueError, OverflowError):  # Run says what is wrong; a mask can be painted
        grey = np.zeros((height, width), np.float32)
    data = base64.b64encode(np.clip(np.rint(127.5 + 127.5 * grey), 0, 255).astype(np.uint8).tobytes()).decode()
    return json.dumps({"mask": text, "shape": [height, width], "data": data, "known": known.ravel().tolist()})
