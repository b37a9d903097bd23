"""What is sent of pictures, against what is declared."""

import numpy as np
import pytest

from diffviz import Experiment
from diffviz.domains.pictures.feature_maps import levels
from diffviz.engine import Setup, stream
from diffviz.views.pictures import sent
from diffviz.views.pictures.packed import MAX_PICTURES

FEW = {"dataset": "digits", "steps": 3}


@pytest.mark.parametrize(("denoiser", "particles"), [("exact", 5), ("exact", MAX_PICTURES + 2)])
def test_every_frame_is_of_the_declared_arrays(denoiser, particles):
    setup = Setup(Experiment(**FEW, denoiser=denoiser, particles=particles))
    declared = sent.arrays(setup)
    seen = set()
    for frame in stream(setup.experiment, setup):
        arrays = dict(sent.frame_arrays(setup, frame))
        seen |= set(arrays)
        for name, values in arrays.items():
            assert (values.shape, values.dtype) == (declared[name].shape, np.uint8)
        assert ("eps_hat" in arrays) == (frame.direction == "reverse" and frame.t > 0)
    assert seen == set(declared) == {"forward", "reverse", "x0_hat", "eps_hat"}


def test_the_view_is_told_the_levels_of_a_network_and_what_is_given():
    exact = sent.data(Setup(Experiment(**FEW, particles=2)))
    assert exact == {"inside": []}
    setup = Setup(Experiment(**FEW, denoiser="learned", measurement="inpaint", particles=2))
    data = sent.data(setup)
    assert data["inside"] == levels(setup.free_denoiser, setup.shape)
    assert len(data["inside"]) > 2
    assert [given["name"] for given in data["given"]] == ["truth", "measured", "exact_mean", "exact_std"]
