"""What a chain of steps costs on words, and how near samples are to the list.

Under masks the costs of the exact denoiser are sums over the sets of letters that may be seen; under uniform noise they are means
over paths of the forward process (categorical.costs). What a network's errors add is such a mean, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.categorical.chains import Listed, chain_information
from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.entropies import subset_entropies
from diffviz.categorical.finite import CategoricalDistribution
from diffviz.categorical.information import SymbolInformation
from diffviz.domains.words.hand import given_of
from diffviz.domains.words.lists import LENGTH, MASK, SYMBOLS, completions_of, distribution_of, entropies_of
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule


def information(
    e: Any,
    schedule: NoiseSchedule,
    times: NDArray[np.int64],
    denoiser: Denoiser | None = None,
    device: torch.device | str = "cpu",
) -> SymbolInformation | None:
    """As categorical.chains.chain_information; where letters are given, of the others given them."""
    given = given_of(e)
    if not given:
        listed = Listed(distribution_of(e.dataset, e.own_words), lambda: entropies_of(e.dataset, e.own_words))
        return chain_information(e, listed, schedule, times, denoiser, device)
    data, denoiser = _completed(e, given, denoiser)
    listed = Listed(data, lambda: subset_entropies(data))
    return chain_information(e, listed, schedule, times, denoiser, device, LENGTH - data.dim)


def _completed(e: Any, given: tuple[int, ...], denoiser: Denoiser | None) -> tuple[CategoricalDistribution, Denoiser | None]:
    """The letters that are not given, given those that are, as data of their own [M, D']; and a denoiser of them."""
    data, symbols = completions_of(e.dataset, e.own_words, given), torch.tensor(given)
    free = symbols == MASK
    alone = CategoricalDistribution(data.states[:, free], data.probabilities, SYMBOLS)
    if denoiser is None:
        return alone, None

    def told(x_t: Tensor, alpha: float, sigma: float) -> Categorical:
        """Of x_t [N, D'], with the letters that are given in their places."""
        places, x = free.to(x_t.device), symbols.to(x_t).repeat(len(x_t), 1)
        x[:, places] = x_t
        return Categorical(denoiser(x, alpha, sigma).probabilities[:, places])

    return alone, told


def keys(x: NDArray[np.floating]) -> NDArray[np.int64]:
    """[N] a number for each sequence [N, 8] of symbols and masks, the same for equal ones alone."""
    return x.astype(np.int64) @ (MASK + 1) ** np.arange(LENGTH, dtype=np.int64)


def on_list(data: CategoricalDistribution, end: NDArray[np.floating]) -> NDArray[np.bool_]:
    """[N] which of the samples [N, 8] are words of the list."""
    return np.isin(keys(end), keys(data.states.numpy()))


def expected_distinct(data: CategoricalDistribution, count: int) -> float:
    """How many different words there are among so many draws of the data, on average."""
    return -float(np.expm1(count * np.log1p(-data.probabilities.clamp(max=1.0 - 1e-16).numpy())).sum())
