import json
import shlex

import numpy as np
import pytest

from diffviz import Experiment, exports, run
from diffviz.__main__ import main
from diffviz.domains.plane.own_points import on_lattice, write_points
from diffviz.domains.plane.training import Recipe
from diffviz.views.plane.live import LIVE

DEFAULT = Experiment(steps=4, particles=5)
CHANGED = Experiment(
    dataset="gaussian",
    data_std=0.5,
    schedule="linear",
    steps=12,
    beta_start=2e-4,
    scale_betas=False,
    denoiser="rings",
    sampler="ddim",
    sampler_steps=3,
    spacing="log_snr",
    eta=0.25,
    start="forward",
    particles=7,
    seed=11,
    device="cpu",
)
both = pytest.mark.parametrize("experiment", [DEFAULT, CHANGED], ids=["few-changes", "all-changed"])


@both
def test_the_python_snippet_reproduces_the_run(experiment, capsys):
    names = {}
    exec(exports.python_snippet(experiment), names)
    np.testing.assert_array_equal(names["trajectory"].reverse, run(experiment).reverse)
    assert capsys.readouterr().out.strip() == str(run(experiment).reverse.shape)


def test_the_snippet_of_the_defaults_has_no_arguments():
    assert "run(Experiment())" in exports.python_snippet(Experiment())


@both
def test_the_command_line_reproduces_the_run(experiment, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(exports.command_line(experiment))
    assert words[:3] == ["python", "-m", "diffviz"]
    assert main(words[3:]) == 0
    assert Experiment.from_dict(json.loads(capsys.readouterr().out)["experiment"]) == experiment
    with np.load("run.npz") as archive:
        np.testing.assert_array_equal(archive["reverse"], run(experiment).reverse)


def test_the_command_line_can_draw_and_take_any_name():
    words = shlex.split(exports.command_line(DEFAULT, "render", "my run.gif"))
    assert words[3] == "render"
    assert words[-2:] == ["--out", "my run.gif"]


def test_a_title_says_in_one_line_what_was_run():
    assert exports.title(DEFAULT) == "Eight Gaussians · Cosine · Ancestral (DDPM) · exact denoiser · 4 steps"
    wanted = "Gaussian · Linear unscaled 0.0002 to 0.02 · DDIM · η = 0.25 · network of Rings · 3 of 12 steps, Even in log SNR"
    assert exports.title(CHANGED) == f"{wanted} · from the end of the forward process"


def test_a_title_says_what_was_measured_and_where_it_started_from():
    fields = {"dataset": "digits", "steps": 4, "particles": 2, "test_image": 6}
    head = "Handwritten digits · Cosine · Ancestral (DDPM) · exact denoiser · 4 steps"
    measured = Experiment(**fields, measurement="inpaint", condition="replace", measure_noise=0.0)
    assert exports.title(measured) == f"{head} · Inpainting, 75 % known of test image 6, σ_y = 0 · RePaint, U = 5"
    assert exports.title(Experiment(**fields, start="picture")) == f"{head} · from test image 6, noised to t₀ = 0.5 T"
    between = Experiment(**fields, start="between", sampler="heun")
    assert exports.title(between).endswith(" · between test images 6 and 2")
    assert "[K+1, N, 1, 8, 8]" in exports.python_snippet(between)


@pytest.mark.parametrize(
    ("a", "b", "own"),
    [
        ({"variance": "posterior"}, {}, ("variance Posterior (β̃)", "variance Optimal (exact)")),
        ({"scale_betas": False, "schedule": "linear"}, {"schedule": "linear"}, ("Linear unscaled", "Linear, as usual")),
        ({"eta": 0.5, "sampler": "ddim"}, {"sampler": "ddim"}, ("η = 0.5", "η = 0")),
        ({"start": "forward"}, {}, ("from the end of the forward process", "from noise")),
        ({"seed": 3}, {}, ("seed 3", "seed 0")),
        ({"particles": 50}, {"particles": 60}, ("particles 50", "particles 60")),
        (
            {"sampler_steps": 5},
            {"sampler_steps": 5, "spacing": "log_snr"},
            ("5 of 100 steps, Trailing (even in t)", "5 of 100 steps, Even in log SNR"),
        ),
        ({"dataset": "digits", "label": 3}, {"dataset": "digits"}, ("class 3, w = 1", "no class")),
        ({}, {}, ("", "")),
        (
            {"dataset": "own_points", "own_points": "0,0;1,1", "bandwidth": 0.2},
            {"dataset": "own_mixture", "own_mixture": "-1,0,0.2,1;1,0,0.4,1"},
            ("Your own points: 2, h = 0.2", "Your own mixture: 2 components"),
        ),
        (
            {"dataset": "own_mixture", "own_mixture": "0,0,0.2,1"},  # whose title is alike
            {"dataset": "own_mixture", "own_mixture": "1,0,0.2,1"},
            ("components 0,0,0.2,1", "components 1,0,0.2,1"),
        ),
    ],
)
def test_beside_another_a_run_is_named_by_all_that_differs(a, b, own):
    one, other = Experiment(**a), Experiment(**b)
    told = exports.pair_parts(one, other)
    assert told[:2] == own
    assert exports.pair_parts(other, one)[:2] == own[::-1]
    assert all(part in exports.title(one) for part in told[2].split(" · "))


@pytest.mark.parametrize("points", [20, 4000])
def test_a_training_on_one_s_own_data_is_named_by_how_many_there_are(points):
    xy = np.random.default_rng(0).normal(size=(points, 2))
    own = Recipe("own_points", updates=7, own_points=write_points(on_lattice(xy)), bandwidth=0.25)
    assert exports.recipe_title(own, 7) == f"v, Your own points: {points}, h = 0.25, 7 updates"
    mixture = Recipe("own_mixture", updates=7, own_mixture="0,0,0.5,1;1,1,0.5,1", hidden=8)
    assert exports.recipe_title(mixture, 7) == "v, Your own mixture: 2 components, 7 updates, width 8"


def test_of_two_trainings_only_what_is_read_names_each():
    runs = [{"gamma": 4.0}, {"gamma": 3.0, "weighting": "min_snr", "own_mixture": "0,0,0.5,1", "hidden": 8}]
    recipes = [Recipe("two_moons", **run) for run in runs]
    a, b = (LIVE.see(recipes).title(recipes, side, 783) for side in (0, 1))
    assert a == "width 128, weighting Simple, 783 of 12000 updates"
    assert b == "width 8, weighting min-SNR, γ 3, 783 of 12000 updates"
