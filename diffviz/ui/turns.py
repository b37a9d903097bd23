"""Whose turn it is to compute. A few do at once; of those that wait, first pictures go first, then quick runs, then long ones.

So nobody's first picture waits for the end of somebody else's run, and nobody's quick run for a long one. A turn cannot be
taken away: it ends with an item, and long computations give way between their parts. Of equals the one that came first goes
first and is finished first.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TypeVar

from diffviz.deadline import Deadline, open_deadline
from diffviz.fields import ExperimentError
from diffviz.ui.limits import CALLS, LONG_CALLS, QUICK_SECONDS, WORKERS, deadline

T = TypeVar("T")
Place = tuple[int, int, int]  # rank, 0 if it had a turn and put it aside, and the number in which its request came

FIRST_PICTURE, QUICK, LONG = range(3)  # ranks
ANSWERS = 3  # of a run until its first picture is out: that it was heard, what is known before, frames


class Turns:
    """So many at once; of long ones one fewer, so that there is always a turn for the others, unless there is only one turn."""

    def __init__(self, at_once: int) -> None:
        self._free, self._free_long, self._numbers = at_once, max(1, at_once - 1), itertools.count()
        self._waiting: dict[Place, threading.Event] = {}
        self._lock, self._mine = threading.Lock(), threading.local()

    def _hand_out(self) -> None:
        """With the lock held. Only those whose turn it is are woken: dozens of threads that look whether it is theirs would take
        more time than the computing."""
        while self._free:
            ready = [place for place in self._waiting if place[0] < LONG or self._free_long]
            if not ready:
                return
            place = min(ready)
            self._free -= 1
            self._free_long -= place[0] == LONG
            self._waiting.pop(place).set()

    def _take(self, place: Place, by: Deadline | None = None, instead: Place | None = None) -> None:
        """Wait for a turn. Raises OutOfTime if the deadline passes first.

        instead: of a turn that is given back in the same moment, so that none of the same rank can slip in between
        """
        turn = threading.Event()
        with self._lock:
            if instead is not None:
                self._free_one(instead)
            self._waiting[place] = turn
            self._hand_out()
        if not turn.wait(None if by is None else by.left):
            with self._lock:
                if self._waiting.pop(place, None):  # else it was handed out just now
                    raise by.error()
        self._mine.place = place

    def _free_one(self, place: Place) -> None:
        """With the lock held."""
        self._free += 1
        self._free_long += place[0] == LONG

    def _give_back(self) -> None:
        place: Place = self._mine.place
        self._mine.place = None
        with self._lock:
            self._free_one(place)
            self._hand_out()

    @contextmanager
    def one(self, rank: int) -> Iterator[None]:
        """One turn for all that is done within. Raises OutOfTime if the open deadline passes while waiting for it."""
        self._take((rank, 1, next(self._numbers)), open_deadline())
        try:
            yield
        finally:
            self._give_back()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The turn of this thread, if it has one, is given back while it does not compute, and taken again before those of its
        rank that have not begun. The waiting for that does not count for the open deadline."""
        place: Place | None = getattr(self._mine, "place", None)
        if place is None:
            yield
            return
        self._give_back()
        try:
            yield
        finally:
            deadline = open_deadline()
            with deadline.stopped() if deadline else nullcontext():
                self._take((place[0], 0, place[2]))

    def give_way(self) -> None:
        """Between two parts of a long computation: let those of a better rank compute first, and none of its own, since it may
        hold what those wait for. The waiting does not count for the open deadline."""
        place: Place | None = getattr(self._mine, "place", None)
        with self._lock:
            better = place is not None and any(other[0] < place[0] for other in self._waiting)
        if better:
            deadline = open_deadline()
            with deadline.stopped() if deadline else nullcontext():
                self._take((place[0], 0, place[2]), instead=place)

    def giving_way(self, items: Iterable[T]) -> Iterator[T]:
        """The items, computed within one turn that gives way after each."""
        for item in items:
            yield item
            self.give_way()

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
                self._take((rank, 1, number))
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
_CALLS, _LONG_CALLS = threading.BoundedSemaphore(CALLS), threading.BoundedSemaphore(LONG_CALLS)


class Busy(ExperimentError):
    """Too many wait already."""


@contextmanager
def called(rank: int = QUICK) -> Iterator[None]:
    """A turn for a call that does not pass through the queue, and a deadline, the waiting included.

    Raises Busy at once where CALLS of them compute or wait, or LONG_CALLS of rank LONG, since each of them holds a thread;
    OutOfTime.
    """
    with ExitStack() as places:
        for calls in (_LONG_CALLS, _CALLS) if rank == LONG else (_CALLS,):
            if not calls.acquire(blocking=False):
                raise Busy("run", "cannot be computed now, as too many wait; try again in a moment.")
            places.callback(calls.release)
        with deadline().open(), TURNS.one(rank):
            yield
