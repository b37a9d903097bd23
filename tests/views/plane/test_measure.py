import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import trapezoid

from diffviz import Experiment
from diffviz.diagnostics.comparison import better_side, compare, compare_json
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.nearness import mode_shares
from diffviz.domains.plane.thermodynamics import staircase
from diffviz.estimates import Estimate
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.views.plane.measure import METRICS
from tests.measured import measured

BASE = Experiment(steps=50, particles=600, variance="posterior")


def ran(**changes):
    return measured(replace(BASE, **changes))


def by_name(rows):
    return {row.name: row for row in rows}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_if_nothing_is_changed_both_sides_are_the_same_bit_for_bit(sampler):
    a, b = ran(sampler=sampler, steps=8), ran(sampler=sampler, steps=8)
    np.testing.assert_array_equal(a.end, b.end)
    rows = compare(a, b)
    assert all(row.a.value == row.b.value for row in rows if row.name != "seconds")
    assert not any(row.winner for row in rows)


def test_cosine_wins_the_gap_against_linear_and_few_steps_lose_everything_but_effort():
    assert by_name(compare(ran(schedule="linear"), ran()))["gap_nats"].winner == "b"
    rows = by_name(compare(ran(), ran(sampler_steps=2)))
    for name in ("gap_nats", "sliced_wasserstein", "wasserstein", "energy_distance"):
        assert rows[name].winner == "a", name
    assert rows["evaluations"].winner == "b"
    assert rows["gap_nats"].a.value == pytest.approx(rows["gap_bits_per_dim"].a.value * 2 * np.log(2))


def test_two_perfect_samplers_differ_by_chance_alone():
    """Runs that only differ in their seed: no distance may be called better more often than two standard errors allow."""
    outcomes = [ran(schedule="least_dissipation", steps=200, particles=300, seed=seed) for seed in range(8)]
    names = ("sliced_wasserstein", "energy_distance", "mode_error")
    pairs = [compare(a, b) for a, b in zip(outcomes[::2], outcomes[1::2], strict=True)]
    called = [row.winner != "" for rows in pairs for row in rows if row.name in names]
    assert len(called) == 12
    assert sum(called) <= 3


@pytest.mark.parametrize(
    ("a", "b", "better"),
    [
        ((-0.155, 0.012), (-0.026, 0.011), "b"),
        ((-0.03, 0.01), (0.20, 0.01), "a"),  # of unlike signs
        ((-0.20, 0.01), (0.19, 0.01), ""),  # as far from 0, on either side
        ((0.01, 0.01), (-0.01, 0.01), ""),
        ((-0.10, 0.01), (-0.11, 0.01), ""),
        ((0.0, 0.01), (0.5, 0.01), "a"),
    ],
)
def test_nearer_to_zero_is_better_where_that_is_clear(a, b, better):
    a, b = Estimate(*a), Estimate(*b)
    apart = Estimate(a.value - b.value, np.hypot(a.stderr, b.stderr))
    assert better_side("zero", a, b, apart) == better
    back = Estimate(-apart.value, apart.stderr)
    assert better_side("zero", b, a, back) == better.translate(str.maketrans("ab", "ba"))
    mirrored = [Estimate(-each.value, each.stderr) for each in (a, b, apart)]
    assert better_side("zero", *mirrored) == better


def test_of_two_that_are_as_good_nearer_to_zero_is_rarely_called_better():
    """Both of one law, whatever its distance from 0 and however strongly they go together: in one case of twenty, or fewer."""
    rng = np.random.default_rng(0)
    for centre, sign, together in ((0.0, 1, 0.0), (0.05, 1, 0.9), (0.05, -1, 0.0), (0.01, -1, 0.9)):
        noise = rng.standard_normal((2000, 3)) * 0.01
        a = centre + together * noise[:, 0] + np.sqrt(1 - together**2) * noise[:, 1]
        b = sign * centre + together * noise[:, 0] + np.sqrt(1 - together**2) * noise[:, 2]
        error = 0.01 * np.sqrt(2 - 2 * together**2)
        called = [
            better_side("zero", Estimate(x, 0.01), Estimate(y, 0.01), Estimate(x - y, error)) != ""
            for x, y in zip(a, b, strict=True)
        ]
        assert np.mean(called) < 0.065


def test_modes_are_counted_where_there_are_any():
    mixture = make_dataset("eight_gaussians")
    shares = mode_shares(mixture, mixture.means.numpy()[[0, 0, 1, 7]])
    np.testing.assert_array_equal(shares, [0.5, 0.25, 0, 0, 0, 0, 0, 0.25])
    assert mode_shares(make_dataset("swiss_roll"), np.zeros((3, 2))) is None
    assert mode_shares(make_dataset("gaussian"), np.zeros((3, 2))) is None
    assert "mode_error" not in by_name(compare(ran(dataset="rings", steps=5), ran(dataset="rings", steps=5)))


def test_the_table_as_json():
    a, b = ran(schedule="rectified_flow", steps=6), ran(steps=6)
    report = json.loads(json.dumps(compare_json(a, b), allow_nan=False))
    assert report["metrics"]["terminal_snr"]["a"] == [0.0, 0.0]
    assert set(report["metrics"]) == set(METRICS)
    assert sum(report["mode_shares"]["b"]) == pytest.approx(1)


def test_snr_and_mismatch_are_those_of_the_largest_time_visited():
    """Leading times: 2 of 10 are 1 and 6; there rectified flow has alpha = 0.4 and sigma = 0.6."""
    fields = {"dataset": "gaussian", "data_std": 0.5, "schedule": "rectified_flow", "steps": 10, "sampler_steps": 2}
    leading, trailing = (ran(spacing=name, particles=5, **fields) for name in ("leading", "trailing"))
    rows = by_name(compare(leading, trailing))
    assert rows["terminal_snr"].a.value == pytest.approx(4 / 9)
    assert rows["terminal_snr"].b.value == 0.0
    variance = 0.16 * 0.25 + 0.36
    assert rows["mismatch_nats"].a.value == pytest.approx(variance - 1 - np.log(variance), abs=1e-6)
    for name in ("terminal_snr", "mismatch_nats"):
        assert "where the reverse process starts" in METRICS[name].title


@pytest.mark.parametrize("change", [{}, {"schedule": "linear", "scale_betas": False}, {"denoiser": "learned"}])
def test_what_is_dissipated_and_the_mismatch_are_the_gap(change):
    rows = by_name(compare(ran(particles=5, **change), ran(particles=5)))
    parts = rows["discretisation_gap_nats"].a.value + rows["mismatch_nats"].a.value
    assert parts == pytest.approx(rows["gap_nats"].a.value, abs=1e-6)


def test_what_quadrature_cannot_tell_from_nothing_is_no_metric():
    """KL(q(x_T) || N(0, I)) of a cosine schedule comes out as 3e-11: the rule is good to 1e-6."""
    a, b = ran(particles=5), ran(particles=5, schedule="linear", scale_betas=False)
    row = by_name(compare(a, b))["mismatch_nats"]
    assert (row.a.value, row.a.stderr) == (0.0, 1e-6)
    assert row.b.value == b.details.mismatch_nats
    assert row.winner == "a"


@pytest.mark.parametrize("variance", ["posterior", "optimal"])
@pytest.mark.parametrize("schedule", ["linear", "cosine", "karras", "rectified_flow"])
def test_the_area_under_the_staircase_is_the_bound_and_what_lies_above_the_curve_is_dissipated(schedule, variance):
    """I-MMSE; the step into data and, for alpha_T = 0, the one from pure noise stand apart."""
    o = ran(schedule=schedule, sampler_steps=20, variance=variance)
    stairs = staircase(o.setup.distribution, o.setup.schedule, o.setup.times, o.details.kl_nats)
    inner = slice(1, 20 - (o.setup.schedule.alpha[-1] == 0))
    assert stairs.stair_nats == pytest.approx(o.details.kl_nats[:-1][inner].sum(), rel=1e-9)
    assert stairs.stair_nats - stairs.curve_nats == pytest.approx(o.details.dissipation_nats[inner].sum(), abs=1e-5)
    edges = o.setup.schedule.log_snr[o.setup.times[1:]]
    within = (stairs.log_snr <= edges[0]) & (stairs.log_snr >= edges[np.isfinite(edges)][-1])
    area = trapezoid(stairs.curve[within][::-1], stairs.log_snr[within][::-1])
    assert area == pytest.approx(stairs.curve_nats, rel=0.1)  # the grid's ends are not the chain's
    outline = trapezoid(stairs.stairs[::-1, 1], stairs.stairs[::-1, 0])
    assert outline == pytest.approx(stairs.stair_nats, rel=1e-9)
    if variance == "posterior":  # (SNR_s - SNR_t) MMSE(SNR_t)/2 each, MMSE from the curve at the noisier end
        snr, density = np.exp(edges[np.isfinite(edges)]), np.interp(-edges, -stairs.log_snr, stairs.curve)[np.isfinite(edges)]
        naive = (snr[:-1] - snr[1:]) * density[1:] / snr[1:]
        paid = o.details.kl_nats[:-1][inner]
        kept = edges[np.isfinite(edges)][1:] > -stairs.log_snr[0]
        np.testing.assert_allclose(paid[kept], naive[kept], rtol=0.02, atol=1e-6)


def test_fewer_particles_alone_make_nobody_the_winner():
    """Distances between finite clouds shrink with their size, so both are judged by as many."""
    rows = by_name(compare(ran(particles=50), ran(particles=1000)))
    assert {rows[name].winner for name in ("sliced_wasserstein", "wasserstein", "energy_distance", "mode_error")} == {""}
