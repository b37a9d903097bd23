import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from diffviz.figures.pair_export import GIF_MOMENTS, MP4_HOLD, MP4_RATE, render_film, render_sheet
from diffviz.figures.theme import FORWARD
from diffviz.trajectory import Curve, Trajectory
from tests.figures.test_export import centre, curves, made

PANELS = [(slice(70, 300), slice(20, 310)), (slice(330, 560), slice(20, 310))]  # forward of A and of B, in pixels


def film(path):
    """A of 100 steps, B of 10: both spots run from upper left to lower right."""
    told = []
    render_film([made(), made(10)], [curves()[0], curves(10)[0]], ["A: one", "B: other"], path, told.append)
    assert told[-1] == 1
    assert all(np.diff(told) > 0)
    return path


def test_both_sides_run_on_one_clock_in_the_gif(tmp_path):
    with Image.open(film(tmp_path / "pair.gif")) as picture:
        assert picture.n_frames == 2 * GIF_MOMENTS
        places = []
        for number in (2, GIF_MOMENTS - 3):
            picture.seek(number)
            places.append([centre(picture, FORWARD, panel) for panel in PANELS])
    for early, late in zip(*places, strict=True):
        assert early[0] < late[0] - 60  # to the right
        assert early[1] < late[1] - 60  # and down
    (a, b), _ = places
    assert a[0] == pytest.approx(b[0], abs=25)  # B has ten steps: half of one is 20 pixels
    assert a[1] == pytest.approx(b[1], abs=25)


def test_the_mp4_plays_as_long_as_it_should(tmp_path):
    frames = imageio_ffmpeg.read_frames(str(film(tmp_path / "pair.mp4")))
    meta = next(frames)
    frames.close()
    assert meta["codec"] == "h264"
    assert meta["duration"] == pytest.approx(2 * (101 + MP4_HOLD) / MP4_RATE, abs=0.2)  # A's times, each once


def test_pictures_are_drawn_as_pictures(tmp_path):
    """One picture, black at t = 0 and white at T: its place in the film turns from dark to light."""
    grey = np.linspace(-1, 1, 5, dtype=np.float32)[:, None, None, None, None] * np.ones((1, 1, 1, 8, 8), np.float32)
    times, alpha = np.arange(4, -1, -1), np.ones(5)
    one = Trajectory(grey, grey[::-1], grey[::-1], times, alpha, alpha, [{}] * 5, "cpu", 0.0, 4)
    costs = Curve("cost", np.arange(1.0, 5.0), np.ones(4), "nats")
    render_film([one, one], [costs, costs], ["A: one", "B: other"], tmp_path / "pair.gif")
    with Image.open(tmp_path / "pair.gif") as picture:
        shades = []
        for number in (0, 4):  # every time once
            picture.seek(number)
            shades.append([np.asarray(picture.convert("L"))[panel][100:110, 130:140].mean() for panel in PANELS])
    assert max(shades[0]) < 20
    assert min(shades[1]) > 235
    render_sheet([one, one], ["A: one", "B: other"], tmp_path / "pair.png")
    assert Image.open(tmp_path / "pair.png").format == "PNG"


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_sheet(tmp_path, ending, start):
    path = tmp_path / f"pair.{ending}"
    render_sheet([made(), made(10)], ["A: one", "B: other"], path)
    assert path.read_bytes().startswith(start)
