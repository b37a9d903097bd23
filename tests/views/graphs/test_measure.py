"""What is measured of a run of graphs, and what the command line says of it."""

import json
import math

import networkx as nx
import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.__main__ import main
from diffviz.domains.graphs.families import pairs
from diffviz.engine import Setup, stream
from diffviz.views.graphs.draw import signs
from diffviz.views.graphs.measure import measure
from diffviz.views.graphs.sent import frame_arrays


def measured(**fields):
    experiment = Experiment(**{"dataset": "trees", "schedule": "sohl_dickstein", "steps": 8, "particles": 200, **fields})
    setup = Setup(experiment)
    return measure(setup, run(experiment, setup))


def graphs(m):
    for row in m.end:
        yield nx.Graph([pair for pair, bit in zip(pairs(m.experiment.nodes), row, strict=True) if bit])


def test_a_bound_has_the_error_of_an_estimated_entropy_and_a_gap_has_not():
    found = measured(dataset="block_model", sampler="random_order", steps=66, particles=10).estimates()
    assert found["entropy_nats"].stderr > 1e-5
    assert found["bound_nats"].stderr == pytest.approx(found["entropy_nats"].stderr)  # one edge at a time costs nothing more
    assert found["gap_nats"].stderr < 1e-9


def test_metrics_agree_with_one_another_and_with_the_samples():
    m = measured()
    found = {name: estimate.value for name, estimate in m.estimates().items()}
    assert found["entropy_nats"] == pytest.approx(4 * math.log(6))
    assert found["gap_nats"] == pytest.approx(found["discretisation_gap_nats"] + found["mismatch_nats"])
    assert m.costs.kl_nats.sum() == pytest.approx(found["bound_nats"])
    trees = [len(g) == 6 and nx.is_tree(g) for g in graphs(m)]
    assert found["valid_share"] == np.mean(trees)
    assert 0.3 < found["valid_share"] < 0.9
    assert found["distinct"] == len(set(m.readable["graphs"]))
    assert found["expected_distinct"] == pytest.approx(1296 * (1 - (1 - 1 / 1296) ** 200))


def test_what_may_still_become_a_tree_is_told_at_every_time():
    m = measured()
    forward, reverse = (m.curves[f"possible_{name}"] for name in ("forward", "reverse"))
    assert (forward.values == 1.0).all()  # masks contradict nothing
    assert reverse.values[-1] == 1.0
    assert (np.diff(reverse.values) >= 0.0).all()  # what is shown stays: a contradiction, too
    assert reverse.values[0] == m.estimate("valid_share").value
    uniform = measured(process="uniform", particles=3000).curves["possible_forward"].values
    assert uniform[0] == 1.0
    assert uniform[-1] == pytest.approx(1296 / 2**15, abs=4 * np.sqrt(1296 / 2**15 / 3000))


def test_pure_noise_tells_no_communities_in_the_chart_nor_in_a_file_nor_on_the_page():
    experiment = Experiment(dataset="block_model", process="uniform", schedule="sohl_dickstein", steps=8, particles=20)
    setup = Setup(experiment)
    trajectory = run(experiment, setup)
    curve = measure(setup, trajectory).curves["told_forward"].values
    assert curve[0] > 0.8
    assert curve[-1] == 0.0
    for frame in (frame for frame in stream(experiment, setup) if frame.direction == "forward"):
        sent_now = dict(frame_arrays(setup, frame))["forward_possible"]
        assert sent_now.mean() == pytest.approx(curve[frame.t])
        assert [sign == "✓" for sign in signs(setup, trajectory.forward[frame.t], frame.t)] == sent_now.tolist()


def test_edges_triangles_and_degrees_stand_beside_those_of_the_family():
    m = measured(dataset="triangle_free", sampler="random_order", particles=600)
    every = [*graphs(m)]
    ours = {"edges": [g.number_of_edges() for g in every], "triangles": [sum(nx.triangles(g).values()) // 3 for g in every]}
    for name in ("edges", "triangles", "degrees"):
        found, law = m.curves[f"{name}_found"], m.curves[f"{name}_law"]
        assert found.values.sum() == pytest.approx(1.0)
        assert law.values.sum() == pytest.approx(1.0)
        assert law.x.tolist() == [*(found.x - 0.5), found.x[-1] + 0.5]  # stairs around the numbers
        error = np.maximum(found.stderr, 1 / 600)
        assert (np.abs(found.values - law.values[:-1]) < 5 * error).all()  # one pair at a time draws from the family
        if name in ours:
            assert found.values == pytest.approx(np.bincount(ours[name], minlength=len(found.x)) / 600)


def test_the_command_line_says_what_graphs_cost(capsys):
    options = ["--process", "absorbing", "--schedule", "cosine", "--steps", "16", "--sampler", "ancestral", "--particles", "64"]
    assert main(["run", "--dataset", "trees", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"entropy_nats", "bound_nats", "gap_nats", "mismatch_nats", "valid_share", "distinct"} <= told.keys()
    assert len(told["kl_nats"]) == 17
    assert len(told["dissipation_nats"]) == 16
    assert len(told["graphs"]) == 64
    assert told["gap_nats"][0] == pytest.approx(sum(told["dissipation_nats"]) + told["mismatch_nats"][0])
    assert main(["dataset", "--dataset", "trees", "--nodes", "3"]) == 0
    third = pytest.approx([1 / 3] * 3)
    assert json.loads(capsys.readouterr().out) == {"states": [[1, 1, 0], [1, 0, 1], [0, 1, 1]], "probabilities": third}
