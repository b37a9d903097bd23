"""A person's own points as a text that may stand in a link, and back.

    412.sVAq3k...    how many points, then their places as bits, six in a letter of base64url

A place is a whole number of 1/64 in each coordinate, the plane's unit being 1. The places are numbered line by line within the
smallest rectangle that holds them, and sorted; what is written is the rectangle, then of each place the gap to the place before
and how many points it has, as exponential-Golomb codes (Teuhola 1978). So the text of a set of points is one text, its size is
that of the points, and reading it takes time and memory in proportion to its own length, whoever wrote it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNIT = 64  # places in a unit of the plane
REACH = 8  # units: the largest coordinate
MAX_POINTS = 20_000
MAX_LETTERS = 120_000
LINK_LETTERS = 4096  # of a text that a link can hold
ELSEWHERE = "file:"  # begins what an address has in place of a text that it cannot hold (heavy.js)
ALLOWED = 'must be points such as "0,0;1.5,-1", or the text that points were made into, such as 412.sVAq3k...'

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_SIX = {letter: f"{value:06b}" for value, letter in enumerate(_LETTERS)}
_LETTER = {bits: letter for letter, bits in _SIX.items()}
_FORM = re.compile(rf"([1-9][0-9]{{0,4}})\.([A-Za-z0-9_-]{{1,{MAX_LETTERS}}})")
_PLAIN = re.compile(r"[-+0-9.eE,; ]{3,}")  # "x,y;x,y"
_ORDERS = range(12)  # of the code of the gaps
_MIDDLE, _WIDE = REACH * UNIT, 11  # the place of 0, and the bits of a number of places across
_LONGEST = 21  # zeros before a code's first one: more than the largest gap has


@dataclass(frozen=True, eq=False)
class Points:
    """Points on the lattice, each place once.

    places: [K, 2] int64 in 1/64, sorted by y, then x; counts: [K] int64, how many points are there
    """

    places: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def total(self) -> int:
        """How many points there are."""
        return int(self.counts.sum())

    @cached_property
    def xy(self) -> NDArray[np.float64]:
        """[K, 2] in the plane's units."""
        return self.places / UNIT

    @property
    def std(self) -> float:
        """The square root of the mean variance of the two coordinates."""
        share = self.counts / self.total
        return float(np.sqrt((share @ (self.xy - share @ self.xy) ** 2).mean()))


def on_lattice(points: ArrayLike) -> Points:
    """Points [N, 2] in the plane's units, each moved to the nearest place.

    Raises ValueError, in words that follow the name of a field, for none, too many, or one that is not finite or too far away.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"must have two numbers a point, not the shape {points.shape}")
    if not 1 <= len(points) <= MAX_POINTS:
        raise ValueError(f"must be from 1 to {MAX_POINTS} in number, not {len(points)}")
    if not np.isfinite(points).all():
        raise ValueError("must have finite coordinates only")
    if np.abs(points).max() > REACH:
        raise ValueError(f"must have coordinates from -{REACH} to {REACH}, not {np.abs(points).max():.4g}")
    places = np.rint(points * UNIT).astype(np.int64)
    found, counts = np.unique(places[:, ::-1], axis=0, return_counts=True)
    return Points(found[:, ::-1].copy(), counts)


def scaled(points: ArrayLike) -> NDArray[np.float64]:
    """Points [N, 2] centred, with one scale for both coordinates, so that their mean variance is 1; points that are all in one
    place are only centred. Raises ValueError where that cannot be computed or leaves one too far away."""
    points = np.asarray(points, np.float64)
    if not np.isfinite(points).all():
        raise ValueError("must have finite coordinates only")
    if not len(points):
        raise ValueError(f"must be from 1 to {MAX_POINTS} in number, not 0")
    points = points / max(np.abs(points).max(), 1e-300)  # so that no square overflows
    points = points - points.mean(0)
    std = np.sqrt((points**2).mean())
    points = points / std if std > 1e-12 else np.zeros_like(points)
    if np.abs(points).max() > REACH:
        far = np.abs(points).max()
        raise ValueError(f"must have no point more than {REACH} standard deviations from their mean; one is {far:.3g} away")
    return points


def _bits(value: int, order: int) -> str:
    """The exponential-Golomb code of a value >= 0."""
    shifted = value + (1 << order)
    return "0" * (shifted.bit_length() - 1 - order) + f"{shifted:b}"


def _order(gaps: NDArray[np.int64]) -> int:
    """That which makes the codes of the gaps shortest, the smallest of several."""
    lengths = [int((2 * np.frexp(gaps + (1 << k))[1] - k).sum()) for k in _ORDERS]  # frexp: the number of bits
    return int(np.argmin(lengths))


def write_points(points: Points) -> str:
    """Their text."""
    low = points.places.min(0)
    width = int(points.places[:, 0].max() - low[0]) + 1
    numbers = (points.places[:, 1] - low[1]) * width + points.places[:, 0] - low[0]
    gaps = np.diff(numbers, prepend=-1) - 1
    order = _order(gaps)
    head = [f"{order:04b}", *(f"{value:0{_WIDE}b}" for value in (*(low + _MIDDLE).tolist(), width))]
    places = (_bits(gap, order) + _bits(count - 1, 0) for gap, count in zip(gaps.tolist(), points.counts.tolist(), strict=True))
    bits = "".join([*head, *places])
    bits += "0" * (-len(bits) % 6)
    return f"{points.total}." + "".join(_LETTER[bits[i : i + 6]] for i in range(0, len(bits), 6))


class _Reader:
    """Bits that are read from their start on. Raises ValueError at their end."""

    def __init__(self, bits: str) -> None:
        self._bits, self._at = bits, 0

    def plain(self, size: int) -> int:
        self._at += size
        if self._at > len(self._bits):
            raise ValueError(ALLOWED)
        return int(self._bits[self._at - size : self._at], 2)

    def code(self, order: int) -> int:
        first = self._bits.find("1", self._at)
        zeros = first - self._at
        if first < 0 or zeros > _LONGEST:
            raise ValueError(ALLOWED)
        self._at = first
        return self.plain(zeros + order + 1) - (1 << order)


def _read(total: int, letters: str) -> Points:
    reader = _Reader("".join(map(_SIX.__getitem__, letters)))
    order, x, y, width = (reader.plain(size) for size in (4, _WIDE, _WIDE, _WIDE))
    if not width or order not in _ORDERS:
        raise ValueError(ALLOWED)
    numbers, counts, number, left = [], [], -1, total
    while left > 0:
        number += reader.code(order) + 1
        count = reader.code(0) + 1
        numbers.append(number)
        counts.append(count)
        left -= count
    lines, across = np.divmod(np.array(numbers, np.int64), width)
    places = np.stack([across + x, lines + y], 1) - _MIDDLE
    if left or np.abs(places).max() > _MIDDLE:
        raise ValueError(ALLOWED)
    return Points(places, np.array(counts, np.int64))


@lru_cache(maxsize=64)
def read_points(text: str) -> Points:
    """The points of a text. Raises ValueError for one that write_points could not have written."""
    if text.startswith(ELSEWHERE):
        raise ValueError("must be loaded from their file here: they are too many for a link")
    found = _FORM.fullmatch(text)
    if found is None or int(found[1]) > MAX_POINTS:
        raise ValueError(ALLOWED)
    points = _read(int(found[1]), found[2])
    if write_points(points) != text:  # another rectangle or order, or something after the end
        raise ValueError(ALLOWED)
    for array in (points.places, points.counts):
        array.setflags(write=False)  # shared by all who ask
    return points


def points_text(text: str) -> str:
    """The text of points that somebody wrote as "x,y;x,y", which stay where they are; any other text as it is.

    Raises ValueError for numbers that are no points.
    """
    if not _PLAIN.fullmatch(text) or len(text) > MAX_LETTERS:
        return text
    try:
        points = [[float(number) for number in pair.split(",")] for pair in text.strip("; ").split(";")]
        return write_points(on_lattice(np.array(points)))
    except ValueError as error:
        raise ValueError(str(error) if str(error).startswith("must") else ALLOWED) from None


@lru_cache(maxsize=1)
def default_points() -> Points:
    """Ours, for who has none at hand: 400 points evenly in a heart."""
    x, y = np.random.default_rng(0).uniform(-1.3, 1.3, (2, 1200))
    inside = (x**2 + y**2 - 1) ** 3 < x**2 * y**3
    return on_lattice(scaled(np.stack([x, y], 1)[inside][:400]))
