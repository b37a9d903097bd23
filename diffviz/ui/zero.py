"""ZeroGPU of Hugging Face's Spaces: a server without a GPU, and functions, decorated by `spaces.GPU`, that run where one is lent.

Such a function runs in a process forked from this one; its arguments and what it yields are pickled. Only the sampling of images
is lent a GPU: points and bits take less time than the fork. What is measured of a run is measured here, on the CPU. Elsewhere,
and without the package `spaces`, everything is as if this were not here.

https://huggingface.co/docs/hub/spaces-zerogpu
"""

from __future__ import annotations

import importlib
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import gradio as gr
import torch

from diffviz import engine
from diffviz.devices import on_zero_gpu, take_lent_gpu
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.trajectory import Frame
from diffviz.ui.limits import MAX_SECONDS, estimated_seconds
from diffviz.views import view_of

FORK_SECONDS = 10.0  # until the process is there and has the network: a guess, not measured on a Space


def wanted_seconds(experiment: Experiment) -> int:
    """For how long the GPU is asked for: what a core of the CPU would take is more than a GPU needs."""
    return math.ceil(FORK_SECONDS + min(estimated_seconds(experiment), MAX_SECONDS))


def _sample(experiment: Experiment) -> Iterator[Frame]:
    """Frames with NumPy arrays for tensors, which are pickled without shared memory."""
    take_lent_gpu()
    for frame in engine.stream(experiment):
        yield _with(frame, lambda x: x.cpu().numpy())


def _with(frame: Frame, change: Callable[[Any], Any]) -> Frame:
    return replace(frame, x=change(frame.x), x0_hat=None if frame.x0_hat is None else change(frame.x0_hat))


def lend() -> Callable[[Experiment], Iterator[Frame]] | None:
    """_sample, decorated; None where no GPU is lent. `spaces` must be imported before anything is put on a GPU."""
    if not on_zero_gpu() or find_spec("spaces") is None:
        return None
    return importlib.import_module("spaces").GPU(duration=wanted_seconds)(_sample)


_lent = lend()


def stream(experiment: Experiment, setup: Setup) -> Iterator[Frame]:
    """engine.stream, of images on a GPU if one is lent; on the CPU where none is to be had, or the CPU is asked for."""
    if _lent is not None and view_of(experiment).heavy and experiment.device != "cpu":
        setup.prepare()  # what cannot be run is told here: of an error there only its name comes back
        frames = _lent(experiment)
        try:
            first = next(frames)
        except gr.Error as error:  # such as a visitor's quota
            logging.getLogger("diffviz").warning("no GPU is lent: %s", error.message)
        else:
            yield _with(first, torch.from_numpy)
            for frame in frames:
                yield _with(frame, torch.from_numpy)
            return
    yield from engine.stream(experiment, setup)
