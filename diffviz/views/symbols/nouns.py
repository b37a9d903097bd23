"""What sentences call the symbols of one kind of data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Nouns:
    """Of one thing, in the singular, unless it says more.

    sample: a sequence of symbols, part: one of its coordinates, short: the same in fewer words, parts: several; symbols: what
    these may be, several
    source: what the samples of the data are drawn from; belong: what several samples do that are among the data, as the metric
    share counts them
    alike: how two samples are the same that do not differ in any part
    """

    sample: str
    part: str
    parts: str
    short: str
    symbols: str
    source: str
    belong: str
    alike: str
    share: str = "valid_share"
