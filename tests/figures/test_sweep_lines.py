import itertools

import numpy as np
import pytest

from diffviz.figures import sweep_lines
from diffviz.figures.sweep_lines import COLOURS, MARKERS, MOST, SweptLine, render_lines

DARK = {  # how eyes without red, green or blue cones see a colour: Viénot, Brettel & Mollon (1999), on linear light
    "protan": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
    "deutan": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
}


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """The axes of a picture, in place of its file."""

    def drawn(lines, note="bars"):
        kept = []
        monkeypatch.setattr(sweep_lines, "save_figure", lambda figure, path: kept.append(figure))
        render_lines(lines, ("T", "gap, nats"), "Two moons", note, tmp_path / "a.png")
        kept[0].canvas.draw()
        return kept[0].axes[0]

    return drawn


def line(label="", x=(10.0, 100.0), values=(1.0, 0.1), stderr=(0.1, 0.2)):
    return SweptLine(label, x, values, stderr)


def test_the_bars_reach_one_standard_error(drawn):
    axes = drawn([line(stderr=(0.25, float("nan")))])
    bars = axes.containers[0].lines[2][0].get_segments()
    np.testing.assert_allclose(bars[0][:, 1], [0.75, 1.25])
    np.testing.assert_allclose(bars[1][:, 1], [0.1, 0.1])


def test_axes_that_reach_far_are_logarithmic(drawn):
    axes = drawn([line()])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [text.get_text() for text in axes.get_xticklabels()] == ["10", "100"]
    axes = drawn([line(x=(1.0, 2.0), values=(-1.0, 10.0))])
    assert (axes.get_xscale(), axes.get_yscale()) == ("linear", "linear")


def test_no_two_lines_look_alike(drawn):
    """They differ in marker or dash, whatever the eye makes of colours; as many as there may be."""
    axes = drawn([line(str(n)) for n in range(MOST)])
    styles = {(part.lines[0].get_marker(), part.lines[0].get_linestyle()) for part in axes.containers}
    assert len(styles) == MOST == len(axes.figure.legends[0].get_texts())
    assert len(set(MARKERS)) == len(MARKERS) == len(set(COLOURS)) == len(COLOURS)


@pytest.mark.parametrize("eyes", DARK)
def test_the_colours_of_few_lines_are_told_apart_by_colour_blind_eyes(eyes):
    def seen(colour):
        light = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]) ** 2.2
        return np.clip(DARK[eyes] @ light, 0, 1) ** (1 / 2.2)

    assert all(np.abs(seen(a) - seen(b)).max() > 0.1 for a, b in itertools.combinations(COLOURS[:5], 2))
