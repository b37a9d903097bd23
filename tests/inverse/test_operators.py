import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from diffviz.inverse.operators import MEASUREMENTS, Masked, Measurement, MeasurementOptions

SHAPE = (2, 8, 4)
KNOWN = np.random.default_rng(3).random((8, 4)) < 0.4


def make(name, shape=SHAPE, std=0.3, mask=KNOWN, **options):
    return MEASUREMENTS[name].make(shape, MeasurementOptions(std=std, mask=mask, **options))


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape)).to(dtype)


def matrix(measurement):
    """H [M, D], column by column."""
    size = len(measurement.map.square)
    return measurement.apply(torch.eye(size, dtype=torch.float64).unflatten(1, measurement.map.shape)).flatten(1).T


@pytest.mark.parametrize("name", MEASUREMENTS)
@given(seed=st.integers(0, 2**31), channels=st.integers(1, 3), height=st.sampled_from([2, 4, 6]), width=st.sampled_from([2, 8]))
def test_the_adjoint_is_one(name, seed, channels, height, width):
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    measurement = make(name, (channels, height, width), mask=mask)
    x, y = normal(3, channels, height, width, seed=seed), normal(3, *measurement.map.y_shape, seed=seed + 1)
    left = (measurement.apply(x) * y).flatten(1).sum(1)
    right = (x * measurement.adjoint(y)).flatten(1).sum(1)
    torch.testing.assert_close(left, right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_the_basis_is_orthonormal_and_makes_it_diagonal(name):
    measurement = make(name)
    turn, size = measurement.map.turn, len(measurement.map.square)
    basis = turn(torch.eye(size, dtype=torch.float64).unflatten(1, SHAPE))  # row i is V^T e_i: this is V
    torch.testing.assert_close(basis.T @ basis, torch.eye(size, dtype=torch.float64), rtol=0, atol=1e-13)
    H = matrix(measurement)
    torch.testing.assert_close(basis @ torch.diag(measurement.map.square) @ basis.T, H.T @ H, rtol=0, atol=1e-13)
    x = normal(5, *SHAPE)
    torch.testing.assert_close(measurement.map.turn_back(turn(x)), x, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", MEASUREMENTS)
@pytest.mark.parametrize("variance", [0.0, 0.7])
def test_what_a_residual_says_is_the_solution_of_its_equations(name, variance):
    measurement = make(name)
    H, residual = matrix(measurement), normal(4, *measurement.map.y_shape)
    inner = measurement.std**2 * torch.eye(len(H), dtype=torch.float64) + variance * H @ H.T
    expected = torch.linalg.solve(inner, residual.flatten(1).T).T @ H
    torch.testing.assert_close(measurement.pull(residual, variance).flatten(1), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_the_pseudo_inverse_is_linalgs(name):
    measurement = make(name, width=0.5)
    y = normal(4, *measurement.map.y_shape)
    expected = y.flatten(1) @ torch.linalg.pinv(matrix(measurement)).T
    torch.testing.assert_close(measurement.pseudo_inverse(y).flatten(1), expected, rtol=1e-9, atol=1e-11)


def test_without_noise_a_residual_is_taken_at_its_word():
    for name in ("inpaint", "super_resolve", "denoise"):
        measurement = make(name, std=0.0)
        residual = normal(4, *measurement.map.y_shape)
        torch.testing.assert_close(0.5 * measurement.pull(residual, 0.5), measurement.pseudo_inverse(residual))


def test_each_measures_what_its_name_says():
    x = normal(3, *SHAPE)
    assert torch.equal(make("inpaint").apply(x), x[:, :, torch.from_numpy(KNOWN)].flatten(1))
    assert torch.equal(make("denoise").apply(x), x.flatten(1))
    blocks = make("super_resolve", factor=4)
    assert blocks.map.y_shape == (2, 2, 1)
    torch.testing.assert_close(blocks.apply(x), torch.nn.functional.avg_pool2d(x, 4))
    torch.testing.assert_close(matrix(blocks) @ matrix(blocks).T, torch.eye(4, dtype=torch.float64) / 16)
    large = normal(2, 1, 24, 20)
    blurred = gaussian_filter(large.numpy(), 1.2, mode="wrap", truncate=8.0, axes=(2, 3))
    torch.testing.assert_close(
        make("deblur", (1, 24, 20), width=1.2).apply(large), torch.from_numpy(blurred), rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_it_adds_its_noise_and_keeps_the_precision_asked_for(name):
    measurement = make(name)
    x, z = normal(3, *SHAPE), normal(3, *measurement.map.y_shape, seed=1)
    torch.testing.assert_close(measurement.observe(x, z), measurement.apply(x) + 0.3 * z)
    single = measurement.pull(measurement.apply(x.float()), 0.5)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), measurement.pull(measurement.apply(x), 0.5), rtol=1e-4, atol=1e-5)


def test_points_of_any_shape_may_be_masked():
    measurement = Measurement(Masked(torch.tensor([True, False])), 0.1)
    x = normal(5, 2)
    assert torch.equal(measurement.adjoint(measurement.apply(x)), x * torch.tensor([1.0, 0.0], dtype=torch.float64))


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_arrays_of_another_shape_are_refused_in_a_sentence(name):
    measurement = make(name)
    with pytest.raises(ValueError, match=r"An image must be of shape \[N, 2, 8, 4\], not \[3, 2, 4, 8\]\."):
        measurement.apply(normal(3, 2, 4, 8))
    with pytest.raises(ValueError, match=r"A measurement must be of shape \[N, .*\], not \[3, 7\]\."):
        measurement.adjoint(normal(3, 7))
    with pytest.raises(ValueError, match=r"The noise of a measurement must be of shape"):
        measurement.observe(normal(3, *SHAPE), normal(3, 7))
    with pytest.raises(ValueError, match="An image must be"):
        measurement.spectral(measurement.map.square, normal(3, 64))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("denoise", {"std": -0.1}, "The noise of a measurement must be from 0 to 2, not -0.1."),
        ("denoise", {"std": float("nan")}, "The noise of a measurement must be from 0 to 2, not nan."),
        ("inpaint", {"mask": None}, "The mask must be true or false for each of 8 x 4 pixels, not none."),
        ("inpaint", {"mask": KNOWN.T}, r"The mask must be true or false for each of 8 x 4 pixels, not bool of shape \[4, 8\]."),
        ("inpaint", {"mask": KNOWN * 1.0}, "not float64 of shape"),
        ("super_resolve", {"factor": 3}, "The factor must be one of 2, 4 for images of 8 x 4 pixels, not 3."),
        ("super_resolve", {"factor": 8}, "The factor must be one of 2, 4 for images of 8 x 4 pixels, not 8."),
        ("super_resolve", {"factor": 0}, "The factor must be"),
        ("deblur", {"width": 0.1}, "The width of a blur must be from 0.3 to 8 pixels, not 0.1."),
        ("deblur", {"width": float("nan")}, "The width of a blur"),
        ("deblur", {"std": 0.0}, "The noise of a blurred image must be at least 0.01, not 0."),
    ],
)
def test_options_that_do_not_fit_are_refused_in_a_sentence(name, options, message):
    with pytest.raises(ValueError, match=message):
        make(name, **options)


def test_odd_sides_have_no_factor():
    with pytest.raises(ValueError, match="The factor cannot be chosen for images of 7 x 4 pixels, not 2"):
        make("super_resolve", (1, 7, 4))


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_projection_keeps_what_is_open_and_puts_what_is_measured_in_its_place(name):
    """x + H^+ (y - H x), by numpy; of single precision, a mask's pixels come bit for bit."""
    measurement, x = make(name), normal(3, *SHAPE)
    y = normal(1, *measurement.map.y_shape, seed=1)
    H = matrix(measurement).numpy()
    expected = x.flatten(1).numpy() + (y.flatten(1).numpy() - x.flatten(1).numpy() @ H.T) @ np.linalg.pinv(H).T
    np.testing.assert_allclose(measurement.project(x, y).flatten(1), expected, rtol=1e-6, atol=1e-6)
    if name == "inpaint":
        known = torch.from_numpy(KNOWN).expand(SHAPE)
        found = measurement.project(x.float() * 1e-9, y.float())
        assert torch.equal(found[:, known], y.float().expand(3, -1))
        assert torch.equal(found[:, ~known], (x.float() * 1e-9)[:, ~known])


@pytest.mark.parametrize("std", [0.0, 0.3])
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_what_is_left_open_is_the_posterior_variance_of_a_gaussian(name, std):
    measurement, variance = make(name, std=std or (0.01 if name == "deblur" else 0.0)), 0.7
    H = matrix(measurement).numpy()
    inner = variance * H @ H.T + measurement.std**2 * np.eye(len(H))
    expected = 1 - variance * np.einsum("ij,ji->i", H.T, np.linalg.solve(inner, H))
    np.testing.assert_allclose(measurement.open_share(variance).flatten(), expected, rtol=1e-7, atol=1e-9)
