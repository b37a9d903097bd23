"""Lists of words: where they come from, how a person's own is read, and a word as a sequence of symbols.

A word has 1 to 8 letters from a to z. Symbols 0 to 25 are the letters, and 26 fills the places after the last. data/README.md
names the sources of the lists that are shipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from diffviz.caching import bounded
from diffviz.categorical.entropies import subset_entropies
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.messages import show

DATA = Path(__file__).parent / "data"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FILL = len(LETTERS)
LENGTH, SYMBOLS = 8, FILL + 1
MASK = SYMBOLS
MAX_WORDS = 5000
MAX_TEXT = 200_000  # letters of a text that is read
LINK_LETTERS = 4096  # of a text that a link can hold
ELSEWHERE = "file:"  # begins what an address has in place of a text that it cannot hold (heavy.js)
MAX_WEIGHT = 1_000_000_000
SHOWN = LETTERS + " _"  # symbols as text: the mask is _

_WORD = re.compile(rf"[a-z]{{1,{LENGTH}}}")
_WEIGHT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,6})?")
_APART = re.compile(r"[\s,;:]+")

OWN_DEFAULT = (
    "ant ape bat bear bee cat cow crab crow deer dog duck eel emu fox frog goat hare hen horse lion lynx mole moth mouse owl ox"
)
ALLOWED = (
    f"must be up to {MAX_WORDS} words of 1 to {LENGTH} letters from a to z, with spaces or line ends between, each with a number "
    "after it for how often it is to come up, if that is not 1"
)


@dataclass(frozen=True)
class DatasetRow:
    """One row of DATASETS (domains.base.DatasetRow). file: in data/; "" of a person's own list; weighted: by its frequencies"""

    title: str
    why: str
    file: str = ""
    weighted: bool = True
    uses: tuple[str, ...] = ()
    network: bool = True


DATASETS: dict[str, DatasetRow] = {
    "names": DatasetRow(
        "First names", "First names of the United States in 1990 of at most 8 letters, as often as people bear them.", "names.txt"
    ),
    "names_unweighted": DatasetRow(
        "First names, each once", "The same names, all equally probable: rare ones are most of the list.", "names.txt", False
    ),
    "english": DatasetRow(
        "English words", "Words of 2 to 8 letters of Python's reference manual, as often as they stand there.", "english.txt"
    ),
    "own_words": DatasetRow("Your words", "Your own list of words.", uses=("own_words",), network=False),
}


@dataclass(frozen=True, eq=False)
class WordList:
    """Words, each once and sorted, and how often each comes up: weights [M], positive."""

    words: tuple[str, ...]
    weights: NDArray[np.float64]

    @property
    def text(self) -> str:
        """As a person could have written it, with all the decimals that are read."""
        written = (f"{weight:.6f}".rstrip("0").rstrip(".") for weight in self.weights)
        numbers = ("" if number == "1" else f" {number}" for number in written)
        return " ".join(f"{word}{number}" for word, number in zip(self.words, numbers, strict=True))


def word_list(weights: Mapping[str, float]) -> WordList:
    """Of words and their weights."""
    words = tuple(sorted(weights))
    return WordList(words, np.array([weights[word] for word in words], np.float64))


def read_words(text: str) -> WordList:
    """A person's own list; words that are named more than once add up. Raises ValueError, in words that follow the name of a
    field, where it is none."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"must be at most {MAX_TEXT} letters long, not {len(text)}")
    if text.startswith(ELSEWHERE):
        raise ValueError("must be loaded from their file here: they are too many for a link")
    found: dict[str, float] = {}
    last = ""
    for part in filter(None, _APART.split(text.lower())):
        if _WORD.fullmatch(part):
            found[part], last = found.get(part, 0.0) + 1.0, part
        elif last and _WEIGHT.fullmatch(part) and 0.0 < float(part) <= MAX_WEIGHT:
            found[last] += float(part) - 1.0
            last = ""  # a second number would belong to no word
        elif part[0].isdecimal():
            raise ValueError(f"must have after a word at most one number, above 0 and up to {MAX_WEIGHT}, not {show(part)}")
        else:
            raise ValueError(f"must have words of 1 to {LENGTH} letters from a to z alone, not {show(part)}")
        if len(found) > MAX_WORDS:
            raise ValueError(f"must be at most {MAX_WORDS} different words")
    if not found:
        raise ValueError(ALLOWED)
    if max(found.values()) > MAX_WEIGHT:
        raise ValueError(f"must have no word more than {MAX_WEIGHT} times")
    return word_list({word: round(weight, 6) for word, weight in found.items()})  # as many decimals as were read


def words_text(text: str) -> str:
    """The one text of the same list; of a text of none, itself."""
    try:
        return read_words(text).text
    except ValueError:
        return text


def words_of(dataset: str, own_words: str = "") -> WordList:
    """The list of a data set of DATASETS. own_words: a person's own; "" for ours. Raises ValueError as read_words does."""
    row = DATASETS[dataset]
    if not row.file:
        return read_words(own_words or OWN_DEFAULT)
    lines = (line.split() for line in (DATA / row.file).read_text("ascii").splitlines())
    return word_list({word: float(count) if row.weighted else 1.0 for word, count in lines})


def symbols_of(words: Iterable[str]) -> Tensor:
    """[M, 8] int64."""
    return torch.tensor([[LETTERS.index(letter) for letter in word] + [FILL] * (LENGTH - len(word)) for word in words])


def text_of(x: ArrayLike) -> list[str]:
    """N texts of sequences [N, 8]; a masked letter is _, and what fills up a word is left out at its end."""
    return ["".join(SHOWN[int(symbol)] for symbol in row).rstrip() for row in np.asarray(x)]


class WordDistribution(CategoricalDistribution):
    """Of words, which can be read."""

    def to_dict(self) -> dict[str, Any]:
        return {"words": text_of(self.states), **super().to_dict()}


@bounded(64 << 20)
def distribution_of(dataset: str, own_words: str = "") -> WordDistribution:
    """Of the words of a data set, float64. Raises ValueError as read_words does."""
    found = words_of(dataset, own_words)
    weights = torch.from_numpy(found.weights)
    return WordDistribution(symbols_of(found.words), weights / weights.sum(), SYMBOLS)


@bounded(8 << 20)
def completions_of(dataset: str, own_words: str, given: tuple[int, ...]) -> WordDistribution:
    """Of those that agree with the symbols that are given [8], MASK where any does. Raises ValueError where none does."""
    data, symbols = distribution_of(dataset, own_words), torch.tensor(given)
    agree = ((data.states == symbols) | (symbols == MASK)).all(1)
    if not agree.any():
        raise ValueError("must be those of a word of the list")
    weights = data.probabilities[agree]
    return WordDistribution(data.states[agree], weights / weights.sum(), SYMBOLS)


@bounded(1 << 20)
def entropies_of(dataset: str, own_words: str = "") -> NDArray[np.float64]:
    """[2^8] in nats, of all sets of places (entropies.subset_entropies)."""
    return subset_entropies(distribution_of(dataset, own_words))
