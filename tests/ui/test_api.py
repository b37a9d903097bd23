"""The named end points as functions: what they refuse, and with which words."""

import re

import gradio as gr
import pytest

from diffviz.ui.api import run_report, thermo


def test_the_particles_of_an_experiment_are_not_read_for_its_work(monkeypatch):
    monkeypatch.setattr("diffviz.ui.api.thermo_report", lambda setup, paths: {"steps": setup.experiment.steps, "paths": paths})
    assert thermo({"steps": 4000}, 100) == {"steps": 4000, "paths": 100}
    assert thermo({"steps": 1000, "particles": 10_000}, 2) == {"steps": 1000, "paths": 2}


@pytest.mark.parametrize(
    ("fields", "paths", "told"),
    [
        ({"dataset": "digits", "steps": 4000}, 1000, r"^dataset must be .* for the probability of a path"),
        ({"steps": 4000}, 1000, r"^paths must be at most \d+ .*, not 1000"),
        ({}, 1, r"^paths must be a whole number from 2 to 20000, not 1\.$"),
        ({}, True, r"^paths must be a whole number from 2 to 20000, not True"),
        pytest.param({}, 10**400, r"^paths must be a whole number from 2 to 20000, not 1000", id="401 digits"),
        pytest.param(
            {}, 10**5000, r"^paths must be a whole number from 2 to 20000, not a value too long to print", id="5001 digits"
        ),
    ],
)
def test_thermo_says_what_holds(fields, paths, told):
    with pytest.raises(gr.Error) as caught:
        thermo(fields, paths)
    assert re.match(told, caught.value.message)


def test_words_are_reported_with_the_samples_and_without_brackets_where_none_are_known():
    words = {"dataset": "own_words", "own_words": "ant bee cat", "steps": 4, "particles": 5}
    report = run_report(words)
    assert len(report["words"]) == 5
    assert sum(report["dissipation_nats"]) + report["mismatch_nats"][0] == pytest.approx(report["gap_nats"][0])
    told = thermo({**words, "process": "uniform"}, 50)
    assert told["brackets"] is None
    assert told["reasons"]["brackets"] == "Process must be absorbing for the entropy of x_t to be known exactly."
    (mean, stderr), (gap, gap_stderr) = told["work_forward_kT"]["mean"], told["gap_nats"]
    assert mean == pytest.approx(gap, abs=4 * (stderr + gap_stderr))
