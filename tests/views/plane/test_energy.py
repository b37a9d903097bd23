import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from diffviz import checkpoints
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.energies import EnergyRecipe, begin_energy
from diffviz.domains.plane.training import Recipe, begin
from diffviz.energies.network import EnergyMLP
from diffviz.views.plane import energy, live
from diffviz.views.plane.energy import CHAINS, HIGH, HIGHEST, MOVES, SIDE, energy_of, mapped
from diffviz.views.plane.live import LIVE
from diffviz.views.plane.live_energy import running_away


def test_a_report_is_told_as_the_page_reads_it():
    network = checkpoints.load("eight_gaussians_energy").network
    found, told = energy_of(network, make_dataset("eight_gaussians"), 7.0, chains=16, ais=True, side=33, reach=3.0)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert set(told) == {"log_snr", "log_z", "ais", "kl_data_model", "kl_model_data", "weights"}  # beside energy and chains
    assert told["kl_data_model"][1] is None  # no error of sampling
    assert told["ais"][0] == pytest.approx(told["log_z"], abs=5 * told["ais"][1])
    for name in ("exact", "found", "chains"):
        assert sum(told["weights"][name]) == pytest.approx(1.0, abs=1e-3)
    heights, line = mapped(found.energy)
    grid = heights.numpy()
    assert line == 1.0
    assert grid.shape == (33, 33)
    assert np.isfinite(grid).all()
    assert grid.max() - grid.min() <= HIGHEST + 1e-3


def test_the_map_of_an_energy_that_is_high_everywhere_has_as_many_lines_in_units_of_its_own():
    """Where the usual map, a line each kT below HIGH, would be blank; the same HIGH is the page's."""
    script = (Path(energy.__file__).parent / "energy.js").read_text()
    assert re.search(rf"export const HIGH = {HIGH:g};", script)
    rise = torch.arange(100.0, dtype=torch.float64).view(10, 10)
    assert mapped(1e6 * rise + HIGH)[1] == 1.0
    for scale, line in ((1.0, 10.0), (1e7, 1e8), (0.01, 1.0), (3e7, 500_000_000.0)):  # the median is 49 times the scale: 7 lines
        heights, found = mapped(scale * rise + HIGH + 3.0)
        assert found == line
        assert heights.min() == 0.0
        assert float(heights.max()) == pytest.approx(min(99 * scale / line, HIGHEST), rel=1e-6)
        assert found == 1.0 or 0.4 * HIGH <= float(heights.median()) <= HIGH


def test_an_energy_without_a_finite_integral_tells_nothing():
    network = EnergyMLP(hidden=4, layers=1, features=2)
    with torch.no_grad():
        network.body.outputs.weight.fill_(torch.nan)
    assert energy_of(network, make_dataset("two_moons"), 7.0) is None


def test_a_live_training_tells_its_density_at_the_level_that_is_wanted_and_log_z_both_ways():
    energy, other = (Recipe(dataset="two_moons", objective=objective, hidden=16, updates=10) for objective in ("energy", "v"))
    live = LIVE.see([energy, other])
    training, untold = begin(energy), begin(other)
    told = live.quick(0, training, 1.0)["energy"]
    assert told["log_snr"] == 1.0
    assert told["energy"]["shape"] == [SIDE, SIDE]
    assert told["chains"]["shape"] == [CHAINS, MOVES, 2]
    assert told["ais"] is None
    slow = live.slow(0, training)["energy"]
    assert slow | {"ais": None} == told
    assert slow["ais"][0] == pytest.approx(told["log_z"], abs=5 * slow["ais"][1] + 2e-3)  # the quadrature's own grid
    assert live.quick(1, untold, 1.0)["energy"] is None
    assert "energy" not in live.slow(1, untold)


def test_a_plateau_is_sought_over_so_many_reports_each_of_another_update(monkeypatch):
    monkeypatch.setattr(live, "MOST_KEPT", 10)
    recipe = Recipe("two_moons", hidden=4, layers=1, features=2)
    seen, training = live.PlaneLive([recipe]), begin(recipe)
    for update in (0, *range(40), 39):
        training.update = update
        seen.quick(0, training, 0.0)
    updates = [update for update, _ in seen._excess[0]]
    assert 5 <= len(updates) <= 10
    assert (updates[0], updates[-1]) == (0, 39)
    assert updates == sorted(set(updates))


def test_energies_that_run_away_are_told_and_a_penalty_holds_them():
    """Both trainings of the example, with fewer updates."""
    runs = next(runs for title, _, runs in LIVE.presets if "run away" in title)
    settings = [{name: value for name, value in run.items() if name != "objective"} for run in runs]
    recipes = [EnergyRecipe(**each | {"updates": 100, "moves": 3, "buffer": 256}) for each in settings]
    seen, sentences = live.PlaneLive(recipes), []
    for side, recipe in enumerate(recipes):
        training = begin_energy(recipe)
        assert seen.quick(side, training, 0.0)["warning"] is None
        training.advance(100)
        sentences.append(seen.quick(side, training, 0.0)["warning"])
    assert sentences[1] is None
    told = re.fullmatch(
        r"The energies run away: on average U is ([\d\u202f]+) nats lower at data than at the negative samples.*", sentences[0]
    )
    assert float(told[1].replace("\u202f", "")) > 1000


class Apart:
    """An energy of the data that is so much lower than that of negative samples far away."""

    def __init__(self, nats):
        self.nats = nats

    def energy(self, x, log_snr):
        return torch.where(x.norm(dim=1) > 50.0, self.nats, 0.0)


@pytest.mark.parametrize(
    ("nats", "said"),
    [
        (99.0, None),
        (123.0, "120"),
        (12_345.0, "12\u202f000"),
        (99_900.0, "100\u202f000"),
        (123_456.0, "1.2·10<sup>5</sup>"),
        (1.2e28, "1.2·10<sup>28</sup>"),
        (float("inf"), None),
    ],
)
def test_how_far_energies_are_apart_is_told_in_two_digits(nats, said):
    told = running_away(Apart(nats), make_dataset("eight_gaussians"), 3.0, torch.full((40, 2), 100.0))
    assert told is None if said is None else f"on average U is {said} nats lower at data" in told


def test_a_report_evaluates_as_many_energies_whatever_the_replay_buffer_has(monkeypatch):
    energy, asked = EnergyMLP.energy, []

    def counted(self, x, log_snr):
        asked.append(len(x))
        return energy(self, x, log_snr)

    monkeypatch.setattr(EnergyMLP, "energy", counted)
    counts = []
    for buffer in (live.SAMPLES, 200_000):
        recipe = EnergyRecipe("eight_gaussians", loss="pcd", hidden=4, layers=1, features=2, buffer=buffer)
        asked.clear()
        live.PlaneLive([recipe]).quick(0, begin_energy(recipe), 0.0)
        counts.append(sum(asked))
    assert counts[0] == counts[1] > 2 * live.SAMPLES
