import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from diffviz.caching import size_of
from diffviz.domains.pictures import dead_leaves as leaves
from diffviz.domains.pictures.dead_leaves import dead_leaves, leaf_radii
from diffviz.domains.pictures.images import IMAGES, image_mixture, make_images
from diffviz.gaussian.denoisers.exact import ExactDenoiser
from tests import naive

MADE_HERE = ("digits", "dead_leaves")
every_set = pytest.mark.parametrize("name", MADE_HERE)


@every_set
def test_pictures_are_what_their_row_says(name):
    row, pictures = IMAGES[name], make_images(name)
    for x, labels in ((pictures.train, pictures.train_labels), (pictures.held_out, pictures.held_out_labels)):
        assert x.shape[1:] == row.shape
        assert x.dtype == torch.float32
        assert (x.min(), x.max()) == (-1, 1)
        level = (x + 1) / row.bin_width
        torch.testing.assert_close(level, level.round(), rtol=0, atol=1e-4)
        assert (labels is None) == (row.labels == 0)
        if row.labels:
            assert set(labels.tolist()) == set(range(row.labels))
            assert len(labels) == len(x)
    seen = {picture.numpy().tobytes() for picture in pictures.train}
    assert not any(picture.numpy().tobytes() in seen for picture in pictures.held_out)


def test_digits_are_split_in_the_order_of_the_file():
    pictures = make_images("digits")
    assert (len(pictures.train), len(pictures.held_out)) == (1500, 297)
    assert pictures.train_labels[:10].tolist() == list(range(10))
    first = ((pictures.train[0, 0] + 1) * 8).round().int()
    assert first[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]  # as printed in scikit-learn's tutorial


def test_leaves_are_the_same_again_and_others_with_another_seed():
    few, more, other = dead_leaves(3, 5), dead_leaves(300, 5), dead_leaves(3, 6)
    np.testing.assert_array_equal(few, more[:3])
    assert not np.array_equal(few, other)


def test_radii_follow_the_inverse_cube_among_all_leaves():
    """Those that touch the window are weighted by where their centres may lie: the square with its sides moved out by r."""
    radii = leaf_radii(np.random.default_rng(0), 200_000)
    low, high = leaves.RADII
    assert radii.min() >= low
    assert radii.max() <= high
    for moment in (1, 2):
        law = lambda r, power=0: r ** (power - 3) * (leaves.SIDE + 2 * r) ** 2  # noqa: E731
        expected = quad(law, low, high, args=(moment,))[0] / quad(law, low, high)[0]
        mean, error = naive.mean_and_error(radii**moment)
        assert abs(mean - expected) < 4 * error
    weights = (leaves.SIDE + 2 * radii) ** -2.0
    share = (weights * (radii > 4)).sum() / weights.sum()
    assert share == pytest.approx((4**-2 - high**-2) / (low**-2 - high**-2), abs=0.006)


def test_grey_values_are_even_and_correlated_as_lee_mumford_and_huang_say():
    x = dead_leaves(768, 3) / 127.5 - 1.0
    mean, error = naive.mean_and_error(x.mean((1, 2)))
    assert abs(mean) < 4 * error
    shares = np.bincount(np.floor((x[:, 16, 16] + 1) * 4).astype(int).clip(0, 7), minlength=8) / len(x)
    assert np.abs(shares - 1 / 8).max() < 4 * math.sqrt(1 / 8 * 7 / 8 / len(x))
    power = np.mean(np.arange(256.0) ** 2 / 127.5**2 - 2 * np.arange(256.0) / 127.5 + 1)

    def overlap(r, d):
        """Of a disc of radius r with itself moved by d, times the density of radii."""
        if d >= 2 * r:
            return 0.0
        return (2 * r**2 * math.acos(d / (2 * r)) - d / 2 * math.sqrt(4 * r**2 - d**2)) * r**-3

    for d in (1, 2, 4, 8):
        share = quad(overlap, *leaves.RADII, args=(d,), limit=200)[0] / quad(overlap, *leaves.RADII, args=(0,))[0]
        for pair in (x[:, :, d:] * x[:, :, :-d], x[:, d:] * x[:, :-d]):
            mean, error = naive.mean_and_error(pair.mean((1, 2)))
            # leaves are drawn on pixels: their edges are out by a fraction of one
            assert abs(mean / power - share / (2 - share)) < 4 * error / power + 0.01, d


@every_set
def test_the_training_set_is_a_mixture(name):
    mixture, pictures, row = image_mixture(name), make_images(name), IMAGES[name]
    assert mixture.means.shape == (len(pictures.train), math.prod(row.shape))
    assert mixture.std == row.bin_width / 2
    torch.testing.assert_close(mixture.means[7], pictures.train[7].flatten().double())
    assert float(mixture.weights.sum()) == pytest.approx(1)


def test_a_class_is_a_mixture_of_its_pictures():
    pictures = make_images("digits")
    assert len(image_mixture("digits", 3).means) == int((pictures.train_labels == 3).sum())
    for name, label in (("digits", 10), ("digits", -1), ("dead_leaves", 0)):
        with pytest.raises(ValueError, match="label must be"):
            image_mixture(name, label)


@every_set
def test_from_little_noise_the_exact_denoiser_returns_the_training_picture(name):
    picture = make_images(name).train[40:48]
    row, sigma = IMAGES[name], 0.05
    alpha = math.sqrt(1 - sigma**2)
    torch.manual_seed(0)
    x_t = alpha * picture + sigma * torch.randn(picture.shape)
    found = ExactDenoiser(image_mixture(name))(x_t, alpha, sigma)
    assert found.x0_hat.shape == found.variance.shape == picture.shape
    # what is left is the kernel: the posterior's own spread about the picture
    tau2 = (alpha * row.bin_width / 2) ** 2 + sigma**2
    keep = alpha * (row.bin_width / 2) ** 2 / tau2
    torch.testing.assert_close(found.x0_hat, sigma**2 / tau2 * picture + keep * x_t, rtol=0, atol=2e-4)
    assert float(found.variance.max()) == pytest.approx((row.bin_width / 2 * sigma) ** 2 / tau2, rel=1e-3)


@pytest.mark.parametrize(("alpha", "sigma"), [(0.9, 0.44), (0.6, 0.8), (0.3, 0.95)])
def test_the_exact_denoiser_of_pictures_is_the_posterior(alpha, sigma):
    mixture, held_out = image_mixture("digits"), make_images("digits").held_out[:6]
    torch.manual_seed(1)
    x_t = alpha * held_out + sigma * torch.randn(held_out.shape)
    mean, variance = naive.posterior(mixture, x_t.flatten(1).double().numpy(), alpha, sigma)
    found = ExactDenoiser(mixture)(x_t, alpha, sigma)
    np.testing.assert_allclose(found.x0_hat.flatten(1), mean, atol=2e-4)
    np.testing.assert_allclose(found.variance.flatten(1), variance, atol=1e-3)


def test_a_mixture_is_kept_once_however_it_is_asked_for():
    assert image_mixture("digits") is image_mixture("digits", None, "") is image_mixture("digits", label=None)


@pytest.mark.parametrize("kept", [make_images, image_mixture])
def test_pictures_and_their_mixtures_are_kept_up_to_so_many_bytes(kept):
    kept.cache_clear()
    found = kept("digits")
    size = (found.means if kept is image_mixture else torch.cat([found.train, found.held_out])).nbytes
    assert size <= size_of(found) == kept.cache_info().currsize <= 1.05 * size
    assert kept.cache_info().maxsize <= 128 * 2**20
