"""The exact posterior of graphs: that of the list, in less time, and the same whatever the nodes are called."""

import itertools
import time

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.categorical.denoisers import ExactCategorical
from diffviz.categorical.law import CategoricalLaw
from diffviz.domains.graphs.data import data_of
from diffviz.domains.graphs.denoiser import EXACT, from_tables
from diffviz.domains.graphs.families import FAMILIES, distribution_of
from diffviz.domains.graphs.law import GraphLaw
from diffviz.domains.graphs.symmetry import relabelled
from diffviz.levels import level_of
from diffviz.schedules import make_schedule
from tests.domains.graphs.test_costs import PROCESSES


def seen(dataset, process, lost, nodes=6, count=40):
    generator = torch.Generator().manual_seed(8)
    x = distribution_of(dataset, nodes).sample(torch.rand(count, generator=generator)).float()
    return PROCESSES[process].after(x, lost, torch.randn(x.shape, generator=generator))


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("dataset", FAMILIES)
@pytest.mark.parametrize("log_snr", [-14.0, -1.0, 1.0, 14.0])
def test_it_is_that_of_the_list(dataset, process, log_snr):
    level, nodes = level_of(log_snr), 5
    x = seen(dataset, process, level[1] ** 2, nodes)
    list_ = ExactCategorical(distribution_of(dataset, nodes), PROCESSES[process])
    found = EXACT[process](dataset, nodes)(x, *level)
    assert found.probabilities.dtype == torch.float32
    torch.testing.assert_close(found.probabilities, list_(x, *level).probabilities, atol=3e-5, rtol=0.0)


def test_contradictions_are_explained_by_the_nearest_graphs():
    """A tree has no triangle; what is shown is two edges and a third that closes it, and one of which trees are left."""
    x = torch.full((2, 15), 2.0)
    x[0, [0, 1, 5]] = 1.0  # pairs 01, 02, 12
    x[1, [0, 1]] = 1.0
    found = EXACT["absorbing"]("trees", 6)(x, 0.8, 0.6).probabilities
    list_ = ExactCategorical(distribution_of("trees", 6), PROCESSES["absorbing"])(x, 0.8, 0.6).probabilities
    torch.testing.assert_close(found, list_, atol=1e-5, rtol=0.0)
    assert found[0, [0, 1, 5], 1].tolist() == pytest.approx([2 / 3] * 3, abs=1e-5)
    assert found[1, 5, 1] == 0.0


@pytest.mark.parametrize("process", PROCESSES)
def test_relabelling_relabels_the_answer(process):
    x, order = seen("bipartite", process, 0.6), relabelled(6, [3, 0, 5, 1, 4, 2])
    told = EXACT[process]("bipartite", 6)
    moved = told(x[:, order], 0.6, 0.8).probabilities
    torch.testing.assert_close(moved, told(x, 0.6, 0.8).probabilities[:, order], atol=1e-7, rtol=0.0)


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("dataset", ["trees", "planar"])
def test_64_graphs_and_50_steps_take_less_than_2_seconds(dataset, process):
    """A whole run, whose parallel drawing leaves graphs that the family has not."""
    experiment = Experiment(dataset=dataset, process=process, steps=50, particles=64)
    start = time.perf_counter()
    found = run(experiment)
    assert time.perf_counter() - start < 2.0
    assert dataset == "planar" or not data_of(experiment).judged(found.reverse[-1]).all()


@pytest.mark.parametrize("process", PROCESSES)
def test_paths_have_the_probabilities_that_the_list_gives_them(process):
    """Also those that no graph of the family agrees with, and at both ends of time."""
    schedule, times = make_schedule("linear", 6, scale_betas=False), np.arange(7)
    data, noise = distribution_of("trees", 4), PROCESSES[process]
    ours, theirs = GraphLaw(data, noise, schedule, times, "trees", 4, process), CategoricalLaw(data, noise, schedule, times)
    x = torch.from_numpy(np.array(list(itertools.product(range(noise.shown), repeat=6)), np.float64))
    for j in (0, 1, 3, 6):
        found, wanted = ours.log_marginal(x, j), theirs.log_marginal(x, j)
        assert found.dtype == torch.float64
        torch.testing.assert_close(found, wanted, atol=1e-9, rtol=1e-12)
        if j:
            lost = float(schedule.signal_lost[j])
            for tables in (from_tables("trees", 4, name) for name in PROCESSES):  # of one process, and of the other
                listed = data.posterior(x, noise, lost)
                torch.testing.assert_close(tables.posterior(x, noise, lost), listed, atol=1e-9, rtol=0.0)
            told, of_list = (law.exact(x, j).probabilities for law in (ours, theirs))
            torch.testing.assert_close(told, of_list, atol=1e-9, rtol=0.0)
