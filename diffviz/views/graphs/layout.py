"""Where the nodes of a graph are drawn: on a ring, the first at the top, clockwise (rings.js has the same); or by forces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.graphs.data import data_of
from diffviz.domains.graphs.families import pairs
from diffviz.engine import Setup

Places = NDArray[np.float64]
ROUNDS = 120
WARM, PULL = 0.3, 1.0  # how far a node may move at first; strength of the force to the middle, which keeps parts together


def places(nodes: int) -> Places:
    """[n, 2] on the unit circle, y upwards."""
    angle = np.pi / 2 - 2.0 * np.pi * np.arange(nodes) / nodes
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def forced(joined: NDArray[np.bool_], nodes: int) -> Places:
    """[N, n, 2] in the unit disc, of graphs [N, D], joined where two nodes are: all nodes repel one another, edges pull, and
    what a node may move falls from round to round (Fruchterman & Reingold 1991). They start on the ring, so that a graph has one
    layout."""
    a, b = np.array(pairs(nodes)).T
    edge = np.zeros((len(joined), nodes, nodes))
    edge[:, a, b] = edge[:, b, a] = joined
    at = np.broadcast_to(places(nodes), (len(joined), nodes, 2))
    length = 1.0 / np.sqrt(nodes)  # at which both forces are as strong
    for step in range(ROUNDS):
        apart = at[:, :, None] - at[:, None]
        distance = np.maximum(np.linalg.norm(apart, axis=3), 0.01)
        force = (length / distance) ** 2 - edge * distance / length
        move = (force[..., None] * apart).sum(2) - PULL * at
        size = np.maximum(np.linalg.norm(move, axis=2, keepdims=True), 1e-9)
        at = at + move / size * np.minimum(size, WARM * (1.0 - step / ROUNDS))
    at = at - at.mean(1, keepdims=True)
    return at / np.maximum(np.linalg.norm(at, axis=2).max(1), 1e-9)[:, None, None]


def ends(setup: Setup, end: NDArray[np.floating]) -> dict[str, Places]:
    """By panel, [N, n, 2] where the nodes of the first N graphs of a run stand at all times: by the forces of those that the
    forward process begins with and, end [N, D], that the reverse process ends with. So nothing moves but edges."""
    nodes = data_of(setup.experiment).nodes
    graphs = {"forward": setup.data()[: len(end)].numpy(), "reverse": end}
    return {name: forced(x == 1.0, nodes) for name, x in graphs.items()}
