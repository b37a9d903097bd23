"""What words and graphs refuse alike."""

import numpy as np
import pytest

from diffviz import Experiment, checkpoints
from diffviz.domains import DOMAINS
from diffviz.domains.symbols import load_learned
from diffviz.engine import Setup
from diffviz.fields import ExperimentError
from diffviz.schedules import make_schedule
from diffviz.weights import TRAIN_ONE


def refused(**fields):
    with pytest.raises(ExperimentError) as caught:
        Setup(Experiment(**fields)).prepare()
    assert caught.value.field == "denoiser"
    return str(caught.value)


def test_data_without_a_network_are_told_which_have_one():
    words = refused(dataset="names_unweighted", denoiser="learned")
    assert words.startswith("denoiser must be exact for names_unweighted, on which no network was trained; those that were ")
    assert "names (names, absorbing), names_uniform (names, uniform). " in words
    assert words.endswith(f". {TRAIN_ONE}")
    graphs = refused(dataset="connected", denoiser="learned")
    known = "block_model (block_model, absorbing), trees (trees, absorbing), trees_uniform (trees, uniform)"
    assert f"; those that were trained: {known}. " in graphs


def test_a_network_of_another_process_is_told_with_those_that_there_are():
    said = refused(dataset="trees", process="uniform", denoiser="learned")
    assert said == (
        "denoiser trees was trained to take back the process absorbing, not uniform; those that were trained: "
        "block_model (block_model, absorbing), trees (trees, absorbing), trees_uniform (trees, uniform)."
    )


@pytest.mark.parametrize(("domain", "parts"), [("words", "letters"), ("graphs", "pairs")])
def test_what_is_said_of_schedules_is_so(domain, parts):
    rows = DOMAINS[domain].offers["schedule"]
    share = {name: make_schedule(name, 300).signal_share for name in ("linear", "sohl_dickstein", "rectified_flow", "cosine")}
    assert f"at most about 1 % of the {parts} are known" in rows["linear"].why
    assert share["linear"][200] == pytest.approx(0.01, abs=0.002)
    assert f"As many {parts} are redrawn in every step" in rows["sohl_dickstein"].why
    assert np.diff(share["sohl_dickstein"]) == pytest.approx(-1 / 300)
    assert f"at T/2 half of the {parts}" in rows["rectified_flow"].why
    assert share["rectified_flow"][150] == pytest.approx(0.5)
    assert make_schedule("rectified_flow", 300).snr[100] == pytest.approx((300 / 100 - 1) ** 2)
    sigma = make_schedule("karras", 300).snr[[1, 300]] ** -0.5
    assert sigma == pytest.approx([0.002, 80])
    for word in ("variance", "x₀", "ε"):
        assert not any(word in row.why for row in rows.values())


def test_a_damaged_network_is_not_told_and_where_there_is_none_nothing_is(tmp_path, monkeypatch):
    row, e = DOMAINS["graphs"].training["network"], Experiment(dataset="trees", denoiser="learned")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    tmp_path /= row.folder
    for _ in range(2):
        with pytest.raises(ExperimentError, match=f"must be exact for trees, on which no network was trained. {TRAIN_ONE}"):
            load_learned(e, row)
        (tmp_path / "other").mkdir(parents=True, exist_ok=True)
        (tmp_path / "other" / "config.json").write_text("{}")
