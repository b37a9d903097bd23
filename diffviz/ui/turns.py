"""Whose turn it is to compute. A few do at once; of those that wait, first pictures go first, then quick runs, then long ones.

So nobody's first picture waits for the end of somebody else's run, and nobody's quick run for a long one. Of equals the one that
came first goes first and is finished first.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

from diffviz.ui.limits import QUICK_SECONDS, WORKERS

T = TypeVar("T")
Place = tuple[int, int]  # rank, and the number in which its request came

FIRST_PICTURE, QUICK, LONG = range(3)  # ranks
ANSWERS = 3  # of a run until its first picture is out: that it was heard, what is known before, frames


class Turns:
    """So many at once."""

    def __init__(self, at_once: int) -> None:
        self._free, self._numbers = at_once, itertools.count()
        self._waiting: dict[Place, threading.Event] = {}
        self._lock = threading.Lock()

    def _hand_out(self, free: int, waiting: dict[Place, threading.Event]) -> None:
        """So many are free again, and these wait, too. Only those whose turn it is are woken: dozens of threads that look whether
        it is theirs would take more time than the computing."""
        with self._lock:
            self._free += free
            self._waiting |= waiting
            while self._free and self._waiting:
                self._free -= 1
                self._waiting.pop(min(self._waiting)).set()

    def _take(self, place: Place) -> None:
        """Wait for a turn."""
        turn = threading.Event()
        self._hand_out(0, {place: turn})
        turn.wait()

    def _give_back(self) -> None:
        self._hand_out(1, {})

    @contextmanager
    def long(self) -> Iterator[None]:
        """One turn for all that is done within."""
        self._take((LONG, next(self._numbers)))
        try:
            yield
        finally:
            self._give_back()

    def over(
        self, items: Generator[T, None, object], wanted: Callable[[], bool] = lambda: True, long: bool = False
    ) -> Iterator[T]:
        """The items of a generator, each computed in a turn of its own; they end where nobody wants them any more.

        long: it is known to be; else it is for what it has taken of the processor, from QUICK_SECONDS on.
        """
        number, seconds = next(self._numbers), 0.0
        try:
            for count in itertools.count():
                rank = LONG if long or seconds >= QUICK_SECONDS else FIRST_PICTURE if count < ANSWERS else QUICK
                self._take((rank, number))
                started = time.thread_time()
                try:
                    if not wanted():
                        return
                    item = next(items)
                except StopIteration:
                    return
                finally:
                    seconds += time.thread_time() - started
                    self._give_back()
                yield item
        finally:
            items.close()


TURNS = Turns(WORKERS)
