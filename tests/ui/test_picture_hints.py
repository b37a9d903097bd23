"""What the questions of Compare images say in words and numbers, on their 64 pictures, or 24 of them where no figure is told."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import checkpoints, run
from diffviz.diagnostics.picture_comparison import PictureOutcome, compare_pictures
from diffviz.engine import Setup
from diffviz.images import make_images
from diffviz.masks import parse_mask
from diffviz.samplers import SAMPLERS
from diffviz.ui.picture_pair_presets import PICTURE_PAIR_PRESETS
from diffviz.ui.picture_presets import PICTURE_PRESETS


def sides_of(index, pictures=24):
    """Both trajectories of a question, and the classes that are read in what comes back."""
    row = PICTURE_PAIR_PRESETS[index]
    preset = replace(row, a=replace(row.a, particles=pictures), b=replace(row.b, particles=pictures))
    trajectories = [run(experiment) for experiment in (preset.a, preset.b)]
    reader = checkpoints.load("digits", checkpoints.CLASSIFIERS).network.eval()
    with torch.inference_mode():
        read = [reader(torch.from_numpy(t.reverse[-1])).argmax(1) for t in trajectories]
    return preset, trajectories, float((read[0] == read[1]).float().mean())


def bound_of(preset, trajectories):
    setups = (Setup(preset.a), Setup(preset.b))
    rows = compare_pictures(*(PictureOutcome.of(*pair) for pair in zip(setups, trajectories, strict=True)))
    return {row.name: row for row in rows}


def read_as(experiment):
    """The class that is read in each picture that comes back."""
    reader = checkpoints.load("digits", checkpoints.CLASSIFIERS).network.eval()
    with torch.inference_mode():
        return reader(torch.from_numpy(run(experiment).reverse[-1])).argmax(1).tolist()


def asked(presets, question):
    return next(preset for preset in presets if preset.question == question)


def test_what_the_hints_say_of_training_noise_and_variances_is_so():
    preset, both, alike = sides_of(0, 64)
    bound = bound_of(preset, both)["bound_bits_per_dim"]
    assert bound.winner == "b"
    assert bound.difference.value == pytest.approx(0.1, abs=0.03)  # its standard error is 0.009
    assert alike == pytest.approx(0.75, abs=0.05)
    recipes = [checkpoints.load(e.denoiser, checkpoints.PICTURES).recipe for e in (preset.a, preset.b)]
    assert replace(recipes[0], weighting="cosine") == recipes[1]
    preset, both, alike = sides_of(1, 64)
    bound = bound_of(preset, both)["bound_bits_per_dim"]
    assert bound.winner == "b"
    assert bound.difference.value == pytest.approx(0.3, abs=0.05)
    assert alike > 0.9


def test_what_the_hints_say_of_guidance_and_looks_is_so():
    _, (a, b), _ = sides_of(2)
    ink = [float((t.reverse[-1] > 0.5).mean()) for t in (a, b)]
    about = [float(np.sqrt(((t.reverse[-1] - t.reverse[-1].mean(0)) ** 2).mean())) for t in (a, b)]
    assert ink[1] > ink[0]
    assert about[1] < about[0]
    preset, (a, b), alike = sides_of(3)
    np.testing.assert_array_equal(a.reverse[0], b.reverse[0])
    assert alike < 0.2  # one in ten is chance
    assert (a.evaluations, b.evaluations) == (10, 100)
    assert SAMPLERS[preset.a.sampler].title == "DDIM"


def test_what_the_hints_say_of_memory_and_second_order_is_so():
    preset, both, _ = sides_of(4)
    near = bound_of(preset, both)["nearest_training"]
    assert near.a.value < 0.06
    assert near.b.value == pytest.approx(0.34, abs=0.03)
    preset, (a, b), _ = sides_of(5)
    assert a.evaluations == b.evaluations == 10
    finely = run(replace(preset.b, sampler_steps=200)).reverse[-1]
    far = [np.sqrt(((t.reverse[-1] - finely) ** 2).mean((1, 2, 3))) for t in (a, b)]
    assert (far[1] - far[0]).mean() > 5 * (far[1] - far[0]).std() / math.sqrt(24)


def test_what_the_hints_say_of_measured_pictures_is_so():
    hole, four = (asked(PICTURE_PRESETS, q).experiment for q in ("What was behind the hole?", "What do four numbers tell?"))
    np.testing.assert_array_equal(parse_mask(hole.mask), np.arange(8)[:, None] < np.full(8, 4))
    assert int(make_images("digits").held_out_labels[hole.picture]) == 3
    assert Setup(four).y.numel() == 4
    digits = read_as(four)
    assert len(set(digits)) > 3
    preset = asked(PICTURE_PAIR_PRESETS, "Is walking again worth it?")
    rows = bound_of(preset, [run(preset.a), run(preset.b)])
    assert rows["mean_to_exact_mse"].winner == rows["spread_off"].winner == "b"
    assert rows["spread"].b.value > rows["exact_spread"].b.value + 5 * rows["spread"].b.stderr
    preset = asked(PICTURE_PAIR_PRESETS, "RePaint or guidance?")
    rows = bound_of(preset, [run(preset.a), run(preset.b)])
    assert rows["mean_to_exact_mse"].winner == rows["spread_off"].winner == ""
    assert rows["evaluations"].a.value / rows["evaluations"].b.value == pytest.approx(5, abs=0.1)
    for name in ("a", "b"):
        assert getattr(rows["mean_to_exact_mse"], name).value > 3 * getattr(rows["mean_to_exact_mse"], name).stderr


def test_what_the_hints_say_of_turning_back_and_of_ways_between_is_so():
    preset = asked(PICTURE_PAIR_PRESETS, "How far back must it turn?")
    soon, late = read_as(preset.a), read_as(preset.b)
    assert soon.count(3) > 0.85 * 64
    assert late.count(3) < 0.5 * 64
    half = read_as(asked(PICTURE_PRESETS, "How far back must it turn?").experiment)
    assert soon.count(3) > half.count(3) > late.count(3)
    way = read_as(asked(PICTURE_PRESETS, "Is there a way from 1 to 4?").experiment)
    assert (way[0], way[-1]) == (1, 4)
    assert way.count(1) + way.count(4) > 0.9 * len(way)
