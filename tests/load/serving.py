"""A page in a process of its own, as users have it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.browser.conftest import free_port


class Server(NamedTuple):
    """port: it listens on at 127.0.0.1; pid: of its process."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Of the page, ending in /."""
        return f"http://127.0.0.1:{self.port}/"

    def worked(self) -> float:
        """Seconds of the processor that it has taken so far (Linux)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> float:
        """Megabytes of memory that the process holds (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def served() -> Iterator[Server]:
    """The page, once it answers; it ends with the context."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "diffviz", "app", "--port", str(port)], stdout=subprocess.DEVNULL)
    server = Server(port, process.pid)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(server.url, timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        yield server
    finally:
        process.terminate()
        process.wait()
