"""What stands beside a run that measures a picture or begins from some: the pictures that are given, and the truth about them."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffviz.diagnostics.posterior import exact_moments
from diffviz.engine import Setup
from diffviz.player.protocol import Given, pack, pixels

TITLES = {  # of what is shown, and the word of the glossary that explains it
    "measured": ("Posterior <i>p</i>(<i>x</i><sub>0</sub>|<i>y</i>)", "posterior"),
    "picture": ("Turned back (SDEdit)", "edited"),
    "between": ("Into noise and back", "between"),
}


def _given(name: str, title: str, x: np.ndarray, known: np.ndarray | None = None) -> Given:
    """x: [C, H, W]; known: [H, W] bool."""
    return Given(
        name, title, pack(pixels(np.asarray(x, np.float32))), [] if known is None else known.ravel().astype(int).tolist()
    )


def given(setup: Setup) -> dict[str, Any]:
    """The fields of PictureInit; none of a plain run. Spreads are standard deviations, in the unit of the pixels."""
    e = setup.experiment
    if e.plain:
        return {}
    if e.conditional:
        mean, std = exact_moments(setup)
        kind = "measured"
        pictures = [
            _given("truth", "truth", setup.target[0].numpy()),
            _given("measured", "measured", setup.measured_picture[0].numpy(), setup.known),
            _given("exact_mean", "exact mean*", mean),
            _given("exact_std", "exact spread*", std),
        ]
    elif e.start == "picture":
        kind, pictures = "picture", [_given("truth", "the picture", setup.target[0].numpy())]
    else:
        kind = "between"
        pictures = [_given("first", "one", setup.target[0].numpy()), _given("last", "the other", setup.target[1].numpy())]
    title, term = TITLES[kind]
    return {"given": pictures, "given_title": title, "given_term": term}
