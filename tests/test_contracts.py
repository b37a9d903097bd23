"""What every kind of data and every row of every table promises, in tiny runs."""

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
import torch

from diffviz import Experiment, ExperimentError, checkpoints, run
from diffviz.domains import DATASETS, DOMAINS, domain_of
from diffviz.engine import Setup
from diffviz.experiment import DEFAULTS
from diffviz.inverse.tasks import ALL_STARTS, CONDITIONS, MEASURED
from diffviz.noise import ParticleNoise, Stream
from diffviz.relevant import offered, possible, relevant
from diffviz.schedules import SCHEDULES
from diffviz.spacings import SPACINGS

SMALL = {"steps": 4, "particles": 3}
TABLES = {"schedule": SCHEDULES, "start": ALL_STARTS, "measurement": MEASURED, "condition": CONDITIONS, "spacing": SPACINGS}
FIRST = {name: next(iter(domain.datasets)) for name, domain in DOMAINS.items()}  # a data set of each


def rows():
    """(domain, field, name) of everything that a kind of data offers."""
    for name, domain in DOMAINS.items():
        for field in ("dataset", "sampler", "variance", *TABLES):
            if field in possible(domain):
                table = offered(domain, field) or TABLES[field]
                yield from ((name, field, value) for value in table)


def context(domain, field, value):
    """The rest of an Experiment that reads the field."""
    given = {"dataset": FIRST[domain], field: value}
    if field == "spacing":
        given["sampler_steps"] = 2
    if field == "condition":
        given |= {"measurement": "inpaint" if domain == "pictures" else "ring"}
    if value == "between":
        given |= {"sampler": next(name for name, row in DOMAINS[domain].samplers.items() if row.follows_ode)}
    return given


def complete(experiment):
    """The run, or a skip where its data must be fetched first."""
    try:
        return run(experiment)
    except ExperimentError as error:
        if error.field == "dataset" and "cannot be had" in str(error):
            pytest.skip(str(error))
        raise


@pytest.mark.parametrize(("domain", "field", "value"), rows())
def test_every_row_runs(domain, field, value):
    experiment = Experiment(**SMALL | context(domain, field, value))
    assert getattr(experiment, field) == value
    trajectory, shape = complete(experiment), DOMAINS[domain].shape(experiment)
    steps = experiment.reverse_steps
    assert trajectory.forward.shape == (5, 3, *shape)
    assert trajectory.reverse.shape == (steps + 1, 3, *shape)
    assert trajectory.x0_hat.shape[: 2 + len(shape)] == trajectory.reverse.shape  # of symbols two numbers each
    assert trajectory.forward.dtype == trajectory.reverse.dtype == np.float32
    assert np.isfinite(trajectory.reverse).all()
    assert trajectory.evaluations >= steps
    assert trajectory.t[-1] == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize(("domain", "field", "value"), rows())
def test_every_row_runs_alike_on_a_gpu(domain, field, value):
    """Rounding differs between devices, and a path that passes close to a decision may turn: most numbers agree."""
    settings = {"steps": 20, "particles": 16} | context(domain, field, value)
    cpu, cuda = (complete(Experiment(**settings, device=device)) for device in ("cpu", "cuda"))
    assert cuda.device.startswith("cuda")
    np.testing.assert_allclose(cuda.forward, cpu.forward, rtol=0, atol=1e-4)
    assert np.mean(np.abs(cuda.reverse - cpu.reverse) > 1e-2) < 0.05


@pytest.mark.parametrize(("field", "row"), [(field, row) for field, table in TABLES.items() for row in table.values()])
def test_every_row_says_what_it_is_and_which_fields_it_reads(field, row):
    assert row.title
    assert row.why.endswith(".")
    assert set(getattr(row, "uses", ())) <= DEFAULTS.keys()


@pytest.mark.parametrize("name", DOMAINS)
def test_a_domain_keeps_its_contract(name):
    domain = DOMAINS[name]
    assert domain.name == name
    assert domain.title
    assert domain.why.endswith(".")
    assert set(domain.uses) <= possible(domain) <= DEFAULTS.keys()
    assert all(is_dataclass(section) and section.__dataclass_params__.frozen for section in domain.sections)
    for field, table in domain.offers.items():
        assert table, field
        spec = next(item.metadata["spec"] for item in fields(Experiment) if item.name == field)
        assert set(table) <= set(spec.choices)
    for dataset, row in domain.datasets.items():
        assert domain_of(dataset) is domain
        assert row.title
        assert row.why.endswith(".")
        assert set(row.uses) <= possible(domain)
    for row in (*domain.samplers.values(), *domain.training.values()):
        assert row


def test_names_of_data_sets_are_unique_over_all_domains():
    assert len(DATASETS) == sum(len(domain.datasets) for domain in DOMAINS.values())


@pytest.mark.parametrize("name", DOMAINS)
def test_a_particle_is_the_same_whoever_else_is_there(name):
    one, more = (Setup(Experiment(**SMALL | {"dataset": FIRST[name], "particles": n})) for n in (3, 7))
    assert torch.equal(one.data(), more.data()[:3])
    assert one.data().dtype == torch.float32
    few, many = (run(setup.experiment, setup) for setup in (one, more))
    np.testing.assert_array_equal(few.forward, many.forward[:, :3])


@pytest.mark.parametrize("name", DOMAINS)
def test_a_forward_step_to_t_is_many_small_ones_in_distribution(name):
    """Mean and variance of x_t over particles, by its own steps and in one, within five standard errors of their difference."""
    setup = Setup(Experiment(dataset=FIRST[name], steps=6, particles=4000 if name != "pictures" else 400))
    process, x = setup.process, setup.data()
    noise, once = (ParticleNoise(seed, Stream.FORWARD, len(x), setup.shape) for seed in (0, 1))
    at_once = process.forward(x, 0, 3, once(3))
    for t in range(1, 4):
        x = process.forward(x, t - 1, t, noise(t))
    a, b = x.double().flatten(1), at_once.double().flatten(1)
    error = ((a.var(0) + b.var(0)) / len(a)).sqrt() + 1e-12
    assert float(((a.mean(0) - b.mean(0)).abs() / error).max()) < 5
    assert float((a.std(0) / b.std(0) - 1).abs().max()) < 5 / (len(a) / 2) ** 0.5
    assert process.prior(noise(0)).shape == x.shape


@pytest.mark.parametrize(("domain", "kind"), [(name, kind) for name, d in DOMAINS.items() for kind in d.training])
def test_a_network_that_can_be_trained_is_made_for_its_data(domain, kind):
    row = DOMAINS[domain].training[kind]
    dataset = next(name for name, data in DOMAINS[domain].datasets.items() if data.network)
    recipe = row.format.recipe(dataset=dataset)
    with pytest.raises(ValueError, match=r"^updates must be from 1 to 1000000\.$"):
        replace(recipe, updates=0)
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in row.format.new(recipe).parameters()) > 0
    step = row.begin(replace(recipe, updates=1, batch=4)).advance()
    assert step.update == 1
    assert np.isfinite(step.loss)


@pytest.mark.parametrize("name", DOMAINS)
def test_the_network_of_the_data_denoises_them(name, monkeypatch):
    there = [data for data in DOMAINS[name].datasets if data in DOMAINS[name].networks()]
    assert there, "a domain comes with a network"
    experiment = Experiment(**SMALL, dataset=there[0], denoiser="learned")
    assert domain_of(there[0]).weights_stamp(experiment) is not None
    assert "denoiser" in relevant(experiment)

    def error(e):
        """Mean squared distance from the exact x0_hat, of symbols from their probabilities, where much of x_t is noise."""
        setup, t = Setup(replace(e, steps=20, particles=64)), 16
        x_t = setup.process.forward(setup.data(), 0, t, setup.noise(Stream.FORWARD)(t))
        exact = Setup(replace(setup.experiment, denoiser="exact")).denoiser
        level = float(setup.schedule.alpha[t]), float(setup.schedule.sigma[t])
        with torch.inference_mode():
            told = [getattr(each, "probabilities", each.x0_hat) for each in (setup.denoiser(x_t, *level), exact(x_t, *level))]
            return float((told[0] - told[1]).square().mean())

    trained, load = error(experiment), checkpoints.load

    def untrained(*arguments):
        loaded = load(*arguments)
        torch.manual_seed(0)
        return replace(loaded, network=DOMAINS[name].training["network"].format.new(loaded.recipe).eval())

    monkeypatch.setattr(checkpoints, "load", untrained)
    assert trained < 0.05 * error(experiment)
