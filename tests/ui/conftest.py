"""The server as a host runs it: a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio_client import Client

from diffviz.ui import training
from diffviz.ui.jobs import Jobs
from diffviz.ui.limits import TRAINING_IDLE_SECONDS, TRAININGS_BYTES

ROOT = Path(__file__).parents[2]


ALONE = """
import os, socket, traceback
def alone(asked):
    def answered(self, address, *rest):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "0.0.0.0", "localhost", "::1"):
            with open(os.environ["OUTWARD"], "a") as file:
                print(address, *traceback.format_stack(), file=file)
            raise ConnectionRefusedError(111, "there is no network here")
        return asked(self, address, *rest)
    return answered
class Alone(socket.socket):
    connect, connect_ex = alone(socket.socket.connect), alone(socket.socket.connect_ex)
socket.socket = Alone
found = socket.getaddrinfo
def addresses(host, *rest, **named):
    alone(lambda *ignored: None)(None, (host or "localhost", 0))
    return found(host, *rest, **named)
socket.getaddrinfo = addresses
"""  # in the server's process no connection is made but to this machine, and no name is looked up


class Served:
    """A running `python app.py`, whose outgoing connections are refused. temporary: its folder for temporary files; said: what it
    has written, a file; outward: a file of addresses that it wanted to reach."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.temporary, self.said, self.outward = folder / "temporary", folder / "said", folder / "outward"
        self.temporary.mkdir()
        self.outward.touch()
        (folder / "sitecustomize.py").write_text(ALONE)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRADIO_", "DIFFVIZ_"))}
        named = {"GRADIO_SERVER_PORT": str(self.port), "TMPDIR": str(self.temporary), "OMP_NUM_THREADS": "1"}
        named |= {"PYTHONPATH": str(folder), "OUTWARD": str(self.outward)}
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=ROOT, env={**kept, **named, **environment}, stdout=said, stderr=said
            )

    def wait(self, seconds: float = 120.0) -> "Served":
        """Until it answers."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.url, timeout=5):
                    return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.said.read_text())

    def end(self) -> int:
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()


def ask(served, path, body=None, method=None, **headers):
    """(status, headers, text) of an answer."""
    asked = urllib.request.Request(served.url + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    running = Served(tmp_path_factory.mktemp("served"))
    try:
        yield running.wait()
    finally:
        running.end()


@pytest.fixture(scope="session")
def ended(tmp_path_factory):
    """A server that has ended, which listened everywhere, behind a proxy where nobody answers, and logged JSON: what it answered
    to a visitor, said and left, and its exit code."""
    folder = tmp_path_factory.mktemp("ended")
    (home := folder / "home").mkdir()
    environment = {"HOME": str(home), "http_proxy": "http://192.0.2.1:3128", "PYTHONUNBUFFERED": "1", "DIFFVIZ_LOG": "json"}
    running = Served(folder, GRADIO_SERVER_NAME="0.0.0.0", **environment).wait()
    client = Client(running.url, verbose=False)
    for _ in range(2):
        client.predict({"steps": 7, "dataset": "spiral"}, api_name="/schedule")
    ask(running, "nothing?a=secret\n")
    answers = {path: ask(running, path) for path in ("", "health", "metrics")}
    forwarded = ask(running, "metrics", **{"X-Forwarded-For": "127.0.0.1"})
    held = list(running.temporary.iterdir())
    code = running.end()
    at_home = [
        path for path in home.rglob("*") if path.is_file() and path.parent.name != "matplotlib"
    ]  # which keeps a list of fonts
    return SimpleNamespace(
        port=running.port,
        session=client.session_hash,
        answers=answers,
        forwarded=forwarded,
        held=held,
        code=code,
        said=running.said.read_text(),
        left=[*running.temporary.iterdir(), *at_home],
    )


@pytest.fixture
def own_jobs(monkeypatch):
    """Trainings of other tests take no room, and each may make room for another at once."""
    monkeypatch.setattr(training, "JOBS", Jobs(TRAININGS_BYTES, 0.0, TRAINING_IDLE_SECONDS))
