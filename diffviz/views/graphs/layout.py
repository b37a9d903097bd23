"""Where the nodes of a graph are drawn: on a ring, the first at the top, clockwise. view.js has the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def places(nodes: int) -> NDArray[np.float64]:
    """[n, 2] on the unit circle, y upwards."""
    angle = np.pi / 2 - 2.0 * np.pi * np.arange(nodes) / nodes
    return np.stack([np.cos(angle), np.sin(angle)], 1)
