"""What the report of the thermodynamics of words and of graphs knows without drawing paths."""

import pytest

from diffviz import Experiment
from diffviz.engine import Setup
from diffviz.views import view_of


@pytest.mark.parametrize(("dataset", "process"), [("names", "absorbing"), ("trees", "absorbing"), ("trees", "uniform")])
def test_the_report_knows_the_gap_and_the_entropy_that_each_step_produces(dataset, process):
    e = Experiment(dataset=dataset, process=process, schedule="cosine", steps=8, particles=100)
    found = view_of(e).known(Setup(e))
    assert found.gap.value == pytest.approx(found.production.sum() + found.mismatch)
    assert found.gap.stderr == 0.0


@pytest.mark.parametrize(("dataset", "sample", "symbols"), [("names", "word", "letters"), ("trees", "graph", "edges")])
def test_what_the_report_has_not_is_explained(dataset, sample, symbols):
    e = Experiment(dataset=dataset, schedule="cosine", steps=4)
    found = view_of(e).known(Setup(e))
    assert found.reasons["commit"].startswith(f"A {sample} has neither a mode that splits nor a drift")
    assert found.reasons["neural_entropy"].endswith(f"which {symbols} have not.")
    assert found.parts == dict.fromkeys(found.reasons)
