"""The network's feature maps of one picture of a run, for the player: asked for when somebody looks."""

from __future__ import annotations

import json

import numpy as np

from diffviz.denoisers.inside import feature_maps
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.player.protocol import MAX_PICTURES, MAX_PIXELS, pack
from diffviz.ui.broadcast import outcome_of
from diffviz.ui.limits import REPAIRS, check_budget

STRONG = 0.99  # the share of a map's values below which contrast goes on


def look_inside(what: str) -> str:
    """JSON of the maps at every displayed time of the way back but t = 0; empty where there is nothing to be seen.

    what: JSON of query, the run's; level, one of its denoiser's; picture, a number.
    data: bytes [frames, maps, H, W]; a map's 0 is 127.5, and its strong values in the whole run 0 or 255. count: of all maps, of
    which so many are sent as a message may hold.
    """
    try:
        asked = json.loads(what)
        query, level, picture = asked["query"], asked["level"], asked["picture"]
        experiment = Experiment.from_query(query)
        check_budget(experiment)
        shown = range(min(experiment.particles, MAX_PICTURES))
        if not experiment.shows_pictures or type(picture) is not int or picture not in shown:
            return ""
        with REPAIRS:
            outcome = outcome_of(experiment)
            if outcome.path is None:
                return ""
            setup, times = Setup(experiment), outcome.shown[1:]
            path, levels = outcome.path[1:, picture], (setup.schedule.alpha[times], setup.schedule.sigma[times])
            maps = feature_maps(setup.free_denoiser, level, path, *levels, setup.device)
    except (KeyError, TypeError, ValueError, RecursionError):
        return ""
    frames, count, high, wide = maps.shape
    sent = maps[:, : max(1, MAX_PIXELS // (frames * high * wide))]
    scale = np.quantile(np.abs(sent), STRONG, axis=(0, 2, 3), keepdims=True)
    grey = np.clip(np.rint(127.5 + 127.5 * sent / np.maximum(scale, 1e-12)), 0, 255).astype(np.uint8)
    return json.dumps({"count": count, "shape": list(sent.shape), "data": pack(grey)})
