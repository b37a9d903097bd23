"""What the editor of a person's own list is told."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from diffviz import Experiment
from diffviz.domains.words.lists import LINK_LETTERS, OWN_DEFAULT, read_words
from diffviz.views.words.own import picture_words, take_words


def told(text):
    return json.loads(take_words(json.dumps({"own_words": text})))


def test_a_list_has_one_text_its_number_of_words_and_its_entropy():
    found = told("Cat, bee:2\nant")
    assert found == {"own_words": "ant bee 2 cat", "words": 3, "entropy_bits": 1.5, "link": True}
    assert Experiment(dataset="own_words", own_words=found["own_words"]).own_words == "ant bee 2 cat"
    assert told("")["own_words"] == read_words(OWN_DEFAULT).text


def test_too_many_words_for_a_link_are_said_to_be_and_are_named_in_an_address_by_a_file():
    many = " ".join({"".join("abcdefghij"[int(digit)] for digit in str(number)) for number in range(1000, 3000)})
    found = told(many)
    assert found["words"] == 2000
    assert len(found["own_words"]) > LINK_LETTERS
    assert not found["link"]
    assert told("file:abcdef")["problem"] == "Your words must be loaded from their file here: they are too many for a link."


@pytest.mark.parametrize(
    "what", ["", "[]", "{}", '{"own_words": 3}', '{"own_words": "naïve"}', '{"own_words": "elephants"}', "[" * 10**5]
)
def test_what_is_no_list_is_one_sentence(what):
    found = json.loads(take_words(what))
    assert set(found) == {"problem"}
    assert found["problem"].startswith("Your words must")
    assert found["problem"].endswith(".")


def test_a_list_is_pictured_by_its_most_frequent_words():
    def picture(text):
        png = json.loads(picture_words(json.dumps({"dataset": "own_words", "own_words": text})))["png"]
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(png.partition(",")[2]))).convert("RGBA"))

    rare = " ".join(f"a{letter}" for letter in "abcdefghijklmnop")
    assert picture("").shape == (96, 96, 4)
    assert np.array_equal(picture(f"wow 9 {rare}")[:20], picture("wow 9 aa ab ac ad ae")[:20])
    assert not np.array_equal(picture("wow"), picture("ant"))
    assert json.loads(picture_words("{}")) == {"problem": "These words cannot be drawn."}
