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
    letters: str = plain(
        "",
        "Given letters",
        f"Letters that are known of every word, such as _ a _ r _: up to {LENGTH} signs, each _ one that is to be found, which "
        "may also be none at the end. The reverse process keeps them and fills in the others; empty for none.",
    )
    changes: str = plain(
        "",
        "Letters set by hand",
        "Changes in the reverse process, such as 3:2:40:m: in word 3 the letter at place 2 is m at t = 40; _ masks it, . ends "
        "the word there. All that follows has the noise that it had. Choose a tile and then a bar to make one; empty for none.",
    )
