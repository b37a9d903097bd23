"""What the browser is sent of words; view.js reads it by these names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.domains.words.information import on_list
from diffviz.domains.words.lists import LENGTH, MASK, text_of
from diffviz.engine import Setup
from diffviz.player.protocol import Array
from diffviz.trajectory import Frame
from diffviz.views.sent import Sent

MAX_ROWS = 200  # words that are sent
POINTS = 4  # that take as much room on the wire as a word of a frame
MOST_MATCHING = 16  # words that are named of those that agree with given letters


def drawn(setup: Setup) -> int:
    """Words that are sent."""
    return min(setup.experiment.particles, MAX_ROWS)


def arrays(setup: Setup) -> dict[str, Array]:
    """forward, reverse: symbols, MASK of a masked letter; x0_hat: the most probable symbol of x_0 and confidence: its
    probability, of every frame that the denoiser was asked at; unlisted: which words of the reverse process are complete and not
    on the list."""
    shape = (drawn(setup), LENGTH)
    symbols = Array(shape, "uint8", 0.0, 255.0)
    return {
        "forward": symbols,
        "reverse": symbols,
        "x0_hat": symbols,
        "confidence": Array(shape, "uint8", 0.0, 1.0),
        "unlisted": Array(shape[:1], "bit", 0.0, 1.0),
    }


def data(setup: Setup) -> dict[str, Any]:
    """masks: are symbols masked, or redrawn? matching: the words that agree with the letters that are given, if some are."""
    e = setup.experiment
    found: dict[str, Any] = {"masks": e.process == "absorbing"}
    return {**found, "matching": matching(setup)} if e.letters else found


def matching(setup: Setup) -> dict[str, Any]:
    """count: of all words that agree with the letters; words: the most probable of them; exact: p(word | letters) of those."""
    data = setup.distribution
    shares, order = data.probabilities.sort(descending=True, stable=True)
    words = text_of(data.states[order[:MOST_MATCHING]])
    exact = [float(f"{share:.4g}") for share in shares[:MOST_MATCHING].tolist()]
    return {"letters": setup.experiment.letters, "count": len(order), "words": words, "exact": exact}


def sampled(setup: Setup, end: NDArray[np.floating]) -> dict[str, Any]:
    """Of a run with given letters, sampled: the share of all samples [N, 8] that each of the words of matching is."""
    if not setup.experiment.letters:
        return {}
    counts = Counter(text_of(end))
    return {"sampled": [round(counts[word] / len(end), 5) for word in matching(setup)["words"]]}


def unlisted(setup: Setup, x: NDArray[np.floating]) -> NDArray[np.bool_]:
    """[N] which of the words [N, 8] are complete and not on the list."""
    return (x != MASK).all(1) & ~on_list(setup.distribution, x)


def frame_arrays(setup: Setup, frame: Frame) -> Iterator[tuple[str, NDArray[np.bool_] | NDArray[np.uint8]]]:
    """Of a displayed frame, by name."""
    count = drawn(setup)
    x = frame.x[:count].cpu().numpy()
    yield frame.direction, x.astype(np.uint8)
    if frame.x0_hat is not None:
        symbol, confidence = frame.x0_hat[:count].cpu().numpy().transpose(2, 0, 1)
        yield "x0_hat", symbol.astype(np.uint8)
        yield "confidence", np.rint(255.0 * confidence).astype(np.uint8)
        yield "unlisted", unlisted(setup, x)


SENT = Sent(
    view="words",
    drawn=drawn,
    size=lambda setup: POINTS * drawn(setup),
    arrays=arrays,
    frame=frame_arrays,
    data=lambda setup, times: data(setup),
    measured=lambda setup, times, measured: sampled(setup, measured.end),
    kept=lambda x: x.astype(np.uint8),
)
