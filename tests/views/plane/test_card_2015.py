"""The card of the 2015 paper's networks of points."""

import pytest

from diffviz import Experiment, checkpoints
from diffviz.engine import Setup
from diffviz.views.plane import card_2015


def test_the_link_of_the_card_opens_a_run_at_the_network_s_own_levels():
    text = (checkpoints.CHECKPOINTS / "swiss_roll_2015" / "README.md").read_text(encoding="utf-8")
    (query,) = (line.strip() for line in text.splitlines() if line.startswith("    ?"))
    experiment = Experiment.from_query(query, strict=True)
    Setup(experiment).prepare()
    assert experiment.variance == "learned"


def test_more_samples_tell_k_more_exactly():
    loaded = checkpoints.load("swiss_roll_2015")
    few, many = (card_2015.measure(loaded.network, loaded.recipe, samples=n) for n in (500, 8000))
    assert many["stderr_bits"] == pytest.approx(few["stderr_bits"] / 4, rel=0.5)
    assert many["k_bits"] == pytest.approx(loaded.measured["k_bits"], abs=5 * many["stderr_bits"])
