"""Pictures from an Experiment to a Trajectory."""

import math

import numpy as np
import pytest
import torch

from diffviz import Experiment, ExperimentError, checkpoints, run
from diffviz.domains import DOMAINS
from diffviz.domains.pictures.classifier import accuracy
from diffviz.domains.pictures.images import IMAGES, image_mixture, make_images
from diffviz.engine import Setup
from diffviz.experiment import MAX_PARTICLE_STEPS, iter_specs
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import PICTURE_VARIANCES, reverse_kernel, reverse_variances
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.gaussian.samplers.ancestral import Ancestral
from diffviz.process import Position, Step
from diffviz.relevant import offered, possible
from diffviz.schedules import SCHEDULES, make_schedule
from diffviz.views.plane.measure import analyse

DIGITS = {"dataset": "digits", "denoiser": "digits", "steps": 50, "device": "cpu"}


def refused(**fields):
    with pytest.raises(ExperimentError) as error:
        Setup(Experiment(**fields)).prepare()
    assert str(error.value).endswith(".")
    return error.value.field


@pytest.fixture(scope="module")
def generated():
    """Eight of each class: guidance 1.5, 50 steps, learned variance."""
    made = [
        run(Experiment(**DIGITS, label=label, guidance=1.5, variance="learned", particles=8, seed=label)) for label in range(10)
    ]
    return torch.from_numpy(np.concatenate([t.reverse[-1] for t in made])), torch.arange(10).repeat_interleave(8)


def test_a_run_of_pictures_is_a_trajectory_of_pictures():
    trajectory = run(Experiment(**DIGITS, label=3, guidance=1.5, particles=4))
    assert trajectory.forward.shape == trajectory.reverse.shape == trajectory.x0_hat.shape == (51, 4, 1, 8, 8)
    assert trajectory.evaluations == 50
    seen = {p.numpy().tobytes() for p in make_images("digits").train[make_images("digits").train_labels == 3]}
    assert all(p.tobytes() in seen for p in trajectory.forward[0])


def test_samples_of_a_class_are_read_as_that_class(generated):
    assert accuracy(checkpoints.load("digits", checkpoints.CHECKPOINTS / "classifiers").network, *generated) >= 0.9


def test_samples_have_the_grey_of_scans(generated):
    """Mean and spread over pictures of the mean pixel, and the share of ink; guidance makes strokes a little stronger."""
    pictures, data = generated[0], make_images("digits").train
    for one in (lambda x: x.mean((1, 2, 3)), lambda x: x.std((1, 2, 3))):
        ours, theirs = one(pictures).double(), one(data).double()
        error = float(theirs.std()) * math.sqrt(1 / len(pictures) + 1 / len(data))
        assert abs(float(ours.mean() - theirs.mean())) < 4 * error + 0.03
    assert float((pictures.mean(0) - data.mean(0)).abs().mean()) < 0.12
    assert float(pictures.abs().max()) < 1.6


def test_the_exact_denoiser_remembers():
    """Every picture that comes back is one of its class's training pictures, within the kernel of half a grey level."""
    trajectory = run(Experiment(dataset="digits", label=7, variance="learned", steps=100, particles=16, device="cpu"))
    means = image_mixture("digits", 7).means
    nearest = torch.cdist(torch.from_numpy(trajectory.reverse[-1]).flatten(1).double(), means).amin(1)
    assert float(nearest.max()) < 3 * IMAGES["digits"].bin_width / 2 * math.sqrt(64)
    assert float(nearest.square().mean().sqrt()) < 1.2 * IMAGES["digits"].bin_width / 2 * math.sqrt(64)


@pytest.mark.parametrize("kind", PICTURE_VARIANCES)
@pytest.mark.parametrize("schedule", ["cosine", "rectified_flow"])
def test_the_noise_of_a_step_has_the_variance_asked_for(kind, schedule):
    """Standard deviation of x_s, noise 1 against noise 0, from x_t and x0_hat that stay."""
    chain, times = make_schedule(schedule, 10), np.arange(11)
    sampler = Ancestral(reverse_variances(kind, chain, times, None), times)
    f = torch.rand(3, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    for t in (10, 6, 2, 1):
        s, sigma2 = t - 1, float(chain.sigma[t] ** 2)
        kernel = reverse_kernel(chain, s, t)
        ends = []
        for noise in (0.0, 1.0):
            step = Step(t, s, chain, lambda draw=0, noise=noise: torch.full_like(f, noise), None)
            state, info = sampler.step(Position(torch.ones_like(f)), Prediction(torch.zeros_like(f), sigma2 * f), step)
            ends.append(state.x)
        own = {"learned": f, "optimal": f.mean((1, 2, 3), keepdim=True).expand_as(f)}.get(kind, torch.zeros_like(f))
        wanted = kernel.forward_variance if kind in ("beta", "fixed_large") else kernel.variance + kernel.c_0**2 * sigma2 * own
        wanted = torch.zeros_like(f) if s == 0 else torch.as_tensor(wanted) * torch.ones_like(f)
        torch.testing.assert_close((ends[1] - ends[0]).square(), wanted.float(), rtol=1e-4, atol=1e-6)
        assert info.noise_std == pytest.approx(math.sqrt(float(wanted.mean())), rel=1e-4, abs=1e-9)


def test_every_sampler_takes_pictures():
    for sampler in SAMPLERS:
        trajectory = run(
            Experiment(dataset="digits", denoiser="exact", steps=4, sampler=sampler, label=1, guidance=2.0, particles=2)
        )
        assert np.isfinite(trajectory.reverse).all(), sampler


def test_a_particle_is_the_same_whatever_the_number_of_others():
    few, more = (run(Experiment(**DIGITS, particles=n, label=2, variance="learned")).reverse for n in (2, 5))
    np.testing.assert_allclose(few, more[:, :2], atol=2e-3)


def test_guidance_of_the_exact_denoiser_is_between_its_two_ends():
    x_t = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    ask = lambda **f: Setup(Experiment(dataset="digits", device="cpu", **f)).denoiser(x_t, 0.3, 0.95).x0_hat  # noqa: E731
    free, asked = ask(), ask(label=4)
    torch.testing.assert_close(ask(label=4, guidance=0.0), free)
    torch.testing.assert_close(ask(label=4, guidance=1.0), asked)
    torch.testing.assert_close(ask(label=4, guidance=2.0), free + 2 * (asked - free), rtol=1e-4, atol=1e-5)


def test_what_pictures_cannot_have_is_refused():
    assert refused(dataset="digits", denoiser="rings") == "denoiser"
    assert refused(dataset="rings", denoiser="digits") == "denoiser"
    assert refused(dataset="digits", schedule="least_dissipation") == "schedule"
    assert refused(dataset="digits", schedule="optimal") == "schedule"
    assert refused(dataset="rings", denoiser="learned", variance="learned") == "variance"
    assert refused(dataset="digits", label=10) == "label"
    assert refused(dataset="digits", guidance=10.5) == "guidance"
    with pytest.raises(ExperimentError, match="dead_leaves was trained on dead_leaves"):
        run(Experiment(dataset="digits", denoiser="dead_leaves"))
    with pytest.raises(ExperimentError, match="dataset must be points in the plane here"):
        analyse(Setup(Experiment(dataset="digits")))


def test_the_size_of_a_run_counts_pixels():
    frames = 3 * 100
    assert Experiment(dataset="digits", particles=10).particle_steps == 10 * frames * 32
    most = MAX_PARTICLE_STEPS // (frames * 512)
    assert Experiment(dataset="dead_leaves", particles=most).particles == most
    assert refused(dataset="dead_leaves", particles=most + 1) == "particles"


def test_menus_of_the_plane_offer_no_pictures():
    plane, pictures = DOMAINS["plane"], DOMAINS["pictures"]
    assert possible(pictures) - possible(plane) == {
        *("own", "label", "guidance", "test_image", "test_image_b"),
        *("mask", "factor", "blur_width", "strength", "resamples", "jump"),
    }
    assert possible(plane) - possible(pictures) == {
        *("data_std", "own_points", "own_mixture", "bandwidth", "bug", "angle", "offset"),
        *("langevin_level", "langevin_step", "temperature"),
    }
    assert [name for name, *_ in iter_specs(plane)] == [name for name, *_ in iter_specs() if name in possible(plane)]
    assert not set(IMAGES) & {*offered(plane, "dataset"), *plane.networks()}
    assert offered(pictures, "variance").keys() == offered(plane, "variance").keys()
    assert set(offered(pictures, "start")) == {"noise", "forward", "picture", "between"}
    assert set(offered(plane, "start")) == {"noise", "forward", "late"}
    assert not set(offered(pictures, "measurement")) & set(offered(plane, "measurement")) - {"none"}
    assert {"optimal", "least_dissipation"} == SCHEDULES.keys() - offered(pictures, "schedule")


def test_links_carry_class_and_guidance():
    experiment = Experiment(dataset="digits", denoiser="digits", label=3, guidance=1.5, variance="learned")
    assert experiment.to_query() == "dataset=digits&denoiser=learned&variance=learned&label=3&guidance=1.5"
    assert Experiment.from_query(experiment.to_query()) == experiment
    assert Experiment.from_query("dataset=digits&label=none") == Experiment(dataset="digits")
