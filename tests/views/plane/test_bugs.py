"""What real bugs cost: each more than its right way, beyond the error, and none the price of the right one."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from diffviz import Experiment, exports
from diffviz.__main__ import main
from diffviz.diagnostics.comparison import compare
from diffviz.diagnostics.report import report_json
from diffviz.engine import Setup
from diffviz.gaussian.bugs import BUGS, CHOICES, bug_of
from diffviz.views.plane import words
from diffviz.views.plane.bugs import PRICES, bug_pairs, price
from diffviz.views.plane.measure import METRICS, OF_ELBO
from diffviz.views.plane.particle import particle_of
from diffviz.views.plane.sweep import gap_sweep
from diffviz.views.sweep import lines
from tests.measured import measured

SMALL = {"steps": 12, "sampler_steps": 4, "particles": 30, "device": "cpu"}
UNPRICED = Experiment(**SMALL, sampler="ddim", bug="alpha_bar")
PRICED = Experiment(**SMALL, variance="posterior", bug="previous_step")


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", BUGS)
def test_a_bug_costs_more_than_its_right_way_by_more_than_the_error(name, seed):
    right, wrong = bug_pairs(seed)[name]
    assert bug_of(right) is CHOICES["none"]
    assert wrong == replace(right, **(BUGS[name].fields or {"bug": name}))
    found = price(right, wrong)
    assert any(row.winner == "a" for row in found.values())
    assert ("gap_nats" in found) != bool(bug_of(wrong).unpriced)


def test_the_elbo_does_not_see_noise_in_the_last_step_nor_samples_another_last_variance():
    gap = price(*bug_pairs()["last_noise"])["gap_nats"]
    assert gap.a == gap.b
    found = price(*bug_pairs()["first_variance"])
    assert found["excess_nll_nats"].a == found["excess_nll_nats"].b


def test_a_run_without_an_elbo_of_its_own_has_none():
    m = measured(UNPRICED)
    assert m.metrics.keys() == METRICS.keys() - set(OF_ELBO)
    report = report_json(m)
    assert not {"kl_nats", "exact_kl_nats", "dissipation_nats", "stairs"} & report.keys()
    assert set(OF_ELBO) <= report_json(measured(replace(UNPRICED, bug="none"))).keys()
    assert "No <button" in words.summary(m)
    assert bug_of(UNPRICED).unpriced in words.summary(m)
    assert words.cost(m, m.setup, 1) == ""


def test_two_runs_of_which_one_has_no_elbo_are_compared_by_what_both_have():
    a, b = measured(replace(UNPRICED, bug="none")), measured(UNPRICED)
    rows = compare(a, b)
    assert not {row.name for row in rows} & set(OF_ELBO)
    text = words.sentence(rows, a.experiment, b.experiment)
    assert "No ELBO is compared: B has none" in text
    assert "gap" not in text


def test_one_particle_of_a_wrong_run_is_told_no_costs():
    for wrong in (UNPRICED, PRICED):
        assert particle_of(wrong, {"particle": 0}, measured) is None


def test_a_sweep_is_of_the_right_chain():
    sides, others = lines(PRICED, UNPRICED, ("linear",))
    assert all(each.bug == "none" for each in (*sides.values(), *others.values()))
    assert next(gap_sweep(PRICED, PRICED))["done"] == 0


def test_a_wrong_run_says_so():
    for wrong in (UNPRICED, PRICED):
        row = bug_of(wrong)
        assert exports.title(wrong).startswith(f"wrong on purpose: {row.title}")
        assert words.warning(Setup(wrong)).startswith("<b>Wrong on purpose: ")
        assert row.source in words.warning(Setup(wrong))
        assert f"--bug {wrong.bug}" in exports.command_line(wrong)
        own, other, _ = exports.pair_parts(replace(wrong, bug="none"), wrong)
        assert (own, other) == ("the right way", f"wrong on purpose: {row.title}")
    assert "wrong on purpose" not in exports.title(replace(PRICED, bug="none")).lower()
    assert words.warning(Setup(replace(PRICED, bug="none"))) == ""


def test_the_command_prints_what_a_bug_is_and_costs(capsys):
    assert main(["bugs", "--bug", "first_variance", "--seed", "4"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["bug"] == "first_variance"
    assert found["source"] == BUGS["first_variance"].source
    right, wrong = (Experiment.from_query(found[side]) for side in ("right", "wrong"))
    assert (right, wrong) == bug_pairs(4)["first_variance"]
    gap = price(right, wrong)["gap_nats"]
    assert found["gap_nats"]["right"] == [gap.a.value, gap.a.stderr]
    assert found["gap_nats"]["more"] == [gap.b.value - gap.a.value, gap.difference.stderr]
    assert found["gap_nats"]["worse"] is True
    assert found["unpriced"] is None
    assert found.keys() >= set(PRICES)


README = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")


def told(cell):
    """(right, wrong), each [value] or [value, error], and whether the wrong one is worse, of a cell of the README's table."""
    sides = cell.strip().strip("*").replace("−", "-").split(" → ")
    return *([float(figure) for figure in side.split(" ± ")] for side in sides), cell.strip().startswith("**")


@pytest.mark.parametrize("name", BUGS)
def test_the_readme_tells_what_is_measured(name):
    line = next(line for line in README.splitlines() if line.startswith(f"| {BUGS[name].title} |"))
    source, *cells = line.split("|")[2:-1]
    assert source.strip() in BUGS[name].source
    found = price(*bug_pairs()[name])
    for metric, cell in zip(PRICES, cells, strict=True):
        if metric not in found:
            assert cell.strip() == "none"
            continue
        *sides, worse = told(cell)
        for figures, estimate in zip(sides, (found[metric].a, found[metric].b), strict=True):
            assert figures[0] == pytest.approx(estimate.value, rel=0.02, abs=max(1e-3, estimate.stderr / 4))
            assert len(figures) == 1 or figures[1] == pytest.approx(estimate.stderr, rel=0.2)
        assert worse == (found[metric].winner == "a")


def test_an_unscaled_schedule_may_have_the_smaller_gap():
    right = Experiment(dataset="two_moons", schedule="linear", steps=50)
    found = price(right, replace(right, scale_betas=False))
    assert found["gap_nats"].winner == "b"
    assert found["sliced_wasserstein"].winner == "a"


def test_an_unknown_bug_is_one_sentence(capsys):
    assert main(["bugs", "--bug", "nothing"]) == 2
    assert capsys.readouterr().err.strip().startswith("bug must be one of leading, stride,")
