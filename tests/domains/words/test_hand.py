"""What a person sets by hand, as texts: one text for the same thing, and one sentence for what is none."""

import pytest

from diffviz.domains.words.hand import read_changes, read_letters
from diffviz.domains.words.lists import FILL, MASK
from diffviz.engine import run
from diffviz.experiment import Experiment, ExperimentError
from diffviz.exports import title

E = {"dataset": "names", "steps": 10, "particles": 20}


def test_equal_changes_are_equal_experiments():
    one = Experiment(**E, changes="2:1:3:_, 1:8:9:. ,2:1:3:a")
    assert one.changes == "1:8:9:.,2:1:3:a"  # by falling time, and of two for one letter at one time the last
    assert one == Experiment(**E, changes="2:1:3:a,1:8:9:.")
    assert Experiment.from_query(one.to_query()) == one
    assert [change.symbol for change in read_changes(one.changes)] == [FILL, 0]
    assert Experiment(**E, letters="_ A _ R _").letters == "_a_r_"
    assert read_letters("_a") == (MASK, 0, *[FILL] * 6)


def test_given_letters_are_read_with_masks_alone():
    assert Experiment(**E, letters="_a", process="uniform").letters == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"changes": "21:1:1:a"}, "changes must be of words from 1 to 20 at times from 1 to 10."),
        ({"changes": "1:1:11:a"}, "changes must be of words from 1 to 20 at times from 1 to 10."),
        ({"changes": "1:1:1:_", "process": "uniform"}, "changes must have no mask, _, with the process uniform."),
        ({"changes": "1:9:1:a"}, "changes must be at most 8 changes such as 3:2:40:m"),
        ({"changes": "1:1:0:a"}, "changes must be at most 8 changes such as 3:2:40:m"),
        ({"changes": ",".join(f"1:1:{t}:a" for t in range(1, 10))}, "changes must be at most 8 changes, not 9."),
        ({"letters": "___"}, "letters must be 1 to 8 signs"),
        ({"letters": "a-b"}, "letters must be 1 to 8 signs"),
        ({"letters": "mary"}, "letters must be 1 to 8 signs"),
        ({"letters": "abcdefghi"}, "letters must be 1 to 8 signs"),
    ],
)
def test_what_cannot_be_set_is_told_in_a_sentence(given, said):
    with pytest.raises(ExperimentError) as error:
        Experiment(**E, **given)
    assert str(error.value).startswith(said)
    assert str(error.value).endswith(".")


def test_a_title_shows_what_is_to_be_found_as_tiles():
    assert title(Experiment(**E, letters="_a_r_")).startswith("First names given □a□r□, absorbing")


def test_letters_of_no_word_are_refused_when_the_list_is_read():
    with pytest.raises(ExperimentError, match=r"letters must be those of a word of the list, not 'zzq_'\."):
        run(Experiment(**E, letters="zzq_"))
