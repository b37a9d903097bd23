import pytest
import torch

from diffviz import Experiment, ExperimentError, stream
from diffviz.devices import available_devices, choose_device


def test_devices_are_those_of_this_machine():
    here = available_devices()
    assert here[0] == "auto"
    assert here[-1] == "cpu"
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto") == torch.device(here[1])


def test_a_device_that_is_not_here_is_refused_before_the_first_frame(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ExperimentError, match=r"^device cuda is not on this machine") as refused:
        next(stream(Experiment(device="cuda", steps=2, particles=1)))
    assert refused.value.field == "device"
