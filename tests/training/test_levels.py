"""Noise levels and weightings beside the papers they are from."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from diffviz.domains.plane.training import Recipe, x0_weight
from diffviz.gaussian.denoisers.predictions import PREDICTIONS
from diffviz.levels import alpha_sigma
from diffviz.schedules import make_schedule
from diffviz.training.levels import LEVELS, WEIGHTINGS, draw_levels, level_density

LOW, HIGH = -10.0, 14.0


def weight(log_snr, **settings):
    """Of the squared error of what the recipe predicts, at one level."""
    recipe, at = Recipe("rings", **settings), torch.tensor([log_snr], dtype=torch.float64)
    return float(x0_weight(recipe, at) * PREDICTIONS[recipe.objective].share(*alpha_sigma(at)))


@pytest.mark.parametrize("snr", [0.01, 1.0, 4.9, 5.0, 5.1, 300.0])
@pytest.mark.parametrize("gamma", [1.0, 5.0, 20.0])
def test_min_snr_is_as_in_its_paper_whatever_is_predicted(snr, gamma):
    """Hang et al. 2023, sec. 3.4 and app. A: x_0, eps and v. Public code divides by SNR for v, or by nothing."""
    least = min(snr, gamma)
    for objective, wanted in {"x0": least, "eps": least / snr, "v": least / (snr + 1), "score": least / snr}.items():
        found = weight(math.log(snr), objective=objective, weighting="min_snr", gamma=gamma)
        assert found == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("sigma", [0.002, 0.3, 1.0, 80.0])
@pytest.mark.parametrize("sigma_data", [0.5, 1.0])
def test_edm_is_as_in_its_paper(sigma, sigma_data):
    """Karras et al. 2022, table 1: lambda = (sigma^2 + sigma_data^2)/(sigma sigma_data)^2 of D's error, sigma^2 = 1/SNR."""
    wanted = (sigma**2 + sigma_data**2) / (sigma * sigma_data) ** 2
    assert weight(-2 * math.log(sigma), objective="x0", weighting="edm", sigma_data=sigma_data) == pytest.approx(wanted)


def test_edm_of_unit_data_is_the_simple_loss_of_v():
    for log_snr in (-8.0, 0.0, 9.0):
        assert weight(log_snr, weighting="edm") == pytest.approx(1.0)


@pytest.mark.parametrize("objective", PREDICTIONS)
def test_simple_counts_what_is_predicted_alike_everywhere(objective):
    assert [weight(x, objective=objective) for x in (-9.0, 0.0, 13.0)] == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize("levels", LEVELS)
def test_the_bound_s_mean_does_not_depend_on_how_levels_are_drawn(levels):
    """Kingma et al. 2021, eq. 15: 1/2 int SNR E|x_0 - x0_hat|^2 d log SNR, here of an error 1/(1 + SNR), whose integral is known:
    1/2 [log(1 + SNR)]."""
    log_snr = torch.linspace(LOW, HIGH, 20_001, dtype=torch.float64)
    weights = x0_weight(Recipe("rings", weighting="bound", levels=levels), log_snr)
    found = torch.trapezoid(level_density(levels, LOW, HIGH, log_snr) * weights / (1 + log_snr.exp()), log_snr)
    assert float(found) == pytest.approx(0.5 * (math.log1p(math.exp(HIGH)) - math.log1p(math.exp(LOW))), rel=1e-6)


@pytest.mark.parametrize("levels", LEVELS)
def test_levels_are_drawn_as_their_density_says(levels):
    drawn = draw_levels(levels, LOW, HIGH, torch.rand(1, 50_000, generator=torch.Generator().manual_seed(1)))[0].numpy()
    axis = np.linspace(LOW, HIGH, 4001)
    density = level_density(levels, LOW, HIGH, torch.from_numpy(axis)).numpy()
    assert np.trapezoid(density, axis) == pytest.approx(1.0, abs=1e-6)
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(axis))])
    distance = stats.kstest(drawn, lambda x: np.interp(x, axis, below)).statistic
    assert distance < 1e-4  # stratified: far closer than independent draws come
    assert (drawn >= LOW).all()
    assert (drawn <= HIGH).all()


def test_edm_s_levels_are_the_paper_s_log_normal():
    drawn = draw_levels("edm", -100.0, 100.0, torch.rand(20_000, generator=torch.Generator().manual_seed(2)))
    log_sigma = -drawn / 2
    assert float(log_sigma.mean()) == pytest.approx(-1.2, abs=0.001)
    assert float(log_sigma.std()) == pytest.approx(1.2, abs=0.001)


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_schedule_s_own_levels_are_those_of_its_table(name):
    table = torch.from_numpy(make_schedule(name, 1000).log_snr[1:])
    inside = table[(table > LOW) & (table < HIGH)]
    drawn = draw_levels(name, LOW, HIGH, torch.rand(20_000, generator=torch.Generator().manual_seed(3))).double()
    quantiles = torch.linspace(0.05, 0.95, 19, dtype=torch.float64)
    torch.testing.assert_close(drawn.quantile(quantiles), inside.quantile(quantiles), rtol=0, atol=0.12)


def test_every_row_is_told_apart_by_its_title_and_reason():
    for table in (LEVELS, WEIGHTINGS, PREDICTIONS):
        assert len({row.title for row in table.values()}) == len({row.why for row in table.values()}) == len(table)
