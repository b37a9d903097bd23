"""What the browser is sent of pictures; view.js reads it by these names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.pictures.feature_maps import levels
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.base import eps_hat
from diffviz.player.protocol import Array
from diffviz.trajectory import Frame
from diffviz.views.pictures.given import given
from diffviz.views.pictures.packed import MAX_PICTURES, greys, pixels


def drawn(setup: Setup) -> int:
    """Pictures that are sent."""
    return min(setup.experiment.particles, MAX_PICTURES)


def arrays(setup: Setup) -> dict[str, Array]:
    """eps_hat: none at t = 0."""
    return dict.fromkeys(("forward", "reverse", "x0_hat", "eps_hat"), greys(drawn(setup), *setup.shape))


def data(setup: Setup) -> dict[str, Any]:
    """inside: the network's levels whose feature maps can be seen; given, given_title, given_term: what stands beside a run that
    is not plain."""
    return {"inside": levels(setup.free_denoiser, setup.shape, setup.device), **given(setup)}


def frame_arrays(setup: Setup, frame: Frame) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Of a displayed frame, by name."""
    x = frame.x[:MAX_PICTURES]
    yield frame.direction, pixels(x.cpu().numpy())
    if frame.x0_hat is None:
        return
    x0_hat = frame.x0_hat[:MAX_PICTURES]
    yield "x0_hat", pixels(x0_hat.cpu().numpy())
    if frame.t > 0:
        alpha, sigma = float(setup.schedule.alpha[frame.t]), float(setup.schedule.sigma[frame.t])
        yield "eps_hat", pixels(eps_hat(x, x0_hat, alpha, sigma).cpu().numpy())
