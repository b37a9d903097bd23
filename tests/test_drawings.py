import numpy as np
import pytest
import torch
from PIL import Image

from diffviz import Experiment, drawings
from diffviz.drawings import DRAWN, read_overlays, write
from diffviz.experiment import ExperimentError
from diffviz.figures import films, scenes, sheets
from diffviz.figures.theme import VIEW
from diffviz.player.protocol import field_points
from diffviz.records import Record
from tests.test_exports import CHANGED, DEFAULT

DIGITS = Experiment(dataset="digits", denoiser="exact", particles=4, steps=4)
ALL = ("density", "score", "trails", "x0_hat")


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """What is handed to the figures, instead of drawing it."""
    calls = []
    for module, name in ((films, "render_film"), (sheets, "render_sheet")):
        monkeypatch.setattr(module, name, lambda runs, path, *others: calls.append(runs) or path.touch())

    def shown(*experiments, overlays=()):
        write([Record.of(experiment) for experiment in experiments], tmp_path / "empty.gif", overlays)
        return calls.pop()

    return shown


@pytest.mark.parametrize("experiment", [DEFAULT, CHANGED, DIGITS], ids=["points", "few steps", "pictures"])
@pytest.mark.parametrize(("name", "form"), [("run.gif", "GIF"), ("run.png", "PNG")])
def test_a_run_is_drawn_into_the_kind_of_file_its_name_asks_for(experiment, name, form, tmp_path):
    told = []
    write([Record.of(experiment)], tmp_path / name, ("density",) if not experiment.shows_pictures else (), told.append)
    with Image.open(tmp_path / name) as picture:
        assert picture.format == form
        if form == "GIF":
            assert picture.n_frames == experiment.steps + 1 + experiment.steps_taken + 1
            assert told[-1] == 1


@pytest.mark.parametrize("ending", DRAWN)
def test_two_runs_of_a_picture_that_is_given_are_drawn(ending, tmp_path):
    a = Experiment(dataset="digits", steps=3, particles=3, measurement="inpaint")
    records = [Record.of(a), Record.of(Experiment(**{**a.to_dict(), "condition": "replace"}))]
    write(records, tmp_path / f"both{ending}", ("x0_hat",))
    assert (tmp_path / f"both{ending}").stat().st_size > 5000


@pytest.mark.parametrize(("share", "frames"), [(0.5, 6), (0.0, 2)])
def test_a_run_that_turns_back_early_is_drawn_as_far_as_it_goes(tmp_path, share, frames):
    experiment = Experiment(dataset="digits", denoiser="exact", particles=4, steps=4, start="picture", start_time=share)
    for name in ("a.gif", "a.png"):
        write([Record.of(experiment)], tmp_path / name)
    with Image.open(tmp_path / "a.gif") as picture:
        assert picture.n_frames == frames


def test_captions_say_what_the_step_does_in_plain_words(drawn):
    (shown,) = drawn(Experiment(steps=4, particles=5))
    assert shown.caption(2, False) == "At t = 2, 49 % of the variance is signal (SNR 0.98)."
    back = shown.caption(2, True)
    assert back.startswith(shown.caption(2, False) + " x₁ = ")
    assert "x̂₀" in back
    assert not set("<>&") & set(back)
    assert shown.summary.startswith("negative ELBO ")
    assert "gap" in shown.summary
    assert not set("<>&") & set(shown.summary)


def test_the_density_and_the_estimates_are_the_exact_ones_and_the_networks_own(drawn):
    record = Experiment(dataset="rings", denoiser="learned", steps=10, particles=5)
    (shown,) = drawn(record, overlays=ALL)
    setup = Record.of(record).setup
    side = VIEW * ((2 * np.arange(drawings.DENSITY_SIDE) + 1) / drawings.DENSITY_SIDE - 1)
    for row, column in ((10, 70), (50, 20)):  # rows from below
        x = torch.tensor([[side[column], side[row]]])
        alpha, sigma = float(setup.schedule.alpha[4]), float(setup.schedule.sigma[4])
        assert shown.density(4)[row, column] == pytest.approx(float(setup.distribution.log_density(x, alpha, sigma).exp()))
    estimates = shown.estimates(4)
    exact, _ = setup.distribution.posterior(torch.from_numpy(field_points()).double(), alpha, sigma)
    np.testing.assert_allclose(estimates["exact"], exact)
    own = setup.denoiser(torch.from_numpy(field_points()), alpha, sigma).x0_hat.detach()
    np.testing.assert_allclose(estimates["used"], own, atol=1e-6)
    (exactly,) = drawn(Experiment(dataset="rings", steps=10, particles=5), overlays=ALL)
    assert set(exactly.estimates(4)) == {"exact"}


def test_one_run_of_pictures_shows_all_that_the_page_does_and_two_what_is_looked_at(drawn):
    assert drawn(DIGITS)[0].kinds == ("forward", "reverse", "x0_hat", "eps_hat")
    assert [shown.kinds for shown in drawn(DIGITS, DIGITS)] == [("forward", "reverse")] * 2
    assert [shown.kinds for shown in drawn(DIGITS, DIGITS, overlays=("eps_hat",))] == [("forward", "eps_hat")] * 2


def test_what_is_given_stands_beside_a_run_with_what_came_back(drawn):
    measured = Experiment(dataset="digits", denoiser="exact", particles=4, steps=4, measurement="inpaint", test_image=3)
    record, (shown,) = Record.of(measured), drawn(measured)
    truth, seen, mean, spread, own, own_spread = shown.beside
    np.testing.assert_array_equal(truth.x, record.setup.target[0])
    np.testing.assert_array_equal(seen.known, record.setup.known)
    assert [each.title for each in (mean, spread, own, own_spread)] == [
        "exact posterior mean*",
        "exact std*",
        "mean of samples",
        "std of samples",
    ]
    np.testing.assert_allclose(own.x, record.trajectory.reverse[-1].mean(0), atol=1e-6)
    np.testing.assert_allclose(own_spread.x, record.trajectory.reverse[-1].std(0, ddof=1), atol=1e-6)
    assert [each.spread for each in shown.beside] == [False, False, False, True, False, True]
    (between,) = drawn(Experiment(dataset="digits", denoiser="exact", particles=4, steps=4, start="between", sampler="ddim"))
    assert [each.title for each in between.beside] == ["first image", "second image", "first, decoded", "second, decoded"]
    assert drawn(DIGITS)[0].beside == []


def test_what_lies_over_points_is_told(drawn):
    learned = drawn(Experiment(dataset="rings", denoiser="learned", steps=2, particles=5), overlays=("density", "score"))
    assert scenes.legend(learned) == "grey: exact density of $x_t$      arrows: score, exact in ink, the network's in colour"
    assert scenes.legend(drawn(DEFAULT, overlays=("score",))) == "arrows: score, exact in ink"
    assert scenes.legend(drawn(DIGITS)) == ""


@pytest.mark.parametrize(
    ("text", "pictures", "names"),
    [
        (None, False, ("density",)),
        (None, True, ()),
        ("", False, ()),
        ("trails  density trails", False, ("trails", "density")),
        ("eps_hat", True, ("eps_hat",)),
    ],
)
def test_overlays_are_named_in_a_text(text, pictures, names):
    assert read_overlays(text, pictures) == names


@pytest.mark.parametrize(
    ("text", "pictures"), [("arrows", False), ("eps_hat", False), ("density", True), ("x0_hat eps_hat", True)]
)
def test_other_overlays_are_refused_in_one_sentence(text, pictures):
    with pytest.raises(ExperimentError, match=r"^overlays must be (some|one) of ") as refused:
        read_overlays(text, pictures)
    assert refused.value.field == "overlays"
