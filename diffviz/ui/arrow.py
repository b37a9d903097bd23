"""Time's arrow on the page: paths that are played without a word of where they come from, and the truth once it is guessed.

Nothing is remembered: a path follows from the run, from a number that the page draws for the game, and from that of the round.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from diffviz.deadline import OutOfTime
from diffviz.engine import Setup
from diffviz.estimates import pair
from diffviz.experiment import Experiment, ExperimentError
from diffviz.player.protocol import Block, block_json
from diffviz.thermodynamics.arrow import Played, accuracy, play
from diffviz.trajectory import Frame
from diffviz.ui.limits import check_budget
from diffviz.ui.speech import notice
from diffviz.ui.turns import LONG, QUICK, Busy, called
from diffviz.views import view_of
from diffviz.views.teller import Teller

MOST_TOGETHER = 25  # particles
ROUNDS = 10
PATH_STEPS = 60_000  # of all paths from which the accuracy is estimated
FEWEST, MOST = 100, 1000  # such paths


def _whole(asked: dict[str, Any], name: str, low: int, high: int) -> int:
    value = asked.get(name)
    if type(value) is not int or not low <= value <= high:
        raise ExperimentError(name, f"must be a whole number from {low} to {high}, not {str(value)[:20]}.")
    return value


def _played(asked: dict[str, Any], experiment: Experiment) -> Played:
    numbers = experiment.seed, _whole(asked, "game", 0, 2**31), _whole(asked, "round", 0, ROUNDS - 1)
    (seed,) = np.random.SeedSequence(numbers).generate_state(1, np.uint64).tolist()
    check_budget(experiment)
    return play(Setup(experiment), seed)


def _path(asked: dict[str, Any], experiment: Experiment) -> dict[str, Any]:
    """The path as the player's views draw one, at the times that they display: as an array "forward", whatever it is."""
    setup, path = Setup(experiment), _played(asked, experiment).path
    teller = Teller(view_of(experiment), setup)
    init = replace(teller.init(), charts={}, captions=[], title="", snippet="", command="", warning="", experiment={})
    frames = []
    for t in teller.times.tolist():
        x = path[np.searchsorted(setup.times, t)].astype(np.float32)
        frames.append(dict(teller.arrays(Frame("forward", t, t, torch.from_numpy(x))))["forward"])
    return {"init": init, "block": block_json(Block("forward", 0, np.stack(frames)))}


def _truth(asked: dict[str, Any], experiment: Experiment) -> dict[str, Any]:
    played = _played(asked, experiment)
    return {"forward": played.forward, "work": played.work_kT if np.isfinite(played.work_kT) else None}


def _accuracy(asked: dict[str, Any], experiment: Experiment) -> dict[str, Any]:
    paths = min(MOST, max(FEWEST, PATH_STEPS // experiment.steps_taken))
    several = replace(experiment, particles=paths)
    check_budget(several)
    return {"accuracy": pair(accuracy(Setup(several), paths, experiment.particles))}


PARTS = {"path": _path, "truth": _truth, "accuracy": _accuracy}


def time_arrow(what: str) -> str:
    """JSON of a part of a game. path: init and block, for the player's views; truth: forward, whether it was recorded in the
    forward process, and work in kT, null for -inf; accuracy: the share of right guesses by the likelihood ratio, with its error.
    Or later, true where it cannot be computed now; or error, a sentence of what is wrong; empty for what is no question.

    what: JSON of run, its fields, of particles that are seen together, game, round and part
    """
    try:
        asked = json.loads(what)
        together = _whole(asked, "particles", 1, MOST_TOGETHER)
        experiment = Experiment.from_dict({**asked["run"], "sampler_steps": None, "particles": together})
        part = asked["part"]
        with called(QUICK if part == "path" else LONG):
            return json.dumps(PARTS[part](asked, experiment), allow_nan=False, default=vars)
    except (Busy, OutOfTime):
        return json.dumps({"later": True})
    except ExperimentError as error:
        return json.dumps({"error": notice(error)["message"]})
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return ""
