"""The numbers of the README's section "Conventions", computed again."""

import math
from pathlib import Path

import pytest

from diffviz import Experiment
from diffviz.domains.pictures.images import IMAGES
from diffviz.engine import Setup
from diffviz.schedules import MAX_BETA, make_schedule
from diffviz.spacings import visited_times
from diffviz.views.plane.measure import analyse

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
CONVENTIONS = " ".join(README.split("## Conventions")[1].split("## ")[0].split())


@pytest.mark.parametrize(
    ("variance", "told"), [("beta", "is 0.156 nats with the first"), ("fixed_large", "and 0.246 with the second")]
)
def test_the_gaps_of_both_large_variances(variance, told):
    gap = analyse(Setup(Experiment(dataset="eight_gaussians", schedule="cosine", steps=100, variance=variance))).gap
    assert f"{gap.value:.3f}" in told
    assert told in CONVENTIONS


def test_what_leading_times_leave_of_the_data():
    schedule = make_schedule("cosine", 1000)
    assert visited_times(schedule, 100, "leading")[[1, 2, -1]].tolist() == [1, 11, 991]
    start = int(visited_times(schedule, 10, "leading")[-1])
    assert f"start at t = {start}, where cosine has {100 * schedule.alpha_bar[start]:.1f} % of the data's variance" in CONVENTIONS
    assert visited_times(schedule, 10, "trailing")[-1] == 1000


def test_up_to_which_T_linear_betas_are_cut_off():
    cut = [steps for steps in range(2, 60) if make_schedule("linear", steps).beta[-1] > MAX_BETA - 1e-9]
    assert f"linear ones at T of {cut[-1]} and less" in CONVENTIONS
    assert cut == list(range(2, cut[-1] + 1))


def test_what_grey_levels_are_worth_beside_a_density():
    row = IMAGES["cifar10"]
    assert row.levels == 256
    assert f"log₂ {1 / row.bin_width:g} = {math.log2(1 / row.bin_width):.2f} bits per dimension" in CONVENTIONS
