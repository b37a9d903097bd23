"""Lists of words: what is shipped is what its sources give, and a person's own list is read or refused."""

import itertools
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffviz.categorical.costs import absorbing_costs
from diffviz.categorical.entropies import mean_entropies, subset_entropies
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.domains.words.lists import (
    DATA,
    DATASETS,
    FILL,
    LENGTH,
    MASK,
    MAX_WORDS,
    OWN_DEFAULT,
    SYMBOLS,
    distribution_of,
    entropies_of,
    read_words,
    symbols_of,
    text_of,
    words_of,
    words_text,
)
from diffviz.domains.words.sources import english_table, names_table
from diffviz.schedules import NoiseSchedule, make_schedule

BITS = np.log(2)

# Of the names weighted by the added frequencies of both lists, found elsewhere by Monte-Carlo, with masks linear in t.
WEIGHTED = [(1, 24.28, 0.10), (2, 16.19, 0.12), (4, 12.89, 0.10), (8, 11.07, 0.07), (16, 10.17, 0.14), (64, 9.8, 0.1)]
# With equal weights: at T = 1 and 2 found elsewhere without errors; from T = 4 on by another Monte-Carlo of 1500 draws. At T = 8
# the first source has 14.1, which neither that nor the exact sum, 13.72, bears out.
UNWEIGHTED = [(1, 25.2, 0.14), (2, 18.6, 0.14), (4, 15.22, 0.13), (8, 13.79, 0.09), (16, 12.98, 0.07)]


def bound_bits(dataset, steps):
    """With masks linear in t; one step shows all letters at once."""
    schedule = make_schedule("sohl_dickstein", max(steps, 2))
    times = np.arange(steps + 1) if steps > 1 else np.array([0, 2])
    return absorbing_costs(mean_entropies(entropies_of(dataset)), SYMBOLS, schedule, times).kl.sum() / BITS


@pytest.mark.parametrize(("steps", "bits", "error"), WEIGHTED)
def test_the_bounds_of_the_names_are_those_found_elsewhere(steps, bits, error):
    assert bound_bits("names", steps) == pytest.approx(bits, abs=3 * error)


@pytest.mark.parametrize(("steps", "bits", "error"), UNWEIGHTED)
def test_the_bounds_of_the_names_with_equal_weights_are_those_found_elsewhere(steps, bits, error):
    assert bound_bits("names_unweighted", steps) == pytest.approx(bits, abs=3 * error)


def test_a_bound_is_the_mean_over_all_that_masks_may_hide():
    """Of every eightieth name, directly: each set of places that is hidden, with its probability, and all names that agree."""
    found = words_of("names")
    weights = found.weights[::80] / found.weights[::80].sum()
    states = symbols_of(found.words[::80]).numpy()
    share, bits = np.array([1.0, 0.7, 0.3, 0.0]), 0.0
    for before, after in itertools.pairwise(share):
        for hidden in itertools.product([False, True], repeat=LENGTH):
            chance = np.prod(np.where(hidden, 1.0 - after, after)) * (before - after) / (1.0 - after)
            shown = states[:, ~np.array(hidden)]
            alike = (shown[:, None] == shown[None]).all(2)
            for place in np.flatnonzero(hidden) if chance else ():
                also = alike & (states[:, None, place] == states[None, :, place])
                bits -= chance * float(weights @ np.log2((also @ weights) / (alike @ weights)))
    data = CategoricalDistribution(torch.from_numpy(states), torch.from_numpy(weights), SYMBOLS)
    schedule = NoiseSchedule("", np.sqrt(share), np.sqrt(1.0 - share))
    costs = absorbing_costs(mean_entropies(subset_entropies(data)), SYMBOLS, schedule, np.arange(4))
    assert costs.kl.sum() / BITS == pytest.approx(bits, abs=1e-9)


def test_the_entropies_of_the_names():
    assert len(words_of("names").words) == 4896
    assert distribution_of("names").entropy_nats / BITS == pytest.approx(9.594, abs=5e-4)
    assert distribution_of("names_unweighted").entropy_nats / BITS == pytest.approx(12.257, abs=5e-4)
    expected = [0.0, 3.061, 5.558, 7.284, 8.351, 8.966, 9.305, 9.488, 9.594]
    assert mean_entropies(entropies_of("names")) / BITS == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_list_is_a_distribution_of_words(dataset):
    found = words_of(dataset)
    assert 1 < len(found.words) <= MAX_WORDS
    assert list(found.words) == sorted(set(found.words))
    assert (found.weights > 0).all()
    distribution = distribution_of(dataset)
    assert distribution.states.shape == (len(found.words), LENGTH)
    assert text_of(distribution.states) == list(found.words)
    assert distribution.entropy_nats <= np.log(len(found.words)) + 1e-12


def test_names_are_those_of_both_files_with_added_frequencies():
    male = "JAMES          3.318  3.318      1\nLEE            0.162  5.000      2\nCHRISTOPHER    1.035  6.000      3\n"
    female = "MARY           2.629  2.629      1\nLEE            0.051  2.680      2\n"
    assert names_table([male, female]) == "james 3318\nlee 213\nmary 2629\n"
    found = words_of("names")
    weights = dict(zip(found.words, found.weights, strict=True))
    assert (weights["james"], weights["mary"]) == (3318 + 10, 2629 + 9)
    assert set(words_of("names_unweighted").weights) == {1.0}


def test_english_words_are_words_of_prose():
    topics = {
        "a": "The values of the list; 'text' and x.append(word), the list. An int.",
        "b": "The list is a list of values\n" * 2,
    }
    assert english_table(topics) == "list 6\nof 3\nthe 5\nvalues 3\n"


def test_english_words_are_those_of_the_manual():
    """Of the version whose texts are named as the source all; of others most of the frequent ones."""
    from pydoc_data.topics import topics

    here = dict(line.split() for line in english_table(topics).splitlines())
    kept = dict(line.split() for line in (DATA / "english.txt").read_text().splitlines())
    if sys.version_info[:3] == (3, 11, 7):
        assert here == kept
    frequent = [word for word, count in kept.items() if int(count) >= 20]
    assert len(frequent) > 300
    assert np.mean([word in here for word in frequent]) > 0.95


def test_a_word_is_letters_and_what_fills_it_up():
    assert symbols_of(["ab", "zyxwvuts"]).tolist() == [[0, 1] + [FILL] * 6, [25, 24, 23, 22, 21, 20, 19, 18]]
    assert text_of([[0, MASK, 2, FILL, FILL, FILL, FILL, FILL], [FILL, 1] + [FILL] * 6]) == ["a_c", " b"]


@pytest.mark.parametrize(
    ("text", "words", "weights"),
    [
        ("a 0.00001 b", ["a", "b"], [1e-5, 1]),
        ("a 123456789.123456", ["a"], [123456789.123456]),
        ("a 999999999 a", ["a"], [1e9]),
        ("ben anna", ["anna", "ben"], [1, 1]),
        ("Ben, ben; ANNA\nben", ["anna", "ben"], [1, 3]),
        ("anna 2.5 ben:3\ncarl\t0.5", ["anna", "ben", "carl"], [2.5, 3, 0.5]),
        ("anna 2 anna", ["anna"], [3]),
        ("abcdefgh", ["abcdefgh"], [1]),
    ],
)
def test_a_list_is_read(text, words, weights):
    found = read_words(text)
    assert list(found.words) == words
    assert found.weights.tolist() == weights
    assert read_words(found.text).text == found.text == words_text(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be up to 5000 words of 1 to 8 letters"),
        (" ,; ", "must be up to 5000 words"),
        ("jos\u00e9", r"'jos\\xe9'"),
        ("elizabeth", "not 'elizabeth'"),
        ("anna 2 3", "not '3'"),
        ("3 anna", "not '3'"),
        ("anna 0", "not '0'"),
        ("anna -1", "not '-1'"),
        ("anna nan 1e9999", "not '1e9999'"),
        ("anna 99999999999", "not '99999999999'"),
        ("a 1000000000 a", "must have no word more than 1000000000 times"),
        ("a " * 100_001, "at most 200000 letters long, not 200002"),
        (
            " ".join(f"{a}{b}{c}" for a in "abcdefghijklmnopqr" for b in "abcdefghijklmnopqr" for c in "abcdefghijklmnopqr"),
            "5000 diff",
        ),
    ],
)
def test_what_is_no_list_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        read_words(text)
    assert words_text(text) == text


@given(st.text(alphabet="abz 0123.,:\n-", max_size=40))
def test_any_text_is_read_or_refused_in_one_sentence(text):
    try:
        found = read_words(text)
    except ValueError as error:
        said = str(error)
    else:
        said = "must be a list"
        assert (found.weights > 0).all()
        again = read_words(found.text)
        assert again.words == found.words
        assert again.weights.tolist() == found.weights.tolist()
    assert said.startswith("must ")


def test_a_person_s_own_list_is_the_one_that_is_given():
    assert words_of("own_words").words == tuple(sorted(OWN_DEFAULT.split()))
    assert words_of("own_words", "ant bee 3").weights.tolist() == [1, 3]
    assert distribution_of("own_words", "ant bee 3").probabilities.tolist() == [0.25, 0.75]
