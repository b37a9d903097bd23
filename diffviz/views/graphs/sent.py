"""What the browser is sent of graphs; view.js reads it by these names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.domains.graphs.data import DATASETS, data_of, redrawn
from diffviz.domains.graphs.families import FAMILIES, pairs
from diffviz.engine import Setup
from diffviz.player.protocol import Array
from diffviz.trajectory import Frame
from diffviz.views.graphs.layout import ends
from diffviz.views.sent import Sent

MOST = 64  # graphs that are sent
POINTS = 8  # that take as much room on the wire as a graph of a frame


def drawn(setup: Setup) -> int:
    """Graphs that are sent."""
    return min(setup.experiment.particles, MOST)


def arrays(setup: Setup) -> dict[str, Array]:
    """forward, reverse: 0 of a pair that is not joined, 1 of one that is, 2 of one that is masked; x0_hat: the probability that
    it is joined in x_0, of every frame that the denoiser was asked at; forward_possible, reverse_possible: with which of the
    graphs some graph of the family agrees; of the block model, which tell their communities at the level of t."""
    shape = (drawn(setup), *setup.shape)
    states, possible = Array(shape, "uint8", 0.0, 255.0), Array(shape[:1], "bit", 0.0, 1.0)
    return {
        "forward": states,
        "reverse": states,
        "x0_hat": Array(shape, "uint8", 0.0, 1.0),
        "forward_possible": possible,
        "reverse_possible": possible,
    }


def data(setup: Setup) -> dict[str, Any]:
    """masks: are pairs masked, or redrawn? pairs: of nodes, counted from 0; kind, kinds: what a graph of the family is, and
    what several are; family: of the block model, what they do that tell their communities"""
    e, row = setup.experiment, DATASETS[setup.experiment.dataset]
    nodes, family = data_of(e).nodes, e.dataset in FAMILIES
    told = {"kind": row.kind, "kinds": row.kinds, "family": family}
    return {"masks": e.process == "absorbing", "nodes": nodes, "pairs": pairs(nodes), **told}


def joined(x0_hat: NDArray[np.floating]) -> NDArray[np.floating]:
    """[..., D] the probability that each pair is joined, of most probable symbols and their probabilities [..., D, 2]."""
    return np.where(x0_hat[..., 0] == 1.0, x0_hat[..., 1], 1.0 - x0_hat[..., 1])


def frame_arrays(setup: Setup, frame: Frame) -> Iterator[tuple[str, NDArray[np.bool_] | NDArray[np.uint8]]]:
    """Of a displayed frame, by name."""
    count = drawn(setup)
    x, lost = frame.x[:count].cpu().numpy(), float(redrawn(setup.experiment.process, setup.schedule)[frame.t])
    yield frame.direction, x.astype(np.uint8)
    yield f"{frame.direction}_possible", data_of(setup.experiment).judged(x, lost)
    if frame.x0_hat is not None:
        yield "x0_hat", np.rint(255.0 * joined(frame.x0_hat[:count].cpu().numpy())).astype(np.uint8)


def standing(setup: Setup, measured: Measured[Any]) -> dict[str, Any]:
    """places: by panel, of each graph in turn the x and y of each node in thousandths of a radius, y downwards (layout.ends)."""
    found = ends(setup, measured.end[: drawn(setup)])
    return {"places": {name: np.rint(1000.0 * at * [1.0, -1.0]).astype(int).ravel().tolist() for name, at in found.items()}}


SENT = Sent(
    view="graphs",
    drawn=drawn,
    size=lambda setup: POINTS * drawn(setup),
    arrays=arrays,
    frame=frame_arrays,
    data=lambda setup, times: data(setup),
    measured=lambda setup, times, measured: standing(setup, measured),
    kept=lambda x: x.astype(np.uint8),
)
