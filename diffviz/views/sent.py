"""What the runs of one domain send to the browser's view of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.player.protocol import MAX_POINTS, Array, shown_times
from diffviz.trajectory import Frame


@dataclass(frozen=True, kw_only=True, eq=False)
class Sent:
    """A field of a DomainView.

    view: the browser's view, which reads arrays and data by their names
    drawn: how many samples are sent
    size: how much of the budget a frame takes, counted in points; budget: what all frames may take together
    arrays: by name, what is sent of displayed frames; frame: of one of them
    data: what else the view reads, from the displayed times [m], ascending; measured: the same, once the run is measured
    kept: of the displayed part of a path [m, N, *D], what is kept of it for what is asked about the run later; not a view, which
        would keep the whole trajectory in memory
    """

    view: str
    drawn: Callable[[Setup], int]
    size: Callable[[Setup], int]
    budget: int = MAX_POINTS
    arrays: Callable[[Setup], Mapping[str, Array]]
    frame: Callable[[Setup, Frame], Iterator[tuple[str, NDArray[Any]]]]
    data: Callable[[Setup, NDArray[np.int64]], dict[str, Any]]
    measured: Callable[[Setup, NDArray[np.int64], Measured[Any]], dict[str, Any]] = lambda setup, times, measured: {}
    kept: Callable[[NDArray[Any]], NDArray[Any]]

    def times(self, setup: Setup) -> NDArray[np.int64]:
        """[m] the displayed times of a run, ascending."""
        return shown_times(setup.times, self.size(setup), self.budget)
