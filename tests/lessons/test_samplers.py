"""What the lesson on samplers says beyond the numbers that its runs measure."""

from dataclasses import replace

import numpy as np

from diffviz import run
from diffviz.engine import Setup
from diffviz.lessons.samplers import SAMPLERS

STEPS = {step.name: step for step in SAMPLERS.steps}


def ends(experiment):
    return run(experiment).reverse[-1].astype(float)


def test_steps_are_as_many_as_the_texts_say():
    for name, told, counts in [
        ("decided", ("ten long steps", "a hundred"), (10, 100)),
        ("twenty", ("20 of the T = 100",), (20, 20)),
        ("unseen", ("20 of the T = 100",), (20, 100)),
        ("evaluations", ("19 steps of DDIM", "ten of Heun's method"), (19, 10)),
        ("second", ("Ten function evaluations each",), (10, 10)),
        ("spacing", ("Ten of T = 1000",), (10, 10)),
    ]:
        step = STEPS[name]
        assert all(text in step.text for text in told)
        assert tuple(len(Setup(experiment).times) - 1 for experiment in step.runs) == counts
    assert {run(experiment).evaluations for experiment in STEPS["second"].runs} == {10}


def test_ancestral_steps_lead_the_same_start_to_another_mode():
    """The other half of what the first step says."""
    step = STEPS["decided"]
    means = Setup(step.a).distribution.means.numpy()
    few, many = (
        np.linalg.norm(ends(replace(e, sampler="ancestral"))[:, None] - means, axis=2).argmin(1) for e in (step.a, step.b)
    )
    assert (few == many).mean() < 0.3  # one in eight is chance


def test_the_solution_that_errors_are_measured_from_is_the_limit_of_ddim_too():
    step = STEPS["order"]
    solution = ends(replace(step.a, sampler="heun", sampler_steps=250))
    apart = [np.linalg.norm(ends(replace(step.a, sampler_steps=n)) - solution, axis=1).mean() for n in (100, 500)]
    assert apart[1] < 0.3 * apart[0]
    assert apart[1] < 0.005


def test_cosine_falls_farther_below_an_SNR_of_1_than_it_begins_above():
    log_snr = Setup(STEPS["spacing"].a).schedule.log_snr
    assert -log_snr[-1] > 1.5 * log_snr[1]
