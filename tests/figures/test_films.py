import imageio_ffmpeg
import numpy as np
import pytest
from matplotlib.image import AxesImage
from matplotlib.text import Text
from PIL import Image

from diffviz.figures.films import HOLD_MS, MOMENTS, durations, render_film
from diffviz.figures.moments import story
from diffviz.figures.saving import RATE
from diffviz.figures.theme import FORWARD, REVERSE
from diffviz.views.pictures.draw import values
from tests.figures.runs import chart, density, estimates, grey, pictures, points, recorded, shown

GIF = MOMENTS[".gif"]
LEFT, RIGHT = (slice(70, 340), slice(60, 390)), (slice(70, 340), slice(400, 750))  # the panels of one run, in pixels
SIDES = [(slice(90, 300), slice(20, 320)), (slice(330, 560), slice(20, 320))]  # forward of A and of B


def centre(frame, colour, panel):
    """Middle (x, y) of the pixels of a colour in a panel, and how many there are."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    pixels = np.asarray(frame.convert("RGB")).astype(int)[panel]
    y, x = np.nonzero(np.abs(pixels - wanted).max(-1) < 60)
    return (x.mean(), y.mean(), len(x)) if len(x) else (np.nan, np.nan, 0)


@pytest.fixture(scope="module")
def animation(tmp_path_factory):
    path, told = tmp_path_factory.mktemp("gif") / "run.gif", []
    render_film([shown(points())], chart(points()), path, told.append)
    return path, told


def test_the_animation_runs_forward_then_back_and_loops(animation):
    path, told = animation
    with Image.open(path) as picture:
        assert (picture.format, picture.info["loop"], picture.n_frames) == ("GIF", 0, 2 * GIF)
        times, forward, reverse = [], [], []
        for number in range(picture.n_frames):
            picture.seek(number)
            times.append(picture.info["duration"])
            forward.append(centre(picture, FORWARD, LEFT))
            reverse.append(centre(picture, REVERSE, RIGHT))
    assert [i for i, ms in enumerate(times) if ms == HOLD_MS] == [GIF - 1, 2 * GIF - 1]
    assert all(count > 10 for *_, count in forward)
    assert (np.diff([x for x, *_ in forward[:GIF]]) > 0).all()  # data to noise: left to right ...
    assert (np.diff([x for x, *_ in forward[GIF:]]) < 0).all()  # ... and back
    assert (np.diff([x for x, *_ in reverse[GIF:]]) < 0).all()
    assert forward[0][1] < forward[GIF - 1][1]  # upwards in the picture is upwards in the data
    assert len(told) == 2 * GIF
    assert (np.diff(told) > 0).all()
    assert told[-1] == 1.0


def test_the_reverse_panel_waits_while_the_forward_one_runs(animation):
    with Image.open(animation[0]) as picture:
        frames = []
        for number in (0, 10, GIF - 1):
            picture.seek(number)
            frames.append(np.asarray(picture.convert("RGB"))[RIGHT].copy())
    np.testing.assert_array_equal(frames[0], frames[1])
    np.testing.assert_array_equal(frames[0], frames[2])


def test_what_is_shown_is_of_the_time_that_is_told(monkeypatch, tmp_path):
    """With two of a hundred steps the reverse process knows only three times; going forward, every time is there."""
    monkeypatch.setitem(MOMENTS, ".gif", 6)
    run = shown(pictures(100, [100, 50, 0]), kinds=("forward", "reverse", "x0_hat"))
    said, drawn = recorded(monkeypatch, Text, "set_text"), recorded(monkeypatch, AxesImage, "set_data")
    render_film([run], chart(run.trajectory), tmp_path / "few.gif")
    heads = [text for (text,) in said if "t = " in str(text)]
    told = [(text.startswith("paused"), int(text.split("t = ")[1].split()[0])) for text in heads]
    greys = [int(x[0, 0, 0]) for (x,) in drawn][-len(told) :]
    assert greys == [grey(t) for _, t in told]
    panels = [told[i : i + 3] for i in range(0, len(told), 3)][-9:]
    assert panels[:6] == [[(False, t), (True, 100), (True, 100)] for t in (0, 20, 40, 60, 80, 100)]
    assert panels[6:] == [[(False, t)] * 3 for t in (100, 50, 0)]
    captions = [text for (text,) in said if str(text).startswith("caption")]
    assert captions[-9:] == [*(f"caption {t}" for t in (0, 20, 40, 60, 80, 100)), *(f"caption {t} back" for t in (100, 50, 0))]


def test_no_noise_is_seen_at_t_0():
    run, t = pictures(10), 5
    assert values(run, "eps_hat", 0) is None
    back = run.alpha[t] * values(run, "x0_hat", t) + run.sigma[t] * values(run, "eps_hat", t)
    np.testing.assert_allclose(back, values(run, "reverse", t), atol=1e-6)


def test_few_moments_are_shown_for_longer():
    assert max(durations(story([points(2)], [2], 40), ".gif")[:-1]) == HOLD_MS
    assert durations(story([points(2)], [2], 40), ".gif")[0] == 500
    assert durations(story([points(100)], [100], 40), ".gif")[0] == 60


def test_overlays_are_drawn(tmp_path):
    seen = {}
    others = {"density": density, "estimates": estimates}
    for names in ((), ("density",), ("score",), ("trails",), ("x0_hat",)):
        render_film([shown(points(3), layers=names, **others)], chart(points(3)), tmp_path / "some.gif")
        with Image.open(tmp_path / "some.gif") as picture:
            picture.seek(6)  # back at t = 1
            seen[names] = np.asarray(picture.convert("L")).astype(int)
    for names, frame in seen.items():
        apart = np.abs(frame - seen[()]) > 20
        assert (apart[LEFT].sum() > 100) == (names in {("density",), ("score",), ("trails",)}), names
        assert (apart[RIGHT].sum() > 100) == (names != ()), names


def test_costs_that_no_logarithm_shows_are_left_out(tmp_path):
    """The step into data codes a density, which may cost less than nothing; a step of a Gaussian may cost nothing."""
    costs = chart(points(3))
    for line in costs.lines:
        line.curve.values[:2] = [-0.5, 0.0]
    render_film([shown(points(3))], costs, tmp_path / "odd.gif")
    with Image.open(tmp_path / "odd.gif") as picture:
        assert picture.n_frames == 8


def test_the_same_run_gives_the_same_file(tmp_path):
    for name in ("a", "b"):
        render_film([shown(points(3))], chart(points(3)), tmp_path / f"{name}.gif")
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


def test_both_sides_run_on_one_clock(tmp_path):
    """A of 100 steps, B of 10."""
    render_film([shown(points()), shown(points(10))], chart(points(), points(10)), tmp_path / "pair.gif")
    with Image.open(tmp_path / "pair.gif") as picture:
        assert picture.n_frames == 2 * GIF
        places = []
        for number in (2, GIF - 3):
            picture.seek(number)
            places.append([centre(picture, FORWARD, panel) for panel in SIDES])
    for early, late in zip(*places, strict=True):
        assert early[0] < late[0] - 60  # to the right
        assert early[1] < late[1] - 60  # and down
    (a, b), _ = places
    assert a[0] == pytest.approx(b[0], abs=25)  # B has ten steps: half of one is 20 pixels


@pytest.mark.parametrize("sides", [1, 2])
def test_an_mp4_plays_as_long_as_it_should(tmp_path, sides):
    path = tmp_path / "run.mp4"
    render_film([shown(pictures(4))] * sides, chart(*[pictures(4)] * sides), path)
    frames = imageio_ffmpeg.read_frames(str(path))
    meta = next(frames)
    frames.close()
    assert meta["codec"] == "h264"
    milliseconds = durations(story([pictures(4)], [4], MOMENTS[".mp4"]), ".mp4")
    assert meta["duration"] == pytest.approx(sum(milliseconds) / 1000, abs=len(milliseconds) / RATE)
