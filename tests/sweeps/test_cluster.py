"""Workers are real processes here, on a scheduler that is named and on none; they take seconds to start, so tests share them."""

import contextlib
import functools
import os
import socket
import ssl
import time

import psutil
import pytest

from diffviz.experiment import Experiment, ExperimentError
from diffviz.sweeps import cluster
from diffviz.sweeps.cluster import SCHEDULER, TRIES, SchedulerGoneError, outcomes, workers
from diffviz.sweeps.rows import compute
from tests.sweeps.deaths import dies

RUNS = [Experiment(steps=5, seed=n) for n in range(4)]
LOCAL = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "silence_logs": 50}


def listening():
    """Addresses on which this process and its children listen."""
    this = psutil.Process()
    return {
        connection.laddr
        for process in (this, *this.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


@pytest.fixture(scope="module")
def before():
    """Addresses of the servers of other tests."""
    return listening()


@pytest.fixture(scope="module")
def processes(before):
    """A client of two workers of this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SCHEDULER, raising=False)
        with workers(2) as client:
            yield client


@pytest.fixture(scope="module")
def named(processes):
    """A client of the same workers by the address of their scheduler, with the certificates in Dask's settings."""
    import dask

    security = processes.security.get_tls_config_for_role("client")
    tls = {"distributed.comm.tls.ca-file": security["ca_file"]} | {
        f"distributed.comm.tls.client.{name}": security[name] for name in ("cert", "key")
    }
    with contextlib.ExitStack() as stack:
        with dask.config.set(tls), pytest.MonkeyPatch.context() as patch:
            patch.setenv(SCHEDULER, processes.scheduler.address)
            client = stack.enter_context(workers(1))
        yield client


@pytest.fixture(params=["processes", "named"])
def client(request):
    return request.getfixturevalue(request.param)


def timeless(row):
    return row.weights, {name: value for name, value in row.numbers.items() if name != "seconds"}


def test_numbers_are_those_of_this_process_bit_for_bit(named):
    """On processes of this machine that are reached as a scheduler's workers are. A network's sums are long ones."""
    run = Experiment(denoiser="learned", steps=5, particles=300, sampler="heun")
    ((_, found),) = outcomes(named, [run])
    assert timeless(found) == timeless(compute(run.to_dict()))
    assert found.numbers["evaluations"] > 5
    assert "gap_stderr_nats" in found.numbers
    assert found.weights


def test_both_workers_compute(client, monkeypatch):
    monkeypatch.setattr(cluster, "compute", functools.partial(dies, __file__))
    assert len({found["pid"] for _, found in outcomes(client, RUNS * 3)} - {os.getpid()}) == 2


def test_a_run_whose_worker_dies_is_repeated(client, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "compute", functools.partial(dies, str(tmp_path / "died")))
    found = dict(outcomes(client, RUNS))
    assert (tmp_path / "died").exists()
    assert all(numbers["pid"] for numbers in found.values())
    assert found.keys() == set(RUNS)


def test_a_run_that_kills_every_worker_is_told_and_takes_no_other_with_it(processes, monkeypatch):
    monkeypatch.setattr(cluster, "compute", functools.partial(dies, ""))
    found = dict(outcomes(processes, RUNS))
    assert found.pop(RUNS[1]) == f"its worker died {TRIES} times."
    assert all(numbers["pid"] for numbers in found.values())
    assert len(found) == len(RUNS) - 1


def answer(address, hello, secure):
    """What a port says to somebody without a certificate; nothing if it hangs up."""
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=5) as plain, secure(plain) as spoken:
        spoken.sendall(hello)
        return spoken.recv(100)
    return b""


def anonymous(plain):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain)


def test_no_other_machine_and_no_other_user_reaches_processes_of_this_one(before, processes):
    from distributed import Client
    from distributed.security import Security

    opened = listening() - before
    assert len(opened) >= 5  # a scheduler's, and those of two workers and of what starts them
    assert {ip for ip, _ in opened} == {"127.0.0.1"}
    for address in opened:
        page = answer(address, b"GET /health HTTP/1.0\r\n\r\n", contextlib.nullcontext)
        assert not page.startswith(b"HTTP") or b" 404 " in page
        assert answer(address, b"GET /health HTTP/1.0\r\n\r\n", anonymous) == b""
    with pytest.raises(OSError):  # noqa: PT011  Dask's messages vary
        Client(processes.scheduler.address, security=Security.temporary(), timeout=1)  # with another certificate


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


def test_a_scheduler_that_wants_a_certificate_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setenv(SCHEDULER, "tls://127.0.0.1:1")
    with pytest.raises(ExperimentError, match=r"'tls://127.0.0.1:1' wants a certificate"), workers(1):
        pass


def test_a_scheduler_without_workers_or_that_goes_or_whose_workers_go_is_told(monkeypatch, capsys):
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, **LOCAL) as empty:
        monkeypatch.setenv(SCHEDULER, empty.scheduler_address)
        monkeypatch.setattr(cluster, "CONNECTING", 0.5)
        with pytest.raises(ExperimentError, match="has no worker"), workers(1):
            pass
        empty.scale(1)
        empty.wait_for_workers(1)
        monkeypatch.setattr(cluster, "CONNECTING", 20.0)
        monkeypatch.setattr(cluster, "ALONE", 0.1)
        monkeypatch.setattr(cluster, "compute", functools.partial(dies, __file__))
        with workers(1) as client:
            rows = outcomes(client, RUNS)
            assert next(rows)[1]["pid"]
            assert capsys.readouterr().err == ""
            empty.scale(0)
            said, until = "", time.monotonic() + 30
            while not said and time.monotonic() < until:
                time.sleep(0.05)
                said = capsys.readouterr().err
            assert said == f"\nThe scheduler that {SCHEDULER} names has no worker now; waiting.\n"
            empty.close()
            with pytest.raises(SchedulerGoneError):
                list(rows)
