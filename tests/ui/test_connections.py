"""Clients that hold a connection without using it, against a running server."""

import re
import socket
import time
import urllib.request
from contextlib import suppress

import pytest

from diffviz.player.component import PLOTLY
from diffviz.ui import connections
from diffviz.ui.page import launch


@pytest.fixture(scope="module")
def port():
    patience = pytest.MonkeyPatch()
    patience.setattr(connections, "HEAD_SECONDS", 0.5)
    patience.setattr(connections, "TAKING_SECONDS", 0.5)
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
