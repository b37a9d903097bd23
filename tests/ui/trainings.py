"""What the Train tab asks, for tests to say in a line."""

import base64
import json

import numpy as np

from diffviz.ui import training as served

SMALL = {"hidden": 8, "layers": 2, "features": 4, "batch": 16, "updates": 12}


def ask(function=served.train_asked, **what):
    return json.loads(function(json.dumps(what)) or "null")


def more(job=None, *recipes, updates=100, reports=0, view=(("log_snr", 1.0),), **what):
    return ask(job=job, recipes=list(recipes), updates=updates, reports=reports, view=dict(view), **what)


def finished(*recipes):
    answer = more(None, *recipes)
    reports = answer["reports"]
    while not answer["done"]:
        answer = more(answer["job"], reports=len(reports))
        reports += answer["reports"]
    return answer, reports


def unpacked(packed):
    kind = np.dtype(packed["type"]).newbyteorder("<")
    return packed["scale"] * np.frombuffer(base64.b64decode(packed["data"]), kind).reshape(packed["shape"])


CHAINS = {"moves": 2, "step": 0.01}
LOSSES = {
    "dsm_one": ("energy", 3.0, {}),
    "cd": ("contrast", 3.0, CHAINS),
    "pcd": ("contrast", 3.0, {**CHAINS, "buffer": 60, "fresh": 0.1}),
    "recovery": ("energy", None, {"moves": 2}),
    "mle": ("energy", 3.0, {}),
}


def energy(loss, **changed):
    level = {} if LOSSES[loss][1] is None else {"log_snr": LOSSES[loss][1]}
    return {**SMALL, "dataset": "eight_gaussians", "objective": "energy", "loss": loss, **level, **LOSSES[loss][2], **changed}


def diverge(training, at):
    """Its loss is not a number from this update on."""
    loss = training.task.loss

    def diverging(network, drawn, update):
        return tuple(each * (1.0 if update < at else float("nan")) for each in loss(network, drawn, update))

    training.task.loss = diverging
