"""Symbols that are set by hand: nothing else changes, and what follows is drawn from the data given what is set."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz.categorical.denoisers import ExactCategorical
from diffviz.categorical.kernels import Absorbing
from diffviz.domains.words.information import information
from diffviz.domains.words.lists import FILL, MASK, SYMBOLS, text_of
from diffviz.engine import Setup, run
from diffviz.experiment import Experiment
from diffviz.fields import ExperimentError

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


def test_a_change_after_which_nothing_is_drawn_is_refused():
    with pytest.raises(ExperimentError, match=r"changes must be at times from 5 on, which the sampler visits last\."):
        run(replace(E, sampler_steps=2, changes="1:1:3:_"))


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
    given, posterior = setup.process.given, setup.distribution.probabilities
    words = text_of(setup.distribution.states)
    assert sorted(words) == ["carl", "kara", "lara", "mark", "mary"]
    assert dict(zip(words, posterior.tolist(), strict=True))["lara"] == pytest.approx(5 / 15)
    trajectory = run(e)
    counts = Counter(text_of(trajectory.reverse[-1]))
    assert set(counts) == set(words)
    expected = 1200 * posterior.numpy()
    assert (np.square([counts[word] for word in words] - expected) / expected).sum() < 18.5  # of 4 degrees: 1 in 1000
    kept = torch.where(given == MASK, torch.from_numpy(trajectory.reverse).long(), given)
    assert (kept == torch.from_numpy(trajectory.reverse)).all()


@pytest.mark.parametrize("steps", [2, 16])
def test_one_letter_that_is_hidden_is_drawn_from_its_posterior_from_the_first_step_on(steps):
    """Though nothing but masks could be seen at T, where alpha is 0."""
    e = Experiment(dataset="own_words", own_words="ab ac ba", letters="a_", schedule="sohl_dickstein", steps=steps, particles=300)
    assert set(text_of(run(e).reverse[-1])) == {"ab", "ac"}


def test_what_words_with_given_letters_cost_is_of_the_letters_that_are_not_given():
    """By hand: two letters are to be found, each of which names the word: h(ᾱ) = (1 − (1 − ᾱ)²) H, summed at ᾱ = 0 and 1/2."""
    base = Experiment(dataset="own_words", own_words="abx acy bcx dcz", schedule="sohl_dickstein", steps=2, particles=4)
    one, two = (information_of(replace(base, letters=letters)) for letters in ("_c_", "a__"))
    assert one.entropy_nats == pytest.approx(math.log(3))
    assert one.bound.value == pytest.approx(1.5 * math.log(3))
    assert one.discretisation.value == pytest.approx(0.5 * math.log(3))
    assert two.bound.value - two.entropy_nats == pytest.approx(0.5 * math.log(2))
    slow = information_of(replace(base, letters="_c_", sampler="random_order", steps=9))
    assert slow.bound.value == pytest.approx(math.log(3))
    asked = []

    def told(x, alpha, sigma):
        asked.append(x)
        return ExactCategorical(Setup(replace(base, letters="_c_")).distribution, Absorbing(SYMBOLS))(x, alpha, sigma)

    learned = information_of(replace(base, letters="_c_"), told)
    assert all((x[:, 1] == 2).all() and (x[:, 3:] == FILL).all() for x in asked)  # it is told what is given
    assert learned.excess.sum() == pytest.approx(0.0, abs=1e-4)


def information_of(e, denoiser=None):
    setup = Setup(e)
    return information(e, setup.schedule, setup.times, denoiser)


def test_the_corrector_leaves_what_is_given():
    e = Experiment(dataset="names", letters="_a_r_", sampler="remasking", corrector_steps=3, steps=5, particles=60)
    setup, trajectory = Setup(e), run(e)
    free = (setup.process.given == MASK).numpy()
    assert (trajectory.reverse[:, :, ~free] == setup.process.given.numpy()[~free]).all()
    assert (trajectory.reverse[-1] < SYMBOLS).all()


def test_the_corrector_leaves_what_is_set_by_hand_and_draws_anew_what_is_masked_by_hand():
    e = replace(E, sampler="remasking", corrector_steps=4, changes=",".join(f"{word}:1:6:z" for word in range(1, 7)))
    found = run(e)
    assert (found.reverse[found.t <= 6, :6, 0] == 25).all()
    masked = run(replace(e, changes="1:1:6:z,1:1:3:_"))
    assert masked.reverse[int(np.flatnonzero(masked.t == 3)[0]), 0, 0] == MASK
    assert masked.reverse[-1, 0, 0] != MASK


def test_a_run_with_given_letters_that_starts_from_its_forward_path_begins_with_words_that_agree():
    e = Experiment(dataset="own_words", own_words="ab ac ba", letters="a_", start="forward", steps=8, particles=100)
    found = run(replace(e, schedule="linear", scale_betas=False))
    assert set(text_of(found.forward[0])) == set(text_of(found.reverse[-1])) == {"ab", "ac"}
