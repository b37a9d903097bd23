"""What is measured of a run of words, and what the command line says of it."""

import base64
import json
import math

import numpy as np
import pytest

from diffviz import Experiment, run
from diffviz.__main__ import main
from diffviz.diagnostics.comparison import compare
from diffviz.domains.words.lists import distribution_of, text_of
from diffviz.engine import Setup
from diffviz.records import Record
from diffviz.views import told
from diffviz.views.words.domain import VIEW
from diffviz.views.words.measure import measure

OWN = "ant 5 bee 3 cat 2 cow 2 emu"


def measured(**fields):
    experiment = Experiment(**{"dataset": "own_words", "own_words": OWN, "steps": 8, "particles": 200, **fields})
    setup = Setup(experiment)
    return measure(setup, run(experiment, setup))


def test_metrics_agree_with_one_another_and_with_the_samples():
    m = measured()
    found = {name: estimate.value for name, estimate in m.estimates().items()}
    assert found["gap_nats"] == pytest.approx(found["bound_nats"] - found["entropy_nats"])
    assert found["gap_nats"] == pytest.approx(found["discretisation_gap_nats"] + found["mismatch_nats"])
    assert found["gap_nats"] == pytest.approx(found["exact_gap_nats"])
    assert found["gap_bits"] == pytest.approx(found["bound_bits"] - found["entropy_bits"])
    assert m.costs.kl_nats.sum() == pytest.approx(found["bound_nats"])
    assert m.curves["dissipation_nats"].values.sum() == pytest.approx(found["discretisation_gap_nats"])
    words = m.readable["words"]
    assert words == text_of(m.end)
    assert found["valid_share"] == pytest.approx(np.mean([word in OWN.split() for word in words]))
    assert 0.0 < found["valid_share"] < 1.0
    assert found["distinct"] == len(set(words)) > found["expected_distinct"] == pytest.approx(5.0, abs=0.01)
    once = sum(words.count(word) == 1 for word in set(words))
    jackknife = math.sqrt(once * (1 - once / 200) * 200 / 199)
    assert m.estimate("distinct").stderr == pytest.approx(jackknife)


def test_of_an_order_that_depends_on_what_is_drawn_no_bound_is_told():
    m = measured(sampler="confidence", choice_temperature=0.0)
    assert m.costs is None
    assert not {"bound_nats", "gap_nats", "mismatch_nats"} & m.estimates().keys()
    rows = {row.name: row for row in compare(measured(sampler="ancestral", steps=2), m)}
    assert rows["valid_share"].winner == "b"  # more is better
    assert "gap_nats" not in rows


def test_the_line_of_the_costs_is_not_drawn_over_steps_that_unmask_nothing():
    m = measured(sampler="random_order", steps=12)
    figure = told.charts(VIEW, m, m.setup)["kl"].figure
    line = next(trace for trace in figure["data"] if trace["name"] == "KL of a step")
    x = np.frombuffer(base64.b64decode(line["x"]["bdata"]), line["x"]["dtype"])
    drawn = [t for t in m.times[2:].tolist() if m.info[t].shown and m.costs.kl_nats[t - 1] > 0.0]
    assert x[np.isfinite(x)].tolist() == drawn
    assert np.isnan(x).sum() == (np.diff(drawn) > 1).sum() > 0


def test_samples_one_letter_at_a_time_are_distributed_as_the_list_is():
    data = distribution_of("own_words", OWN)
    for sampler in ("random_order", "left_to_right"):
        words = measured(sampler=sampler, particles=4000).readable["words"]
        counts = np.array([words.count(word) for word in text_of(data.states)])
        assert counts.sum() == 4000
        expected = 4000 * data.probabilities.numpy()
        assert ((counts - expected) ** 2 / expected).sum() < 4 + 5 * math.sqrt(8)


def test_ancestral_samples_of_many_steps_are_distributed_as_the_list_is():
    """All but the gap: by Pinsker's inequality at most sqrt(gap/2) of the samples are elsewhere."""
    m, data = measured(steps=100, particles=1500), distribution_of("own_words", OWN)
    words = m.readable["words"]
    counts = np.array([words.count(word) for word in text_of(data.states)])
    assert counts.sum() >= 1500 * (1.0 - math.sqrt(m.estimate("gap_nats").value / 2))
    expected = counts.sum() * data.probabilities.numpy()
    assert ((counts - expected) ** 2 / expected).sum() < 4 + 5 * math.sqrt(8)


def answer(capsys, *arguments):
    assert main([*arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command_line_says_what_names_cost(capsys):
    options = ["--process", "absorbing", "--schedule", "mdlm", "--steps", "16", "--particles", "64"]
    found = answer(capsys, "run", "--dataset", "names", *options)
    assert found["entropy_nats"][0] / math.log(2) == pytest.approx(9.594, abs=5e-4)
    assert found["bound_nats"][0] / math.log(2) == pytest.approx(10.17, abs=3 * 0.14)
    assert found["gap_nats"][0] == pytest.approx(found["bound_nats"][0] - found["entropy_nats"][0])
    assert sum(found["dissipation_nats"]) + found["mismatch_nats"][0] == pytest.approx(found["gap_nats"][0])
    assert sum(found["kl_nats"]) == pytest.approx(found["bound_nats"][0])
    assert found["distinct"][0] == len(set(found["words"])) <= 64
    assert found["experiment"]["schedule"] == "sohl_dickstein"
    names = answer(capsys, "dataset", "--dataset", "names")
    assert len(names["states"]) == len(names["probabilities"]) == len(names["words"]) == 4896
    assert sum(names["probabilities"]) == pytest.approx(1.0)
    assert found["valid_share"][0] == pytest.approx(np.mean([word in set(names["words"]) for word in found["words"]]))


def test_arrays_of_words_hold_symbols_and_confidences():
    record = Record.of(Experiment(dataset="own_words", own_words=OWN, steps=4, particles=3, process="uniform"))
    arrays = record.arrays()
    assert arrays["forward"].shape == (5, 3, 8)
    assert arrays["x0_hat"].shape == (5, 3, 8, 2)
    assert arrays["kl_nats"].shape == arrays["kl_stderr_nats"].shape == (5,)
    assert (arrays["kl_stderr_nats"][:-1] > 0).all()
