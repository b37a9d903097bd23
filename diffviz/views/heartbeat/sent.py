"""What the browser is sent of bit sequences; view.js reads it by these names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.heartbeat.data import LENGTH, PERIOD, RATE
from diffviz.engine import Setup
from diffviz.player.protocol import Array
from diffviz.trajectory import Frame
from diffviz.views.sent import Sent

MAX_ROWS = 256  # sequences that are sent


def drawn(setup: Setup) -> int:
    """Sequences that are sent."""
    return min(setup.experiment.particles, MAX_ROWS)


def arrays(setup: Setup) -> dict[str, Array]:
    """x0_hat: the probability that each bit of the data was 1, of every frame that the denoiser was asked at."""
    shape = (drawn(setup), LENGTH)
    bits = Array(shape, "bit", 0.0, 1.0)
    return {"forward": bits, "reverse": bits, "x0_hat": Array(shape, "uint8", 0.0, 1.0)}


def data() -> dict[str, Any]:
    """rate: the probability of a 1 in pure noise; period: bins from one 1 of a heartbeat to the next."""
    return {"rate": RATE, "period": PERIOD}


def frame_arrays(setup: Setup, frame: Frame) -> Iterator[tuple[str, NDArray[np.bool_] | NDArray[np.uint8]]]:
    """Of a displayed frame, by name."""
    count = drawn(setup)
    yield frame.direction, frame.x[:count].cpu().numpy() > 0.5
    if frame.x0_hat is not None:
        yield "x0_hat", np.rint(255.0 * frame.x0_hat[:count].cpu().numpy()).astype(np.uint8)


SENT = Sent(
    view="heartbeat",
    drawn=drawn,
    size=drawn,
    arrays=arrays,
    frame=frame_arrays,
    data=lambda setup, times: data(),
    kept=lambda x: x > 0.5,
)
