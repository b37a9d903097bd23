"""Where a line is not drawn, on the page and in files."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from diffviz.figures.films import _chart
from diffviz.figures.lines import Axis, Line, alone, pieces
from diffviz.figures.paper import _graph
from diffviz.figures.scenes import Graph
from diffviz.trajectory import Curve
from tests.figures.runs import points, shown

COSTS = np.array([1.0, 2.0, 0.0, 3.0, 0.0])


def test_a_line_falls_into_pieces_and_what_stands_alone_is_found():
    known = np.array([True, True, False, True, False, False, True])
    assert pieces(known).tolist() == [0, 0, 1, 3]
    assert alone(pieces(known)).tolist() == [False, False, True, True]
    assert not alone(pieces(np.array([False, True]))).any()  # a single value of one piece
    assert alone(pieces(np.zeros(3, bool))).tolist() == []


@pytest.mark.parametrize("draw", [_graph, lambda axes, graph: _chart(axes, [shown(points(4))], graph)], ids=["paper", "film"])
def test_files_join_no_costs_over_a_step_that_costs_nothing(draw):
    axes = Figure().add_subplot()
    draw(axes, Graph("KL", [Line(Curve("KL", np.arange(5), COSTS, "nats"), "black")], Axis("t", (0.0, 4.0)), True))
    line, dots, *_ = axes.lines
    assert np.array_equal(line.get_ydata(), [1.0, 2.0, np.nan, 3.0, np.nan], equal_nan=True)
    assert (dots.get_xdata().tolist(), dots.get_ydata().tolist()) == ([3], [3.0])
    assert dots.get_marker() not in ("None", "")
