"""The recorded results of the 2015 paper's experiments, against the networks that are shipped."""

import math
import re

import numpy as np
import pytest

from diffviz import checkpoints
from diffviz.domains.heartbeat.domain import HEARTBEAT
from diffviz.domains.plane.datasets import make_dataset
from diffviz.domains.plane.learned_schedule import drawn_points
from diffviz.domains.plane.optimal_schedule import optimal_gap_nats
from diffviz.domains.plane.thin_roll import exact_k_bits, k_bits, truth_bits
from diffviz.domains.plane.thin_roll import thin_roll as thin_mixture
from diffviz.engine import Setup
from diffviz.gaussian.quadrature import entropy_nats, marginal
from diffviz.reproduce import EXPERIMENTS, heartbeat, note, schedule, swiss_roll, thin_roll
from diffviz.reproduce.results import Result, recorded
from diffviz.schedules import NoiseSchedule, from_log_snr
from diffviz.views.heartbeat import card_2015 as bits_card
from diffviz.views.plane import card_2015 as roll_card

ROLL = make_dataset("swiss_roll")
BITS = 1 / math.log(2)


@pytest.fixture(scope="module")
def shipped():
    return checkpoints.load("swiss_roll_2015"), checkpoints.load("heartbeat_2015", HEARTBEAT.training["network"].root)


def test_there_is_a_result_of_every_experiment_and_json_gives_it_back():
    found = recorded()
    assert list(found) == list(EXPERIMENTS)
    for name, result in found.items():
        assert Result.from_dict(result.to_dict()) == result
        assert result.experiment == name
        assert (result.ours_bits[1] > 0) == (name != "schedule")  # there nothing is drawn
        assert isinstance(result.seconds, int)
        assert 0 < result.seconds < 600
        assert result.ours_bits[0] < result.exact_bits < result.truth_bits
        missing = [field for field in ("paper_bits", "exact_bits", "truth_bits") if getattr(result, field) is None]
        assert missing == list(result.reasons)


def test_the_swiss_roll_is_what_its_network_reaches(shipped):
    loaded, told = shipped[0], recorded()["swiss_roll"]
    assert swiss_roll.result_of(loaded.measured, loaded.recipe.first, told.seconds, told.seed) == told
    assert loaded.recipe.seed == told.seed
    measured = roll_card.measure(loaded.network, loaded.recipe, samples=4000)
    stderr = math.hypot(measured["stderr_bits"], told.ours_bits[1])
    assert abs(measured["k_bits"] - told.ours_bits[0]) < 4 * stderr
    assert measured["exact_k_bits"] == pytest.approx(told.exact_bits, abs=2e-5)
    assert measured["truth_bits"] == pytest.approx(-entropy_nats(ROLL) * BITS, abs=1e-5)
    assert told.ours_bits[0] > -2.1
    assert told.paper_bits > told.truth_bits  # so that no model of this roll reaches it


def test_what_is_said_of_the_roll_s_noise_level_and_width_holds():
    told = recorded()["swiss_roll"]
    beta_1, text = told.more["beta_1"], note(told)
    setup = Setup(swiss_roll.run_of(told.more["points"], 40, particles=2))
    assert setup.schedule.beta[0] == pytest.approx(beta_1, rel=1e-4)
    assert math.sqrt(beta_1) / ROLL.std == pytest.approx(1 / 3, abs=0.05)
    x_1 = -marginal(ROLL, setup.schedule.alpha.item(1), setup.schedule.sigma.item(1)).entropy_nats * BITS
    assert told.truth_bits - x_1 == pytest.approx(0.06, abs=0.005)
    assert "0.06 bits below the truth" in text
    assert swiss_roll.width_of(told.truth_bits) == pytest.approx(ROLL.std, rel=0.06)  # its own width from its own bits
    assert swiss_roll.width_of(told.paper_bits) == pytest.approx(0.0039, abs=1e-4)
    assert "{" not in text


def test_sixteen_units_reach_the_paper_s_bits_on_a_thinner_roll():
    """On other points than those of the record."""
    told, network, recipe = recorded()["thin_roll"], thin_roll.shipped(), thin_roll.RECIPE
    mixture = thin_mixture(recipe.width)
    k = k_bits(network, mixture, 8192, seed=5)
    assert abs(k.value - told.ours_bits[0]) < 4 * math.hypot(k.stderr, told.ours_bits[1])
    assert told.ours_bits[0] - 4 * told.ours_bits[1] > told.paper_bits == 2.35
    exact, truth = exact_k_bits(network.levels, mixture, 128, seed=5), truth_bits(mixture, 2048, seed=5)
    assert abs(exact.value - told.exact_bits) < 4 * math.hypot(exact.stderr, told.more["exact_stderr_bits"])
    assert abs(truth.value - told.truth_bits) < 4 * math.hypot(truth.stderr, told.more["truth_stderr_bits"])
    assert told.truth_bits == pytest.approx(
        told.paper_bits + math.log2(swiss_roll.width_of(told.paper_bits) / recipe.width), abs=0.1
    )
    assert (network.centres.shape[0], network.readouts.shape[:2]) == (16, (40, 16))
    assert told.more["width"] == recipe.width
    assert told.more["beta_1"] == pytest.approx(recipe.width**2, rel=1e-3)  # the noise of x_1 has the roll's width
    assert told.more["over_null_bits"] == pytest.approx(told.ours_bits[0] + math.log2(2 * math.pi * math.e), abs=1e-4)
    assert told.more["largest_readout"] == round(float(network.readouts.abs().max()))
    assert told.seed == recipe.seed
    assert pytest.approx(120, abs=6) == ROLL.std / recipe.width
    assert "{" not in note(told)


def test_the_heartbeat_is_what_its_network_reaches(shipped):
    loaded, told = shipped[1], recorded()["heartbeat"]
    assert heartbeat.result_of(loaded.measured, told.seconds, told.seed) == told
    assert loaded.recipe.seed == told.seed
    measured = bits_card.measure(loaded.network, loaded.recipe)
    assert measured["paper_convention_bits"] == pytest.approx(told.ours_bits[0], abs=1e-4)  # weights are in half precision
    assert measured["paper_convention_stderr_bits"] == pytest.approx(told.ours_bits[1], rel=0.05)
    assert measured["paper_convention_exact_bits"] == pytest.approx(told.exact_bits, abs=2e-5)
    assert told.ours_bits[0] >= -2.40 > told.paper_bits
    assert told.truth_bits == pytest.approx(-math.log2(5), abs=1e-5)
    assert measured["k_bits"] == pytest.approx(told.more["denoiser_draws_bits"], abs=1e-4)
    assert measured["stderr_bits"] == pytest.approx(told.more["denoiser_draws_stderr_bits"], rel=0.05)
    assert measured["exact_k_bits"] == pytest.approx(told.more["denoiser_draws_exact_bits"], abs=2e-5)
    assert "the network has −2.35 bits and the exact denoiser −2.32." in note(told)


def test_in_the_paper_s_convention_the_last_step_costs_what_the_forward_kernel_leaves_unknown(shipped):
    """The bits of x_0 given x_1: -log2 of the kernel, of a bit that is redrawn with probability beta_1 as a 1 with 0.2."""
    measured, beta = shipped[1].measured, float(Setup(heartbeat.run_of(2000, particles=2)).schedule.beta[0])
    flips = np.array([16 * 0.2 * beta, 4 * 0.8 * beta]), np.array([0.2 * beta, 0.8 * beta])
    stays = 16 * np.log2(1 - flips[1][0]) * (1 - flips[1][0]) + 4 * np.log2(1 - flips[1][1]) * (1 - flips[1][1])
    in_data = stays + (flips[0] * np.log2(flips[1])).sum()
    lost = measured["paper_convention_exact_bits"] - measured["exact_k_bits"]
    assert in_data < lost < 0  # what the denoiser needs for that step is a part of it
    assert lost == pytest.approx(in_data, rel=0.05)


def test_the_learned_schedule_is_as_near_to_the_optimum_as_is_told():
    told = recorded()["schedule"]
    off = told.more["from_optimum_nats"]
    assert told.ours_bits[0] == pytest.approx(-(entropy_nats(ROLL) + told.more["gap_nats"]["learned"]) * BITS, abs=2e-5)
    assert told.exact_bits == pytest.approx(-(entropy_nats(ROLL) + optimal_gap_nats(ROLL, schedule.STEPS)) * BITS, abs=3e-5)
    learned = NoiseSchedule("learned", *from_log_snr(np.array(told.more["levels"])))
    assert schedule.gap_nats(learned) == pytest.approx(told.more["gap_nats"]["learned"], abs=1e-5)
    assert drawn_points(np.array(told.more["levels"])) == told.more["points"]
    drawn = Setup(schedule.run_of(schedule="drawn", points=told.more["points"])).schedule
    assert schedule.gap_nats(drawn) == pytest.approx(told.more["gap_nats"]["drawn"], abs=1e-5)
    assert 0.0 <= off["learned"] < 0.003
    assert off["learned"] < off["least_dissipation"] < off["cosine"] < off["linear"] < off["sohl_dickstein"]
    for name, made in schedule.levels_beside().items():
        assert schedule.gap_nats(made) == pytest.approx(told.more["gap_nats"][name], abs=1e-5)


def test_the_runs_that_a_result_opens_are_of_its_network():
    found = recorded()
    for name, row in EXPERIMENTS.items():
        for experiment in filter(None, row.opened(found[name])):
            Setup(experiment).prepare()  # at the levels of the network's own chain
            assert experiment.denoiser == ("exact" if name == "schedule" else f"{name}_2015")


def test_learned_levels_are_measured_by_quadrature():
    levels = np.linspace(7.0, -1.0, schedule.STEPS)
    result = schedule.result_of(levels, 1.0, 0)
    made = schedule.NoiseSchedule("made", *from_log_snr(levels))
    assert result.more["gap_nats"]["learned"] == pytest.approx(schedule.gap_nats(made), abs=1e-5)
    assert result.reasons.keys() == {"paper_bits"}
    assert re.fullmatch(r"[-\d. ]+", result.more["points"])
