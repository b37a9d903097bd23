from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from diffviz.figures import sheets
from diffviz.figures.moments import columns
from diffviz.figures.sheets import COLUMNS, level_text, render_sheet
from diffviz.figures.theme import FORWARD, REVERSE
from diffviz.views.pictures.draw import EPS_REACH, GUTTER, mosaic
from tests.figures.runs import density, estimates, pictures, points, recorded, shown
from tests.figures.test_films import centre


def test_a_mosaic_holds_every_picture_at_its_place():
    x = np.linspace(-1.5, 1.5, 3 * 4 * 4, dtype=np.float32).reshape(3, 1, 4, 4)
    whole = mosaic(x)
    assert whole.shape == (8 + GUTTER, 8 + GUTTER, 3)
    for i in range(3):
        top, left = (i // 2) * (4 + GUTTER), (i % 2) * (4 + GUTTER)
        wanted = np.clip(np.rint(127.5 + 127.5 * x[i, 0]), 0, 255)
        np.testing.assert_array_equal(whole[top : top + 4, left : left + 4, 0], wanted)
    assert (whole[5:, 5:] == 255).all()
    colour = np.zeros((1, 3, 2, 2), np.float32)
    colour[0, 0] = 1.0
    assert mosaic(colour)[0, 0].tolist() == [255, 128, 128]
    assert mosaic(np.full((1, 1, 1, 1), EPS_REACH / 2, np.float32), EPS_REACH)[0, 0, 0] == 191


@pytest.mark.parametrize("visited", [None, [100, 50, 0], [100, 0]], ids=["all", "two steps", "one step"])
def test_each_column_says_its_time_and_level_and_where_nothing_comes_back_says_so(monkeypatch, tmp_path, visited):
    run = points(visited=visited)
    texts = recorded(monkeypatch, Axes, "text")
    render_sheet([shown(run)], tmp_path / "sheet.png")
    said = [text for _, _, text in texts]
    (row,) = columns([run], [100], COLUMNS)
    assert [s for s in said if s.startswith("t = ")] == [f"t = {cell.t}" for cell in row]
    assert next(s for s in said if s.startswith("log")) == "log10 SNR ∞"
    assert said.count("not visited") == sum(not cell.visited for cell in row)
    with Image.open(tmp_path / "sheet.png") as picture:
        middle = round(0.55 * picture.height)
        upper, lower = (slice(0, middle), slice(None)), (slice(middle, None), slice(None))
        assert centre(picture, FORWARD, upper)[2] > 50 * len(row)
        assert centre(picture, FORWARD, lower)[2] == 0
        assert centre(picture, REVERSE, lower)[2] > 50 * sum(cell.visited for cell in row)


def test_levels_are_told_in_few_letters():
    assert [level_text(x * np.log(10)) for x in (np.inf, 2.04, -0.01, -3.25, -np.inf)] == [
        "log10 SNR ∞",
        "log10 SNR 2.0",
        "log10 SNR 0.0",
        "log10 SNR −3.2",
        "log10 SNR −∞",
    ]


@pytest.mark.parametrize("ending", ["png", "pdf"])
@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("kind", ["points", "pictures"])
def test_one_run_and_two_are_drawn(monkeypatch, tmp_path, ending, sides, kind):
    texts = recorded(monkeypatch, Figure, "text")
    path = tmp_path / f"sheet.{ending}"
    everything = {"layers": ("density", "score", "trails", "x0_hat"), "density": density, "estimates": estimates}
    make, others = (points, everything) if kind == "points" else (pictures, {})
    render_sheet([shown(make(steps), **others) for steps in (100, 3)][:sides], path)
    assert path.read_bytes().startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[ending])
    said = [text for _, _, text in texts]
    assert said.count("A title") == sides
    assert any("A summary" in s for s in said)
    assert [s for s in said if s in ("A", "B")] == (["A", "B"] if sides == 2 else [])


@pytest.mark.parametrize("sides", [1, 2])
def test_no_text_is_cut_at_the_right_edge(monkeypatch, tmp_path, sides):
    """Figures are wider than most letters."""
    long = replace(shown(points(3)), title="W = 0.12345 · " * 30, summary="31.59430 ± 0.00047 nats " * 60)
    drawn = []
    monkeypatch.setattr(sheets, "save_figure", lambda figure, path: drawn.append(figure))
    render_sheet([long] * sides, tmp_path / "sheet.png")
    (figure,) = drawn
    edge = FigureCanvasAgg(figure).get_renderer().width
    assert all(text.get_window_extent().x1 < edge for text in figure.texts)
    (summary,) = (text.get_text() for text in figure.texts if "nats" in text.get_text())
    assert summary.count("31.59430") == 60 * sides
    assert "±\n" not in summary
    assert summary.count("\n") < 30 * sides  # no line is short
