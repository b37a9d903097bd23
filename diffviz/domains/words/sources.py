"""How the lists in data/ are made from their sources (data/README.md)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

LONGEST, SHORTEST_ENGLISH, LEAST_ENGLISH = 8, 2, 3
_PROSE = re.compile(r"(?<![\w.'\"`-])[a-z]+(?![\w(\[='\"`-]|\.\w)")  # not a part of a name or of a piece of code


def names_table(files: Iterable[str]) -> str:
    """The lines of names.txt: a name and its frequency in thousandths of a percent, added over both files.

    files: of the Census, a name, its frequency in percent, the cumulated frequency and its rank in each line
    """
    found: Counter[str] = Counter()
    for text in files:
        for line in text.splitlines():
            name, percent, *_ = line.split()
            if len(name) <= LONGEST:
                found[name.lower()] += round(float(percent) * 1000)
    return _lines(found)


def english_table(topics: Mapping[str, str]) -> str:
    """The lines of english.txt: a word and how often it stands in the texts, if LEAST_ENGLISH times. Capitals do not count."""
    found = Counter(word for text in topics.values() for word in _PROSE.findall(text.lower()))
    return _lines({word: n for word, n in found.items() if SHORTEST_ENGLISH <= len(word) <= LONGEST and n >= LEAST_ENGLISH})


def _lines(counts: Mapping[str, int]) -> str:
    return "".join(f"{word} {counts[word]}\n" for word in sorted(counts))
