"""The moment by which a request must be answered, known to all that is computed for it.

Whoever serves a request opens a Deadline around its work; long computations call check_time() between their parts. Where none is
open, as on the command line, time is not limited.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TypeVar

from diffviz.contexts import each_within, holding
from diffviz.fields import ExperimentError

T = TypeVar("T")
Result = TypeVar("Result")


class OutOfTime(ExperimentError):
    """The deadline has passed."""


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._end = seconds, time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, 0 once it has passed."""
        return max(0.0, self._end - time.monotonic())

    def end(self) -> None:
        """Nobody needs the answer any more: it has passed."""
        self._end = time.monotonic()

    def error(self) -> OutOfTime:
        """What is raised once it has passed."""
        return OutOfTime("steps", f"need more than {self._seconds:.0f} seconds here; take fewer steps or particles.")

    def open(self) -> AbstractContextManager[None]:
        """What is computed within must be done by then."""
        return holding(_OPEN, self)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What passes within does not count."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._end += time.monotonic() - began

    def over(self, items: Generator[T, None, Result]) -> Generator[T, None, Result]:
        """A generator's items and result, each computed with the deadline open, whichever thread asks for it. What passes between
        two items, while nobody asks or others have their turn, does not count."""
        return each_within(items, self.open, self.stopped)


_OPEN: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def open_deadline() -> Deadline | None:
    """The one that is open here."""
    return _OPEN.get()


@contextmanager
def turn(lock: threading.Lock | threading.Semaphore) -> Iterator[None]:
    """Hold a lock that others may hold for long. Raises OutOfTime if the open deadline passes while waiting for it."""
    deadline = _OPEN.get()
    if deadline is None:
        lock.acquire()
    elif not lock.acquire(timeout=deadline.left):
        raise deadline.error()
    try:
        yield
    finally:
        lock.release()


def check_time() -> None:
    """Raises OutOfTime if the open deadline has passed."""
    deadline = _OPEN.get()
    if deadline is not None and not deadline.left:
        raise deadline.error()
