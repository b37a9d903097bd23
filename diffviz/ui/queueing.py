"""The order in which those that wait have their turn to compute. Quick ones go before long ones, and of these the one whose
address has computed least.

So nobody's first picture waits for the end of somebody else's run, nobody's quick run for a long one, and however much one
address asks for, another one's turn comes next. It is fair queueing by start times (Goyal, Vin and Cheng, 1996): an address
that comes anew is as far as the one whose turn it is, and is not owed the time in which it asked for nothing. Within an address
first pictures go first, then those that came first, which are finished first.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from diffviz.ui.limits import BEGUN, MOST_ADDRESSES

FIRST_PICTURE, QUICK, LONG = range(3)  # ranks
QUICK_BEFORE_LONG = 8  # turns that are handed out while a long one waits, until it is its turn all the same


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


class FairQueue:
    """So many turns at once; of long ones one fewer, so that there is always a turn for the others, unless there is only one
    turn. Whose turn comes is told by the event of the place. From any thread."""

    def __init__(self, at_once: int) -> None:
        self._free, self._free_long = at_once, max(1, at_once - 1)
        self._waiting: list[Place] = []
        self._used: dict[str, float] = {}  # seconds, by address
        self._now = 0.0  # what the address had used whose turn came last
        self._passed = 0  # turns since a long one that waits had one
        self._begun: Counter[str] = Counter()  # runs that are not at their end, by address
        self._at_once, self._handed = at_once, time.monotonic()
        self._lock = threading.Lock()

    def state(self) -> tuple[int, int, float]:
        """How many wait, how many compute, and seconds since a turn was handed out."""
        with self._lock:
            return len(self._waiting), self._at_once - self._free, time.monotonic() - self._handed

    def enter(self, place: Place, instead: Place | None = None) -> None:
        """It waits for its turn from now on.

        instead: of a turn that is given back in the same moment, so that none of the same rank can slip in between
        """
        with self._lock:
            if instead is not None:
                self._free_one(instead)
            if len(self._used) > MOST_ADDRESSES:
                self._used = {address: used for address, used in self._used.items() if used > self._now}
            self._used[place.address] = max(self._now, self._used.get(place.address, 0.0))
            self._waiting.append(place)
            self._hand_out()

    def leave(self, place: Place) -> None:
        """It waits no longer; if the turn was handed out just now it is given back."""
        with self._lock:
            if place in self._waiting:
                self._waiting.remove(place)
            else:
                self._begun[place.address] -= place.fresh
                self._free_one(place)
                self._hand_out()

    def give_back(self, place: Place) -> None:
        """It has computed."""
        with self._lock:
            self._free_one(place)
            self._hand_out()

    def end(self, address: str) -> None:
        """Of a run that had begun."""
        with self._lock:
            self._begun[address] -= 1
            self._begun += Counter()  # without those that are 0
            self._hand_out()

    def before(self, place: Place) -> int:
        """How many that wait have their turn before it."""
        with self._lock:
            mine = self._key(place)
            return sum(self._key(other) < mine for other in self._waiting)

    def has_better(self, rank: int) -> bool:
        """Does one of a better rank wait?"""
        with self._lock:
            return any(other.rank < rank for other in self._waiting)

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

    def _free_one(self, place: Place) -> None:
        """With the lock held."""
        self._free += 1
        self._free_long += place.rank == LONG
        self._used[place.address] = self._used.get(place.address, self._now) + time.monotonic() - place.since
