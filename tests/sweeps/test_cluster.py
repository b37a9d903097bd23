"""Workers are real processes here, on a scheduler that is named and on none; they take seconds to start, so tests share them."""

import functools
import os
import socket

import psutil
import pytest

from diffviz.experiment import Experiment, ExperimentError
from diffviz.sweeps import cluster
from diffviz.sweeps.cluster import SCHEDULER, TRIES, SchedulerGoneError, outcomes, workers
from diffviz.sweeps.rows import compute
from tests.sweeps.deaths import dies

RUNS = [Experiment(steps=5, seed=n) for n in range(4)]
LOCAL = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "silence_logs": 50}


@pytest.fixture(scope="module")
def scheduler():
    """The address of one that has two workers."""
    import dask
    from distributed import LocalCluster

    settings = {"distributed.scheduler.allowed-failures": TRIES - 1}
    with dask.config.set(settings), LocalCluster(n_workers=2, **LOCAL) as running:
        yield running.scheduler_address


@pytest.fixture(scope="module", params=["processes", "scheduler"])
def client(request):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "scheduler":
            patch.setenv(SCHEDULER, request.getfixturevalue("scheduler"))
        else:
            patch.delenv(SCHEDULER, raising=False)
        with workers(2) as client:
            yield client


def timeless(numbers):
    return {name: value for name, value in numbers.items() if name != "seconds"}


def test_numbers_are_those_of_this_process_bit_for_bit(client):
    """So that they are equal on a scheduler's workers and on processes of this machine, too. A network's sums are long ones."""
    run = Experiment(denoiser="learned", steps=5, particles=300, sampler="heun")
    ((_, found),) = outcomes(client, [run])
    assert timeless(found) == timeless(compute(run.to_dict()))
    assert found["evaluations"] > 5
    assert "gap_stderr_nats" in found


def test_both_workers_compute(client, monkeypatch):
    monkeypatch.setattr(cluster, "compute", functools.partial(dies, __file__))
    assert len({found["pid"] for _, found in outcomes(client, RUNS * 3)} - {os.getpid()}) == 2


def test_a_run_whose_worker_dies_is_repeated(client, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "compute", functools.partial(dies, str(tmp_path / "died")))
    found = dict(outcomes(client, RUNS))
    assert (tmp_path / "died").exists()
    assert all(numbers["pid"] for numbers in found.values())
    assert found.keys() == set(RUNS)


def test_a_run_that_kills_every_worker_is_told_and_takes_no_other_with_it(client, monkeypatch):
    monkeypatch.setattr(cluster, "compute", functools.partial(dies, ""))
    found = dict(outcomes(client, RUNS))
    assert found.pop(RUNS[1]) == f"its worker died {TRIES} times."
    assert all(numbers["pid"] for numbers in found.values())
    assert len(found) == len(RUNS) - 1


def test_no_other_machine_reaches_processes_of_this_one(client):
    this = psutil.Process()
    listening = [
        connection.laddr.ip
        for process in (this, *this.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}


def test_a_scheduler_that_does_not_answer_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECTING", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    for named in (address, "nowhere", "ftp://127.0.0.1:1"):
        monkeypatch.setenv(SCHEDULER, named)
        with (
            pytest.raises(ExperimentError, match=f"{SCHEDULER} must name a scheduler, .*; '{named}' does not answer."),
            workers(1),
        ):
            pass


def test_a_scheduler_without_workers_or_that_goes_is_told(monkeypatch):
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, **LOCAL) as empty:
        monkeypatch.setenv(SCHEDULER, empty.scheduler_address)
        monkeypatch.setattr(cluster, "CONNECTING", 0.5)
        with pytest.raises(ExperimentError, match="has no worker"), workers(1):
            pass
        empty.scale(1)
        empty.wait_for_workers(1)
        monkeypatch.setattr(cluster, "CONNECTING", 5.0)
        monkeypatch.setattr(cluster, "compute", functools.partial(dies, __file__))
        with workers(1) as client:
            rows = outcomes(client, RUNS)
            assert next(rows)[1]["pid"]
            empty.close()
            with pytest.raises(SchedulerGoneError):
                list(rows)
