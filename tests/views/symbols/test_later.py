"""Charts of words and of graphs that are computed later."""

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.views import view_of
from tests.measured import measured

E = Experiment(dataset="trees", schedule="cosine", steps=8, particles=100)


@pytest.mark.parametrize(("dataset", "process"), [("names", "absorbing"), ("trees", "absorbing"), ("trees", "uniform")])
def test_the_gap_falls_like_one_over_t(dataset, process):
    e = Experiment(dataset=dataset, process=process, schedule="cosine", steps=50, particles=20)
    found = view_of(e).later["quasi_static"].curves(measured(e))
    gaps = found["gap_over_steps"]
    slope = np.diff(np.log(gaps.values)) / np.diff(np.log(gaps.x))
    assert slope[-1] == pytest.approx(-1.0, abs=0.1)
    assert found["own_gap"].values[0] == pytest.approx(gaps.values[gaps.x == 50][0])


@pytest.mark.parametrize("dataset", ["names", "trees"])
def test_of_an_order_without_a_bound_there_is_no_such_chart(dataset):
    e = Experiment(**{**E.to_dict(), "dataset": dataset})
    row, m = view_of(e).later["quasi_static"], measured(Experiment(**{**e.to_dict(), "sampler": "confidence"}))
    assert not row.applies(m)
    assert row.applies(measured(e))
    assert m.costs is None
    assert "gap_nats" not in m.estimates()


@pytest.mark.parametrize(
    ("dataset", "speed", "bits"),
    [
        ("names", "Letters jump: they have no velocity", "Of words the bound is told in bits a word, below the charts."),
        ("trees", "Edges jump: they have no velocity", "Of graphs the bound is told in bits a graph, below the charts."),
        ("heartbeat", "Bits jump: they have no velocity", "Of sequences the bound is told in bits a sequence, below the charts."),
    ],
)
def test_charts_that_symbols_do_not_have_say_why(dataset, speed, bits):
    absent = view_of(Experiment(dataset=dataset)).absent
    assert absent["speed"].startswith(speed)
    assert absent["bits"].endswith(bits)
