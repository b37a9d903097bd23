"""What the browser asks about one picture: the posterior probabilities of the training pictures, given x_t, and those of the grey
levels of one pixel. The exact denoiser of a training set ends in one of its pictures; a network need not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor

from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.player.protocol import pack
from diffviz.views.pictures.maps import maps_of
from diffviz.views.pictures.packed import MAX_PICTURES, MAX_PIXELS, pixels

SHOWN = 4  # training pictures at each time
BINS = 32  # of a pixel's grey value
EDGES = np.linspace(-1.0 - 1.0 / BINS, 1.0 + 1.0 / BINS, BINS + 1)  # black and white lie within the outer bins
POINT = 1e-6  # standard deviation of a value that is known

Measure = Callable[[Experiment], Measured[Any]]


def answer(experiment: Experiment, asked: Mapping[str, Any], measured: Measure) -> dict[str, Any] | None:
    """Of a level of the network, of a pixel, or of the training pictures; picture is the number of one that is sent."""
    if "level" in asked:
        return maps_of(experiment, asked, measured)
    picture = asked.get("picture")
    if type(picture) is not int or not 0 <= picture < min(experiment.particles, MAX_PICTURES):
        return None
    if "pixel" in asked:
        return pixel_of(experiment, picture, asked["pixel"], measured)
    return training_of(experiment, picture, measured) if asked.get("training") is True else None


@dataclass(frozen=True, eq=False)
class _Posterior:
    """Of one picture: x [2, m, D] forward and in reverse at m displayed times with alpha and sigma [m], and the share [2, m, K]
    of each training picture in p(x_0|x_t)."""

    mixture: GaussianMixture
    shape: tuple[int, ...]
    alpha: Tensor
    sigma: Tensor
    x: Tensor
    shares: Tensor


def _posterior(experiment: Experiment, picture: int, measured: Measure) -> _Posterior:
    setup, paths = Setup(experiment), measured(experiment).kept
    mixture = setup.distribution
    alpha, sigma = (
        torch.from_numpy(np.asarray(table[paths.times], np.float64)) for table in (setup.schedule.alpha, setup.schedule.sigma)
    )
    x = torch.from_numpy(np.stack([paths.forward[:, picture], paths.reverse[:, picture]]).astype(np.float64)).flatten(2)
    shares = torch.stack([mixture.shares(each, alpha[:, None], sigma[:, None]) for each in x])
    return _Posterior(mixture, setup.shape, alpha, sigma, x, shares)


def training_of(experiment: Experiment, picture: int, measured: Measure) -> dict[str, Any]:
    """The training pictures with the largest posterior weights at every displayed time, t = 0 among them.

    count: of all training pictures; number: [n] of those that are sent, counted from 0; data: their pixels, bytes [n, C, H, W]
    forward, reverse: top [m][4], places in number or -1 of those for which a message has no room; weight [m][4], falling;
        effective [m], the exponential of the weights' entropy: over how many pictures they are spread
    nearest: place in number of the one that is nearest to the end of the reverse process; distance: root mean square over pixels,
        where white is 1 and black -1
    """
    found = _posterior(experiment, picture, measured)
    means = found.mixture.means
    weight, top = found.shares.topk(min(SHOWN, len(means)))
    apart = (means - found.x[1, 0]).square().mean(1).sqrt()
    nearest = int(apart.argmin())
    room = max(2, MAX_PIXELS // (4 * means.shape[1]))
    best = torch.zeros(len(means), dtype=torch.float64).scatter_reduce(0, top.flatten(), weight.flatten(), "amax")
    best[nearest] = 2.0  # before all others
    number = best.argsort(descending=True)[: min(room, int((best > 0).sum()))]
    place = torch.full((len(means),), -1, dtype=torch.int64)
    place[number] = torch.arange(len(number))
    effective = torch.special.entr(found.shares).sum(2).exp()
    directions = {
        name: {"top": place[top[row]].tolist(), "weight": weight[row].tolist(), "effective": effective[row].tolist()}
        for row, name in enumerate(("forward", "reverse"))
    }
    return {
        "count": len(means),
        "number": number.tolist(),
        "data": pack(pixels(means[number].float().numpy())),
        "nearest": int(place[nearest]),
        "distance": float(apart[nearest]),
        **directions,
    }


def pixel_of(experiment: Experiment, picture: int, pixel: Any, measured: Measure) -> dict[str, Any] | None:
    """p(x_0|x_t) of one pixel, in colour of the mean of its colours, at every displayed time.

    pixel: counted row by row from 0; None for any other. forward, reverse: mean [m], std [m], and share [m][32] of the bins
    between edges [33], in which black is -1 and white 1; what lies beyond them is in none.
    """
    channels, high, wide = Setup(experiment).shape
    if type(pixel) is not int or not 0 <= pixel < high * wide:
        return None
    found = _posterior(experiment, picture, measured)
    mixture, (alpha, sigma) = found.mixture, (found.alpha[:, None], found.sigma[:, None])
    values = mixture.means.unflatten(1, (channels, -1))[:, :, pixel].mean(1)
    seen = found.x.unflatten(2, (channels, -1))[..., pixel].mean(2)  # [2, m]
    levels, which = values.unique(return_inverse=True)
    weight = torch.zeros(*found.shares.shape[:2], len(levels), dtype=torch.float64).index_add_(2, which, found.shares)
    tau2 = alpha.square() * mixture.std**2 + sigma.square()
    middle = (sigma.square() / tau2) * levels + (alpha * mixture.std**2 / tau2) * seen[..., None]  # [2, m, levels]
    variance = (mixture.std**2 * sigma.square() / tau2)[:, 0] / channels  # of the mean of as many colours
    mean = (weight * middle).sum(2)
    spread = (weight * (middle - mean[..., None]).square()).sum(2) + variance
    width = variance.sqrt().clamp(min=POINT)
    below = ndtr((EDGES - middle[..., None].numpy()) / width[:, None, None].numpy())  # [2, m, levels, 33]
    share = np.einsum("dml,dmle->dme", weight.numpy(), np.diff(below))
    directions = {
        name: {"mean": mean[row].tolist(), "std": spread[row].sqrt().tolist(), "share": np.round(share[row], 5).tolist()}
        for row, name in enumerate(("forward", "reverse"))
    }
    return {"edges": EDGES.tolist(), **directions}
