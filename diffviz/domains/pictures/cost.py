"""About what a function evaluation costs for one picture, on one core (tests/benchmarks/estimate.py measures it)."""

from __future__ import annotations

import math
from typing import Any

from diffviz.domains.pictures.hub_pictures import SOURCES, at_hand
from diffviz.domains.pictures.images import IMAGES, OWN, make_images
from diffviz.pretrained.names import is_other

SECONDS_A_NUMBER = 1.5e-10  # of the training set, exactly: K pictures of D numbers
NETWORK_SECONDS_A_PIXEL = 1.1e-5


def evaluation_seconds(e: Any) -> float:
    """Of the Experiment's denoiser and one step around it. Infinite where
    something may have to be fetched first, and for somebody else's network."""
    if is_other(e.denoiser) or (e.dataset in SOURCES and not at_hand(e.dataset)):
        return math.inf
    size = math.prod(e.picture_shape)
    if e.denoiser == "exact":
        return SECONDS_A_NUMBER * size * (1 if e.dataset == OWN else len(make_images(e.dataset).train))
    guided = 2 if IMAGES[e.dataset].labels and e.label is not None and e.guidance not in (0.0, 1.0) else 1
    return NETWORK_SECONDS_A_PIXEL * guided * size / e.picture_shape[0]
