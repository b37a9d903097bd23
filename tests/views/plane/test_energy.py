import json

import numpy as np
import pytest
import torch

from diffviz import checkpoints
from diffviz.domains.plane.datasets import make_dataset
from diffviz.energies.network import EnergyMLP
from diffviz.views.plane.energy import HIGHEST, drawn, energy_of


def test_a_report_is_told_as_the_page_reads_it():
    network = checkpoints.load("eight_gaussians_energy").network
    found, told = energy_of(network, make_dataset("eight_gaussians"), 7.0, chains=16, ais=True, side=33, reach=3.0)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert set(told) == {"log_snr", "log_z", "ais", "kl_data_model", "kl_model_data", "weights"}  # beside energy and chains
    assert told["kl_data_model"][1] is None  # no error of sampling
    assert told["ais"][0] == pytest.approx(told["log_z"], abs=5 * told["ais"][1])
    for name in ("exact", "found", "chains"):
        assert sum(told["weights"][name]) == pytest.approx(1.0, abs=1e-3)
    grid = drawn(found).numpy()
    assert grid.shape == (33, 33)
    assert np.isfinite(grid).all()
    assert grid.max() - grid.min() <= HIGHEST + 1e-3


def test_an_energy_without_a_finite_integral_tells_nothing():
    network = EnergyMLP(hidden=4, layers=1, features=2)
    with torch.no_grad():
        network.body.outputs.weight.fill_(torch.nan)
    assert energy_of(network, make_dataset("two_moons"), 7.0) is None
