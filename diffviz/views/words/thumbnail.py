"""A small picture of a list of words, for the gallery: words of it, as often as they come up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from diffviz.domains.words.lists import distribution_of, text_of
from diffviz.figures.theme import FORWARD
from diffviz.noise import Stream, particle_uniform

WORDS = 6
EDGE = 0.06  # of a side, beside the words


def thumbnail(name: str, side: int) -> NDArray[np.uint8]:
    """[side, side, 4] RGBA, transparent where there is no letter."""
    return drawn(text_of(distribution_of(name).sample(particle_uniform(0, Stream.DATA, WORDS))), side)


def drawn(words: list[str], side: int) -> NDArray[np.uint8]:
    """The words below one another."""
    sheet, line = Image.new("L", (side, side), 0), (1 - 2 * EDGE) * side / WORDS
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=round(0.86 * line))
    for row, word in enumerate(words):
        pen.text((side / 2, EDGE * side + (row + 0.75) * line), word, 255, font, anchor="ms")
    picture = np.empty((side, side, 4), np.uint8)
    picture[..., :3] = [int(FORWARD[i : i + 2], 16) for i in (1, 3, 5)]
    picture[..., 3] = np.asarray(sheet)
    return picture
