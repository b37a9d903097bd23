import re

import numpy as np
import pytest
import torch
from PIL import Image

from diffviz import Experiment
from diffviz.drawings import DRAWN, read_layers, write
from diffviz.experiment import ExperimentError
from diffviz.figures import films, sheets
from diffviz.figures.theme import VIEW
from diffviz.records import Record
from diffviz.views import view_of
from diffviz.views.plane import draw as plane_draw
from diffviz.views.plane.sent import field_points
from tests.test_exports import CHANGED, DEFAULT

DIGITS = Experiment(dataset="digits", denoiser="exact", particles=4, steps=4)
ALL = ("density", "work", "score", "trails", "x0_hat")


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """What is handed to the figures, instead of drawing it."""
    calls = []
    monkeypatch.setattr(films, "render_film", lambda runs, chart, path, *others: calls.append((runs, chart)) or path.touch())
    monkeypatch.setattr(sheets, "render_sheet", lambda runs, path: calls.append((runs, None)) or path.touch())

    def shown(*experiments, layers=(), chart=False):
        write([Record.of(experiment) for experiment in experiments], tmp_path / "empty.gif", layers)
        runs, drawn = calls.pop()
        return drawn if chart else runs

    return shown


def names(shown):
    """Of the panels."""
    return tuple(panel.name for panel in shown.scene.panels)


@pytest.mark.parametrize(
    ("experiment", "one", "two"),
    [
        (
            Experiment(steps=4, particles=5, denoiser="learned"),
            "KL of each step Lₜ₋₁, nats",
            "Entropy production, nats/step",
        ),
        (DIGITS, "KL of each step Lₜ₋₁, nats", "KL of each step Lₜ₋₁, nats"),
        (
            Experiment(dataset="digits", steps=4, particles=4, measurement="inpaint"),
            "Variation of the samples, std",
            None,
        ),
    ],
    ids=["points", "pictures", "given"],
)
def test_the_chart_of_a_film_is_one_of_the_page(drawn, experiment, one, two):
    alone, both = drawn(experiment, chart=True), drawn(experiment, experiment, chart=True)
    assert (alone.title, both.title) == (one, two or one)
    assert alone.lines[0].curve.x.max() == 4
    assert both.lines[0].curve.x.max() == 1.0
    assert [line.label for line in both.lines[:2]] == ["A", "B"]


@pytest.mark.parametrize("experiment", [DEFAULT, CHANGED, DIGITS], ids=["points", "few steps", "pictures"])
@pytest.mark.parametrize(("name", "form"), [("run.gif", "GIF"), ("run.png", "PNG")])
def test_a_run_is_drawn_into_the_kind_of_file_its_name_asks_for(experiment, name, form, tmp_path):
    told = []
    write([Record.of(experiment)], tmp_path / name, view_of(experiment).layers.usual, told.append)
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


def test_the_density_and_the_estimates_are_the_exact_ones_and_the_networks_own(monkeypatch):
    asked = {}
    monkeypatch.setattr(
        plane_draw,
        "scene",
        lambda run, layers, density, estimates, work: asked.update(density=density, estimates=estimates, work=work),
    )
    record = Record.of(Experiment(dataset="rings", denoiser="learned", steps=10, particles=5))
    setup = record.setup
    view_of(setup.experiment).draw(setup, record.trajectory, ALL, False)
    side = VIEW * ((2 * np.arange(plane_draw.DENSITY_SIDE) + 1) / plane_draw.DENSITY_SIDE - 1)
    for row, column in ((10, 70), (50, 20)):  # rows from below
        x = torch.tensor([[side[column], side[row]]])
        alpha, sigma = float(setup.schedule.alpha[4]), float(setup.schedule.sigma[4])
        assert asked["density"](4)[row, column] == pytest.approx(float(setup.distribution.log_density(x, alpha, sigma).exp()))
    estimates = asked["estimates"](4)
    exact, _ = setup.distribution.posterior(torch.from_numpy(field_points()).double(), alpha, sigma)
    np.testing.assert_allclose(estimates["exact"], exact)
    own = setup.denoiser(torch.from_numpy(field_points()), alpha, sigma).x0_hat.detach()
    np.testing.assert_allclose(estimates["used"], own, atol=1e-6)
    exactly = Record.of(Experiment(dataset="rings", steps=10, particles=5))
    view_of(setup.experiment).draw(exactly.setup, exactly.trajectory, ALL, False)
    assert set(asked["estimates"](4)) == {"exact"}
    assert asked["work"].shares("forward", 0).tolist() == [0.0] * 5


def test_one_run_of_pictures_shows_all_that_the_page_does_and_two_what_is_looked_at(drawn):
    assert names(drawn(DIGITS)[0]) == ("forward", "reverse", "x0_hat", "eps_hat")
    assert [names(shown) for shown in drawn(DIGITS, DIGITS)] == [("forward", "reverse")] * 2
    assert [names(shown) for shown in drawn(DIGITS, DIGITS, layers=("eps_hat",))] == [("forward", "eps_hat")] * 2


def test_what_is_given_stands_beside_a_run_with_what_came_back(drawn):
    measured = Experiment(dataset="digits", denoiser="exact", particles=4, steps=4, measurement="inpaint", test_image=3)
    (shown,) = drawn(measured)
    titles = [each.title for each in shown.scene.beside]
    assert titles[2:] == ["exact posterior mean*", "exact std*", "mean of samples", "std of samples"]
    assert len(titles) == 6
    assert shown.scene.note.startswith("* of the training")
    (between,) = drawn(Experiment(dataset="digits", denoiser="exact", particles=4, steps=4, start="between", sampler="ddim"))
    assert len(between.scene.beside) == 4
    assert drawn(DIGITS)[0].scene.beside == ()


def test_what_lies_over_points_is_told(drawn):
    learned = drawn(Experiment(dataset="rings", denoiser="learned", steps=2, particles=5), layers=("density", "score"))
    assert learned[0].scene.legend == "grey: exact density of $x_t$      arrows: score, exact in black, the network's in colour"
    assert drawn(DEFAULT, layers=("score",))[0].scene.legend == "arrows: score, exact in black"
    assert drawn(DIGITS)[0].scene.legend == ""


POINTS = Experiment()


@pytest.mark.parametrize(
    ("text", "experiment", "names"),
    [
        (None, POINTS, ("density",)),
        (None, DIGITS, ()),
        ("", POINTS, ()),
        ("trails  density trails", POINTS, ("trails", "density")),
        ("eps_hat", DIGITS, ("eps_hat",)),
    ],
)
def test_layers_are_named_in_a_text(text, experiment, names):
    assert read_layers(text, experiment) == names


@pytest.mark.parametrize(
    ("text", "experiment"), [("arrows", POINTS), ("eps_hat", POINTS), ("density", DIGITS), ("x0_hat eps_hat", DIGITS)]
)
def test_other_layers_are_refused_in_one_sentence(text, experiment):
    with pytest.raises(ExperimentError, match=r"^overlays must be (some|one) of ") as refused:
        read_layers(text, experiment)
    assert refused.value.field == "overlays"


def test_the_head_of_points_coloured_by_work_says_its_scale(drawn):
    (shown,) = drawn(Experiment(steps=10, particles=50), layers=("energy", "work"))
    heads = [panel.head for panel in shown.scene.panels]
    assert all(re.search(r", work ±\d+(\.\d+)? kT$", head) for head in heads)
    assert "energy" in shown.scene.legend
    (other,) = drawn(Experiment(steps=10, particles=50, sampler="ddim"), layers=("work",))
    assert ["work" in panel.head for panel in other.scene.panels] == [True, False]
