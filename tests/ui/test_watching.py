"""What a server says of itself: whether it is well, its figures, and its log."""

import json
import logging
import re
import time
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from diffviz.ui import watching
from diffviz.ui.watching import METRICS_VARIABLE, ROUTES, observed


def figures(text):
    """By name and what its labels say."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_server_that_is_well_says_so(ended):
    status, _, text = ended.answers["health"]
    assert (status, text) == (200, "ok")


def test_its_figures_are_for_the_machine_itself(ended):
    status, _, text = ended.answers["metrics"]
    assert status == 200
    assert ended.forwarded[0] == 404
    found = figures(text)
    assert found["diffviz_jobs_total", "/schedule", "complete"] == 2
    assert found["diffviz_job_seconds_count", "/schedule"] == 2
    assert found["diffviz_queue_length",] == found["diffviz_computing",] == 0
    assert found["diffviz_cache_misses_total",] >= 1  # the run that the page opens with
    assert found["process_resident_memory_bytes",] > 10**8
    assert found["diffviz_answers_total", "200", "page"] >= 1
    assert ended.session not in text


def test_its_log_is_a_line_for_each_request_and_run_without_a_word_of_the_visitor(ended):
    lines = [json.loads(line) for line in ended.said.splitlines() if line.startswith("{")]
    jobs = [line for line in lines if line["message"] == "job"]
    assert [(line["job"], line["end"]) for line in jobs] == [("/schedule", "complete")] * 2
    assert all(0 <= line["ms"] < 60_000 for line in jobs)
    assert {line["kind"] for line in lines if line["message"] == "request"} >= {"page", "event", "other"}
    assert not [line for line in lines if line.get("status") == 404]
    for secret in (ended.session, "secret", "spiral", "127.0.0.1:", "nothing"):
        assert not [line for line in lines if secret in json.dumps(line)]


@pytest.mark.parametrize(("said", "client", "status"), [
    ("", "127.0.0.1", 200), ("", "10.0.0.7", 404), ("", "::1", 200), ("", "testclient", 404),
    ("1", "10.0.0.7", 200), ("0", "127.0.0.1", 404),
])  # fmt: skip
def test_a_host_says_who_may_read_the_figures(said, client, status, monkeypatch):
    monkeypatch.setenv(METRICS_VARIABLE, said)
    asking = TestClient(Starlette(routes=ROUTES), client=(client, 5000))
    assert asking.get("/metrics").status_code == status


@pytest.mark.parametrize(("state", "status"), [((0, 0, 1e6), 200), ((9, 2, 1.0), 200), ((9, 2, 1e6), 503)])
def test_a_server_that_hands_out_no_turns_is_not_well(state, status, monkeypatch):
    monkeypatch.setattr(watching, "TURNS", SimpleNamespace(state=lambda: state))
    assert TestClient(Starlette(routes=ROUTES)).get("/health").status_code == status


@pytest.mark.parametrize("kind", ["page", "probe", "event"])
def test_a_request_is_counted_by_its_kind_and_logged_unless_there_are_too_many(kind, caplog):
    caplog.set_level(logging.INFO, "diffviz")
    before = watching._REQUESTS.labels(kind)._sum.get()
    watching.observed_request(kind, 200, 3.0)
    assert watching._REQUESTS.labels(kind)._sum.get() == pytest.approx(before + 3.0)
    assert len(caplog.records) == (kind not in watching.QUIET)
    watching.observed_request(kind, 404, 0.0)
    assert len(caplog.records) == (kind not in watching.QUIET)


def test_how_an_event_ended_is_told(caplog):
    caplog.set_level(logging.INFO, "diffviz")

    def three():
        yield from range(3)

    def fails():
        yield 1
        raise ValueError

    def answers():
        return time.monotonic()

    assert list(observed("a", three)()) == [0, 1, 2]
    leaving = observed("b", three)()
    next(leaving)
    leaving.close()
    with pytest.raises(ValueError, match=r"^$"):
        list(observed("c", fails)())
    observed("d", answers)()
    ends = [(record.fields["job"], record.fields["end"]) for record in caplog.records]
    assert ends == [("a", "complete"), ("b", "left"), ("c", "failed"), ("d", "complete")]
    assert re.match("[0-9]+$", str(caplog.records[0].fields["ms"]))
