"""How the server is: /health for whoever restarts it, /metrics for Prometheus, and a line of the log for each request and run.

None of them holds anything of a visitor: no address, no query, no name of a session. /metrics is for the machine itself, unless
the environment says DIFFVIZ_METRICS=1 (for all who reach the server, as inside a cluster) or 0 (for nobody): who uses a server
when is nobody else's business, and behind a proxy every visitor would seem to come from the machine, so what was forwarded is
refused.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from diffviz.ui.broadcast import RUNS
from diffviz.ui.limits import DEADLINE_SECONDS
from diffviz.ui.routes import OTHER
from diffviz.ui.turns import TURNS

METRICS_VARIABLE, LOG_VARIABLE = "DIFFVIZ_METRICS", "DIFFVIZ_LOG"  # the log: json for a JSON object a line
LOG = logging.getLogger("diffviz")
STEPS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # seconds
QUIET = ("file of the page", "probe")  # not logged one by one; nor is what is not there

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
_REQUESTS = Histogram("diffviz_request_seconds", "Until a request is answered whole", ["kind"], buckets=STEPS, registry=REGISTRY)
_ANSWERS = Counter("diffviz_answers", "Answers by their status", ["kind", "status"], registry=REGISTRY)
_JOBS = Histogram("diffviz_job_seconds", "Of what is computed for an event", ["job"], buckets=STEPS, registry=REGISTRY)
_ENDS = Counter("diffviz_jobs", "Events by how they ended", ["job", "end"], registry=REGISTRY)


class _State:
    """What is read when it is asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        waiting, computing, _ = TURNS.state()
        yield GaugeMetricFamily("diffviz_queue_length", "Computations that wait for their turn", waiting)
        yield GaugeMetricFamily("diffviz_computing", "Computations that have their turn", computing)
        yield CounterMetricFamily("diffviz_cache_hits", "Runs that were known already, or were being computed", RUNS.hits)
        yield CounterMetricFamily("diffviz_cache_misses", "Runs that had to be computed", RUNS.misses)
        yield GaugeMetricFamily("diffviz_cache_bytes", "Of runs that are kept", RUNS.nbytes)


REGISTRY.register(_State())  # type: ignore[arg-type]


def observed_request(kind: str, status: int, seconds: float) -> None:
    """Count a request of a kind (routes.py) and log it."""
    kind = kind if status != 404 else OTHER
    _REQUESTS.labels(kind).observe(seconds)
    _ANSWERS.labels(kind, str(status)).inc()
    level = logging.DEBUG if kind in QUIET or status == 404 else logging.INFO
    LOG.log(level, "request", extra={"fields": {"kind": kind, "status": status, "ms": round(1000 * seconds)}})


def observed(job: str, serve: Callable[..., Any]) -> Callable[..., Any]:
    """The same function of an event, whose calls are counted and logged: complete, failed, or left by its visitor."""

    def ended(end: str, began: float) -> None:
        seconds = time.monotonic() - began
        _JOBS.labels(job).observe(seconds)
        _ENDS.labels(job, end).inc()
        LOG.info("job", extra={"fields": {"job": job, "end": end, "ms": round(1000 * seconds)}})

    @wraps(serve)
    def stream(*args: Any, **named: Any) -> Iterator[Any]:
        began, end = time.monotonic(), "failed"
        try:
            yield from serve(*args, **named)
            end = "complete"
        except GeneratorExit:
            end = "left"
            raise
        finally:
            ended(end, began)

    @wraps(serve)
    def answer(*args: Any, **named: Any) -> Any:
        began, end = time.monotonic(), "failed"
        try:
            found = serve(*args, **named)
            end = "complete"
            return found
        finally:
            ended(end, began)

    return stream if isgeneratorfunction(serve) else answer


async def _health(request: Request) -> PlainTextResponse:
    """ok as long as turns are handed out; 503 where computations wait longer than any of them may take."""
    waiting, _, since = TURNS.state()
    if waiting and since > DEADLINE_SECONDS:
        return PlainTextResponse("No turn is handed out any more.", 503)
    return PlainTextResponse("ok")


async def _metrics(request: Request) -> PlainTextResponse:
    said = os.environ.get(METRICS_VARIABLE, "")
    if said == "0" or (said != "1" and not _of_this_machine(request)):
        return PlainTextResponse("There is nothing at this address.", 404)
    return PlainTextResponse(generate_latest(REGISTRY), media_type="text/plain; version=0.0.4")


def _of_this_machine(request: Request) -> bool:
    forwarded = {"forwarded", "x-forwarded-for", "x-real-ip", "via"} & set(Headers(scope=request.scope).keys())
    try:
        return not forwarded and ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


ROUTES = [Route("/health", _health), Route("/metrics", _metrics)]


class _Lines(logging.Formatter):
    """A line a record, of text or as a JSON object."""

    def __init__(self, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        if not self._as_json:
            return " ".join([super().format(record), *(f"{name}={value}" for name, value in fields.items())])
        line = {"time": self.formatTime(record), "level": record.levelname, "from": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps({**line, **fields})


def start_log() -> None:
    """To standard error, as the environment says."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(os.environ.get(LOG_VARIABLE) == "json"))
    logging.getLogger().addHandler(handler)
    LOG.setLevel(logging.INFO)
