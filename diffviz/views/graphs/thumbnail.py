"""A small picture of a family of graphs, for the gallery: some of its graphs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from diffviz.domains.graphs.data import data_of
from diffviz.domains.graphs.families import FAMILIES, pairs
from diffviz.experiment import Experiment
from diffviz.figures.theme import FORWARD
from diffviz.noise import Stream, particle_uniform
from diffviz.views.graphs.layout import forced, places

ACROSS = 3  # graphs of a family beside one another, and below
RADIUS, DOT, LINE = 0.38, 0.055, 0.035  # of a cell: of the ring, of a node, and half an edge's width
FINER = 4  # drawn so much larger, for smooth lines


def thumbnail(name: str, side: int) -> NDArray[np.uint8]:
    """[side, side, 4] RGBA, transparent where there is neither a node nor an edge."""
    data = data_of(Experiment(dataset=name))
    family = name in FAMILIES
    across = ACROSS if family else 2
    graphs = data.distribution.sample(particle_uniform(0, Stream.DATA, across**2)).numpy()
    ring = np.broadcast_to(places(data.nodes), (len(graphs), data.nodes, 2))
    cell = FINER * side / across
    sheet = Image.new("L", (FINER * side,) * 2, 0)
    pen = ImageDraw.Draw(sheet)
    for number, (graph, where) in enumerate(zip(graphs, ring if family else forced(graphs == 1.0, data.nodes), strict=True)):
        row, column = divmod(number, across)
        at = cell * (np.array([column + 0.5, row + 0.5]) + RADIUS * where * [1.0, -1.0])
        for (a, b), edge in zip(pairs(data.nodes), graph, strict=True):
            if edge:
                pen.line([*at[a], *at[b]], 255, round(2 * LINE * cell))
        for x, y in at:
            pen.ellipse([x - DOT * cell, y - DOT * cell, x + DOT * cell, y + DOT * cell], 255)
    picture = np.empty((side, side, 4), np.uint8)
    picture[..., :3] = [int(FORWARD[i : i + 2], 16) for i in (1, 3, 5)]
    picture[..., 3] = np.asarray(sheet.resize((side, side), Image.Resampling.BOX))
    return picture
