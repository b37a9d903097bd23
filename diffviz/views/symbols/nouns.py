"""What sentences call the symbols of one kind of data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Nouns:
    """In the singular, where nothing else is said.

    sample: one sequence of symbols; part: one of its coordinates, parts: several, short: one, in fewer words; masked: what a part
    is whose symbol is the mask
    source: what the samples of the data are drawn from; belong: what samples do that are among the data, of several
    alike: how two samples are the same that do not differ in any part
    """

    sample: str
    part: str
    parts: str
    short: str
    masked: str
    source: str
    belong: str
    alike: str
