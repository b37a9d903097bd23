"""What chains of masks cost on a mixture of products: by the formulas of costs.py, from entropies that are estimated.

Each of some paths gives an entropy of what is shown whose mean is right (products.ProductMixture.shown_entropies). The costs are
linear in it, so that they are estimated path by path, and errors are those of means.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from diffviz.categorical.costs import at_least_0
from diffviz.categorical.entropies import shown_entropy, shown_rate
from diffviz.categorical.information import SymbolInformation
from diffviz.categorical.kernels import Values, jumps
from diffviz.categorical.law import CategoricalLaw
from diffviz.categorical.products import ProductMixture
from diffviz.schedules import NoiseSchedule


def concave(known: Values) -> Values:
    """[D+1] Hbar_k of estimates [D+1, S]. It is concave (Han 1978), so its increments are made to fall by isotonic
    regression, which brings them nearer to the truth."""
    from scipy.optimize import isotonic_regression  # a third of a second to import

    return np.append(0.0, isotonic_regression(np.diff(known.mean(1)), increasing=False).x.cumsum())


def absorbing_information(
    data: ProductMixture, schedule: NoiseSchedule, times: NDArray[np.int64], excess: Values
) -> SymbolInformation:
    """Of the ancestral chain with the times [K+1], ascending from 0. excess: [K, R] what another denoiser's errors add."""
    known, share = data.shown, schedule.signal_share[times]
    step = np.array([jump.rho * jump.lost_t for jump in jumps(schedule, times)])[:, None]  # abar_s - abar_t
    kl, seen = step * shown_rate(known, share[1:]), shown_entropy(known, share)
    left = np.full((1, known.shape[1]), np.log(data.symbols) * data.dim * share[-1])
    return SymbolInformation(np.vstack([kl, left]), kl + np.diff(seen, axis=0), left[0] - seen[-1], excess, data.entropy_nats)


def counted_information(
    data: ProductMixture, shown: NDArray[np.int64], at_once: int, ordered: bool, excess: Values
) -> SymbolInformation:
    """Of the chain that has shown so many coordinates at each time [K+1] (costs.counted_costs)."""
    start = np.empty(data.dim, np.int64)
    steps = [slice(low, high) for high, low in itertools.pairwise(shown.tolist())]
    for step in steps:
        place = np.arange(step.start, step.stop)
        start[step] = place - (place - step.start) % at_once
    if ordered:
        known, apart = data.from_left(start)
    else:
        known = data.shown
        apart = np.diff(known, axis=0)[start]
    kl = np.array([apart[step].sum(0) for step in steps])
    lost = kl - np.array([known[step.stop] - known[step.start] for step in steps])
    none = np.zeros((1, known.shape[1]))
    return SymbolInformation(np.vstack([kl, none]), at_least_0(lost), none[0], excess, data.entropy_nats)


class ProductLaw(CategoricalLaw):
    """The probabilities of paths on a mixture of products; the entropies of x_t are as good as its own is."""

    distribution: ProductMixture

    def _mean_entropies(self) -> Values:
        return concave(self.distribution.shown)
