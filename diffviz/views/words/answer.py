"""What the browser asks about one word: the posterior of each of its letters, and which words of the list it may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.categorical.finite import IMPOSSIBLE, CategoricalDistribution
from diffviz.diagnostics.measured import Measured
from diffviz.domains.words.lists import LENGTH, SYMBOLS, text_of
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.player.protocol import scaled
from diffviz.views.teller import Paths
from diffviz.views.words.sent import MAX_ROWS

CANDIDATES = 8  # words of the list that are named
LEAST = 0.005  # of their probabilities: less is not seen

Values = NDArray[np.float64]


def _paths(kept: Paths, word: int) -> dict[str, NDArray[np.uint8]]:
    """[m, 8] symbols of one word at the displayed times."""
    return {"forward": kept.forward[:, word], "reverse": kept.reverse[:, word]}


def joint_of(setup: Setup, data: CategoricalDistribution, path: NDArray[np.uint8], times: NDArray[np.int64]) -> torch.Tensor:
    """[m, M] log of the probability of each word of the list given x_t, but for a constant, of one path [m, 8]; times: [m],
    ascending from 0."""
    x, noise = torch.from_numpy(path.astype(np.float64)), setup.process.noise
    lost = (1.0 - setup.schedule.signal_share[times]).tolist()
    return torch.cat([data.log_weights(x[i : i + 1], noise, lost[i]) for i in range(len(times))])


def exact_letters(data: CategoricalDistribution, joint: torch.Tensor) -> Values:
    """[m, 8, 27] the probabilities of each letter's symbols given x_t; joint: of the words [m, M]."""
    weights = joint.softmax(1)
    found = weights.new_zeros(len(weights), LENGTH, SYMBOLS)
    for letter in range(LENGTH):
        found[:, letter].index_add_(1, data.states[:, letter], weights)
    return found.numpy()


def own_letters(setup: Setup, path: NDArray[np.uint8], times: NDArray[np.int64]) -> Values:
    """[m, 8, 27] the same as the run's network says it; at t = 0, where it is not asked, of the letters themselves."""
    alpha, sigma = setup.schedule.alpha[times].tolist(), setup.schedule.sigma[times].tolist()
    x = torch.from_numpy(path.astype(np.float32)).to(setup.device)
    found = np.zeros((len(times), LENGTH, SYMBOLS))
    found[0, range(LENGTH), path[0]] = 1.0
    with torch.inference_mode():
        for i in range(1, len(times)):
            found[i] = setup.denoiser(x[i : i + 1], alpha[i], sigma[i]).probabilities[0].double().cpu().numpy()
    return found


def _candidates(words: list[str], joint: torch.Tensor) -> list[list[tuple[str, float]]]:
    """By time, the most probable words given x_t, with their probabilities; none where no word can have become x_t."""
    shares, places = joint.softmax(1).topk(min(CANDIDATES, joint.shape[1]), dim=1)
    possible = joint.amax(1) > IMPOSSIBLE / 2  # one at least that nothing seen contradicts
    rows = zip((shares * possible[:, None]).tolist(), places.tolist(), strict=True)
    return [[(words[i], round(p, 4)) for p, i in zip(*row, strict=True) if p >= LEAST] for row in rows]


def answer(
    experiment: Experiment, asked: Mapping[str, Any], measured: Callable[[Experiment], Measured[Any]]
) -> dict[str, Any] | None:
    """word: its number, from 0, among those that are sent. By direction, of the m displayed times, ascending from 0:

    exact and, of a network, own, which is null of the exact denoiser: [m, 8, 27] probabilities of each letter's symbols, packed
    words: the most probable words of the list, each with its probability; none where none agrees
    """
    word = asked.get("word")
    if type(word) is not int or not 0 <= word < min(experiment.particles, MAX_ROWS):
        return None
    setup, kept = Setup(experiment), measured(experiment).kept
    data, paths = setup.distribution, _paths(kept, word)
    joint = {name: joint_of(setup, data, path, kept.times) for name, path in paths.items()}
    own, names = None, text_of(data.states)
    if experiment.denoiser != "exact":
        own = {name: scaled(own_letters(setup, path, kept.times), "int16") for name, path in paths.items()}
    return {
        "exact": {name: scaled(exact_letters(data, found), "int16") for name, found in joint.items()},
        "own": own,
        "words": {name: _candidates(names, found) for name, found in joint.items()},
    }
