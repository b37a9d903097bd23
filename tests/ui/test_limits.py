import platform
import subprocess
import sys
from pathlib import Path

import pytest
from gradio_client import Client

from diffviz import Experiment, ExperimentError, run
from diffviz.domains import DEFAULT_DATASET, DOMAINS
from diffviz.engine import Setup
from diffviz.ui.limits import ARENAS, QUICK_SECONDS, SECONDS_A_STEP, check_budget, estimated_seconds, function_evaluations
from diffviz.ui.page import launch

DATA = {name: DEFAULT_DATASET if DEFAULT_DATASET in d.datasets else next(iter(d.datasets)) for name, d in DOMAINS.items()}
INPAINT = {"dataset": "digits", "measurement": "inpaint"}


def test_only_so_many_sessions_are_remembered_and_a_forgotten_one_goes_on(monkeypatch):
    monkeypatch.setattr("diffviz.ui.page.SESSIONS", 3)
    page = launch("127.0.0.1", quiet=True)
    try:
        client = Client(page.local_url, verbose=False)
        before = client.predict({"steps": 4}, api_name="/schedule")
        sessions = page.app.state_holder
        for number in range(4):
            sessions[f"visitor {number}"]
        assert len(sessions.session_data) == 3
        assert client.session_hash not in sessions.session_data
        assert client.predict({"steps": 4}, api_name="/schedule") == before
    finally:
        page.close(verbose=False)


MANY_THREADS = """
import ctypes, sys, threading
from diffviz.ui.limits import few_arenas
few_arenas()
barrier = threading.Barrier(12)
def work():
    for _ in range(50):
        bytearray(10_000)
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
sys.stderr.flush()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no arenas")
def test_threads_share_few_arenas_of_memory():
    root = Path(__file__).parents[2]
    told = subprocess.run([sys.executable, "-c", MANY_THREADS], cwd=root, capture_output=True, text=True, check=True).stderr
    assert 1 <= told.count("Arena ") <= ARENAS


@pytest.mark.parametrize(
    ("domain", "sampler"), [(name, sampler) for name, domain in DOMAINS.items() for sampler in domain.samplers]
)
@pytest.mark.parametrize("steps", [6, 40])
def test_the_function_evaluations_of_every_sampler_are_known_before_it_runs(domain, sampler, steps):
    """But for the step into data, which needs no second one unless it is corrected; an adaptive method asks the data how many it
    takes, and one that shows a fixed number at once the schedule."""
    for more in ({}, {"corrector_steps": 3}):
        experiment = Experiment(dataset=DATA[domain], sampler=sampler, steps=steps, particles=3, device="cpu", **more)
        told, counted = function_evaluations(experiment), run(experiment).evaluations
        if sampler == "adaptive" or getattr(DOMAINS[domain].samplers[sampler], "counted", False):
            assert counted / 1.6 < told < 1.6 * counted
        elif sampler == "remasking":
            assert counted == told
        else:
            assert counted == told - (told / steps - 1)


@pytest.mark.parametrize("values", [{"condition": "replace", "resamples": 4}, {"condition": "replace", "sampler": "heun"}])
def test_resampling_multiplies_the_sampler_s_evaluations(values):
    experiment = Experiment(**INPAINT, **values, steps=20, particles=2, device="cpu")
    assert function_evaluations(experiment) == pytest.approx(run(experiment).evaluations, rel=0.1)


def test_what_a_sampler_takes_is_estimated_and_bounded():
    langevin = Experiment(sampler="langevin", corrector_steps=20, steps=1000, particles=2000)
    assert estimated_seconds(langevin) > 20_000 * SECONDS_A_STEP > QUICK_SECONDS
    slow = {"dataset": "dead_leaves", "denoiser": "learned", "steps": 50, "particles": 50}
    check_budget(Experiment(**slow))
    with pytest.raises(ExperimentError, match=r"^particles must be at most \d+ with so many function evaluations on this page"):
        check_budget(Experiment(**slow, sampler="langevin", corrector_steps=10))
    with pytest.raises(ExperimentError, match=r"^particles must be of a cheaper denoiser or sampler, or take fewer steps, with"):
        check_budget(Experiment(**slow | {"steps": 1000, "particles": 1}, sampler="langevin", corrector_steps=20))


@pytest.mark.parametrize("schedule", ["least_dissipation", "optimal"])
def test_finding_a_schedule_is_estimated_until_it_is_known(schedule):
    experiment = Experiment(dataset="gaussian", data_std=0.0625, schedule=schedule, steps=10, particles=5)
    found, usual = estimated_seconds(experiment), estimated_seconds(Experiment(dataset="gaussian", steps=10, particles=5))
    assert found > 2 * usual
    assert Setup(experiment).schedule.steps == 10
    assert estimated_seconds(experiment) == pytest.approx(usual)
