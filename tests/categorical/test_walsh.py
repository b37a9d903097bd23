"""The Walsh-Hadamard transform against direct sums."""

import itertools
import time

import numpy as np
import pytest

from diffviz.binomial.kernels import redrawing
from diffviz.categorical.walsh import at_distances, distance_weights, krawtchouk, walsh_hadamard

DIM = 6
GENERATOR = np.random.default_rng(3)


def count(index):
    return int(index).bit_count()


def test_it_is_the_direct_sum_of_signs():
    values = GENERATOR.standard_normal((3, 2**DIM))
    signs = np.array([[(-1.0) ** count(a & b) for a in range(2**DIM)] for b in range(2**DIM)])
    assert walsh_hadamard(values) == pytest.approx(values @ signs, abs=1e-12)
    assert walsh_hadamard(walsh_hadamard(values)) == pytest.approx(values * 2**DIM, abs=1e-12)


def test_noise_is_a_product_in_it():
    law, lost = GENERATOR.dirichlet(np.ones(2**DIM)), 0.3
    kernel = np.ones((1, 1))
    for _ in range(DIM):
        kernel = np.kron(kernel, redrawing(lost, 0.5))
    share = np.array([(1 - lost) ** count(index) for index in range(2**DIM)])
    assert walsh_hadamard(share * walsh_hadamard(law)) / 2**DIM == pytest.approx(law @ kernel, abs=1e-15)
    assert distance_weights(lost, DIM) @ at_distances(law) == pytest.approx(law @ kernel, abs=1e-15)


def test_spheres_are_counted_exactly():
    values = GENERATOR.integers(0, 2, 2**DIM).astype(float)
    found = at_distances(values)
    direct = np.zeros_like(found)
    for a, b in itertools.product(range(2**DIM), repeat=2):
        direct[count(a ^ b), a] += values[b]
    assert (found == direct).all()


def test_krawtchouks_polynomials_are_orthogonal():
    polynomials = krawtchouk(DIM)
    assert (polynomials @ polynomials == 2**DIM * np.eye(DIM + 1)).all()
    assert polynomials[1].tolist() == [DIM - 2 * k for k in range(DIM + 1)]


def test_graphs_on_six_nodes_take_about_a_millisecond():
    """15 bits. The bound is twenty times what it takes, for a machine that does other things."""
    values = GENERATOR.standard_normal(2**15)
    took = []
    for _ in range(5):
        start = time.perf_counter()
        walsh_hadamard(values)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.03
