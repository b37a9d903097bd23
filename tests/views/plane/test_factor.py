"""A run with a factor r(x): its metrics against what they estimate, its words, and what is drawn of it."""

import json
import math
from functools import cache

import numpy as np
import pytest
import torch

from diffviz import Experiment, ExperimentError, exports, run
from diffviz.diagnostics.comparison import compare
from diffviz.diagnostics.report import report_json
from diffviz.engine import Setup
from diffviz.inverse.factors import POINT_FACTORS
from diffviz.telling.words import plain
from diffviz.views import view
from diffviz.views.plane import factor, overlays, sent
from diffviz.views.told import words_of_both
from tests.measured import measured

VIEW = view("plane")
SMALL = {"dataset": "eight_gaussians", "particles": 300, "steps": 30, "measure_noise": 0.6, "offset": 0.7, "device": "cpu"}


@cache
def known(**fields):
    return measured(Experiment(**SMALL | fields))


def test_metrics_are_what_they_say():
    m = known(measurement="half_plane", condition="shifted", angle=30.0)
    task = m.setup.task
    uniform = torch.rand(40_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    exact = task.tilted.sample(uniform, torch.randn(40_000, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
    inside = (exact @ torch.tensor(task.factor.normal, dtype=torch.float64) > 0.7).double().mean()
    assert m.estimate("exact_in_half_plane").value == pytest.approx(float(inside), abs=0.012)
    n = [math.cos(math.pi / 6), math.sin(math.pi / 6)]
    assert m.estimate("in_half_plane").value == pytest.approx(float((m.end @ n > 0.7).mean()), abs=1e-9)
    data = task.mixture.sample(uniform, torch.randn(40_000, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64))
    z = task.factor.log_value(data, 0.36).exp()
    assert math.exp(m.estimate("log_z_nats").value) == pytest.approx(float(z.mean()), abs=4 * float(z.std()) / 200)
    total = m.details.costs.total
    assert m.estimate("path_kl_nats").value == pytest.approx(total.mean())
    assert m.estimate("path_kl_nats").stderr == pytest.approx(total.std(ddof=1) / math.sqrt(300))
    assert m.estimate("small_perturbation_nats").value > 0


def test_the_distance_is_to_the_exact_posterior():
    """Exact samples are as near to it as two clouds of them are; the data are not."""
    m = known(measurement="strip", condition="exact")
    near, floor = (m.estimate(f"posterior_sliced_wasserstein{end}").value for end in ("", "_floor"))
    free = measured(Experiment(**SMALL))
    far = factor.sliced_to_data(m.setup.task.tilted, free.end, 0).value
    assert near < 2.5 * floor
    assert far > 4 * floor


def test_what_a_run_has_not_is_not_told():
    ring = known(measurement="ring", condition="exact", sampler="ddim")
    assert ring.costs is None
    for name in ("path_kl_nats", "small_perturbation_nats", "in_half_plane"):
        assert ring.estimate(name) is None
    assert "paths have no density" in plain(VIEW.summary(ring))
    one = measured(Experiment(**SMALL | {"measurement": "ring", "particles": 1}))
    assert one.estimate("posterior_sliced_wasserstein") is None
    assert "path KL" in plain(VIEW.summary(one))


@pytest.mark.parametrize("name", POINT_FACTORS)
def test_words_and_report_have_the_same_numbers(name):
    m = known(measurement=name, condition="shifted_ramp")
    report = report_json(m)
    json.dumps(report, allow_nan=False)
    text = plain(VIEW.summary(m))
    assert f"log Z {report['log_z_nats'][0]:.2f}".replace("-", "−")[:9] in text
    assert "error of the small perturbation" in text
    assert len(report["path_kl_of_step_nats"]) == 30
    assert sum(report["path_kl_of_step_nats"]) < report["path_kl_nats"][0] * 1.5 + 1
    assert "multiplied by r(x" in plain(VIEW.captions(m, np.array([15]))[0])
    assert POINT_FACTORS[name].title in exports.title(m.experiment)
    assert Experiment.from_query(m.experiment.to_query()) == m.experiment


def test_a_perturbation_that_is_not_small_is_warned_of():
    few = Experiment(measurement="ring", condition="shifted", measure_noise=0.3)
    ratio = factor.largest_ratio(Setup(few))
    text = plain(VIEW.warning(Setup(few)))
    assert text.startswith("The perturbation is not small")
    assert f"{ratio:.0f}" in text
    for gentle in ({"measure_noise": 2.0}, {"condition": "exact"}, {"condition": "multiplied"}):
        assert VIEW.warning(Setup(Experiment(**{"measurement": "ring", "condition": "shifted"} | gentle))) == ""


def test_two_runs_are_compared_of_one_factor_alone():
    a, b = (known(measurement="half_plane", condition=name) for name in ("multiplied", "exact"))
    rows = {row.name: row for row in compare(a, b)}
    assert rows["path_kl_nats"].winner == "b"
    assert "small_perturbation_nats" not in rows
    said = plain(words_of_both(VIEW, a, b)["sentence"])
    assert "B has the smaller path KL to the exact posterior" in said
    assert "there is no ELBO" in plain(VIEW.note(a.experiment, b.experiment))
    VIEW.comparable(a.experiment, b.experiment)
    for other in ({"offset": 0.2}, {"measurement": "ring"}, {"measure_noise": 0.5}, {"measurement": "none"}):
        with pytest.raises(ExperimentError, match="as in A"):
            VIEW.comparable(a.experiment, Experiment(**SMALL | {"measurement": "half_plane"} | other))
    VIEW.comparable(Experiment(), Experiment(dataset="rings"))


@pytest.mark.parametrize("name", POINT_FACTORS)
def test_the_lines_that_are_drawn_are_level_lines_or_nearly(name):
    e = Experiment(measurement=name, measure_noise=0.2, offset=1.5, angle=70.0)
    made = POINT_FACTORS[name].make(70.0, 1.5)
    for line in overlays.factor_lines(e):
        values = made.log_value(torch.from_numpy(line), 0.04)
        assert float(values.max() - values.min()) < 1e-6
    told = sent.data(Setup(e))["factor"]
    turned = 0.0 if name == "ring" else math.radians(70.0)
    assert told == {"kind": name, "direction": turned, "offset": 1.5, "std": 0.2, "exact": True}
    assert sent.data(Setup(Experiment()))["factor"] is None


def test_files_show_the_exact_posterior_beside_its_samples():
    e = Experiment(**SMALL | {"measurement": "half_plane", "condition": "exact"})
    setup = Setup(e)
    scene = VIEW.draw(setup, run(e, setup), ("density",), False)
    assert "dashed: r(x)" in scene.legend
    free = VIEW.draw(Setup(Experiment(**SMALL)), run(Experiment(**SMALL)), ("density",), False)
    assert "r(x)" not in free.legend


def test_one_particle_is_not_explained_by_the_chain_of_the_bound():
    e = Experiment(**SMALL | {"measurement": "ring"})
    assert VIEW.answer(e, {"particle": 0}, lambda e: known(measurement="ring")) is None


def test_an_estimate_of_a_divergence_that_is_below_zero_is_explained():
    """Of ten paths of the exact process in many steps, whose divergence is small: some means are negative."""
    explained = []
    for seed in range(6):
        m = measured(Experiment(**SMALL | {"measurement": "strip", "condition": "exact", "particles": 10, "seed": seed}))
        explained.append("never below 0" in plain(VIEW.summary(m)))
        assert explained[-1] == (m.estimate("path_kl_nats").value < 0.0)
    assert len(set(explained)) == 2
