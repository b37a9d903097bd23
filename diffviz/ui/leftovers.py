"""The server's own folder among the system's temporary files, with the files that visitors ask for, and how full it may be.

It goes with the process; that of a killed process goes when the next one begins (diffviz.files). Gradio keeps its copy of
a file for an hour (page.build); when there is no room for another one, the oldest go before that.
"""

from __future__ import annotations

import atexit
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

from diffviz.experiment import ExperimentError
from diffviz.files import temporary
from diffviz.ui.limits import DISK_BYTES, FETCHING_SECONDS, MAX_DOWNLOAD_BYTES


@cache
def own_folder() -> Path:
    """Of this process, where Gradio then keeps its copies. Raises WriteError if it cannot be made."""
    kept = ExitStack()
    folder = kept.enter_context(temporary())
    atexit.register(kept.close)
    os.environ["GRADIO_TEMP_DIR"] = str(folder / "gradio")
    return folder


def too_large(nbytes: int) -> ExperimentError:
    """Of a file of so many bytes."""
    size, most = f"{nbytes / 1e6:.0f}", f"{MAX_DOWNLOAD_BYTES / 1e6:.0f}"
    return ExperimentError("file", f"would be of {size} MB, and may be of {most} MB on this page; take fewer steps or particles.")


class Room:
    """What lies in a folder and what is being made, together at most so many bytes."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most, self._lock = folder, most, threading.Lock()
        self._promised = 0

    @contextmanager
    def for_file(self) -> Iterator[Callable[[int], None]]:
        """While a file is made and Gradio copies it. What it yields is called with the file's bytes when it is made: the rest
        of the room is for others then. Raises ExperimentError if there is no room."""
        mine = 0

        def promise(nbytes: int) -> None:
            nonlocal mine
            self._promised += 2 * nbytes - mine
            mine = 2 * nbytes

        def made(nbytes: int) -> None:
            with self._lock:
                promise(nbytes)

        with self._lock:
            promise(MAX_DOWNLOAD_BYTES)
            try:
                self._clear()
            except ExperimentError:
                promise(0)
                raise
        try:
            yield made
        finally:
            made(0)

    def _clear(self) -> None:
        """Remove the oldest files, but none that may be on its way to a visitor."""
        found = ((_stat(path), path) for path in self._folder.rglob("*"))
        files = sorted((kept.st_mtime, kept.st_size, path) for kept, path in found if kept)
        taken = sum(size for _, size, _ in files) + self._promised
        for written, size, path in files:
            if taken <= self._most:
                return
            if written < time.time() - FETCHING_SECONDS:
                path.unlink(missing_ok=True)
                with suppress(OSError):
                    path.parent.rmdir()
                taken -= size
        if taken > self._most:
            raise ExperimentError("file", "cannot be made now, as the room for files is taken; try again in a moment.")


def _stat(path: Path) -> os.stat_result | None:
    """None for what is no file, or has gone meanwhile."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


@cache
def room() -> Room:
    """For the files of this process."""
    return Room(own_folder(), DISK_BYTES)
