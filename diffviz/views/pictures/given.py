"""What stands beside a run that measures a picture or begins from some: the pictures that are given, and the truth about them."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffviz.engine import Setup
from diffviz.player.protocol import pack
from diffviz.views.pictures.packed import pixels
from diffviz.views.pictures.posterior import GivenPicture, given_pictures

TITLES = {  # of what is shown, and the word of the glossary that explains it
    "measured": ("Posterior <i>p</i>(<i>x</i><sub>0</sub>|<i>y</i>)", "posterior"),
    "picture": ("SDEdit", "edited"),
    "between": ("Interpolation", "between"),
}


def _packed(given: GivenPicture) -> dict[str, Any]:
    """data: its pixels(), packed; known: [H W] of 0 and 1, empty if all of it is."""
    known = [] if given.known is None else given.known.ravel().astype(int).tolist()
    return {"name": given.name, "title": given.title, "data": pack(pixels(np.asarray(given.x, np.float32))), "known": known}


def given(setup: Setup) -> dict[str, Any]:
    """Of the data that view.js reads; nothing of a plain run. Spreads are standard deviations, in the unit of the pixels."""
    e = setup.experiment
    if e.plain:
        return {}
    title, term = TITLES["measured" if e.conditional else e.start]
    return {"given": [_packed(each) for each in given_pictures(setup)], "given_title": title, "given_term": term}
