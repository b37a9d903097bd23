"""The numbers that the questions of pictures tell, measured again at two seeds, on fewer pictures than the page shows; each
within a range around what is told."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from diffviz import checkpoints, run
from diffviz.diagnostics.comparison import compare
from diffviz.domains.pictures.images import make_images
from diffviz.engine import Setup
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.inverse.masks import parse_mask
from diffviz.views import view
from tests.measured import measured

NETWORKS = checkpoints.CHECKPOINTS / "pictures"
PRESETS = [question for question in view("pictures").questions if question.b is None]
PAIR_PRESETS = [question for question in view("pictures").questions if question.b is not None]

SEEDS = 0, 1
DIGITS = make_images("digits")


def asked(question, side=""):
    """Hint and Experiment of a question; side: of one that needs two runs."""
    preset = next(p for p in (PAIR_PRESETS if side else PRESETS) if p.question == question)
    return preset.watch, getattr(preset, side or "a")


@cache
def ran(experiment, seed, pictures):
    return run(replace(experiment, seed=seed, particles=pictures))


def end(experiment, seed, pictures):
    return ran(experiment, seed, pictures).reverse[-1]


def read(pictures):
    """The class that a classifier reads in each."""
    reader = checkpoints.load("digits", checkpoints.CHECKPOINTS / "classifiers").network.eval()
    with torch.inference_mode():
        return reader(torch.as_tensor(pictures)).argmax(1).numpy()


def apart(pictures):
    """Root mean square over pixels, mean over all pairs of pictures."""
    flat = torch.as_tensor(pictures).flatten(1).double()
    return float(torch.pdist(flat).mean()) / flat.shape[1] ** 0.5


@cache
def figures(question, seed, pictures):
    """By name, the rows of what a question compares."""
    experiments = [replace(asked(question, side)[1], seed=seed, particles=pictures) for side in "ab"]
    found = [
        measured(experiment, ran(asked(question, side)[1], seed, pictures))
        for experiment, side in zip(experiments, "ab", strict=True)
    ]
    return {row.name: row for row in compare(*found)}


def same_digits(question, seed, pictures):
    """The share of the pictures in which one digit is read on both sides."""
    a, b = (read(end(asked(question, side)[1], seed, pictures)) for side in "ab")
    return float((a == b).mean())


def test_at_first_the_estimate_is_the_mean_of_all_digits():
    hint, experiment = asked("How does a digit come out of noise?")
    assert "close to the mean of all digits" in hint
    for seed in SEEDS:
        first = ran(replace(experiment, sampler_steps=1), seed, 8).x0_hat[0]
        assert np.sqrt(np.square(first - DIGITS.train.mean(0).numpy()).mean()) < 0.05


def test_the_exact_denoiser_returns_training_scans_and_the_network_does_not():
    hint, experiment = asked("Memorisation or generalisation?")
    assert "0.08: memorisation" in hint
    told, _ = asked("Memorisation or generalisation?", "a")
    assert "about 0.05 from one of them" in told
    assert "about 0.34 from the nearest" in told
    train = DIGITS.train.flatten(1)
    for seed in SEEDS:
        nearest = torch.cdist(torch.from_numpy(end(experiment, seed, 64)).flatten(1), train).amin(1) / 8
        assert nearest.max() < 0.08
        rows = figures("Memorisation or generalisation?", seed, 16)["nearest_training"]
        assert 0.045 < rows.a.value < 0.06
        assert 0.30 < rows.b.value < 0.38


def test_a_class_that_is_asked_for_is_read_in_every_sample():
    hint, experiment = asked("Can I ask for a 7?")
    assert "reads a 7 in every sample" in hint
    assert f"w = {experiment.guidance:g}" in hint
    for seed in SEEDS:
        assert set(read(end(experiment, seed, 8))) == {7}


def test_sevens_with_guidance_are_more_alike_than_scans():
    much, experiment = asked("What does too much guidance do?")
    pair, some = asked("What does guidance do to a 7?", "a")
    _, more = asked("What does guidance do to a 7?", "b")
    assert "about 0.50 apart" in much
    assert "images of a 7 0.57" in much
    assert "about 0.49 apart" in pair
    assert "two of A's about 0.53" in pair
    assert apart(DIGITS.train[DIGITS.train_labels == 7]) == pytest.approx(0.57, abs=0.005)
    for seed in SEEDS:
        assert 0.43 < apart(end(experiment, seed, 16)) < 0.57
        a, b = (end(e, seed, 24) for e in (some, more))
        assert 0.48 < apart(a) < 0.58
        assert 0.42 < apart(b) < min(0.56, apart(a))
        assert (b > 0.5).mean() > (a > 0.5).mean()


def test_a_network_is_sure_of_the_edges():
    hint, experiment = asked("How sure must a step be?")
    assert "less than a tenth of that in the middle" in hint
    setup = Setup(replace(experiment, particles=8))
    half = setup.schedule.steps // 2
    alpha, sigma = float(setup.schedule.alpha[half]), float(setup.schedule.sigma[half])
    for seed in SEEDS:
        x_t = torch.from_numpy(ran(experiment, seed, 8).reverse[half])
        with torch.inference_mode():
            variance = setup.denoiser(x_t, alpha, sigma).variance.mean((0, 1))
        assert variance[:, [0, 7]].mean() < 0.1 * variance[:, 2:6].mean()


def test_a_single_picture_is_the_estimate_at_once():
    hint, experiment = asked("What if all data were one image?")
    assert "from the first step on" in hint
    trajectory = run(experiment)
    assert np.abs(trajectory.x0_hat[0] - trajectory.forward[0]).max() < 1e-3


def test_several_digits_have_the_same_four_means():
    hint, experiment = asked("What do four numbers tell?")
    assert "four blocks of 4 × 4 pixels" in hint
    assert Setup(experiment).task.y.numel() == 4
    for seed in SEEDS:
        assert len(set(read(end(experiment, seed, 16)))) > 3


def test_a_hole_is_the_lower_half_of_a_held_out_three():
    for experiment in (asked("What may the hidden half be?")[1], asked("RePaint or guidance?", "a")[1]):
        np.testing.assert_array_equal(parse_mask(experiment.mask), np.arange(8)[:, None] < np.full(8, 4))
        assert int(DIGITS.held_out_labels[experiment.test_image - 1]) == 3


def test_more_noise_changes_more_digits():
    half, experiment = asked("How much noise changes the digit?")
    pair, soon = asked("How much noise changes the digit?", "a")
    _, late = asked("How much noise changes the digit?", "b")
    assert f"t₀/T = {experiment.start_time:g}" in half
    assert "About three in ten samples are read as another digit" in half
    assert f"t₀/T = {soon.start_time:g}, and about nine in ten samples are still read as a 3" in pair
    assert f"B to {late.start_time:g}, and fewer than half" in pair
    for seed in SEEDS:
        assert 0.15 < np.mean(read(end(experiment, seed, 32)) != 3) < 0.45
        assert np.mean(read(end(soon, seed, 24)) == 3) > 0.8
        assert np.mean(read(end(late, seed, 16)) == 3) < 0.5


def test_on_the_way_from_one_digit_to_another_there_are_these_two():
    hint, experiment = asked("Is there a way from 1 to 4?")
    assert "nearly all of them end at a 1 or a 4" in hint
    way = read(end(experiment, 0, 36))  # nothing in it is drawn: all seeds go one way
    assert (way[0], way[-1]) == (1, 4)
    assert np.isin(way, (1, 4)).mean() > 0.9


@pytest.mark.parametrize(
    ("question", "told", "low", "high", "alike", "least", "most"),
    [
        ("Which noise should a network train on?", "about 0.1 bits/dim", 0.05, 0.15, "about three quarters of", 0.5, 0.95),
        ("How sure must a step be?", "about 0.35 bits/dim", 0.25, 0.45, "Nearly the same digits", 0.8, 1.0),
    ],
)
def test_what_is_told_of_two_bounds(question, told, low, high, alike, least, most):
    hint, _ = asked(question, "a")
    assert told in hint
    assert alike in hint
    for seed in SEEDS:
        bound = figures(question, seed, 16)["bound_bits_per_dim"]
        assert bound.winner == "b"
        assert low < bound.difference.value < high
        assert least <= same_digits(question, seed, 16) <= most


def test_two_networks_differ_in_what_they_were_trained_on_alone():
    recipes = [
        checkpoints.load(asked("Which noise should a network train on?", side)[1].denoiser, NETWORKS).recipe for side in "ab"
    ]
    assert replace(recipes[0], weighting="cosine") == recipes[1]


def test_fresh_noise_leads_to_other_digits_from_the_same_start():
    question = "DDIM with 10 steps or DDPM with 100?"
    hint, a = asked(question, "a")
    assert SAMPLERS[a.sampler].title == "DDIM"
    for seed in SEEDS:
        one, other = (ran(asked(question, side)[1], seed, 16) for side in "ab")
        np.testing.assert_array_equal(one.reverse[0], other.reverse[0])
        for trajectory in (one, other):
            assert f"{'A takes' if trajectory is one else 'B'} {trajectory.evaluations}" in hint
        assert np.mean(read(one.reverse[-1]) == read(other.reverse[-1])) < 0.4  # one in ten is chance


def test_second_order_ends_nearer_to_where_many_steps_end():
    question = "Is second order worth it?"
    assert "where 200 steps end" in asked(question, "a")[0]
    for seed in SEEDS:
        a, b = (ran(asked(question, side)[1], seed, 8) for side in "ab")
        assert a.evaluations == b.evaluations == ran(asked("How few steps will do?")[1], seed, 8).evaluations == 10
        finely = ran(replace(asked(question, "b")[1], sampler_steps=200), seed, 8).reverse[-1]
        far = [np.sqrt(np.square(t.reverse[-1] - finely).mean((1, 2, 3))) for t in (a, b)]
        assert (far[1] - far[0]).mean() > 3 * (far[1] - far[0]).std() / 8**0.5


def test_both_ways_of_filling_a_hole_spread_wider_than_the_exact_posterior():
    question = "RePaint or guidance?"
    hint, _ = asked(question, "a")
    assert "Both spread wider than the exact posterior" in hint
    for seed in SEEDS:
        rows = figures(question, seed, 6)
        assert f"{rows['evaluations'].a.value:.0f} function evaluations" in hint
        assert f"{rows['evaluations'].b.value:.0f} evaluations with a gradient" in hint
        assert min(rows["spread"].a.value, rows["spread"].b.value) > 1.5 * rows["exact_spread"].a.value


def test_resampling_helps_and_leaves_a_spread_that_is_too_wide():
    hint, b = asked("Is resampling worth it?", "b")
    assert b.resamples == 10
    assert f"U = {b.resamples}, in B" in hint
    for seed in SEEDS:
        rows = figures("Is resampling worth it?", seed, 64)
        assert rows["mean_to_exact_mse"].b.value < rows["mean_to_exact_mse"].a.value
        assert rows["spread"].b.value > rows["exact_spread"].b.value + 5 * rows["spread"].b.stderr
