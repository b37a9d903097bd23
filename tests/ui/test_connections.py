"""Clients that hold a connection without using it, against a running server."""

import json
import logging
import re
import socket
import time
import urllib.request
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from types import SimpleNamespace

import pytest

from diffviz.player.component import PLOTLY
from diffviz.ui import connections, limits
from diffviz.ui.page import launch
from diffviz.ui.visitors import Pace


@pytest.fixture(scope="module")
def port():
    patience = pytest.MonkeyPatch()
    patience.setattr(connections, "HEAD_SECONDS", 0.5)
    patience.setattr(connections, "TAKING_SECONDS", 0.5)
    patience.setattr(connections, "CONNECTIONS", 40)
    patience.setattr(connections, "SPARE_CONNECTIONS", 8)
    page = launch("127.0.0.1", quiet=True)
    yield page.server_port
    page.close(verbose=False)
    patience.undo()


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def closed_after(connection, dribble=b""):
    """Seconds until the server ends the connection, while a byte is sent now and then."""
    started = time.monotonic()
    connection.settimeout(0.1)
    while time.monotonic() - started < 10:
        try:
            connection.sendall(dribble)
            if connection.recv(1000) == b"":
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_that_does_not_end_is_not_waited_for(port, begun):
    with connect(port) as connection:
        connection.sendall(begun)
        assert closed_after(connection, b"x" if begun else b"") < 5


def test_a_second_request_s_head_is_watched_too(port):
    with connect(port) as connection:
        connection.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(9) == b"HTTP/1.1 "
        connection.sendall(b"GET /robots.txt HTTP/1.1\r\nX: ")
        assert closed_after(connection, b"x") < 5


@pytest.mark.parametrize("part", [b"X: " + b"a" * 10_000 + b"\r\n", b"a" * 10_000], ids=["fields", "one field"])
def test_a_head_has_a_bounded_size(port, part):
    with connect(port) as connection:
        connection.sendall(b"GET /robots.txt HTTP/1.1\r\nX: ")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(part * 2000)


def test_who_takes_nothing_of_an_answer_is_let_go(port):
    """Much is asked for, more than the system's own buffers hold."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
        path = re.search(r"assets-of-diffviz/\w+/plotly[.\w]*", page.read().decode())[0]
    asked, taken = 8, 0
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", port))
        connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() * asked)
        time.sleep(2.5)
        with suppress(ConnectionResetError):
            while part := connection.recv(2**16):
                taken += len(part)
    assert taken < asked * PLOTLY.stat().st_size


def test_a_stream_of_events_outlives_both(port):
    with connect(port) as connection:
        connection.sendall(b"GET /gradio_api/heartbeat/abc HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(2.0)
        connection.setblocking(False)
        assert b"200 OK" in connection.recv(1000)
        with pytest.raises(BlockingIOError):  # open, and silent
            connection.recv(1000)


@pytest.fixture
def ask(port):
    """A request from an address of the loopback network: its answer, whose connection stays open until the test is over."""
    with ExitStack() as stack:

        def asked(path, source="127.0.0.1", forwarded=None, body=None):
            connection = HTTPConnection("127.0.0.1", port, timeout=20, source_address=(source, 0))
            stack.callback(connection.close)
            told = {"X-Forwarded-For": forwarded} if forwarded else {}
            connection.request("POST" if body else "GET", path, body, {"Content-Type": "application/json", **told})
            answer = connection.getresponse()
            stack.callback(answer.close)
            return answer

        yield asked


STREAM = "/gradio_api/heartbeat/abc"  # open as long as its connection


def streams(ask, **asking):
    """How many there may be, and the sentence that the next one gets."""
    for count in range(100):
        answer = ask(STREAM, **asking)
        if answer.status != 200:
            return count, answer.read().decode()
    raise AssertionError("no bound")


def eventually(status, ask, **asking):
    end = time.monotonic() + 10
    while ask(**asking).status != status:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_connections_are_shared_out_by_address_and_the_machine_s_own_probe_finds_one(port, ask):
    assert streams(ask, source="127.0.0.2") == (16, connections.FULL)
    assert streams(ask, source="127.0.0.3") == (8, connections.FULL)
    assert ask("/health").status == 200


def test_requests_through_a_proxy_are_shared_out_by_whom_it_forwards_for(port, ask):
    eventually(200, ask, path="/robots.txt", source="127.0.0.2")  # those of the test before are gone
    count, said = streams(ask, forwarded="192.0.2.1")
    assert (count, json.loads(said)["detail"]) == (16, connections.FULL)
    assert ask("/health", forwarded="192.0.2.1").status == 200
    assert ask("/robots.txt", forwarded="192.0.2.2").status == 200


def test_whom_a_proxy_forwards_for_is_believed_of_the_proxy_alone(port, ask, monkeypatch):
    eventually(200, ask, path="/robots.txt", forwarded="192.0.2.1")  # the streams of the test before are gone
    seen = []
    monkeypatch.setattr(Pace, "delay", lambda self, address: seen.append(address) or 0.0)
    for asking in (
        {"forwarded": "192.0.2.1"},
        {"forwarded": "192.0.2.2"},
        {"forwarded": "192.0.2.9, 192.0.2.1"},  # the first is what the visitor said himself
        {"forwarded": "192.0.2.1", "source": "127.0.0.2"},
    ):
        assert ask("/gradio_api/reset", body=b'{"event_id": "a"}', **asking).status == 200
    assert seen == ["192.0.2.1", "192.0.2.2", "192.0.2.1", "127.0.0.2"]


@pytest.mark.parametrize(("proxies", "warned"), [("*", True), ("127.0.0.1,*", True), ("127.0.0.1,10.0.0.1", False)])
def test_a_host_that_believes_everybody_is_warned(proxies, warned, caplog):
    server = SimpleNamespace(config=SimpleNamespace(forwarded_allow_ips=proxies))
    with caplog.at_level(logging.WARNING, "diffviz"):
        connections.bound_connections(server)
    assert ["Name the proxy's address" in record.message for record in caplog.records] == [True] * warned


@pytest.mark.parametrize(
    ("soft", "hard", "most"), [(1024, 1024, 824), (1024, 2000, 1800), (1024, -1, 4000), (-1, -1, 4000), (100, 100, 52)]
)
def test_there_are_no_more_connections_than_the_system_lets_the_process_open(soft, hard, most, monkeypatch):
    bounds = [(soft, hard)]
    fake = SimpleNamespace(
        RLIMIT_NOFILE=7, RLIM_INFINITY=-1, getrlimit=lambda _: bounds[-1], setrlimit=lambda _, new: bounds.append(new)
    )
    monkeypatch.setattr(connections, "resource", fake)
    monkeypatch.setattr(connections, "CONNECTIONS", limits.CONNECTIONS)
    monkeypatch.setattr(connections, "SPARE_CONNECTIONS", limits.SPARE_CONNECTIONS)
    assert connections.most_connections() == connections.most_connections() == most
    assert all(new[1] == hard for new in bounds)


def test_where_the_system_has_no_such_bound_there_are_as_many_as_the_page_has(monkeypatch):
    monkeypatch.setattr(connections, "resource", None)
    assert connections.most_connections() == connections.CONNECTIONS
