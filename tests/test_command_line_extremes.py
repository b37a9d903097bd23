"""Whatever the schedule's ends are, the command line answers with JSON or one sentence."""

import itertools
import json

import numpy as np
import pytest

from diffviz.__main__ import emit, main
from diffviz.inverse.tasks import IMAGE_STARTS, POINT_STARTS, STARTS
from diffviz.schedules import SCHEDULES


def test_extreme_end_points_give_json_too(ask):
    extreme = ["--schedule", "linear", "--steps", "1000", "--beta-end", "0.999"]
    assert len(ask("schedule", *extreme)["beta"]) == 1000
    report = ask("run", *extreme, "--particles", "5")
    assert np.isfinite(report["kl_nats"]).all()


def one_answer(capsys, *arguments):
    """Strict JSON and exit code 0, or nothing, one sentence and 2; what was said is handed back."""
    code, printed = main([*arguments]), capsys.readouterr()
    if code == 0:
        return json.loads(printed.out, parse_constant=pytest.fail)
    assert (code, printed.out) == (2, ""), arguments
    assert printed.err.count("\n") == 1, printed.err
    return printed.err


def evaluations(start, count):
    """Of DDIM from T = 4 or, where it starts below, from half of it; late, from the first visited time at the least."""
    if start == "picture":
        return 2 if count == 4 else count - 1
    return {1: 1, 2: 1, 4: 2}[count] if start == "late" else count


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_start_and_end_of_every_schedule_gives_json_or_a_sentence(capsys, schedule):
    """In one step, in two and in all, with and without signal at T."""
    for dataset, starts in (("two_moons", POINT_STARTS), ("digits", [start for start in IMAGE_STARTS if start not in STARTS])):
        for start, zero_snr, count in itertools.product(starts, ("true", "false"), ("1", "2", "4")):
            run_of = ["run", "--dataset", dataset, "--schedule", schedule, "--steps", "4", "--particles", "2"]
            how = ["--start", start, "--zero-snr", zero_snr, "--sampler-steps", count, "--sampler", "ddim"]
            answer = one_answer(capsys, *run_of, *how)
            if dataset == "digits" and SCHEDULES[schedule].measured:
                assert answer.startswith("schedule must be one of")
            elif start == "between" and count == "1":
                assert answer.startswith("sampler_steps must be at least 2 for an interpolation")
            else:
                assert answer["evaluations"] == evaluations(start, int(count))


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(("points", "steps"), [("20 19.99 -20", "800"), ("18 17.99 0 -9", "60"), ("20 -19.99 -20", "60")])
@pytest.mark.parametrize("zero_snr", ["true", "false"])
def test_a_hand_drawn_schedule_may_stay_or_fall_as_it_likes(ask, points, steps, zero_snr):
    run_of = ["run", "--dataset", "two_moons", "--schedule", "drawn", "--points", points, "--steps", steps, "--particles", "2"]
    answer = ask(*run_of, "--zero-snr", zero_snr)
    assert min(answer["exact_dissipation_nats"]) >= 0
    assert 0 < answer["gap_nats"][0] < 10


def test_a_value_that_json_has_not_leaves_standard_output_empty(capsys):
    with pytest.raises(ValueError, match="JSON"):
        emit({"first": 1.0, "then": float("nan")})
    assert capsys.readouterr().out == ""
