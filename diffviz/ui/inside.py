"""The network's feature maps of one picture of a run, for the player: asked for when they are shown."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from diffviz.domains.pictures.feature_maps import feature_maps
from diffviz.engine import Setup
from diffviz.experiment import Experiment, ExperimentError
from diffviz.player.protocol import MAX_PICTURES, MAX_PIXELS, pack
from diffviz.ui.broadcast import measured_of
from diffviz.ui.limits import check_budget, repairing

STRONG = 0.99  # the share of a map's values below which contrast goes on


def _parsed(what: Any) -> tuple[Experiment, str, int] | None:
    """A run of pictures, a level's name and the number of a picture that is shown; None for anything else."""
    try:
        asked = json.loads(what)
        experiment, level, picture = Experiment.from_query(asked["query"]), asked["level"], asked["picture"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    good = type(level) is str and type(picture) is int and experiment.shows_pictures
    return (experiment, level, picture) if good and 0 <= picture < min(experiment.particles, MAX_PICTURES) else None


def look_inside(what: str) -> str:
    """JSON of the maps at every displayed time of the reverse process but t = 0; empty where there is nothing to be seen.

    what: JSON of query, the run's; level, one of its denoiser's; picture, a number.
    data: bytes [frames, maps, H, W]; a map's 0 is 127.5, and its strong values in the whole run 0 or 255. count: of all maps, of
    which so many are sent as a message may hold.
    """
    asked = _parsed(what)
    if asked is None:
        return ""
    experiment, level, picture = asked
    try:
        check_budget(experiment)
        with repairing():
            details = measured_of(experiment).details
            if details.path is None or len(details.shown) < 2:
                return ""
            setup, times = Setup(experiment), details.shown[1:]
            noise = setup.schedule.alpha[times], setup.schedule.sigma[times]
            maps = feature_maps(setup.free_denoiser, level, details.path[1:, picture], *noise, setup.device)
    except (ExperimentError, KeyError):
        return ""
    frames, count, high, wide = maps.shape
    sent = maps[:, : max(1, MAX_PIXELS // (frames * high * wide))]
    scale = np.quantile(np.abs(sent), STRONG, axis=(0, 2, 3), keepdims=True)
    grey = np.clip(np.rint(127.5 + 127.5 * sent / np.maximum(scale, 1e-12)), 0, 255).astype(np.uint8)
    return json.dumps({"count": count, "shape": list(sent.shape), "data": pack(grey)})
