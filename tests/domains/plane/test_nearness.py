"""How near particles are to data: every figure beside a slower one, and every error beside the spread over seeds."""

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.diagnostics.comparison import row_of
from diffviz.domains.plane import information, nearness
from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.domains.plane.distances import sliced_wasserstein, wasserstein
from diffviz.estimates import difference
from diffviz.views.plane.measure import METRICS
from tests import naive
from tests.measured import measured

SEEDS = 50  # which know a spread to a tenth
SMALL = Experiment(steps=20, particles=200, sampler="ddim")
PAIRS = {  # of runs whose draws are all that the seed changes: near the data and far from them, exact and learned
    "eight_gaussians": ({"sampler_steps": 4}, {"sampler_steps": 10}),
    "two_moons": ({"sampler": "ancestral", "schedule": "linear"}, {"denoiser": "learned"}),
    "grid_25": ({"sampler": "ancestral"}, {}),
    "swiss_roll": ({"denoiser": "learned", "sampler_steps": 5}, {"denoiser": "learned"}),
}
DRAWN = (
    "gap_nats",
    "discretisation_gap_nats",
    "excess_nll_nats",
    "sliced_wasserstein",
    "wasserstein",
    "energy_distance",
    "mode_error",
)


def draw(mixture, count, seed=0):
    return naive.draw(mixture, count, np.random.default_rng(seed))


STEPS = "dissipation_nats"  # and kl_nats, from which it differs by what is exact; of each step


@functools.cache
def told():
    """By figure and pair: [seeds, 3, 2] values and standard errors of A, B and A - B; of STEPS [seeds, K, 2] of B.

    With as few points of a network's errors as there ever are.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(information, "MOST", information.LEAST)
        return measure_over_seeds()


def measure_over_seeds():
    found = {}
    for dataset, changes in PAIRS.items():
        for seed in range(SEEDS):
            experiments = [replace(SMALL, dataset=dataset, seed=seed, **change) for change in changes]
            sides = [measured(experiment) for experiment in experiments]
            chain = sides[1].details
            found.setdefault((STEPS, dataset), []).append(np.stack([chain.dissipation_nats, chain.kl_stderr[:-1]], 1))
            for name in DRAWN:
                values = [side.value(name) for side in sides]
                if None not in values:
                    row = row_of(name, METRICS[name], "", *values, True)
                    row = [(each.value, each.stderr) for each in (row.a, row.b, row.difference)]
                    found.setdefault((name, dataset), []).append(row)
    return {key: np.array(rows) for key, rows in found.items()}


def spread_over_told(values, errors):
    """Standard deviation over draws, beside the root mean square of the errors that are told: [draws, ...] both."""
    return np.std(values, 0, ddof=1) / np.sqrt(np.square(errors).mean(0))


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_varies_over_seeds_by_the_standard_error_that_is_told(name):
    """Of A, B and A - B, of every pair."""
    ratios = {}
    for (of, dataset), rows in told().items():
        for side, (value, error) in zip(("a", "b", "difference"), rows.transpose(1, 2, 0), strict=False):
            if of == name and error.max() > 1e-5 * max(1.0, np.abs(value).max()):  # else it is exact
                ratios[dataset, side] = float(spread_over_told(value, error))
    assert len(ratios) > 4
    assert {key: ratio for key, ratio in ratios.items() if not 0.7 < ratio < 1.4} == {}


def test_the_cost_of_each_step_varies_over_seeds_by_the_standard_error_that_is_told():
    """Of a network at 20 times, all of them together and each; their errors are independent."""
    for dataset in ("two_moons", "swiss_roll"):
        values, errors = np.moveaxis(told()[STEPS, dataset], 2, 0)
        ratios = spread_over_told(values, errors)
        assert 0.85 < np.sqrt(np.square(ratios).mean()) < 1.15
        assert ((ratios > 0.6) & (ratios < 1.6)).all()


def sliced(experiment):
    """[2, seeds] sliced W2 and its standard error of a run with as many particles as the page has; None: of true samples."""
    found = []
    for seed in range(SEEDS):
        mixture = make_dataset("eight_gaussians")
        end = draw(mixture, 1000, seed) if experiment is None else run(replace(experiment, seed=seed)).reverse[-1]
        found.append(nearness.sliced_to_data(mixture, end, seed).estimate)
    return np.array([(each.value, each.stderr) for each in found]).T


def test_true_samples_are_as_near_to_the_data_as_sampling_alone_makes_them():
    """1000 points, beside the distance among other clouds of data; the errors of both are told, too."""
    values, errors = sliced(None)
    floor = nearness.sliced_among_data(make_dataset("eight_gaussians"), 1000).mean
    assert 0.7 < spread_over_told(values, errors) < 1.4
    assert abs(values.mean() - floor.value) < 3 * np.hypot(naive.mean_and_error(values)[1], floor.stderr)
    assert floor.stderr < 0.025 * floor.value


@pytest.mark.parametrize("sampler_steps", [4, 10])
def test_the_error_of_the_sliced_distance_is_true_of_a_thousand_particles(sampler_steps):
    values, errors = sliced(replace(SMALL, dataset="eight_gaussians", particles=1000, sampler_steps=sampler_steps))
    assert 0.7 < spread_over_told(values, errors) < 1.4


@pytest.mark.parametrize("measure", [nearness.sliced_among_data, nearness._transported_among_data])
def test_sampling_alone_is_told_with_the_error_that_other_clouds_show(measure, monkeypatch):
    mixture, found = make_dataset("two_moons"), []
    for index in range(30):
        monkeypatch.setattr(nearness, "AMONG_SEED", 2**31 + 100 * index)
        found.append(measure.__wrapped__(mixture, 60))
    values, errors = (np.array([getattr(each.mean, part) for each in found]) for part in ("value", "stderr"))
    assert 0.7 < spread_over_told(values, errors) < 1.4


def test_what_is_told_to_be_exact_does_not_vary_with_the_seed():
    rows = told()["gap_nats", "grid_25"]
    assert np.ptp(rows[:, :, 0], axis=0).max() < 2e-6
    assert rows[:, :, 1].max() < 2e-6


def test_true_samples_have_no_excess_nll_and_its_error_is_that_of_a_mean():
    mixtures = [make_dataset(name) for name in DATASETS for _ in range(20)]
    found = [nearness.excess_nll(mixture, draw(mixture, 300, seed)).estimate for seed, mixture in enumerate(mixtures)]
    z = np.array([each.value / each.stderr for each in found])
    assert abs(z.mean()) < 4 / np.sqrt(len(z))
    assert 0.85 < z.std() < 1.15


@pytest.mark.parametrize("name", ["gaussian", "grid_25", "rings", "swiss_roll"])
def test_excess_nll_is_that_of_the_definition(name):
    mixture = make_dataset(name)
    end = draw(mixture, 200) * 1.1
    found = nearness.excess_nll(mixture, end).estimate
    much = -naive.log_density(mixture, draw(mixture, 4000, 1))
    mean, error = naive.mean_and_error(much)
    assert found.value == pytest.approx(-naive.log_density(mixture, end).mean() - mean, abs=4 * error)
    assert found.stderr == pytest.approx(naive.mean_and_error(naive.log_density(mixture, end))[1], rel=1e-6)


def test_the_sign_of_the_excess_nll_says_what_is_wrong():
    mixture = make_dataset("two_moons")
    x = draw(mixture, 2000)
    nearest = mixture.means.numpy()[torch.cdist(torch.from_numpy(x), mixture.means).argmin(1)]
    sharp, wide = (nearness.excess_nll(mixture, nearest + scale * (x - nearest)).estimate for scale in (0.7, 1.5))
    assert sharp.value < -4 * sharp.stderr
    assert wide.value > 4 * wide.stderr


def test_it_sees_too_few_steps_where_distances_do_not():
    """Two moons, DDIM with 20 of 100 steps: 0.155 nats too sharp, with 100 steps a third of that, with adaptive steps nothing."""
    base, excess = Experiment(dataset="two_moons", steps=100, sampler="ddim"), {}
    for name, change in {"few": {"sampler_steps": 20}, "all": {}, "adaptive": {"sampler": "adaptive"}}.items():
        found = []
        for seed in range(3):
            experiment = replace(base, seed=seed, **change)
            end = run(experiment).reverse[-1]
            found.append(nearness.excess_nll(make_dataset("two_moons"), end).estimate)
        excess[name] = np.mean([each.value for each in found]), np.sqrt(np.sum([each.stderr**2 for each in found])) / 3
    for name, expected in {"few": -0.155, "all": -0.06, "adaptive": -0.01}.items():
        value, error = excess[name]
        assert 0.009 < error < 0.016
        assert abs(value - expected) < 3.5 * error, name


@pytest.mark.parametrize("name", ["gaussian", "grid_25", "swiss_roll"])
def test_the_energy_distance_in_closed_form_is_that_of_many_points(name):
    mixture = make_dataset(name)
    end, many = draw(mixture, 400) + np.array([0.3, -0.1]), draw(mixture, 4000, 1)
    sampled = [naive.energy_distance(end, many[start : start + 400]) for start in range(0, 4000, 400)]
    mean, error = naive.mean_and_error(sampled)
    assert nearness.energy_to_data(mixture, end).value == pytest.approx(mean, abs=4 * error)


def test_distances_are_means_over_clouds_of_fresh_data():
    mixture = make_dataset("pinwheel")
    end, seed = draw(mixture, 200) * 0.8, 5
    clouds = nearness.fresh_clouds(mixture, 200, seed)
    assert nearness.sliced_to_data(mixture, end, seed).value == pytest.approx(
        np.mean([sliced_wasserstein(end, cloud) for cloud in clouds]), rel=1e-12
    )
    exact = nearness.wasserstein_to_data(mixture, end, seed)
    some = clouds[: len(exact.references)]
    assert exact.value == pytest.approx(np.mean([wasserstein(end, cloud) for cloud in some]), rel=1e-12)


def test_the_influence_is_what_a_particle_moves():
    """Far from the data, where the first order is all: leave a tenth of the particles out."""
    mixture = make_dataset("two_moons")
    end = draw(mixture, 400) + np.array([1.0, 0.5])
    heavy = np.arange(400) < 40
    for measure in (nearness.sliced_to_data, nearness.wasserstein_to_data):
        whole = measure(mixture, end, 0)
        moved = np.concatenate([end[heavy], end[heavy], end[~heavy][:320]])  # 40 particles twice, 40 others gone
        expected = (whole.influence[:40].sum() - whole.influence[360:].sum()) / 400
        assert measure(mixture, moved, 0).value - whole.value == pytest.approx(expected, rel=0.15, abs=0.004)


def test_the_same_particles_do_not_differ_and_others_by_both_errors():
    mixture = make_dataset("rings")
    one, other = draw(mixture, 300), draw(mixture, 300, 1)
    for measure in (nearness.sliced_to_data, nearness.wasserstein_to_data):
        a, b = measure(mixture, one, 0), measure(mixture, other, 1)
        assert (difference(a, a).value, difference(a, a).stderr) == (0.0, 0.0)
        assert difference(a, b, False).stderr == np.hypot(a.estimate.stderr, b.estimate.stderr)
        assert difference(a, b).stderr == pytest.approx(difference(a, b, False).stderr, rel=0.35)


@pytest.mark.parametrize("particles", [1, 2, 3, 5])
def test_a_few_particles_have_figures_whose_error_is_known_from_two_on(particles):
    mixture = make_dataset("eight_gaussians")
    end = draw(mixture, particles)
    found = [
        nearness.excess_nll(mixture, end),
        nearness.sliced_to_data(mixture, end, 0),
        nearness.wasserstein_to_data(mixture, end, 0),
        nearness.energy_to_data(mixture, end),
        nearness.mode_error(mixture, end),
    ]
    for each in found:
        assert np.isfinite(each.estimate.value)
        assert np.isinf(each.estimate.stderr) == (particles == 1)
