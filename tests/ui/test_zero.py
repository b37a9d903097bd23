"""Images are sampled where ZeroGPU lends a GPU. A module stands for the package `spaces`: no Space is at hand where tests run."""

import pickle
import sys
import threading
from importlib.machinery import ModuleSpec
from types import ModuleType

import gradio as gr
import numpy as np
import pytest
import torch

from diffviz import Experiment, ExperimentError, engine
from diffviz.devices import available_devices
from diffviz.engine import Setup
from diffviz.records import Record
from diffviz.ui import zero
from diffviz.ui.api import run_report
from diffviz.ui.broadcast import complete
from diffviz.ui.limits import MAX_SECONDS, estimated_seconds

IMAGES = Experiment(dataset="digits", denoiser="learned", particles=3, steps=5, seed=91)


class Lender(ModuleType):
    """What `spaces.GPU` does with a generator, but for the process and the GPU: what goes in and comes out is pickled, and it
    runs in a thread of its own. lent: what it was called with, and for how many seconds; refuses: there is no GPU for anybody."""

    def __init__(self):
        super().__init__("spaces")
        self.__spec__ = ModuleSpec("spaces", None)
        self.lent, self.refuses, self.closed = [], False, 0

    def GPU(self, duration):
        return lambda task: lambda *given: self._run(task, duration, given)

    def _run(self, task, duration, given):
        if self.refuses:
            raise gr.Error("You have exceeded your GPU quota")
        self.lent.append((*given, duration(*given)))
        frames = []
        there = threading.Thread(target=lambda: frames.extend(map(pickle.dumps, task(*pickle.loads(pickle.dumps(given))))))
        there.start()
        there.join()
        try:
            yield from map(pickle.loads, frames)
        except GeneratorExit:
            self.closed += 1
            raise


@pytest.fixture
def spaces(monkeypatch):
    lender = Lender()
    monkeypatch.setitem(sys.modules, "spaces", lender)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(zero, "_lent", zero.lend())
    return lender


def same(frames, others):
    for frame, other in zip(frames, others, strict=True):
        assert (frame.direction, frame.index, frame.t, frame.info) == (other.direction, other.index, other.t, other.info)
        assert torch.equal(frame.x, other.x)
        assert (frame.x0_hat is None) == (other.x0_hat is None)
        assert frame.x0_hat is None or torch.equal(frame.x0_hat, other.x0_hat)


def test_images_are_sampled_where_a_gpu_is_lent(spaces):
    same(list(zero.stream(IMAGES, Setup(IMAGES))), list(engine.stream(IMAGES)))
    assert spaces.lent == [(IMAGES, zero.wanted_seconds(IMAGES))]
    assert estimated_seconds(IMAGES) < zero.wanted_seconds(IMAGES) <= MAX_SECONDS + zero.FORK_SECONDS


def test_every_way_that_the_page_samples_images_passes_there(spaces):
    complete(IMAGES)
    run_report(IMAGES.to_dict())
    record = Record.of(IMAGES, zero.stream)
    assert [lent[0] for lent in spaces.lent] == 3 * [IMAGES]
    np.testing.assert_array_equal(record.trajectory.reverse, engine.run(IMAGES).reverse)


@pytest.mark.parametrize("fields", [{"dataset": "two_moons"}, {"dataset": "heartbeat"}, {**IMAGES.to_dict(), "device": "cpu"}])
def test_points_and_bits_are_not_and_images_for_which_the_cpu_is_asked(spaces, fields):
    experiment = Experiment(**{**fields, "particles": 3, "steps": 5})
    same(list(zero.stream(experiment, Setup(experiment))), list(engine.stream(experiment)))
    assert spaces.lent == []


def test_where_no_gpu_is_to_be_had_the_cpu_does_it(spaces):
    spaces.refuses = True
    same(list(zero.stream(IMAGES, Setup(IMAGES))), list(engine.stream(IMAGES)))


def test_who_leaves_gives_the_gpu_back(spaces):
    frames = zero.stream(IMAGES, Setup(IMAGES))
    next(frames)
    frames.close()
    assert spaces.closed == 1


def test_what_cannot_be_run_is_told_before_a_gpu_is_lent(spaces, tmp_path):
    bad = Experiment(dataset="digits", denoiser="folder:nothing", particles=3, steps=5)
    with pytest.raises(ExperimentError):
        next(zero.stream(bad, Setup(bad)))
    assert spaces.lent == []


def test_the_gpu_is_there_only_where_it_is_lent(spaces, monkeypatch):
    """ZeroGPU lets CUDA seem to be there in the server, too."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    found = []
    monkeypatch.setattr(engine, "stream", lambda experiment: iter(found.append(available_devices()) or []))
    assert "cuda" not in available_devices()
    list(spaces.GPU(duration=zero.wanted_seconds)(zero._sample)(IMAGES))
    assert "cuda" in found[0]
    assert "cuda" not in available_devices()
    monkeypatch.delenv("SPACES_ZERO_GPU")
    assert "cuda" in available_devices()


@pytest.mark.parametrize("variable", [None, "0", "false"])
def test_elsewhere_nothing_is_decorated(spaces, monkeypatch, variable):
    monkeypatch.delenv("SPACES_ZERO_GPU") if variable is None else monkeypatch.setenv("SPACES_ZERO_GPU", variable)
    assert zero.lend() is None


def test_without_the_package_nothing_is(monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert zero.lend() is None
