import platform
import subprocess
import sys
from pathlib import Path

import pytest
from gradio_client import Client

from diffviz.ui.limits import ARENAS
from diffviz.ui.page import launch


def test_only_so_many_sessions_are_remembered_and_a_forgotten_one_goes_on(monkeypatch):
    monkeypatch.setattr("diffviz.ui.page.SESSIONS", 3)
    page = launch("127.0.0.1", prevent_thread_lock=True, quiet=True)
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
