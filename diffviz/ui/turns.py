"""Whose turn it is to compute. A few do at once. Of those that wait quick ones go before long ones, and of these the one whose
address has computed least.

So nobody's first picture waits for the end of somebody else's run, nobody's quick run for a long one, and however much one
address asks for, another one's turn comes next. It is fair queueing by start times (Goyal, Vin and Cheng, 1996): an address
that comes anew is as far as the one whose turn it is, and is not owed the time in which it asked for nothing. Within an address
first pictures go first, then those that came first, which are finished first. A turn cannot be taken away: it ends with an
item, and long computations give way between their parts.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

from diffviz.deadline import Deadline, open_deadline
from diffviz.fields import ExperimentError
from diffviz.ui.limits import CALLS, EVENTS, EVENTS_OF_PAGE, LISTEN_SECONDS, LONG_CALLS, QUICK_SECONDS, WORKERS, deadline
from diffviz.ui.visitors import Places, Visit, event_visit, open_visit

T = TypeVar("T")

FIRST_PICTURE, QUICK, LONG = range(3)  # ranks
ANSWERS = 3  # of a run until its first picture is out: that it was heard, what is known before, frames
QUICK_BEFORE_LONG = 8  # turns that are handed out while a long one waits, until it is its turn all the same
CHECK_SECONDS = 0.4  # after which one that waits checks whether it is still wanted
TOLD_SECONDS = 3.0  # after which it is told again how many are before it
MOST_ADDRESSES = 1000  # whose time is remembered
BEGUN = 48  # runs of an address that have computed something and hold it; the others wait


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


@dataclass(eq=False)
class Place:
    """Of one that waits or computes. began: it had a turn and put it aside; fresh: a run's first; number: in which its request
    came."""

    rank: int
    number: int
    address: str = ""
    began: bool = False
    fresh: bool = False
    turn: threading.Event = field(default_factory=threading.Event)
    since: float = 0.0  # it has its turn


class Turns:
    """So many at once; of long ones one fewer, so that there is always a turn for the others, unless there is only one turn."""

    def __init__(self, at_once: int) -> None:
        self._free, self._free_long, self._numbers = at_once, max(1, at_once - 1), itertools.count()
        self._waiting: list[Place] = []
        self._used: dict[str, float] = {}  # seconds, by address
        self._now = 0.0  # what the address had used whose turn came last
        self._passed = 0  # turns since a long one that waits had one
        self._begun: Counter[str] = Counter()  # runs that are not at their end, by address
        self._at_once, self._handed = at_once, time.monotonic()
        self._lock, self._mine = threading.Lock(), threading.local()

    def state(self) -> tuple[int, int, float]:
        """How many wait, how many compute, and seconds since a turn was handed out."""
        with self._lock:
            return len(self._waiting), self._at_once - self._free, time.monotonic() - self._handed

    def _key(self, place: Place) -> tuple[float, ...]:
        """A long one that had a turn may hold what other long ones wait for, so it goes before all of them."""
        long, used = place.rank == LONG, self._used.get(place.address, self._now)
        return long, not place.began if long else 0, used, place.rank, not place.began, place.number

    def _hand_out(self) -> None:
        """With the lock held. Only those whose turn it is are woken: dozens of threads that look whether it is theirs would take
        more time than the computing."""
        while self._free:
            may = [place for place in self._waiting if not (place.fresh and self._begun[place.address] >= BEGUN)]
            long = [place for place in may if place.rank == LONG] if self._free_long else []
            ready = [place for place in may if place.rank < LONG]
            if not ready or (long and self._passed >= QUICK_BEFORE_LONG):
                ready = long
            if not ready:
                return
            place = min(ready, key=self._key)
            self._waiting.remove(place)
            self._passed = 0 if place.rank == LONG or not long else self._passed + 1
            self._free -= 1
            self._free_long -= place.rank == LONG
            self._begun[place.address] += place.fresh
            self._now = max(self._now, self._used.get(place.address, self._now))
            place.since = self._handed = time.monotonic()
            place.turn.set()

    def _wait_for(self, place: Place, instead: Place | None = None) -> None:
        """instead: of a turn that is given back in the same moment, so that none of the same rank can slip in between."""
        with self._lock:
            if instead is not None:
                self._free_one(instead)
            if len(self._used) > MOST_ADDRESSES:
                self._used = {address: used for address, used in self._used.items() if used > self._now}
            self._used[place.address] = max(self._now, self._used.get(place.address, 0.0))
            self._waiting.append(place)
            self._hand_out()

    def _leave(self, place: Place) -> None:
        """It waits no longer; if the turn was handed out just now it is given back."""
        with self._lock:
            if place in self._waiting:
                self._waiting.remove(place)
            else:
                self._begun[place.address] -= place.fresh
                self._free_one(place)
                self._hand_out()

    def _end(self, address: str) -> None:
        """Of a run that had begun."""
        with self._lock:
            self._begun[address] -= 1
            self._begun += Counter()  # without those that are 0
            self._hand_out()

    def _take(self, place: Place, by: Deadline | None = None, instead: Place | None = None) -> None:
        """Wait for a turn. Raises OutOfTime if the deadline passes first, Left if nobody wants it any more, unless it had begun:
        then it gets its turn all the same."""
        visit = open_visit()
        self._wait_for(place, instead)
        while not place.turn.wait(CHECK_SECONDS if by is None else min(CHECK_SECONDS, by.left)):
            if not place.began and not visit.wanted():
                self._leave(place)
                raise Left
            if by is not None and not by.left:
                self._leave(place)
                raise by.error()
        self._mine.place = place

    def _free_one(self, place: Place) -> None:
        """With the lock held."""
        self._free += 1
        self._free_long += place.rank == LONG
        self._used[place.address] = self._used.get(place.address, self._now) + time.monotonic() - place.since

    def _give_back(self) -> None:
        place: Place = self._mine.place
        self._mine.place = None
        with self._lock:
            self._free_one(place)
            self._hand_out()

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
        with self._lock:
            better = place is not None and any(other.rank < place.rank for other in self._waiting)
        if better:
            self._again(place, instead=place)

    def giving_way(self, items: Iterable[T]) -> Iterator[T]:
        """The items, computed within one turn that gives way after each. Raises Left where nobody wants them any more."""
        for item in items:
            yield item
            self.give_way()
            check_wanted()

    def before(self, place: Place) -> int:
        """How many that wait have their turn before it."""
        with self._lock:
            mine = self._key(place)
            return sum(self._key(other) < mine for other in self._waiting)

    def _told_while(self, place: Place, visit: Visit, told: Callable[[int], T] | None) -> Generator[T, None, bool]:
        """Wait for a turn, and tell how many are before. Whether it came: it does not where nobody wants it any more."""
        self._wait_for(place)
        last, looked, had = None, time.monotonic() - TOLD_SECONDS + 1.0, False  # for the first time after a second
        try:
            while not place.turn.wait(CHECK_SECONDS):
                if not visit.wanted():
                    return False
                if told is not None and time.monotonic() - looked >= TOLD_SECONDS:
                    looked, number = time.monotonic(), self.before(place)
                    if number != last:
                        last = number
                        yield told(number)
            had = visit.wanted()
            return had
        finally:
            if not had:
                self._leave(place)

    def over(
        self,
        items: Generator[T, None, object],
        visit: Visit | None = None,
        long: bool = False,
        told: Callable[[int], T] | None = None,
    ) -> Iterator[T]:
        """The items of a generator, each computed in a turn of its own; they end where nobody wants them any more.

        visit: for whom; long: it is known to be, as visit.long is; else it is for what it has taken of the processor, from
        QUICK_SECONDS on
        told: makes an item that says how many are before it, while it waits for longer than a moment
        """
        visit = visit or open_visit()
        number, seconds, begun = next(self._numbers), 0.0, False
        items = visit.over(items)
        try:
            for count in itertools.count():
                rank = LONG if long or visit.long or seconds >= QUICK_SECONDS else FIRST_PICTURE if count < ANSWERS else QUICK
                place = Place(rank, number, visit.address, fresh=not count)
                if not (yield from self._told_while(place, visit, told)):
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
                self._end(visit.address)


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
            if visit.address and not visit.heard.wait(LISTEN_SECONDS):
                raise Left
            yield visit
