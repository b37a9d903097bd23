"""The section of an Experiment that words alone read."""

from __future__ import annotations

from dataclasses import dataclass

from diffviz.domains.words.lists import LENGTH, MAX_WORDS
from diffviz.fields import plain


@dataclass(frozen=True)
class WordFields:
    """What the data read."""

    own_words: str = plain(
        "",
        "Your words",
        f'Words such as "ant bee 3 cat", at most {MAX_WORDS}, each of 1 to {LENGTH} letters from a to z and with how often it is '
        "to come up, if that is not 1; empty for ours.",
    )
