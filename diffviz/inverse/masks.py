"""A mask as a short text that may stand in a link, and back.

    28x28.r....   heightxwidth, the way it is packed, the packed bits

Two ways, and the shorter is taken (runs, if they are as short):
r: each row but the first is told by where it differs from the one above (exclusive or); then the lengths of runs of equal bits,
   row after row, the first of them of False and perhaps empty, the last left out. A rectangle is a few numbers whatever its size.
b: the bits themselves, six to a character: no mask is longer than this.

A number is written in digits of base 32, lowest first; the sixth bit of a character says that another follows. The alphabet is
base64url's letters. One mask has one text: what would be read as a mask but is not how it is written is refused.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # [H, W], True where the picture is known

MAX_SIDE = 128  # pixels
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_FORM = re.compile(r"([1-9][0-9]{0,2})x([1-9][0-9]{0,2})\.([rb])([A-Za-z0-9_-]*)")
LONGEST = len("128x128.b") + -(-(MAX_SIDE**2) // 6)
ALLOWED = f"must be a mask's text such as 28x28.rAO, of sides up to {MAX_SIDE}"


def _digits(number: int) -> str:
    letters = []
    while number >= 32:
        letters.append(ALPHABET[32 + number % 32])
        number //= 32
    return "".join([*letters, ALPHABET[number]])


def _numbers(text: str) -> list[int]:
    """Raises ValueError where a number does not end or is longer than any run."""
    numbers, number, shift = [], 0, 0
    for letter in text:
        value = _VALUE[letter]
        number |= (value % 32) << shift
        shift += 5
        if shift > 20:
            raise ValueError(ALLOWED)
        if value < 32:
            numbers.append(number)
            number, shift = 0, 0
    if shift:
        raise ValueError(ALLOWED)
    return numbers


def _pack_runs(mask: Mask) -> str:
    changes = mask.copy()
    changes[1:] ^= mask[:-1]
    flat = changes.ravel()
    edges = np.flatnonzero(np.concatenate([[flat[0]], flat[1:] != flat[:-1]]))
    return "".join(_digits(int(run)) for run in np.diff(np.concatenate([[0], edges])))


def _unpack_runs(text: str, height: int, width: int) -> Mask:
    runs = _numbers(text)
    rest = height * width - sum(runs)
    if rest < 1:
        raise ValueError(ALLOWED)
    runs.append(rest)
    changes = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return np.logical_xor.accumulate(changes.reshape(height, width), axis=0)


def _pack_bits(mask: Mask) -> str:
    flat = np.pad(mask.ravel(), (0, -mask.size % 6)).reshape(-1, 6)
    return "".join(ALPHABET[value] for value in flat @ (1 << np.arange(6)))


def _unpack_bits(text: str, height: int, width: int) -> Mask:
    flat = np.array([_VALUE[letter] >> bit & 1 for letter in text for bit in range(6)], dtype=bool)
    if not height * width <= flat.size < height * width + 6:
        raise ValueError(ALLOWED)
    return flat[: height * width].reshape(height, width)


def mask_text(mask: Mask) -> str:
    """The text of a mask, bool [H, W]. Raises ValueError for another type, shape or size."""
    if mask.dtype != np.bool_ or mask.ndim != 2 or not 1 <= min(mask.shape) <= max(mask.shape) <= MAX_SIDE:
        raise ValueError(f"must be true or false for each pixel of an image with sides from 1 to {MAX_SIDE}")
    runs, bits = "r" + _pack_runs(mask), "b" + _pack_bits(mask)
    return f"{mask.shape[0]}x{mask.shape[1]}.{runs if len(runs) <= len(bits) else bits}"


def _read(text: str) -> Mask:
    """However it is packed. Raises ValueError, saying what is allowed."""
    found = _FORM.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise ValueError(ALLOWED)
    height, width = int(found[1]), int(found[2])
    if max(height, width) > MAX_SIDE:
        raise ValueError(ALLOWED)
    return (_unpack_runs if found[3] == "r" else _unpack_bits)(found[4], height, width)


def shortest(text: str) -> str:
    """The one text of a mask that may be packed the longer way, as who paints it bit by bit does. Raises ValueError."""
    return mask_text(_read(text))


def parse_mask(text: str) -> Mask:
    """The mask, bool [H, W], that mask_text writes so. Raises ValueError, saying what is allowed."""
    mask = _read(text)
    if mask_text(mask) != text:  # empty runs, leading zeros, filled padding, the longer of the two ways
        raise ValueError(ALLOWED)
    return mask
