"""Texts in lines that have room: letters differ in width, figures being wider than most."""

from __future__ import annotations

from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

POINTS = 72.0  # in an inch
HINTED = 1.03  # how much wider letters are where they are fitted to pixels


@cache
def _width(size: float, letters: str) -> float:
    """In inches, of one word."""
    return HINTED * TextToPath().get_text_width_height_descent(letters, FontProperties(size=size), False)[0] / POINTS


def in_lines(text: str, size: float, wide: float) -> list[str]:
    """A text of letters of a size in points, in lines of at most so many inches, but for a word that is longer. No line ends
    within t = 5 or 1 ± 2."""
    lines: list[list[str]] = []
    room, space = 0.0, _width(size, "n n") - _width(size, "nn")
    for word in text.replace(" = ", "\u00a0=\u00a0").replace(" ± ", "\u00a0±\u00a0").split(" "):
        room -= space + _width(size, word)
        if not lines or room < 0.0:
            lines.append([])
            room = wide - _width(size, word)
        lines[-1].append(word)
    return [" ".join(line) for line in lines]
