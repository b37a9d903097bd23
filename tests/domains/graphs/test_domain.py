"""Graphs as a kind of data: what a run of them is, and what it cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.domains.graphs.data import data_of
from diffviz.domains.graphs.families import members
from diffviz.domains.graphs.information import degrees_of, edges_told, information, triangles_of
from diffviz.engine import Setup
from diffviz.relevant import relevant
from diffviz.schedules import SCHEDULES
from diffviz.thermodynamics.brackets import brackets
from tests.experiments import complaint

E = Experiment(dataset="trees", nodes=4, steps=12, particles=30)


def test_a_run_is_pairs_that_are_hidden_and_shown_again():
    found = run(E)
    assert found.forward.shape == found.reverse.shape == (13, 30, 6)
    assert found.x0_hat.shape == (13, 30, 6, 2)
    assert data_of(E).judged(found.forward).all()
    assert (found.forward[0].sum(1) == 3).all()
    assert (found.reverse[0] == 2).all()
    assert (found.reverse[-1] < 2).all()
    symbol, probability = np.moveaxis(found.x0_hat, -1, 0)
    assert set(np.unique(symbol)) <= {0, 1}
    assert ((probability >= 0.5) & (probability <= 1.0)).all()


def test_uniform_noise_redraws_pairs():
    found = run(replace(E, process="uniform", particles=400))
    assert set(np.unique(found.forward)) | set(np.unique(found.reverse)) == {0.0, 1.0}
    assert found.forward[-1].mean() == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(2400))


@pytest.mark.parametrize("sampler", ["random_order", "left_to_right", "confidence"])
def test_one_pair_at_a_time_every_sample_belongs_to_the_family(sampler):
    found = run(Experiment(dataset="two_communities", sampler=sampler, steps=5, particles=100))
    assert members("two_communities", 6)[(found.reverse[-1] @ 2 ** np.arange(15)).astype(int)].all()


@pytest.mark.parametrize("process", ["absorbing", "uniform"])
def test_samples_are_distributed_as_the_family_is(process):
    """A chi-square over the 38 connected graphs on 4 nodes: 300 steps miss little."""
    end = run(Experiment(dataset="connected", nodes=4, process=process, steps=300, particles=4000)).reverse[-1]
    counts = np.bincount((end @ 2 ** np.arange(6)).astype(int), minlength=64)[members("connected", 4)]
    assert counts.sum() > 0.98 * 4000
    expected = counts.sum() / 38
    assert ((counts - expected) ** 2 / expected).sum() < 37 + 5 * np.sqrt(2 * 37)


@pytest.mark.parametrize("denoiser", ["exact", "learned"])
def test_no_pair_of_nodes_is_preferred(denoiser):
    """Also where samples are not those of the family: few steps, and a network."""
    end = run(Experiment(dataset="trees", denoiser=denoiser, schedule="sohl_dickstein", steps=3, particles=1500)).reverse[-1]
    share, error = end.mean(0), np.sqrt(2 / 9 / 1500)
    assert share == pytest.approx(np.full(15, share.mean()), abs=4.5 * error)
    degree = degrees_of(end, 6)
    assert degree.mean(0) == pytest.approx(np.full(6, degree.mean()), abs=4.5 * degree.std() / np.sqrt(1500))


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"nodes": 7}, "nodes", "must be a whole number from 3 to 6"),
        ({"process": "uniform", "sampler": "confidence"}, "sampler", "must be ancestral with the process uniform"),
        ({"process": "uniform", "schedule": "optimal"}, "schedule", "must not be least_dissipation or optimal"),
        ({"sampler": "ddim"}, "sampler", "must be one of ancestral, random_order"),
        ({"start": "late"}, "start", "must be one of noise, forward"),
    ],
)
def test_what_graphs_do_not_have_is_refused_in_a_sentence(fields, field, said):
    error = complaint(lambda: Experiment(**{"dataset": "trees", **fields}))
    assert error.field == field
    assert str(error).startswith(f"{field} {said}")


def test_fields_of_other_data_are_not_read_and_names_of_papers_are_understood():
    assert Experiment(dataset="trees", own_words="ant", data_std=0.5) == Experiment(dataset="trees")
    assert {"nodes", "process"} <= relevant(E)
    assert "nodes" not in relevant(Experiment(dataset="names"))
    assert Experiment(dataset="trees", process="binomial").process == "uniform"
    assert Setup(E).domain.data_title(E) == "Trees on 4 nodes, absorbing (masks)"


@pytest.mark.parametrize("dataset", ["trees", "planar"])
def test_no_schedule_has_a_smaller_gap_than_the_one_made_for_the_family(dataset):
    def gap(schedule):
        setup = Setup(Experiment(dataset=dataset, schedule=schedule, steps=8))
        return information(setup.experiment, setup.schedule, setup.times).gap.value

    gaps = {name: gap(name) for name in SCHEDULES}
    assert min(gaps, key=gaps.get) == "optimal"


@pytest.mark.parametrize("process", ["absorbing", "uniform"])
def test_the_sum_of_costs_is_the_same_gap_and_one_pair_at_a_time_has_none(process):
    setup = Setup(replace(E, nodes=6, process=process))
    found = information(setup.experiment, setup.schedule, setup.times)
    assert found.gap.value == pytest.approx(found.dissipation.sum() + found.mismatch.sum(), abs=1e-10)
    for sampler in ("random_order", "left_to_right") if process == "absorbing" else ():
        one = information(replace(setup.experiment, sampler=sampler), setup.schedule, setup.times)
        two = information(replace(setup.experiment, sampler=sampler, at_once=2), setup.schedule, setup.times)
        assert one.gap.value == pytest.approx(0.0, abs=1e-9)
        assert two.gap.value > 0.05


@pytest.mark.parametrize("process", ["absorbing", "uniform"])
def test_the_entropy_of_every_step_is_between_its_bounds(process):
    """The upper one holds while H(x_t) rises."""
    found = brackets(Setup(replace(E, process=process, schedule="sohl_dickstein")))
    assert (found.exact >= found.lower - 1e-12).all()
    assert (found.model >= found.exact - 4 * found.model_stderr).all()  # of the chain, which draws pairs alone
    below = np.ones(len(found.exact), bool)
    below[found.above] = False
    assert (found.exact[below] <= found.upper[below] + 1e-12).all()


def test_edges_triangles_and_degrees_are_counted():
    whole, path = np.ones(15), np.zeros(15)
    path[[0, 5, 9, 12, 14]] = 1.0  # 1-2, 2-3, 3-4, 4-5, 5-6
    x = np.stack([whole, path])
    assert edges_told(x, 6)[1] == "1-2 2-3 3-4 4-5 5-6"
    assert triangles_of(x, 6).tolist() == [20, 0]
    assert degrees_of(x, 6).tolist() == [[5] * 6, [1, 2, 2, 2, 2, 1]]
    hidden = np.where(np.arange(15) == 1, 2.0, path)
    assert data_of(Experiment(dataset="trees")).judged(np.stack([whole, path, hidden])).tolist() == [False, True, True]
