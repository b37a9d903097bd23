import numpy as np
import pytest
from PIL import Image

from diffviz.figures.export import GIF_FRAMES, GIF_HOLD, GIF_MILLISECONDS, SHEET_COLUMNS, render_gif, render_sheet
from diffviz.figures.theme import FORWARD, REVERSE
from diffviz.trajectory import Curve, Trajectory

LEFT, RIGHT = (slice(60, 340), slice(60, 370)), (slice(60, 340), slice(400, 740))  # the panels of the animation, in pixels


def made(steps=100, visited=None, particles=300):
    """Two spots: forward runs from upper left to lower right, reverse the other way."""
    times = np.arange(steps + 1)[::-1] if visited is None else np.array(visited)
    spot = 0.05 * np.random.default_rng(0).standard_normal((particles, 2)).astype(np.float32)
    place = np.array([-1.5, 1.5], np.float32) * (1 - 2 * np.arange(steps + 1, dtype=np.float32) / steps)[:, None]
    forward = place[:, None] + spot
    return Trajectory(
        forward=forward,
        reverse=forward[times],
        x0_hat=forward[times],
        t=times,
        alpha=np.linspace(1, 0, steps + 1),
        sigma=np.linspace(0, 1, steps + 1),
        info=[{}] * len(times),
        device="cpu",
        seconds=0.1,
        evaluations=len(times) - 1,
    )


def curves(steps=100, value=0.01):
    t = np.arange(1, steps + 1)
    return Curve("learned", t, np.full(steps, value), "nats"), Curve("exact", t, np.full(steps, value / 2), "nats")


def centre(frame, colour, panel):
    """Middle (x, y) of the pixels of a colour in a panel, and how many there are."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    pixels = np.asarray(frame.convert("RGB")).astype(int)[panel]
    y, x = np.nonzero(np.abs(pixels - wanted).max(-1) < 40)
    return (x.mean(), y.mean(), len(x)) if len(x) else (np.nan, np.nan, 0)


@pytest.fixture(scope="module")
def animation(tmp_path_factory):
    path, told = tmp_path_factory.mktemp("gif") / "run.gif", []
    render_gif(made(), *curves(), "A title", path, told.append)
    return path, told


def test_the_animation_runs_forward_then_back_and_loops(animation):
    path, _ = animation
    with Image.open(path) as picture:
        assert picture.format == "GIF"
        assert picture.info["loop"] == 0
        assert picture.n_frames == 2 * GIF_FRAMES
        durations, forward, reverse = [], [], []
        for number in range(picture.n_frames):
            picture.seek(number)
            durations.append(picture.info["duration"])
            forward.append(centre(picture, FORWARD, LEFT))
            reverse.append(centre(picture, REVERSE, RIGHT))
    assert sorted(set(durations)) == [GIF_MILLISECONDS, GIF_HOLD]
    assert [i for i, d in enumerate(durations) if d == GIF_HOLD] == [GIF_FRAMES - 1, 2 * GIF_FRAMES - 1]
    assert all(count > 10 for *_, count in forward)
    assert (np.diff([x for x, *_ in forward[:GIF_FRAMES]]) > 0).all()  # data to noise: left to right ...
    assert (np.diff([x for x, *_ in forward[GIF_FRAMES:]]) < 0).all()  # ... and back
    assert (np.diff([x for x, *_ in reverse[GIF_FRAMES:]]) < 0).all()
    first, last = forward[0], forward[GIF_FRAMES - 1]
    assert first[1] < last[1]  # upwards on the page is upwards in the data


def test_the_reverse_panel_waits_while_the_forward_one_runs(animation):
    with Image.open(animation[0]) as picture:
        frames = []
        for number in (0, 10, GIF_FRAMES - 1):
            picture.seek(number)
            frames.append(np.asarray(picture.convert("RGB"))[RIGHT].copy())
    np.testing.assert_array_equal(frames[0], frames[1])
    np.testing.assert_array_equal(frames[0], frames[2])


def test_progress_is_told_from_nothing_to_all(animation):
    _, told = animation
    assert len(told) == 2 * GIF_FRAMES
    assert (np.diff(told) > 0).all()
    assert told[-1] == 1.0


def test_a_short_chain_comes_back_through_every_visited_time_and_no_other(tmp_path):
    render_gif(made(visited=[100, 60, 30, 0]), *curves(), "few", tmp_path / "few.gif")
    with Image.open(tmp_path / "few.gif") as picture:
        assert picture.n_frames == GIF_FRAMES + 4


def test_costs_that_no_logarithm_shows_are_left_out(tmp_path):
    """The step into data codes a density, which may cost less than nothing; a step of a Gaussian may cost nothing."""
    used, exact = curves(3)
    used.values[:2], exact.values[:2] = [-0.5, 0.0], [-0.5, 0.0]
    render_gif(made(3), used, exact, "odd", tmp_path / "odd.gif")
    with Image.open(tmp_path / "odd.gif") as picture:
        assert picture.n_frames == 8


@pytest.mark.parametrize(
    ("visited", "columns"), [(None, SHEET_COLUMNS), ([100, 40, 0], 3), ([100, 0], 2)], ids=["many", "three", "two"]
)
def test_a_sheet_has_a_column_for_each_time_shown(tmp_path, visited, columns):
    render_sheet(made(visited=visited), "A title", tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.format == "PNG"
        assert picture.size == (round((2.2 * columns + 0.4) * 160), round(5.2 * 160))
        whole = (slice(None), slice(None))
        upper, lower = (slice(0, picture.height // 2), slice(None)), (slice(picture.height // 2, None), slice(None))
        for panel, colour, other in ((upper, FORWARD, REVERSE), (lower, REVERSE, FORWARD)):
            assert centre(picture, colour, panel)[2] > 50 * columns
            assert centre(picture, other, panel)[2] == 0
        assert centre(picture, FORWARD, whole)[2] > 0


def test_the_same_run_gives_the_same_file(tmp_path):
    for name in ("a", "b"):
        render_gif(made(10), *curves(10), "same", tmp_path / f"{name}.gif")
        render_sheet(made(10), "same", tmp_path / f"{name}.png")
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
