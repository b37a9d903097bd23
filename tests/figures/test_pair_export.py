import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from diffviz.figures.pair_export import GIF_MOMENTS, MP4_HOLD, MP4_MOMENTS, MP4_RATE, render_film, render_sheet
from diffviz.figures.theme import FORWARD
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
    assert meta["duration"] == pytest.approx(2 * (MP4_MOMENTS + MP4_HOLD) / MP4_RATE, abs=0.2)


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_the_sheet(tmp_path, ending, start):
    path = tmp_path / f"pair.{ending}"
    render_sheet([made(), made(10)], ["A: one", "B: other"], path)
    assert path.read_bytes().startswith(start)
