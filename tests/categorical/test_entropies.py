"""Entropies of parts of a sequence, against marginal tables written out."""

import itertools

import numpy as np
import pytest
import torch

from diffviz.categorical.entropies import MOST, mean_entropies, subset_entropies
from diffviz.categorical.finite import CategoricalDistribution
from tests.categorical.chains import LETTER, PAIR, PROBABILITIES, STATES, pairs, small


def of_part(part):
    """H of the coordinates in part, by adding up states that agree there."""
    found = {}
    for state, probability in zip(STATES, PROBABILITIES, strict=True):
        key = tuple(state[i] for i in part)
        found[key] = found.get(key, 0.0) + probability
    return -sum(p * np.log(p) for p in found.values())


def test_every_set_has_the_entropy_of_its_marginal():
    found = subset_entropies(small())
    for index, value in enumerate(found):
        assert value == pytest.approx(of_part([i for i in range(3) if index >> i & 1]), abs=1e-14)


def test_means_are_over_sets_of_one_size():
    expected = [np.mean([of_part(part) for part in itertools.combinations(range(3), k)]) for k in range(4)]
    assert mean_entropies(subset_entropies(small())) == pytest.approx(expected, abs=1e-14)


def test_three_words_of_two_letters_by_hand():
    assert subset_entropies(pairs()) == pytest.approx([0.0, LETTER, LETTER, PAIR])
    assert mean_entropies(subset_entropies(pairs())) == pytest.approx([0.0, LETTER, PAIR])


def test_a_further_coordinate_adds_less_the_more_is_known():
    """Han 1978, of any distribution."""
    generator = torch.Generator().manual_seed(0)
    states = torch.randint(0, 3, (40, 6), generator=generator).unique(dim=0)
    weights = torch.rand(len(states), generator=generator, dtype=torch.float64)
    mean = mean_entropies(subset_entropies(CategoricalDistribution(states, weights / weights.sum(), 3)))
    assert (np.diff(mean) >= 0).all()
    assert (np.diff(mean, 2) <= 1e-12).all()


def test_sequences_that_are_too_long_are_refused():
    data = CategoricalDistribution(torch.zeros(1, MOST + 1, dtype=torch.int64), torch.ones(1, dtype=torch.float64), 2)
    with pytest.raises(ValueError, match="at most 12 coordinates, not 13"):
        subset_entropies(data)
