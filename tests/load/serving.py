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
from typing import IO, NamedTuple

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
        return self._status("VmRSS") / 1024

    def peak(self) -> float:
        """Megabytes, the most that it has held (Linux)."""
        return self._status("VmHWM") / 1024

    def threads(self) -> int:
        """Of the process (Linux)."""
        return self._status("Threads")

    def _status(self, name: str) -> int:
        return int(Path(f"/proc/{self.pid}/status").read_text().split(f"{name}:")[1].split()[0])


@contextmanager
def served(log: IO[str] | None = None, port: int | None = None) -> Iterator[Server]:
    """The page, once it answers; it ends with the context. log: what it writes to its standard error; port: else a free one."""
    port = port or free_port()
    command = [sys.executable, "-m", "diffviz", "app", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log or subprocess.DEVNULL)
    server = Server(port, process.pid)
    try:
        for _ in range(480):
            if process.poll() is not None:
                raise RuntimeError(f"the page has ended with {process.returncode}")
            try:
                urllib.request.urlopen(server.url, timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        yield server
    finally:
        process.terminate()
        process.wait()
