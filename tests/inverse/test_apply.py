"""Runs that measure a picture, turn back from one or go between two: from Experiment to Trajectory."""

import itertools
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffviz import Experiment, ExperimentError, engine, run
from diffviz.domains.pictures import domain
from diffviz.domains.pictures.images import make_images
from diffviz.engine import Setup
from diffviz.experiment import MAX_PARTICLE_STEPS
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.inverse.masks import mask_text
from diffviz.inverse.operators import MEASUREMENTS
from diffviz.inverse.tasks import ALL_STARTS, IMAGE_CONDITIONS, IMAGE_MEASURED, hole
from diffviz.views.pictures.posterior import distance_to_picture, round_trip

DIGITS = {"dataset": "digits", "denoiser": "digits", "device": "cpu"}
TINY = {**DIGITS, "steps": 4, "particles": 3}
HELD_OUT = make_images("digits").held_out


def refused(**fields):
    with pytest.raises(ExperimentError) as error:
        Experiment(**{**TINY, **fields})
    message = str(error.value)
    assert message.startswith(error.value.field + " ")
    assert message.endswith(".")
    assert message.count("must ") == 1
    return error.value.field


@pytest.mark.parametrize("denoiser", ["exact", "digits"])
@pytest.mark.parametrize(("measurement", "condition"), itertools.product(MEASUREMENTS, IMAGE_CONDITIONS))
def test_every_condition_uses_every_measurement_or_says_what_it_needs(measurement, condition, denoiser):
    fields = {"measurement": measurement, "condition": condition, "denoiser": denoiser, "label": 3}
    if condition == "replace" and measurement != "inpaint":
        assert refused(**fields) == "measurement"
    elif condition == "exact" and denoiser != "exact":
        assert refused(**fields) == "denoiser"
    else:
        experiment = Experiment(**{**TINY, **fields})
        setup = Setup(experiment)
        trajectory = run(experiment, setup)
        assert trajectory.reverse.shape == (5, 3, 1, 8, 8)
        assert np.isfinite(trajectory.reverse).all()
        assert np.array_equal(trajectory.forward[0], np.repeat(setup.task.target.numpy(), 3, 0))
        assert setup.task.y.shape == setup.measurement.map.y_shape
        assert setup.task.measured_image.shape == setup.task.target.shape == (1, 1, 8, 8)
        assert (setup.task.known is None) == (measurement != "inpaint")


@pytest.mark.parametrize(
    "sampler", [name for name in SAMPLERS if name != "adaptive"]
)  # thousands of function evaluations near the data
@pytest.mark.parametrize("condition", ["guided", "replace"])
def test_guidance_and_replacement_go_with_every_sampler(sampler, condition):
    fields = {**TINY, "denoiser": "exact", "eta": 0.5, "measure_noise": 0.0}
    experiment = Experiment(**fields, measurement="inpaint", condition=condition, sampler=sampler)
    setup = Setup(experiment)
    end = run(experiment, setup).reverse[-1]
    assert np.isfinite(end).all()
    assert np.array_equal(end[..., setup.task.known], np.repeat(HELD_OUT[:1, :, setup.task.known], 3, 0))


@pytest.mark.parametrize(("condition", "denoiser"), [("guided", "digits"), ("replace", "digits"), ("exact", "exact")])
@pytest.mark.parametrize("dataset", ["digits", "dead_leaves"])
def test_without_noise_known_pixels_end_as_they_are_bit_for_bit_and_others_do_not(condition, denoiser, dataset):
    fields = {"dataset": dataset, "denoiser": "exact" if denoiser == "exact" else "learned", "test_image": 8}
    experiment = Experiment(**{**TINY, **fields}, measurement="inpaint", condition=condition, measure_noise=0.0)
    setup = Setup(experiment)
    end = torch.from_numpy(run(experiment, setup).reverse[-1])
    truth, known = make_images(dataset).held_out[7].expand_as(end), torch.from_numpy(setup.task.known)
    assert torch.equal(end[..., known], truth[..., known])
    assert float((end - truth)[..., ~known].abs().max()) > 0.01


@pytest.mark.parametrize("measurement", ["denoise", "super_resolve"])
def test_without_noise_what_is_measured_is_kept_whatever_it_is(measurement):
    experiment = Experiment(**TINY, measurement=measurement, measure_noise=0.0)
    setup = Setup(experiment)
    end = torch.from_numpy(run(experiment, setup).reverse[-1])
    torch.testing.assert_close(setup.measurement.apply(end), setup.task.y.expand(3, *setup.task.y.shape), rtol=0, atol=2e-6)


@pytest.mark.parametrize("condition", ["exact", "guided"])
@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize(("sampler", "steps", "count"), [("heun", 40, 1200), ("ancestral", 100, 600)])
def test_under_a_gaussian_prior_samples_are_those_of_the_closed_form(monkeypatch, condition, measurement, sampler, steps, count):
    """From Experiment to samples: mean and variance of all 64 pixels within 4.5 standard errors of those given y, worked out with
    dense matrices; a chain of finite steps is granted 3 % of a standard deviation, and of a variance 5 %."""
    mean = make_images("digits").train.mean(0).flatten().double()
    prior = GaussianMixture(mean[None], torch.ones(1, dtype=torch.float64), 0.5)
    monkeypatch.setattr(domain, "image_mixture", lambda *_: prior)
    fields = {**DIGITS, "denoiser": "exact", "steps": steps, "particles": count, "variance": "learned", "sampler": sampler}
    setup = Setup(Experiment(**fields, measurement=measurement, condition=condition, measure_noise=0.4))
    x = run(setup.experiment, setup).reverse[-1].reshape(count, 64).astype(float)
    H = setup.measurement.apply(torch.eye(64, dtype=torch.float64).unflatten(1, (1, 8, 8))).flatten(1).T.numpy()
    gain = 0.25 * H.T @ np.linalg.inv(0.25 * H @ H.T + 0.16 * np.eye(len(H)))
    expected = mean.numpy() + gain @ (setup.task.y.flatten().numpy() - H @ mean.numpy())
    variance = 0.25 * (1 - np.einsum("ij,ji->i", gain, H))
    assert np.all(np.abs(x.mean(0) - expected) < 4.5 * np.sqrt(variance / count) + 0.03 * np.sqrt(variance))
    assert np.all(np.abs(x.var(0) / variance - 1) < 4.5 * np.sqrt(2 / count) + 0.05)
    assert np.abs(expected - mean.numpy()).max() > 10 * np.sqrt(variance.max() / count)  # a run without y would be seen


def test_the_measurement_is_the_same_whatever_is_done_with_it():
    def y(**fields):
        return Setup(Experiment(**{**TINY, "measurement": "inpaint", **fields})).task.y

    assert torch.equal(y(), y(condition="replace", sampler="ddim", particles=9, steps=7))
    assert torch.equal(y(), y(condition="multiplied", denoiser="exact"))
    assert not torch.equal(y(), y(seed=1))
    setup = Setup(Experiment(**TINY, measurement="denoise", measure_noise=1.5))
    z = (setup.task.y - setup.task.target.flatten()) / 1.5
    assert abs(float(z.mean())) < 4 / 8
    assert abs(float(z.square().mean()) - 1) < 4 * (2 / 64) ** 0.5


def test_the_class_is_no_part_of_what_is_forgotten():
    """The exact posterior is of the class asked for; of all training pictures with guidance 0."""
    of = lambda **f: Setup(Experiment(**TINY, measurement="inpaint", **f)).task.posterior  # noqa: E731
    everything, sevens = of(), of(label=7)
    assert len(everything.means) == 1500
    assert len(sevens.means) == int((make_images("digits").train_labels == 7).sum())
    assert len(of(label=7, guidance=0.0).means) == 1500


def test_nothing_measured_is_a_plain_run():
    """Whatever the other fields say."""
    plain, other = Experiment(**TINY), Experiment(**TINY, condition="replace", measure_noise=0.7, resamples=9, test_image=6)
    assert plain == other
    assert plain.plain
    assert Setup(other).task is Setup(other).measurement is None


@pytest.mark.parametrize("sampler", ["ancestral", "ddim"])
def test_a_picture_that_is_not_noised_stays_as_it_is(sampler):
    experiment = Experiment(**TINY, start="picture", start_time=0.0, test_image=5, sampler=sampler)
    trajectory = run(experiment)
    assert experiment.reverse_steps == 0
    assert trajectory.t.tolist() == [0]
    assert trajectory.evaluations == 0
    assert np.array_equal(trajectory.reverse[-1], np.repeat(HELD_OUT[4:5], 3, 0))
    assert trajectory.forward.shape == (5, 3, 1, 8, 8)


def test_noised_to_the_end_it_is_forgotten_and_in_between_it_is_not():
    """At T the distance to the picture is that of samples of a plain run, and the picture makes no difference to any sample."""
    fields = {**DIGITS, "denoiser": "exact", "steps": 60, "particles": 300}
    setups = {share: Setup(Experiment(**fields, start="picture", start_time=share)) for share in (0.2, 0.5, 1.0)}
    runs = {share: run(setup.experiment, setup) for share, setup in setups.items()}
    near, half, far = (distance_to_picture(setups[share], runs[share].reverse[-1]).estimate for share in setups)
    free = distance_to_picture(setups[1.0], run(Experiment(**fields, seed=1)).reverse[-1]).estimate
    assert near.value < half.value / 2 < far.value / 2
    assert abs(far.value - free.value) < 4 * np.hypot(far.stderr, free.stderr)
    assert half.value < free.value - 6 * np.hypot(half.stderr, free.stderr)
    other = run(Experiment(**fields, start="picture", start_time=1.0, test_image=10))
    apart = np.abs(other.reverse[-1] - runs[1.0].reverse[-1]).mean((1, 2, 3))
    assert np.mean(apart < 0.02) > 0.9


@pytest.mark.parametrize(
    ("fields", "turn", "taken"), [({}, 24, 24), ({"sampler_steps": 7}, 23, 4), ({"sampler_steps": 1}, 40, 1)]
)
def test_it_turns_back_at_the_nearest_visited_time(fields, turn, taken):
    experiment = Experiment(**{**TINY, "steps": 40}, **fields, start="picture", start_time=0.6)
    setup = Setup(experiment)
    trajectory = run(experiment, setup)
    assert trajectory.t[0] == turn
    assert len(trajectory.t) - 1 == experiment.reverse_steps == taken
    assert trajectory.evaluations == taken
    assert set(trajectory.t) <= set(setup.visited)
    assert np.array_equal(trajectory.reverse[0], trajectory.forward[turn])


@pytest.mark.parametrize(("sampler", "error"), [("heun", 0.03), ("ddim", 0.04), ("dpm_solver_2m", 0.03)])
def test_the_way_between_two_pictures_begins_and_ends_with_them(sampler, error):
    """A grey level is 0.125; the pictures differ by 0.7."""
    experiment = Experiment(**DIGITS, steps=30, particles=7, start="between", test_image=3, test_image_b=12, sampler=sampler)
    setup = Setup(experiment)
    trajectory = run(experiment, setup)
    assert max(round_trip(setup, trajectory.reverse[-1])) < error
    ends = setup.task.target.numpy()
    first, last = (np.sqrt(np.square(trajectory.reverse[-1] - end).mean((1, 2, 3))) for end in ends)
    assert np.all(np.diff(first - last) > 0)  # ever farther from the one, ever nearer to the other
    assert np.array_equal(trajectory.forward[0], ends[[0, 0, 0, 0, 1, 1, 1]])


def test_a_picture_that_is_not_there_is_one_sentence_before_the_first_frame():
    for fields, name in (
        ({"start": "picture", "test_image": 298}, "test_image"),
        ({"start": "between", "test_image_b": 301}, "test_image_b"),
    ):
        with pytest.raises(ExperimentError, match=f"^{name} must be from 1 to 297 for digits, not [0-9]+\\.$"):
            next(engine.stream(Experiment(**TINY, sampler="ddim", **fields)))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"measurement": "deblur", "measure_noise": 0.0}, "measure_noise"),
        ({"measurement": "inpaint", "condition": "multiplied", "measure_noise": 0.0}, "measure_noise"),
        ({"measurement": "inpaint", "condition": "multiplied", "sampler": "ddim"}, "sampler"),
        ({"measurement": "inpaint", "condition": "multiplied_ramp", "variance": "learned"}, "variance"),
        ({"measurement": "inpaint", "condition": "replace", "jump": 5}, "jump"),
        ({"measurement": "inpaint", "condition": "exact", "denoiser": "exact", "label": 2, "guidance": 2.0}, "guidance"),
        ({"measurement": "inpaint", "start": "picture"}, "measurement"),
        ({"measurement": "inpaint", "start": "between", "sampler": "ddim"}, "measurement"),
        ({"measurement": "inpaint", "mask": mask_text(np.ones((8, 7), bool))}, "mask"),
        ({"measurement": "tomography"}, "measurement"),
        ({"condition": "believed"}, "condition"),
        ({"measure_noise": 2.1}, "measure_noise"),
        ({"measurement": "super_resolve", "factor": 3}, "factor"),
        ({"factor": 16}, "factor"),
        ({"blur_width": 0.1}, "blur_width"),
        ({"strength": -1.0}, "strength"),
        ({"resamples": 21}, "resamples"),
        ({"jump": 0}, "jump"),
        ({"test_image": 0}, "test_image"),
        ({"start_time": 1.5}, "start_time"),
        ({"start": "between", "sampler": "ancestral"}, "sampler"),
        ({"start": "between", "sampler": "langevin"}, "sampler"),
        ({"start": "between", "sampler": "ddim", "eta": 0.5}, "eta"),
        ({"start": "between", "sampler": "ddim", "particles": 1}, "particles"),
        ({"dataset": "rings", "denoiser": "exact", "start": "picture"}, "start"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_sentence(fields, field):
    assert refused(**fields) == field


@settings(max_examples=200)
@given(st.text(max_size=40) | st.from_regex(r"[0-9]{1,3}x[0-9]{1,3}\.[rb][A-Za-z0-9_-]{0,9}", fullmatch=True))
def test_whatever_is_called_a_mask_an_experiment_or_one_sentence_comes_out(text):
    try:
        known = Setup(Experiment(**TINY, measurement="inpaint", mask=text)).task.known
    except ExperimentError as error:
        complaint = error
    else:
        assert known.shape == (8, 8)
        return
    assert complaint.field == "mask"
    assert str(complaint).startswith("mask must be ")
    assert len(str(complaint)) < 300


@settings(max_examples=50)
@given(arrays(bool, (8, 8)))
def test_a_painted_mask_goes_through_link_and_engine(mask):
    experiment = Experiment(**TINY, measurement="inpaint", mask=mask_text(mask), measure_noise=0.0)
    setup = Setup(Experiment.from_query(experiment.to_query()))
    assert np.array_equal(setup.task.known, mask)
    assert np.array_equal(setup.task.y.numpy(), HELD_OUT[0, 0].numpy()[mask])


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("condition", IMAGE_CONDITIONS)
def test_nothing_known_and_everything_known_are_measurements_too(condition, known):
    mask = mask_text(np.full((8, 8), known))
    fields = {**TINY, "denoiser": "exact", "mask": mask, "measurement": "inpaint", "condition": condition}
    setup = Setup(Experiment(**fields, measure_noise=0.1 if IMAGE_CONDITIONS[condition].noisy else 0.0))
    end = run(setup.experiment, setup).reverse[-1]
    assert np.isfinite(end).all()
    away = float(np.abs(end - setup.task.target.numpy()).mean())
    near = 0.25 if IMAGE_CONDITIONS[condition].noisy else 0.0  # that of a training picture like it
    assert away <= near if known else away > 0.3


def test_the_mask_without_a_text_is_a_hole_in_the_middle():
    assert np.argwhere(~hole(8, 8)).min(0).tolist() == [2, 2]
    assert np.argwhere(~hole(8, 8)).max(0).tolist() == [5, 5]
    assert (~hole(8, 8)).sum() == 16
    assert not hole(1, 1).all()


def test_the_size_of_a_run_is_what_is_kept_of_it():
    assert Experiment(**DIGITS, particles=10, measurement="inpaint").particle_steps == 10 * 300 * 32
    assert Experiment(**DIGITS, particles=10, start="picture", start_time=0.25).particle_steps == 10 * 150 * 32
    most = MAX_PARTICLE_STEPS // (300 * 32)
    assert Experiment(**DIGITS, measurement="denoise", particles=most).particles == most
    assert refused(**{**DIGITS, "steps": 100}, measurement="denoise", particles=most + 1) == "particles"


def test_links_and_json_carry_it_all():
    mask = mask_text(np.eye(8, dtype=bool))
    experiment = Experiment(
        **TINY, measurement="inpaint", condition="replace", mask=mask, measure_noise=0.0, resamples=3, jump=2, test_image=9
    )
    assert Experiment.from_query(experiment.to_query()) == experiment
    assert Experiment.from_json(json.dumps(experiment.to_dict())) == experiment
    edited = Experiment(**TINY, start="picture", start_time=0.3)
    assert Experiment.from_query(edited.to_query()) == edited
    assert {"none", *MEASUREMENTS} == set(IMAGE_MEASURED)
    assert set(ALL_STARTS) == {"noise", "forward", "late", "picture", "between"}
