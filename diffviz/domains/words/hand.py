"""What a person sets in words by hand, as texts: letters that are given from the start on, and changes on the way.

_a_r_            the letters of a pattern; each _ is left to be filled in
3:2:40:m,...     the 2nd letter of the 3rd word is m at t = 40; _ masks a letter, . ends the word there
"""

from __future__ import annotations

import re
from typing import Any

from diffviz.categorical.changes import Change
from diffviz.domains.words.lists import FILL, LENGTH, LETTERS, MASK
from diffviz.messages import show

MOST = 8  # changes
SIGNS = f"{LETTERS}._"  # of the symbols: FILL is ., MASK is _
ALLOWED = (
    f"must be at most {MOST} changes such as 3:2:40:m, each a word, a place from 1 to {LENGTH} in it, a time and a letter from a "
    "to z, _ to mask it, or . to end the word"
)
PATTERN = f"must be 1 to {LENGTH} signs, each a letter from a to z, or _ for one that is to be found, with both among them"

_CHANGE = re.compile(r"([1-9][0-9]{0,5}):([1-8]):([1-9][0-9]{0,4}):([a-z._])")
_LETTERS = re.compile(rf"[a-z_]{{1,{LENGTH}}}")


def read_changes(text: str) -> list[Change]:
    """By falling time, then by word and place; of several for one letter at one time, the last. Raises ValueError, in words that
    follow the name of a field."""
    found = {}
    for part in filter(None, text.replace(" ", "").lower().split(",")):
        match = _CHANGE.fullmatch(part)
        if match is None:
            raise ValueError(f"{ALLOWED}, not {show(part)}")
        word, place, time = (int(number) for number in match.groups()[:3])
        found[-time, word - 1, place - 1] = SIGNS.index(match[4])
    if len(found) > MOST:
        raise ValueError(f"must be at most {MOST} changes, not {len(found)}")
    return [Change(word, place, -time, symbol) for (time, word, place), symbol in sorted(found.items())]


def changes_text(text: str) -> str:
    """The one text of the same changes; of a text of none, itself."""
    try:
        changes = read_changes(text)
    except ValueError:
        return text
    return ",".join(f"{each.sequence + 1}:{each.place + 1}:{each.time}:{SIGNS[each.symbol]}" for each in changes)


def read_letters(text: str) -> tuple[int, ...]:
    """[8] the symbols of a pattern, MASK where one is to be found; behind it the word has ended. Raises ValueError, in words that
    follow the name of a field."""
    pattern = letters_text(text)
    if not _LETTERS.fullmatch(pattern) or not pattern.strip("_") or "_" not in pattern:
        raise ValueError(f"{PATTERN}, not {show(text)}")
    signs = [MASK if sign == "_" else LETTERS.index(sign) for sign in pattern]
    return (*signs, *[FILL] * (LENGTH - len(pattern)))


def letters_text(text: str) -> str:
    """The one text of the same pattern: signs may have spaces between them."""
    return text.lower().replace(" ", "")


def given_of(e: Any) -> tuple[int, ...]:
    """The same of an Experiment; () where none are given, as under all noise but masks."""
    return read_letters(e.letters) if e.letters and e.process == "absorbing" else ()
