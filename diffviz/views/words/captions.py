"""A run of words in words and numbers."""

from __future__ import annotations

from diffviz.views.symbols import captions
from diffviz.views.symbols.nouns import Nouns
from diffviz.views.symbols.priced import SymbolsMeasured

NOUNS = Nouns(
    sample="word",
    part="letter",
    parts="letters",
    short="letter",
    symbols="letters",
    source="list",
    belong="are on the list",
    alike="letter for letter",
)


def summary(m: SymbolsMeasured) -> str:
    """The metrics of a run in one line; where letters are given, with how many words of the list agree with them."""
    letters, count = m.experiment.letters, len(m.setup.distribution.states)
    agree = f"{captions.counted(count, 'word')} of the list {'agrees' if count == 1 else 'agree'} with {letters}"
    return captions.summary(NOUNS, m, NOUNS.belong, agree if letters else captions.expected(NOUNS, m))
