"""Symbols that are set by hand: nothing else changes, and what follows is drawn from the data given what is set."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz.domains.words.lists import MASK, SYMBOLS, text_of
from diffviz.engine import Setup, run
from diffviz.experiment import Experiment

E = Experiment(dataset="names", particles=12, steps=10, schedule="sohl_dickstein")


def test_a_change_is_at_its_time_and_changes_its_sequence_alone():
    plain, changed = run(E), run(replace(E, changes="3:2:6:z,5:1:10:q"))
    assert np.array_equal(plain.forward, changed.forward)
    assert np.flatnonzero((plain.reverse != changed.reverse).any((0, 2))).tolist() == [2, 4]
    before = changed.t > 6
    assert np.array_equal(plain.reverse[before, 2], changed.reverse[before, 2])
    assert (changed.reverse[~before, 2, 1] == 25).all()  # z, which masks leave as it is
    assert (changed.reverse[:, 4, 0] == 16).all()


def test_a_letter_that_is_masked_again_is_drawn_again():
    plain = run(E)
    index = int(np.flatnonzero(plain.t == 4)[0])
    place = int(np.flatnonzero(plain.reverse[index, 0] != MASK)[0])
    changed = run(replace(E, changes=f"1:{place + 1}:4:_"))
    assert changed.reverse[index, 0, place] == MASK
    assert (changed.reverse[-1, 0] != MASK).all()


def test_a_change_between_two_visited_times_is_made_at_the_one_below():
    e = replace(E, sampler_steps=5, changes="1:1:7:q")
    found, setup = run(e), Setup(e)
    assert 7 not in setup.times
    assert (found.reverse[:, 0, 0] == 16).tolist() == (found.t <= 6).tolist()


def test_under_uniform_noise_a_change_is_a_symbol_like_any_other():
    e = replace(E, process="uniform")
    plain, changed = run(e), run(replace(e, changes="2:1:5:q"))
    index = int(np.flatnonzero(plain.t == 5)[0])
    assert changed.reverse[index, 1, 0] == 16
    assert np.array_equal(np.delete(plain.reverse, 1, axis=1), np.delete(changed.reverse, 1, axis=1))


@pytest.mark.parametrize("sampler", ["random_order", "left_to_right"])
def test_words_with_given_letters_have_the_exact_posterior(sampler):
    """One letter at a time costs nothing: chi-square over the words that agree."""
    e = Experiment(dataset="own_words", own_words="mark 4 mary 2 carl 3 dora 1 lara 5 ada 3 kara 1", letters="_ar_", steps=8)
    e = replace(e, sampler=sampler, particles=1200)
    setup = Setup(e)
    data, given = setup.distribution, setup.process.given
    agreeing = data.given(given)
    words = text_of(data.states[agreeing])
    assert sorted(words) == ["carl", "kara", "lara", "mark", "mary"]
    posterior = data.probabilities[agreeing] / data.probabilities[agreeing].sum()
    trajectory = run(e)
    counts = Counter(text_of(trajectory.reverse[-1]))
    assert set(counts) == set(words)
    expected = 1200 * posterior.numpy()
    assert (np.square([counts[word] for word in words] - expected) / expected).sum() < 18.5  # of 4 degrees: 1 in 1000
    kept = torch.where(given == MASK, torch.from_numpy(trajectory.reverse).long(), given)
    assert (kept == torch.from_numpy(trajectory.reverse)).all()


def test_the_corrector_leaves_what_is_given():
    e = Experiment(dataset="names", letters="_a_r_", sampler="remasking", corrector_steps=3, steps=5, particles=60)
    setup, trajectory = Setup(e), run(e)
    free = (setup.process.given == MASK).numpy()
    assert (trajectory.reverse[:, :, ~free] == setup.process.given.numpy()[~free]).all()
    assert (trajectory.reverse[-1] < SYMBOLS).all()
