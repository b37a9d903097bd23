"""Two runs of one task whose pictures are given: their figures against naive ones, and what cannot be compared."""

import json
from dataclasses import replace

import numpy as np
import pytest

from diffviz import Experiment, ExperimentError
from diffviz.caching import size_of
from diffviz.diagnostics.comparison import compare, compare_json
from diffviz.views.pictures.measure import metrics_of, require_same_data
from diffviz.views.pictures.words import note, sentence, summary
from tests.measured import measured

BASE = Experiment(dataset="digits", denoiser="exact", steps=12, particles=24, device="cpu", test_image=5)
MEASURED = replace(BASE, measurement="inpaint", measure_noise=0.05)


def ran(base, **changes):
    return measured(replace(base, **changes))


@pytest.fixture(scope="module")
def ways():
    """The exact posterior, and guidance that pulls far too little."""
    return ran(MEASURED, condition="exact"), ran(MEASURED, strength=0.0)


def test_the_figures_are_what_they_say_and_the_exact_posterior_wins(ways):
    rows = {row.name: row for row in compare(*ways)}
    assert list(rows) == list(metrics_of(MEASURED))
    for side, o in zip("ab", ways, strict=True):
        found, flat = o.details.summary, o.end.astype(float).reshape(24, 64)
        naive = np.square(flat.mean(0) - found.exact_mean.ravel()).mean()
        assert getattr(rows["mean_to_exact_mse"], side).value == pytest.approx(
            naive - flat.var(0, ddof=1).mean() / 24, rel=1e-4, abs=1e-9
        )
        spread = flat.std(0, ddof=1).mean()
        assert getattr(rows["spread"], side).value == pytest.approx(spread)
        assert getattr(rows["spread_off"], side).value == pytest.approx(spread - found.exact_std.mean())
    assert [rows[name].winner for name in ("mean_to_exact_mse", "mean_to_truth_mse", "spread_off")] == ["a"] * 3
    assert rows["spread"].winner == rows["exact_spread"].winner == ""
    told = sentence(list(rows.values()), *(o.experiment for o in ways))
    assert "<b>A</b> has the mean nearer to the exact one; <b>A</b> has the standard deviation nearer" in told
    assert "no ELBO" in note(*(o.experiment for o in ways))
    swapped = {row.name: row for row in compare(*ways[::-1])}
    assert swapped["mean_to_exact_mse"].winner == "b"
    assert swapped["mean_to_exact_mse"].difference.value == -rows["mean_to_exact_mse"].difference.value


def test_a_comparison_adds_nothing_to_an_outcome_that_is_kept():
    """What a cache counted when it took it is what it holds afterwards."""
    kept = [ran(MEASURED, condition="exact"), ran(BASE, start="picture", start_time=0.5), ran(BASE)]
    for each in kept:
        before = size_of(each)
        compare(each, each)
        assert size_of(each) <= before


def test_two_draws_of_the_exact_posterior_are_told_to_be_as_near():
    """One way of two is better by chance alone in one of 20 figures; with these seeds in none."""
    rows = {row.name: row for row in compare(*(ran(MEASURED, condition="exact", sampler=s) for s in ("ancestral", "ancestral")))}
    assert all(row.difference.value == 0.0 for name, row in rows.items() if row.difference and name != "seconds")
    assert "With so many samples no difference shows" in sentence(
        list(rows.values()), MEASURED, replace(MEASURED, condition="exact")
    )


def test_edited_pictures_are_compared_by_how_faithful_they_are():
    edited = replace(BASE, start="picture")
    near, far = ran(edited, start_time=0.2), ran(edited, start_time=0.9)
    rows = {row.name: row for row in compare(near, far)}
    assert rows["to_picture_mse"].a.value == pytest.approx(np.square(near.end - near.setup.task.target.numpy()).mean(), rel=1e-5)
    assert rows["to_picture_mse"].winner == ""  # to be faithful is no merit alone
    told = sentence(list(rows.values()), near.experiment, far.experiment)
    assert "<b>A</b> stays nearer to the test image" in told
    assert "noised to t₀ = 2" in summary(near)


def test_ways_between_two_pictures_are_compared_by_what_they_lose():
    between = replace(BASE, start="between", sampler="ddim", denoiser="learned", particles=4)
    poor, good = ran(between, steps=6, sampler="ode_euler"), ran(between, steps=40, sampler="heun")
    rows = {row.name: row for row in compare(poor, good)}
    lost = np.sqrt(np.square(good.end[[0, -1]] - good.setup.task.target.numpy()).mean((1, 2, 3)))
    assert [rows[f"round_trip_{name}_rmse"].b.value for name in ("first", "last")] == pytest.approx(lost.tolist(), rel=1e-5)
    assert "<b>B</b> loses less" in sentence(list(rows.values()), poor.experiment, good.experiment)
    json.dumps(compare_json(poor, good), allow_nan=False)


@pytest.mark.parametrize(
    ("a", "b", "field"),
    [
        (BASE, MEASURED, "measurement"),
        (MEASURED, BASE, "measurement"),
        (MEASURED, replace(MEASURED, test_image=6), "test_image"),
        (MEASURED, replace(MEASURED, seed=1), "seed"),
        (MEASURED, replace(MEASURED, measure_noise=0.5), "measure_noise"),
        (MEASURED, replace(MEASURED, mask="8x8.rAIYI"), "mask"),
        (replace(BASE, measurement="deblur"), replace(BASE, measurement="deblur", blur_width=2.0), "blur_width"),
        (replace(BASE, measurement="super_resolve"), replace(BASE, measurement="super_resolve", factor=4), "factor"),
        (replace(BASE, start="picture"), BASE, "start"),
        (replace(BASE, start="picture"), replace(BASE, start="picture", test_image=2), "test_image"),
    ],
)
def test_what_is_given_must_be_the_same(a, b, field):
    with pytest.raises(ExperimentError) as told:
        require_same_data(a, b)
    assert told.value.field == field
    assert "\n" not in str(told.value)


def test_fields_that_say_nothing_of_a_measurement_may_differ():
    require_same_data(MEASURED, replace(MEASURED, factor=4, blur_width=3.0, condition="replace", resamples=9, steps=5))
    require_same_data(replace(BASE, start="picture"), replace(BASE, start="picture", start_time=0.9, seed=3))
    require_same_data(BASE, replace(BASE, start="forward"))
