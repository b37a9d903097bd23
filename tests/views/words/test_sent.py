"""What the browser is told of words, at once and when it asks."""

import base64

import numpy as np
import pytest
import torch

from diffviz.domains.words.lists import LENGTH, MASK, SYMBOLS, distribution_of, text_of
from diffviz.engine import Setup, run, stream
from diffviz.experiment import Experiment
from diffviz.fields import ExperimentError
from diffviz.views.teller import Teller
from diffviz.views.words import sent
from diffviz.views.words.domain import VIEW
from diffviz.views.words.sweep import gap_sweep
from diffviz.views.words.thumbnail import thumbnail

TINY = "ab 2 ac ba"
E = Experiment(dataset="own_words", own_words=TINY, steps=4, particles=210, schedule="sohl_dickstein")


@pytest.fixture(scope="module")
def kept():
    setup, trajectory = Setup(E), run(E)
    return Teller(VIEW, setup).kept(VIEW.measure(setup, trajectory), trajectory)


def test_every_array_is_what_init_says_and_arrives_as_it_is():
    setup, trajectory = Setup(E), run(E)
    teller = Teller(VIEW, setup)
    init, seen = teller.init(), set()
    assert init.particles == sent.MAX_ROWS < init.total == 210
    assert init.data == {"masks": True}
    for frame in stream(E):
        for name, values in teller.arrays(frame):
            array = init.arrays[name]
            assert values.shape == array.shape
            assert values.dtype == {"bit": np.bool_, "uint8": np.uint8}[array.type]
            seen.add(name)
            if name in ("forward", "reverse"):
                path = getattr(trajectory, name)
                assert np.array_equal(values, path[frame.index][: sent.MAX_ROWS])
    assert seen == set(init.arrays) == {"forward", "reverse", "x0_hat", "confidence", "unlisted"}


def test_words_are_marked_that_are_complete_and_not_on_the_list():
    words = torch.full((4, LENGTH), 26.0)
    words[:, 0] = torch.tensor([0, 1, 2, MASK])
    words[:, 1] = torch.tensor([1, 1, MASK, 1])
    assert text_of(words) == ["ab", "bb", "c_", "_b"]
    assert sent.unlisted(Setup(E), words.numpy()).tolist() == [False, True, False, False]


def posterior(given):
    """By hand: of the tiny list, the words that agree with what is shown, and the probabilities of their letters."""
    weights = {"ab": 0.5, "ac": 0.25, "ba": 0.25}
    matching = {word: weight for word, weight in weights.items() if all(s in ("_", w) for s, w in zip(given, word, strict=True))}
    total = sum(matching.values())
    return {word: weight / total for word, weight in matching.items()}


def test_the_posterior_of_a_letter_is_bayes_rule_over_the_list(kept):
    path = kept.kept.reverse
    shown = [text_of(row) for row in path.transpose(1, 0, 2)]
    word = next(i for i, row in enumerate(shown) if row[2].startswith(("a_", "_a", "_b", "__")) and row[4].startswith("__"))
    told = VIEW.answer(E, {"word": word}, lambda e: kept)
    packed = told["exact"]["reverse"]
    found = packed["scale"] * np.frombuffer(base64.b64decode(packed["data"]), "<i2").reshape(packed["shape"])
    assert found.shape == (5, LENGTH, SYMBOLS)
    assert found.sum(2) == pytest.approx(1.0, abs=1e-3)
    assert told["own"] is None
    names = told["words"]["reverse"]
    for row in (2, 4):
        expected = posterior((shown[word][row] + "__")[:2])
        assert dict(names[row]) == pytest.approx(expected, abs=1e-4)
        for symbol, letter in enumerate("abc"):
            share = sum(weight for each, weight in expected.items() if each[0] == letter)
            assert found[row, 0, symbol] == pytest.approx(share, abs=1e-4)


def test_a_word_that_no_word_of_the_list_agrees_with_has_no_candidates():
    e = Experiment(**{**E.to_dict(), "changes": "1:1:3:z"})
    setup, trajectory = Setup(e), run(e)
    m = Teller(VIEW, setup).kept(VIEW.measure(setup, trajectory), trajectory)
    names = VIEW.answer(e, {"word": 0}, lambda _: m)["words"]["reverse"]
    assert names[3] == names[0] == []
    assert [word for word, _ in names[4]]


def test_words_that_agree_with_given_letters_come_with_their_posterior_and_their_share_of_the_samples():
    e = Experiment(**{**E.to_dict(), "letters": "a_"})
    setup, trajectory = Setup(e), run(e)
    teller = Teller(VIEW, setup)
    told = teller.init().data["matching"]
    assert told == {"letters": "a_", "count": 2, "words": ["ab", "ac"], "exact": [0.6667, 0.3333]}
    counts = text_of(trajectory.reverse[-1])
    sampled = teller.data(VIEW.measure(setup, trajectory))["sampled"]
    assert sampled == pytest.approx([counts.count(word) / 210 for word in ("ab", "ac")], abs=1e-5)
    assert "matching" not in Teller(VIEW, Setup(E)).init().data


@pytest.mark.parametrize("asked", [{}, {"word": -1}, {"word": 200}, {"word": 0.5}, {"word": True}])
def test_what_is_not_there_has_no_answer(kept, asked):
    assert VIEW.answer(E, asked, lambda e: kept) is None


def test_the_sweep_falls_and_is_of_masks_alone(monkeypatch):
    monkeypatch.setattr("diffviz.views.sweep.STEPS", (5, 20, 80, 320))
    *progress, last = gap_sweep(E, E)
    assert progress[-1]["done"] == progress[-1]["all"] - 1
    for line in last["figure"]["data"]:
        slope = float(line["name"].rsplit(" ", 1)[1].replace("−", "-"))
        assert slope == pytest.approx(-1.0, abs=0.2), line["name"]
    other = Experiment(dataset="names", process="uniform")
    with pytest.raises(ExperimentError, match="absorbing"):
        next(gap_sweep(other, other))


def test_the_thumbnail_has_words():
    picture = thumbnail("names", 96)
    assert picture.shape == (96, 96, 4)
    assert picture.dtype == np.uint8
    assert 0.03 < (picture[..., 3] > 128).mean() < 0.4
    assert len(distribution_of("names").states) > 1000
