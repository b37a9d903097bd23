"""Where the runs of a sweep are computed: by dask.distributed, on a scheduler's workers or on processes of this machine.

One library serves both, because a run then takes the same path in both, and because it restarts a worker that dies and repeats
its task; concurrent.futures' pool of processes gives up altogether when one of them dies. It takes a second to import and a few
to start, so that it is imported only here and only when runs are to be computed.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from diffviz.experiment import Experiment, ExperimentError
from diffviz.files import temporary
from diffviz.messages import show
from diffviz.sweeps.rows import Row, compute

if TYPE_CHECKING:
    from distributed import Client, Future

SCHEDULER = "DIFFVIZ_SCHEDULER"  # the variable that names a scheduler
TRIES = 3  # of a run whose worker dies; a scheduler that is named has its own setting, allowed-failures
CONNECTING = 20.0  # seconds in which a scheduler must answer and have a worker
# What a new process does first. A terminal sends Ctrl-C to every process of a command; the sweep ends its own when it has kept
# what is finished. A text, because to import this package takes seconds, which a worker should not take before it is ready.
UNINTERRUPTED = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
RECOUNTED = 1.0  # seconds for which the number of workers is believed
ALONE = 5.0  # seconds without any worker of a named scheduler after which that is said


class SchedulerGoneError(Exception):
    """No more runs can be computed."""


def scheduler_address() -> str | None:
    """What the environment names, None if nothing."""
    return os.environ.get(SCHEDULER) or None


@contextmanager
def workers(count: int) -> Iterator[Client]:
    """A client of the scheduler that the environment names, else of so many new processes, which end with it. Raises
    ExperimentError where the scheduler does not answer."""
    import distributed  # noqa: F401  it sets its loggers up; what matters of what they say is told by the sweep

    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    address = scheduler_address()
    with _processes(count) if address is None else _named(address) as client:
        yield client


@contextmanager
def _processes(count: int) -> Iterator[Client]:
    """Of this machine, each of one thread, reached through 127.0.0.1 alone.

    Other users of the machine reach that as well, and who speaks to a worker can run code in it. All therefore speak TLS with a
    certificate that is made here, whose key leaves these processes only for a folder that is closed to others.
    """
    import dask
    from distributed import Client, LocalCluster
    from distributed.security import Security

    with temporary() as folder:
        settings = {
            "distributed.scheduler.allowed-failures": TRIES - 1,
            "distributed.scheduler.http.routes": [],  # of HTTP servers, which know no certificates
            "distributed.worker.http.routes": [],
            "temporary-directory": str(folder),
            # Dask has its workers return memory at once: 20 000 page faults in a run of 0.1 s, and half its time again
            "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
        }
        kinds = {
            "security": Security.temporary(),
            "host": "127.0.0.1",
            "dashboard_address": "127.0.0.1:0",
            "scheduler_kwargs": {"dashboard": False},
            "preload": [UNINTERRUPTED],
            "silence_logs": logging.CRITICAL,
        }
        with (
            dask.config.set(settings),
            LocalCluster(n_workers=count, threads_per_worker=1, **kinds) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client


@contextmanager
def _named(address: str) -> Iterator[Client]:
    """Of whoever runs the scheduler."""
    from distributed import Client, TimeoutError

    try:
        client = Client(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, ValueError, TimeoutError):
        raise _refusal(address, "does not answer") from None
    except TypeError:  # what Dask raises of tls:// where its settings name no certificate
        raise _refusal(address, "wants a certificate, which Dask's settings (distributed.comm.tls) do not name") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECTING)
        except TimeoutError:
            raise _refusal(address, "has no worker") from None
        with _watched(client):
            yield client


@contextmanager
def _watched(client: Client) -> Iterator[None]:
    """Say on standard error that no worker is there, once each time that all are gone for so long as ALONE."""
    ended = threading.Event()

    def watch() -> None:
        last, told = time.monotonic(), False
        while not ended.wait(min(RECOUNTED, ALONE)):
            try:
                there = bool(client.nthreads())
            except Exception:  # the scheduler has gone, or the client has been closed: the sweep itself tells
                return
            if there:
                last, told = time.monotonic(), False
            elif not told and time.monotonic() - last >= ALONE and not ended.is_set():
                print(f"\nThe scheduler that {SCHEDULER} names has no worker now; waiting.", file=sys.stderr)
                told = True

    threading.Thread(target=watch, daemon=True).start()  # not joined: it may be asking a scheduler that does not answer
    try:
        yield
    finally:
        ended.set()


def _refusal(address: str, why: str) -> ExperimentError:
    return ExperimentError(SCHEDULER, f"must name a scheduler, such as tcp://10.0.0.1:8786; {show(address)} {why}.")


def outcomes(client: Client, experiments: Sequence[Experiment]) -> Iterator[tuple[Experiment, Row | str]]:
    """The row of each run as it is finished, or a sentence that says why it has none. Raises SchedulerGoneError.

    As many runs are handed out as there are threads, so that a worker that dies takes no run with it that it had not begun.
    """
    from distributed import as_completed

    left, running, done = iter(experiments), {}, as_completed(loop=client.loop)
    threads, counted = 0, -RECOUNTED

    def hand_out() -> None:
        nonlocal threads, counted
        if time.monotonic() - counted >= RECOUNTED:
            threads, counted = max(1, sum(client.nthreads().values())), time.monotonic()
        while len(running) < threads and (experiment := next(left, None)) is not None:
            future = client.submit(compute, experiment.to_dict(), pure=False)
            running[future.key] = experiment
            done.add(future)

    try:
        hand_out()
        for future in done:
            yield running.pop(future.key), _result(future)
            hand_out()
    except OSError as error:
        raise SchedulerGoneError from error


def _result(future: Future) -> Any:
    """Raises SchedulerGoneError."""
    from distributed import KilledWorker

    if future.cancelled() or future.status == "lost":
        raise SchedulerGoneError
    try:
        return future.result()
    except KilledWorker as error:
        return f"its worker died {error.allowed_failures + 1} times."
    except Exception as error:  # a worker without this package, or with another version of it
        return f"the worker could not begin: {type(error).__name__}: {error}"
