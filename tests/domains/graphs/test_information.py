"""What chains of graphs cost in continuous time."""

import math
from dataclasses import replace

import pytest

from diffviz import Experiment
from diffviz.domains.graphs.data import data_of
from diffviz.domains.graphs.information import information
from diffviz.engine import Setup


@pytest.mark.parametrize("changed", [{}, {"process": "uniform"}, {"sampler": "random_order"}])
def test_another_family_s_denoiser_costs_what_the_families_differ_by(changed):
    """Of 38 connected graphs on 4 nodes 16 are trees."""
    setup = Setup(Experiment(dataset="trees", nodes=4, steps=6, schedule="sohl_dickstein", **changed))
    e = setup.experiment
    other = data_of(replace(e, dataset="connected")).exact(e.process)
    found = information(e, setup.schedule, setup.times, other).continuous_bound.estimate
    assert found.value == pytest.approx(math.log(38), abs=4 * found.stderr)
    assert 0 < found.stderr < 0.1


def test_the_exact_denoiser_of_the_block_model_costs_the_entropy_also_by_paths():
    setup = Setup(Experiment(dataset="block_model", steps=4, schedule="sohl_dickstein"))
    e, data = setup.experiment, data_of(setup.experiment)
    known = information(e, setup.schedule, setup.times).continuous_bound
    assert known.value == pytest.approx(data.distribution.entropy_nats)
    drawn = information(e, setup.schedule, setup.times, data.exact(e.process)).continuous_bound.estimate
    assert drawn.value == pytest.approx(known.value, abs=1e-4)
