"""What the browser is sent of pictures; view.js reads it by these names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.domains.pictures.feature_maps import levels
from diffviz.engine import Setup
from diffviz.gaussian.denoisers.base import eps_hat
from diffviz.player.protocol import Array
from diffviz.trajectory import Frame
from diffviz.views.pictures.given import given
from diffviz.views.pictures.measure import PictureDetails
from diffviz.views.pictures.packed import MAX_PICTURES, MAX_PIXELS, greys, pixels
from diffviz.views.sent import Sent

ARRAYS = ("forward", "reverse", "x0_hat", "eps_hat")


def drawn(setup: Setup) -> int:
    """Pictures that are sent."""
    return min(setup.experiment.particles, MAX_PICTURES)


def arrays(setup: Setup) -> dict[str, Array]:
    """eps_hat: none at t = 0."""
    return dict.fromkeys(ARRAYS, greys(drawn(setup), *setup.shape))


def data(setup: Setup) -> dict[str, Any]:
    """inside: the network's levels whose feature maps can be seen; given, given_title, given_term: what stands beside a run that
    is not plain."""
    return {"inside": levels(setup.free_denoiser, setup.shape, setup.device), **given(setup)}


def costs(setup: Setup, times: NDArray[np.int64], measured: Measured[PictureDetails]) -> dict[str, Any]:
    """costs: [N][m] what the step that leaves each displayed time costs each picture, in nats; none without a bound."""
    if measured.costs is None:
        return {}
    left = np.maximum(np.searchsorted(measured.times, times) - 1, 0)
    return {"costs": [[float(f"{value:.3g}") for value in row] for row in measured.costs.each[left].T]}


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


SENT = Sent(
    view="pictures",
    drawn=drawn,
    size=lambda setup: len(ARRAYS) * drawn(setup) * math.prod(setup.shape),
    budget=MAX_PIXELS,
    arrays=arrays,
    frame=frame_arrays,
    data=lambda setup, times: data(setup),
    measured=costs,
    kept=lambda x: x.astype(np.float16),
)
