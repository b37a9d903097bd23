"""Turns to compute: a few compute at once, and the others wait in a fair queue (queueing.py). A turn cannot be taken away: it
ends with an item, and long computations give way between their parts. And the places of calls and events that may wait at all.
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
from diffviz.ui.limits import CALLS, EVENTS, EVENTS_OF_PAGE, LISTEN_SECONDS, LONG_CALLS, QUICK_SECONDS, WORKERS, deadline
from diffviz.ui.queueing import FIRST_PICTURE, LONG, QUICK, FairQueue, Place
from diffviz.ui.visitors import Places, Visit, event_visit, open_visit

T = TypeVar("T")

ANSWERS = 3  # of a run until its first picture is out: that it has begun, what is known before, frames
CHECK_SECONDS = 0.4  # after which one that waits checks whether it is still wanted
NOTICE_SECONDS = 3.0  # after which it gets a notice again of how many are before it


class Busy(ExperimentError):
    """Too many wait already."""

    def __init__(
        self, field: str = "run", message: str = "cannot be computed now, as too many wait; try again in a moment."
    ) -> None:
        super().__init__(field, message)


class Left(Busy):
    """Nobody wants the answer any more."""


def check_wanted() -> None:
    """Raises Left if nobody wants any more what is computed here."""
    if not open_visit().wanted():
        raise Left


class Turns:
    """So many at once, of long ones one fewer."""

    def __init__(self, at_once: int) -> None:
        self._queue, self._numbers, self._mine = FairQueue(at_once), itertools.count(), threading.local()

    def state(self) -> tuple[int, int, float]:
        """How many wait, how many compute, and seconds since a turn was handed out."""
        return self._queue.state()

    def _take(self, place: Place, by: Deadline | None = None, instead: Place | None = None) -> None:
        """Wait for a turn. Raises OutOfTime if the deadline passes first, Left if nobody wants it any more, unless it had begun:
        then it gets its turn all the same."""
        visit = open_visit()
        self._queue.enter(place, instead)
        while not place.turn.wait(CHECK_SECONDS if by is None else min(CHECK_SECONDS, by.left)):
            if not place.began and not visit.wanted():
                self._queue.leave(place)
                raise Left
            if by is not None and not by.left:
                self._queue.leave(place)
                raise by.error()
        self._mine.place = place

    def _give_back(self) -> None:
        place: Place = self._mine.place
        self._mine.place = None
        self._queue.give_back(place)

    @contextmanager
    def one(self, rank: int) -> Iterator[None]:
        """One turn for all that is done within. Raises OutOfTime if the open deadline passes while waiting for it, Left."""
        self._take(Place(rank, next(self._numbers), open_visit().address), open_deadline())
        try:
            yield
        finally:
            self._give_back()

    def _again(self, place: Place, instead: Place | None = None) -> None:
        """The waiting does not count for the open deadline."""
        deadline = open_deadline()
        with deadline.stopped() if deadline else nullcontext():
            self._take(Place(place.rank, place.number, place.address, began=True), instead=instead)

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
            self._again(place)

    def give_way(self) -> None:
        """Between two parts of a long computation: let those of a better rank compute first, and none of its own, since it may
        hold what those wait for. The waiting does not count for the open deadline."""
        place: Place | None = getattr(self._mine, "place", None)
        if place is not None and self._queue.has_better(place.rank):
            self._again(place, instead=place)

    def giving_way(self, items: Iterable[T]) -> Iterator[T]:
        """The items, computed within one turn that gives way after each. Raises Left where nobody wants them any more."""
        for item in items:
            yield item
            self.give_way()
            check_wanted()

    def over(
        self,
        items: Generator[T, None, object],
        visit: Visit | None = None,
        long: bool = False,
        notice: Callable[[int], T] | None = None,
    ) -> Iterator[T]:
        """The items of a generator, each computed in a turn of its own; they end where nobody wants them any more.

        visit: for whom; long: it is known to be, as visit.long is; else it is for what it has taken of the processor, from
        QUICK_SECONDS on
        notice: makes an item that says how many are before it, while it waits for longer than a moment
        """
        visit = visit or open_visit()
        number, seconds, begun = next(self._numbers), 0.0, False
        items = visit.over(items)
        try:
            for count in itertools.count():
                rank = LONG if long or visit.long or seconds >= QUICK_SECONDS else FIRST_PICTURE if count < ANSWERS else QUICK
                place = Place(rank, number, visit.address, fresh=not count)
                if not (yield from _waited_for(self._queue, place, visit, notice)):
                    return
                begun = True
                self._mine.place = place
                started = time.thread_time()
                try:
                    item = next(items)
                except StopIteration:
                    return
                finally:
                    seconds += time.thread_time() - started
                    self._give_back()
                yield item
        finally:
            items.close()
            if begun:
                self._queue.end(visit.address)


def _waited_for(queue: FairQueue, place: Place, visit: Visit, notice: Callable[[int], T] | None) -> Generator[T, None, bool]:
    """Wait for a turn, and say how many are before. Whether it came: it does not where nobody wants it any more."""
    queue.enter(place)
    last, looked, had = None, time.monotonic() - NOTICE_SECONDS + 1.0, False  # for the first time after a second
    try:
        while not place.turn.wait(CHECK_SECONDS):
            if not visit.wanted():
                return False
            if notice is not None and time.monotonic() - looked >= NOTICE_SECONDS:
                looked, number = time.monotonic(), queue.before(place)
                if number != last:
                    last = number
                    yield notice(number)
        had = visit.wanted()
        return had
    finally:
        if not had:
            queue.leave(place)


TURNS = Turns(WORKERS)
_CALLS, _LONG_CALLS, _EVENTS = Places(CALLS), Places(LONG_CALLS), Places(EVENTS, EVENTS_OF_PAGE)


@contextmanager
def _placed(visit: Visit, *kinds: Places) -> Iterator[None]:
    """Raises Busy at once where one of them has no place for it."""
    with ExitStack() as held:
        for places in kinds:
            if not places.take(visit):
                raise Busy
            held.callback(places.give_back, visit)
        yield


@contextmanager
def called(rank: int = QUICK) -> Iterator[None]:
    """A turn for a call that does not pass through the queue, and a deadline, the waiting included.

    Raises Busy at once where its address has no place among the CALLS that compute or wait, or among LONG_CALLS of rank LONG,
    since each of them holds a thread; OutOfTime; Left.
    """
    with _placed(open_visit(), *((_LONG_CALLS, _CALLS) if rank == LONG else (_CALLS,))), deadline().open(), TURNS.one(rank):
        yield


@contextmanager
def attended(also: Callable[[], bool] = lambda: True) -> Iterator[Visit]:
    """The visit of an event of the queue, with a place for it, once somebody listens. also: whether it is still wanted.

    Raises Busy at once where there is no place; Left where nobody has begun to listen after LISTEN_SECONDS, or wants it any more.
    """
    with event_visit() as visit:
        visit.also = also
        with _placed(visit, _EVENTS):
            if visit.address and not visit.listener.wait(LISTEN_SECONDS):
                raise Left
            yield visit
