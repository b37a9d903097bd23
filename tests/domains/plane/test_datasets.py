import numpy as np
import pytest
import torch

from diffviz.domains.plane.datasets import DATASETS, OWN, make_dataset
from tests import naive

OURS = [name for name in DATASETS if name not in OWN]
SHAPES = [name for name in DATASETS if name != "gaussian"]
CURVES = ("two_moons", "swiss_roll", "spiral", "rings")


@pytest.mark.parametrize("name", OURS)
def test_every_data_set_is_a_centred_mixture_of_unit_variance_but_for_the_papers_own(name):
    mixture = make_dataset(name)
    weights, means = mixture.weights, mixture.means
    assert means.dtype == weights.dtype == torch.float64
    assert means.shape == (len(weights), 2)
    assert mixture.std > 0
    assert (weights > 0).all()
    assert float(weights.sum()) == pytest.approx(1, abs=1e-12)
    torch.testing.assert_close(weights @ means, torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-12)
    variance = weights @ means.square() + mixture.std**2
    if not DATASETS[name].scaled:
        assert variance.tolist() == pytest.approx([1.04, 0.04], abs=1e-12)
        return
    assert float(variance.mean()) == pytest.approx(1, abs=1e-12)  # one scale for both coordinates keeps the shape
    assert mixture.mean_square == pytest.approx(2, abs=1e-12)


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_anything_but_gaussian(name):
    """Its entropy is well below that of the Gaussian of the same covariance, or there would be nothing to see."""
    mixture = make_dataset(name)
    sample = naive.draw(mixture, 4000, np.random.default_rng(0))
    entropy, error = naive.mean_and_error(-naive.log_density(mixture, sample))
    gaussian = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * np.cov(sample.T)).logabsdet
    assert entropy + 3 * error < gaussian - 0.1


@pytest.mark.parametrize("name", CURVES)
def test_curves_look_continuous(name):
    """Between neighbours two standard deviations apart or less, the density of two Gaussians does not dip."""
    mixture = make_dataset(name)
    distance = torch.cdist(mixture.means, mixture.means).fill_diagonal_(torch.inf).min(1).values
    assert float(distance.max()) <= 2 * mixture.std


def test_the_circle_has_eight_equal_modes():
    mixture = make_dataset("eight_gaussians")
    assert len(mixture.weights) == 8
    assert (mixture.weights == mixture.weights[0]).all()
    radius, angle = mixture.means.norm(dim=1), torch.atan2(*mixture.means.T.flip(0)).sort().values
    torch.testing.assert_close(radius, radius.mean().expand(8))
    torch.testing.assert_close(angle.diff(), torch.full((7,), torch.pi / 4, dtype=torch.float64))


def test_every_ring_carries_the_same_weight():
    mixture = make_dataset("rings")
    ring = (mixture.means.norm(dim=1) / mixture.means.norm(dim=1).min()).round()
    assert [float(mixture.weights[ring == r].sum()) for r in (1, 2, 3)] == pytest.approx([1 / 3] * 3)


def test_the_grid_is_regular():
    mixture = make_dataset("grid_25")
    sides = [torch.unique(column.round(decimals=9)) for column in mixture.means.T]
    for side in sides:
        assert len(side) == 5
        torch.testing.assert_close(side.diff(), side.diff().mean().expand(4))


@pytest.mark.parametrize("std", [0.05, 0.5, 1.5])
def test_only_the_gaussian_reads_std(std):
    assert make_dataset("gaussian", std).std == std
    assert make_dataset("rings", std).std == make_dataset("rings").std


@pytest.mark.parametrize("name", DATASETS)
def test_every_row_says_in_one_sentence_why(name):
    row = DATASETS[name]
    assert row.title
    assert row.why.endswith(".")
    assert len(row.why) < 120


def test_an_unknown_name_is_a_key_error():
    with pytest.raises(KeyError):
        make_dataset("no such data")
