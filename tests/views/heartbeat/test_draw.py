"""Bit sequences on films and sheets."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from diffviz.engine import Setup, run
from diffviz.experiment import Experiment
from diffviz.figures.scenes import COLOURS, Size
from diffviz.views.heartbeat.draw import CELL, GAP, draw, raster

E = Experiment(dataset="heartbeat", steps=6, particles=40)


def test_a_bit_is_a_cell_and_a_probability_a_shade():
    shown = raster(np.array([[0.0, 1.0, 0.5]]), "#204060")
    assert shown.shape == (CELL, 3 * CELL, 3)
    assert shown[0, 0].tolist() == [255, 255, 255]
    assert shown[0, CELL].tolist() == [0x20, 0x40, 0x60]
    assert shown[0, 2 * CELL].tolist() == pytest.approx([(255 + level) / 2 for level in (0x20, 0x40, 0x60)], abs=1)
    assert len({tuple(pixel) for pixel in shown[CELL - GAP]}) == 1  # a line of the grid


@pytest.mark.parametrize(
    ("layers", "pair", "names"),
    [
        ((), False, ["forward", "reverse", "x0_hat"]),
        ((), True, ["forward", "reverse"]),
        (("x0_hat",), True, ["forward", "x0_hat"]),
    ],
)
def test_panels_show_the_bits_of_the_run(layers, pair, names):
    trajectory = run(E)
    scene = draw(Setup(E), trajectory, layers, pair)
    assert [panel.name for panel in scene.panels] == names
    for row in scene.panels:
        panel = row.draw(Figure().add_subplot(), Size(1.0, 16))
        panel.show(3)
        found = panel.artists[0].get_array()[::CELL, ::CELL] / 255.0
        index = 3 if row.name == "forward" else int(np.flatnonzero(trajectory.t == 3)[0])
        expected = getattr(trajectory, row.name)[index][:16]
        ink = np.array(to_rgb(COLOURS[row.name]))
        assert np.asarray(found) == pytest.approx(1 - expected[..., None] * (1 - ink), abs=0.01)
