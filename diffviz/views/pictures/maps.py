"""The network's feature maps of one picture of a run, for the player: asked for when they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from diffviz.diagnostics.measured import Measured
from diffviz.domains.pictures.feature_maps import feature_maps, levels
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.player.protocol import pack
from diffviz.views.pictures.measure import PictureDetails
from diffviz.views.pictures.packed import MAX_PICTURES, MAX_PIXELS

STRONG = 0.99  # the share of a map's values below which contrast goes on


def maps_of(
    experiment: Experiment, asked: Mapping[str, Any], measured: Callable[[Experiment], Measured[PictureDetails]]
) -> dict[str, Any] | None:
    """The maps at every displayed time of the reverse process but t = 0; None where there is nothing to be seen.

    asked: level, one of the denoiser's; picture, the number of one that is shown.
    data: bytes [frames, maps, H, W]; a map's 0 is 127.5, and its strong values in the whole run 0 or 255. count: of all maps, of
    which so many are sent as a message may hold. Raises KeyError for a level that the denoiser does not have.
    """
    level, picture = asked.get("level"), asked.get("picture")
    if type(level) is not str or type(picture) is not int or not 0 <= picture < min(experiment.particles, MAX_PICTURES):
        return None
    paths, setup = measured(experiment).kept, Setup(experiment)
    if not levels(setup.free_denoiser, setup.shape, setup.device) or len(paths.times) < 2:
        return None
    times = paths.times[1:]
    noise = setup.schedule.alpha[times], setup.schedule.sigma[times]
    maps = feature_maps(setup.free_denoiser, level, paths.reverse[1:, picture], *noise, setup.device)
    frames, count, high, wide = maps.shape
    sent = maps[:, : max(1, MAX_PIXELS // (frames * high * wide))]
    scale = np.quantile(np.abs(sent), STRONG, axis=(0, 2, 3), keepdims=True)
    grey = np.clip(np.rint(127.5 + 127.5 * sent / np.maximum(scale, 1e-12)), 0, 255).astype(np.uint8)
    return {"count": count, "shape": list(sent.shape), "data": pack(grey)}
