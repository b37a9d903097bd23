import numpy as np
import pytest
from PIL import Image

from diffviz import Experiment, run
from diffviz.engine import Setup
from diffviz.exports import render_file
from diffviz.figures.picture_export import GUTTER, mosaic


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
