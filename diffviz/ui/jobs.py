"""Trainings under way on the page: each is an object that makes some updates when its page asks, and tells what is to be seen.

A job is known by a token that cannot be guessed, so nothing of one visitor is reached by another. Jobs are kept up to so many
bytes: for a new one those leave that were not asked for lately, those of the address that holds most first, of these the least
recently asked for. None is taken from a page that asks for it, nor for an address that holds more itself.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from diffviz.caching import largest_holder_s
from diffviz.trained import SHELF
from diffviz.training.loop import Diverged, Training
from diffviz.ui.limits import SLICE_SECONDS, TRAINING_IDLE_SECONDS, TRAINING_PAUSE_SECONDS, TRAININGS_BYTES
from diffviz.ui.reports import Reports
from diffviz.ui.turns import TURNS, Busy
from diffviz.ui.visitors import open_visit
from diffviz.views.base import LiveView

FORGETS = 0.8  # from call to call, in the pace
PARTS = 8  # of a slice: after each others may compute
COPIES = 13  # of the weights: those, gradient, Adam's two, average; and as state() copies them, two states


class Job:
    """Trainings of one recipe, or of two on one clock.

    update, of: optimiser steps made and wanted; seconds: of computing; done: no more will be made, unless it is lengthened
    last: why these networks can be trained no further, as a clause; None: they can
    lock: held while it is asked; two calls of one page do not train at once
    """

    def __init__(self, trainings: Sequence[Training], live: LiveView, nbytes: int, last: str | None = None) -> None:
        self.trainings, self.live, self.nbytes = trainings, live, nbytes
        self.of = int(trainings[0].recipe.updates)
        self.seconds, self.pace, self.lock = 0.0, 0.0, threading.Lock()
        self._recent = (0.0, 0.0)  # seconds and updates of the last calls, the older the less
        self._why_done = last
        self._diverged: str | None = None  # the sentence that says it
        self._bad: Training | None = None
        self.reports = Reports(live, len(trainings))

    @property
    def update(self) -> int:
        return min(training.update for training in self.trainings)

    @property
    def done(self) -> bool:
        return self._why_done is not None or self.update >= self.of

    def go_on(self, updates: int, log_snr: float) -> None:
        """Make at most so many updates, for SLICE_SECONDS at most, and report where it is time for it. Nothing is done where too
        many reports wait to be fetched."""
        if self.reports.full:
            return
        if first_report := self.reports.none_yet:
            self._report(log_snr, whole=self.update > 0)
        began, first = time.perf_counter(), self.update
        trained = self._train(updates) if updates and not self.done else 0.0
        if self.update > first:  # of the last calls together: a single one may have waited for others
            self._recent = tuple(
                FORGETS * old + new
                for old, new in zip(self._recent, (time.perf_counter() - began, self.update - first), strict=True)
            )
            self.pace = self._recent[0] / self._recent[1]
        self.seconds += trained
        self.reports.trained(trained)
        asked = updates <= self.update - first  # as many as the page wanted: it waits to see them
        if trained and (self.done or asked or self.reports.due(self.update, self.of)):
            self._report(log_snr, whole=self.done)
        elif not updates and not first_report:  # the page stands still: all that it shows is of this update
            self._report(log_snr, whole=self.update > 0 and not self.reports.has_whole(self.update, log_snr))

    def lengthen(self, updates: int) -> None:
        """So many updates are wanted in all. Raises ValueError, as training.settings.lengthened does, where that cannot be."""
        if self._why_done is not None:
            raise ValueError(f"updates cannot be changed: {self._why_done}.")
        self.trainings, self.of = [training.lengthened(updates) for training in self.trainings], updates

    def _train(self, updates: int) -> float:
        """Seconds of training."""
        trained, end = 0.0, min(self.of, self.update + updates)
        part = max(1, min(32, int(SLICE_SECONDS / PARTS / self.pace))) if self.pace else 1
        while trained < SLICE_SECONDS and self.update < end and self._diverged is None:
            began = time.perf_counter()
            self._advance(min(part, end - self.update))
            trained += time.perf_counter() - began
            TURNS.give_way()
        return trained

    def _advance(self, updates: int) -> None:
        """Where a training diverges all stop at the update to which it has returned, so that a report is of one update."""
        to, stopped = self.update + updates, None
        for side, (training, losses) in enumerate(zip(self.trainings, self.reports.losses, strict=True)):
            try:
                losses += training.advance(to - training.update).losses
            except Diverged as error:
                losses += error.losses
                to, stopped = training.update, (side, error)
        if stopped is None:
            return
        for training in self.trainings:
            training.back_to(to)
        self.reports.back_to(to)
        side, error = stopped
        the = "The" if len(self.trainings) == 1 else f"{'AB'[side]}: the"
        self._bad, self._why_done = self.trainings[side], f"the {error.said}"
        step = " or Langevin step" if getattr(self._bad.recipe, "chain_moves", 0) else ""
        self._diverged = (
            f"{the} {error.said}: training has stopped, with the weights of update {to}. A smaller learning rate{step} may help."
        )

    def _report(self, log_snr: float, whole: bool) -> None:
        diverged = [self._diverged if training is self._bad else None for training in self.trainings]
        self.reports.add(self.trainings, self.update, self.of, log_snr, whole, diverged)

    def titles(self) -> list[str]:
        """What the networks are called, with the updates that were made."""
        recipes = [training.recipe for training in self.trainings]
        return [self.live.title(recipes, side, training.update) for side, training in enumerate(self.trainings)]

    def shelve(self) -> list[str]:
        """Put the networks on the shelf; their names."""
        owner, sides = open_visit().address, enumerate(self.trainings)
        return [SHELF.put(training.average, training.recipe, self.measured(side), owner) for side, training in sides]

    def measured(self, side: int) -> dict[str, Any]:
        """What is known of a network as it is now, for its configuration; without what was measured of it earlier."""
        made = self.trainings[side].update
        return {"updates": made, **self.reports.measured(side, made)}

    def answer(self) -> dict[str, Any]:
        """How far it has come."""
        left = None if self.done else (self.of - self.update) * self.pace or None
        return {"update": self.update, "of": self.of, "seconds": self.seconds, "left": left, "done": self.done}


class _Kept(NamedTuple):
    """used: when it was last asked for."""

    job: Job
    address: str
    used: float


class Jobs:
    """By their tokens, at most so many bytes of them.

    pause_seconds, idle_seconds: that nobody has asked for one, after which it may leave for another, and after which it leaves
    """

    def __init__(
        self, most_bytes: int, pause_seconds: float, idle_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept: dict[str, _Kept] = {}  # the least recently used first
        self._most, self._pause, self._idle = most_bytes, pause_seconds, idle_seconds
        self._clock, self._lock = clock, threading.Lock()

    def put(self, job: Job) -> str:
        """Its token. Raises Busy where there is no room for it now."""
        token, address = secrets.token_urlsafe(18), open_visit().address
        with self._lock:
            self._tidy(job.nbytes, address)
            if self._kept and not self._room(job.nbytes):
                raise Busy("job", "cannot begin now, as too many trainings are under way; try again in a moment.")
            self._kept[token] = _Kept(job, address, self._clock())
        return token

    def drop(self, token: object) -> None:
        """Its page has another one now."""
        with self._lock:
            if isinstance(token, str):
                self._kept.pop(token, None)

    def get(self, token: object) -> Job | None:
        """None for one that there is not, or no longer."""
        with self._lock:
            self._tidy()
            found = self._kept.pop(token, None) if isinstance(token, str) else None
            if found is None:
                return None
            self._kept[token] = found._replace(used=self._clock())
            return found.job

    def _room(self, more: int) -> bool:
        return sum(each.job.nbytes for each in self._kept.values()) + more <= self._most

    def _held(self, address: str) -> int:
        return sum(each.job.nbytes for each in self._kept.values() if each.address == address)

    def _tidy(self, more: int = 0, address: str = "") -> None:
        """more: bytes that are wanted for another one, of that address."""
        now = self._clock()
        self._kept = {token: each for token, each in self._kept.items() if now - each.used <= self._idle}
        while not self._room(more):
            held = {token: (each.address, each.job.nbytes) for token, each in self._kept.items()}
            leaving = largest_holder_s(held, lambda token: now - self._kept[token].used > self._pause)
            if leaving is None or self._held(self._kept[leaving].address) < self._held(address):
                return
            del self._kept[leaving]


JOBS = Jobs(TRAININGS_BYTES, TRAINING_PAUSE_SECONDS, TRAINING_IDLE_SECONDS)
