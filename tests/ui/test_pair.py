import json
from dataclasses import replace

import pytest

from diffviz import Experiment, ExperimentError
from diffviz.datasets import DATASETS
from diffviz.schedules import SCHEDULES
from diffviz.ui.compare import FIELDS, differences, move, parse_link, refresh, run_values
from diffviz.ui.controls import NAMES, to_updates
from diffviz.ui.pair import broadcast_pair
from diffviz.ui.pair_presets import PAIR_PRESETS

SMALL = Experiment(steps=6, particles=40)


def messages(a, b):
    """Every message, those that come together one by one."""
    found = []
    for text in broadcast_pair(a, b):
        message = json.loads(text)
        found += message if isinstance(message, list) else [message]
    return found


def test_pictures_come_first_then_charts_then_figures():
    got = messages(replace(SMALL, seed=3), replace(SMALL, seed=3, schedule="linear"))
    kinds = ["figures" if m.get("comparison", {}).get("table") else "charts" if "comparison" in m else "run" for m in got]
    assert kinds == sorted(kinds, key=["run", "charts", "figures"].index)
    assert kinds[-2:] == ["charts", "figures"]
    assert {m["side"] for m in got if "side" in m} == {0, 1}
    assert [sum("final" in m and m["side"] == side for m in got) for side in (0, 1)] == [1, 1]
    assert got[-1]["queries"] == ["steps=6&particles=40&seed=3", "schedule=linear&steps=6&particles=40&seed=3"]


def test_nothing_changed_is_nothing_different():
    got = messages(replace(SMALL, seed=4), replace(SMALL, seed=4))
    arrays = [{}, {}]
    for m in got:
        for block in m.get("blocks", []):
            size = len(block["data"]) // block["count"]
            for k in range(block["count"]):
                arrays[m["side"]][block["name"], block["first"] + k] = block["data"][k * size : (k + 1) * size]
    assert arrays[0] == arrays[1]
    assert got[-1]["comparison"]["sentence"].startswith("Nothing differs")


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_against_every_kind_of_end_is_strict_json(name):
    """Infinite log SNR at either end, one step, another number of steps, other data."""
    for other in ({"zero_snr": True}, {"schedule": "rectified_flow", "sampler_steps": 1}, {"dataset": "gaussian", "steps": 2}):
        got = messages(replace(SMALL, schedule=name), replace(SMALL, **other))
        charts = got[-1]["comparison"]["charts"]
        assert set(charts) == {"time", "log_snr"}
        for clock in charts.values():
            assert set(clock) == {"alpha_bar", "snr", "kl", "dissipation", "bound", "staircase"}
            frames = [len(next(m["init"]["times"] for m in got if m.get("side") == side and "init" in m)) for side in (0, 1)]
            assert all([len(side) for side in chart["readout"]] == frames for chart in clock.values())


def test_the_bound_so_far_ends_at_the_bound():
    got = messages(SMALL, replace(SMALL, schedule="linear"))
    final = got[-1]["comparison"]
    shown = final["charts"]["time"]["bound"]["readout"][0][0]
    rows = [line.split(",") for line in final["csv"].splitlines()]
    bound = float(next(row for row in rows if row[0] == "bound_nats")[2])
    assert float(shown.replace("−", "-")) == pytest.approx(bound, rel=0.02)


def test_the_table_says_how_many_particles_each_mode_got():
    assert "Particles in each mode" in messages(SMALL, replace(SMALL, schedule="linear"))[-1]["comparison"]["table"]
    rings = replace(SMALL, dataset="rings")
    assert "Particles in each mode" not in messages(rings, rings)[-1]["comparison"]["table"]


def test_the_questions_are_two_runs_each_that_differ_and_fit_the_page():
    assert len({preset.question for preset in PAIR_PRESETS}) == len(PAIR_PRESETS)
    for preset in PAIR_PRESETS:
        assert json.loads(differences(preset.a, preset.b))
        assert preset.a.dataset in DATASETS
        assert preset.a.seed == preset.b.seed


def values(a, b):
    return tuple(update["value"] for e in (a, b) for update in to_updates(e))


def test_copying_and_swapping_move_values_and_say_what_differs():
    a, b = SMALL, replace(SMALL, schedule="linear", eta=0.5)
    assert json.loads(refresh(*values(a, b))[0]) == [name for name in NAMES if name in ("schedule", "eta")]
    both = values(a, b)
    differing, *updates = move((*both[FIELDS:], *both[:FIELDS]))
    assert [u["value"] for u in updates] == [*both[FIELDS:], *both[:FIELDS]]
    assert json.loads(differing)
    assert json.loads(move((*both[:FIELDS], *both[:FIELDS]))[0]) == []


@pytest.mark.parametrize("side", ["a", "b"])
def test_bad_input_names_its_side(side):
    bad = list(values(SMALL, SMALL))
    bad[NAMES.index("particles") + (FIELDS if side == "b" else 0)] = -1
    (answer,) = list(run_values(*bad))
    told = json.loads(answer[3])
    assert (told["prefix"], told["field"]) == (f"dvc-{side}", "particles")


def test_links_of_pairs_are_read_or_refused():
    a, b = parse_link("?a=schedule%3Dlinear%26steps%3D9&b=")
    assert (a, b) == (Experiment(schedule="linear", steps=9), Experiment())
    for bad in ("?a=steps%3D0", "?b=nothing%3D1", "?" + "&".join(["a=1"] * 200), "?a=%ff%fe%3D1"):
        with pytest.raises(ExperimentError):
            parse_link(bad)


def test_charts_hold_no_more_points_than_can_be_seen():
    got = messages(replace(SMALL, steps=1000, particles=5), SMALL)
    assert len(json.dumps(got[-1]["comparison"]["charts"])) < 400_000
