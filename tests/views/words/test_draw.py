"""Words on films and sheets."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from diffviz.domains.words.lists import FILL, LENGTH, MASK
from diffviz.engine import Setup, run
from diffviz.experiment import Experiment
from diffviz.figures.scenes import COLOURS, Size
from diffviz.views.words.draw import BESIDE, CROSS, HIGH, INK_SHARE, SHARE, WIDE, draw, letters, tiles

E = Experiment(dataset="names", steps=4, particles=20)


def test_every_sign_is_drawn_and_the_mask_is_empty():
    ink = letters().sum((1, 2))
    assert ink[MASK] == 0.0
    assert (np.delete(ink, MASK) > 0.0).all()
    assert ink[12] > ink[8] > ink[FILL]  # m, i and a dot


def test_a_tile_has_the_shade_of_its_confidence_and_a_word_off_the_list_its_cross():
    x = np.full((3, LENGTH), MASK)
    x[0, 0] = 0
    shade = np.zeros((3, LENGTH))
    shade[1, 1] = 1.0
    picture = tiles(x, shade, "#204060", np.array([False, False, True]), 1)
    assert picture.shape == (3 * HIGH, (LENGTH + BESIDE) * WIDE, 3)
    place = picture.reshape(3, HIGH, LENGTH + BESIDE, WIDE, 3)[:, HIGH // 2, :, WIDE // 2]
    assert place[0, 3].tolist() == [255, 255, 255]
    assert place[1, 1].tolist() == pytest.approx([255 - SHARE * (255 - level) for level in (0x20, 0x40, 0x60)], abs=1)
    crosses = 255 - picture.reshape(3, HIGH, LENGTH + BESIDE, WIDE, 3)[:, :, LENGTH].min((1, 2, 3))
    assert (crosses > 0).tolist() == [False, False, True]
    assert letters()[CROSS].max() == 1.0


@pytest.mark.parametrize(
    ("layers", "pair", "names"),
    [
        ((), False, ["forward", "reverse", "x0_hat"]),
        ((), True, ["forward", "reverse"]),
        (("x0_hat",), True, ["forward", "x0_hat"]),
    ],
)
@pytest.mark.parametrize(("most", "columns", "count"), [(16, 1, 8), (36, 2, 20)])
def test_panels_show_the_words_of_the_run(layers, pair, names, most, columns, count):
    trajectory = run(E)
    scene = draw(Setup(E), trajectory, layers, pair)
    assert [panel.name for panel in scene.panels] == names
    for row in scene.panels:
        panel = row.draw(Figure().add_subplot(), Size(1.0, most))
        panel.show(2)
        found = np.asarray(panel.artists[0].get_array())
        index = int(np.flatnonzero(trajectory.t == 2)[0])
        told = trajectory.x0_hat[index][:count]
        x = trajectory.forward[2][:count] if row.name == "forward" else told[..., 0]
        x = trajectory.reverse[index][:count] if row.name == "reverse" else x
        shade = np.where(x < FILL, 0.4, 0.0) if row.name == "forward" else told[..., 1]
        shade = INK_SHARE * shade if row.name == "x0_hat" else shade
        corner = found.reshape(count // columns, HIGH, columns, LENGTH + BESIDE, WIDE, 3)[:, 3, :, :LENGTH, 3]
        corner = corner.transpose(1, 0, 2, 3).reshape(count, LENGTH, 3)
        paper = 1 - SHARE * shade[..., None] * (1 - np.array(to_rgb(COLOURS[row.name])))
        free = x != MASK  # a masked tile has a line near its corner
        assert corner[free] / 255 == pytest.approx(paper[free], abs=0.02)
