"""Words as a kind of data: what a run of them is, and what it cannot be."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment, run
from diffviz.__main__ import main
from diffviz.domains import domain_of
from diffviz.domains.words.information import information
from diffviz.domains.words.lists import FILL, MASK, OWN_DEFAULT, text_of, words_of
from diffviz.engine import Setup
from diffviz.experiment import ExperimentError
from diffviz.relevant import relevant
from diffviz.schedules import SCHEDULES
from diffviz.thermodynamics.work import path_law, predictor
from diffviz.ui.limits import estimated_seconds
from diffviz.views.words.files import text_of_file
from tests.experiments import complaint

OWN = {"dataset": "own_words", "own_words": "ant 2 bee cat 0.5 ox"}
E = Experiment(**OWN, steps=12, particles=30)


def test_a_run_is_symbols_forward_and_back_with_the_most_probable_one_and_its_probability():
    found = run(E)
    assert found.forward.shape == found.reverse.shape == (13, 30, 8)
    assert found.x0_hat.shape == (13, 30, 8, 2)
    assert set(text_of(found.forward[0])) <= {"ant", "bee", "cat", "ox"}
    assert (found.reverse[0] == MASK).all()
    assert not (found.reverse[-1] == MASK).any()
    symbol, probability = np.moveaxis(found.x0_hat, -1, 0)
    assert np.isin(symbol, np.arange(FILL + 1)).all()
    assert (probability > 0.0).all()
    assert (probability <= 1.0 + 1e-6).all()
    shown = found.reverse != MASK
    assert (symbol[shown] == found.reverse[shown]).mean() > 0.95  # but where letters that go with no word stand together
    np.testing.assert_array_equal(symbol[-1], found.reverse[-1])
    assert (probability[-1] == 1.0).all()


@pytest.mark.parametrize("sampler", ["ancestral", "random_order", "left_to_right", "confidence", "remasking"])
def test_fewer_words_are_the_first_ones(sampler):
    few, more = (run(Experiment(**OWN, steps=6, sampler=sampler, particles=count)) for count in (5, 20))
    np.testing.assert_array_equal(few.reverse, more.reverse[:, :5])


def test_uniform_noise_has_no_masks_and_takes_its_words_back():
    found = run(Experiment(**OWN, process="uniform", steps=40, particles=400))
    assert max(found.forward.max(), found.reverse.max()) <= FILL
    share = found.forward[-1].mean(0) / FILL
    assert share == pytest.approx(np.full(8, 0.5), abs=5 * 0.3 / 20)  # all symbols as often
    assert np.mean([word in {"ant", "bee", "cat", "ox"} for word in text_of(found.reverse[-1])]) > 0.97


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"process": "uniform", "sampler": "confidence"}, "sampler", "must be ancestral with the process uniform"),
        (
            {"process": "uniform", "schedule": "optimal"},
            "schedule",
            "must not be least_dissipation or optimal with the process uniform",
        ),
        ({"process": "masked words"}, "process", "must be one of absorbing, uniform"),
        ({"sampler": "ddim"}, "sampler", "must be one of ancestral, random_order, left_to_right, confidence, remasking"),
        ({"sampler": "random_order", "at_once": 0}, "at_once", "must be a whole number from 1 to 16"),
        ({"own_words": "ant josé"}, "own_words", "must have words of 1 to 8 letters from a to z alone, not"),
        ({"sampler": "random_order", "at_once": 9}, "at_once", "must be at most 8, the letters of a word, not 9."),
        ({"own_words": "a " * 200_000}, "own_words", "must be at most 200000 letters long"),
        ({"denoiser": "learned"}, "denoiser", "must be exact for own_words, on which no network was trained."),
        ({"start": "late"}, "start", "must be one of noise, forward"),
    ],
)
def test_what_words_do_not_have_is_refused_in_a_sentence(fields, field, said):
    error = complaint(lambda: Experiment(**{"dataset": "own_words", **fields}))
    assert error.field == field
    assert str(error).startswith(f"{field} {said}")


def test_one_list_is_one_value_whatever_its_text():
    one, other = (Experiment(**OWN | {"own_words": text}) for text in ("ant 2 bee cat:0.5 ox", "OX;Bee\ncat 0.5, ant ant"))
    assert one == other
    assert one == Experiment.from_query(one.to_query())
    assert Experiment(dataset="own_words", own_words=OWN_DEFAULT.upper()) == Experiment(dataset="own_words")
    assert Setup(one).domain.data_title(one) == "Your words: 4, absorbing (masks)"
    assert "own_words" not in relevant(Experiment(dataset="names"))


@pytest.mark.parametrize("steps", [3, 16])
def test_no_schedule_has_a_smaller_gap_than_the_one_made_for_the_list(steps):
    def gap(schedule):
        setup = Setup(Experiment(dataset="names", schedule=schedule, steps=steps))
        return information(setup.experiment, setup.schedule, setup.times).gap.value

    gaps = {name: gap(name) for name in SCHEDULES}
    assert min(gaps, key=gaps.get) == "optimal"
    if steps == 16:
        assert gaps["least_dissipation"] < 1.01 * gaps["optimal"] < min(gaps["cosine"], gaps["sohl_dickstein"])


def test_a_prediction_keeps_all_its_probabilities_in_double_precision():
    setup = Setup(replace(E))
    setup.prepare()
    object.__setattr__(setup.experiment, "denoiser", "learned")  # now it is asked as a network is
    law = path_law(setup)
    x_t = law.draw_prior(torch.zeros(3, 8, dtype=torch.float64))
    told, exact = predictor(setup, law)(x_t, 12), law.exact(x_t, 12)
    assert told.probabilities.dtype == torch.float64
    torch.testing.assert_close(told.probabilities, exact.probabilities, rtol=0, atol=1e-6)


def test_a_list_is_read_from_a_file(tmp_path, capsys):
    path = tmp_path / "words.csv"
    path.write_text("\ufeffanna,3\nben,1\n", encoding="utf-8")
    assert main(["dataset", "--dataset", "own_words", "--own-words", str(path)]) == 0
    assert '{"words": ["anna", "ben"], "states": [[0, 13, 13, 0, 26, 26, 26, 26], [1, 4, 13,' in capsys.readouterr().out
    assert text_of_file("anna 3") == "anna 3"
    for content, said in ((b"\xff\xfe\xff", "must be a file of text"), (b" \n", "must be a file with words")):
        path.write_bytes(content)
        with pytest.raises(ExperimentError, match=f"own_words {said}"):
            text_of_file(str(path))
    for name in ("nowhere.txt", "some/where"):
        with pytest.raises(ExperimentError, match="own_words must be words or a file that is there, not"):
            text_of_file(name)
    assert text_of_file("ant 2.5") == "ant 2.5"


def test_what_a_list_costs_in_time():
    runs = [Experiment(dataset=name) for name in ("own_words", "english", "names")]
    words = [len(words_of(e.dataset).words) for e in runs]
    for seconds in (domain_of("names").evaluation_seconds, domain_of("names").call_seconds):
        few, some, many = map(seconds, runs)
        assert 0.0 < few < some < many
        assert (many - few) / (some - few) == pytest.approx((words[2] - words[0]) / (words[1] - words[0]))
    one, two = (estimated_seconds(replace(runs[2], particles=count)) for count in (1, 2))
    assert two < 1.1 * one  # an evaluation takes its time, however few the sequences
