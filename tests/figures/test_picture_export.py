import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.text import Text
from PIL import Image

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.exports import render_file
from diffviz.figures.picture_export import GUTTER, mosaic, render_gif, render_sheet
from diffviz.trajectory import Trajectory


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


@pytest.mark.parametrize(("name", "frames"), [("a.gif", 10), ("a.png", 1)])
def test_a_run_of_pictures_is_drawn(tmp_path, name, frames):
    experiment = Experiment(dataset="digits", denoiser="exact", particles=4, steps=4)
    told = []
    render_file(Setup(experiment), run(experiment), tmp_path / name, told.append)
    with Image.open(tmp_path / name) as picture:
        assert getattr(picture, "n_frames", 1) == frames
        assert picture.width >= 900
    assert frames == 1 or told[-1] == 1.0


@pytest.mark.parametrize(("share", "frames"), [(0.5, 6), (0.0, 2)])
def test_a_run_that_turns_back_early_is_drawn_as_far_as_it_goes(tmp_path, share, frames):
    experiment = Experiment(dataset="digits", denoiser="exact", particles=4, steps=4, start="picture", start_time=share)
    for name in ("a.gif", "a.png"):
        render_file(Setup(experiment), run(experiment), tmp_path / name)
    with Image.open(tmp_path / "a.gif") as picture:
        assert picture.n_frames == frames


def grey(t):
    """What the pictures of picture_run are at time t, as a byte."""
    return round(127.5 + 127.5 * (t / 50 - 1))


def picture_run(visited, steps=100):
    """Pictures whose grey tells their time: forward as it is, coming back the same in the upper half."""
    shades = (np.arange(steps + 1, dtype=np.float32) / (steps / 2) - 1)[:, None, None, None, None] * np.ones(
        (1, 4, 1, 8, 8), np.float32
    )
    times, alpha = np.array(visited), np.linspace(1, 0, steps + 1)
    return Trajectory(shades, shades[times], shades[times], times, alpha, alpha, [{}] * len(times), "cpu", 0.0, len(times) - 1)


def recorded(monkeypatch, owner, name):
    """The first argument of every call of that method from now on."""
    calls, method = [], getattr(owner, name)

    def call(self, first, **others):
        calls.append(first)
        return method(self, first, **others)

    monkeypatch.setattr(owner, name, call)
    return calls


def test_what_is_shown_is_of_the_time_that_is_told(monkeypatch, tmp_path):
    """With two of a hundred steps the reverse process knows only three times; going forward, every time is there."""
    told, shown = recorded(monkeypatch, Text, "set_text"), recorded(monkeypatch, AxesImage, "set_data")
    render_gif(picture_run([100, 50, 0]), "few", tmp_path / "few.gif")
    times = [int(words.split()[2]) for words in told if str(words).startswith("t = ")]
    panels = np.array([x[0, 0, 0] for x in shown[-3 * len(times) :]]).reshape(-1, 3)  # forward, reverse, guess
    assert panels[:, 0].tolist() == [grey(t) for t in times]
    assert times[-3:] == [100, 50, 0]
    assert panels[-3:, 1:].tolist() == [[grey(t)] * 2 for t in (100, 50, 0)]
    assert (panels[:-3, 1:] == grey(100)).all()  # it waits where it begins


def test_the_sheet_has_each_visited_time_once(monkeypatch, tmp_path):
    titles = recorded(monkeypatch, Axes, "set_title")
    render_sheet(picture_run([3, 2, 1, 0], 3), "short", tmp_path / "short.png")
    assert [t for t in titles if t.startswith("forward")] == [f"forward, t = {t}" for t in range(4)]
