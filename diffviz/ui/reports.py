"""What a page is told of its trainings while they go on: reports, which wait until the page has fetched them, and take a share of
the time that is trained.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from diffviz.training.loop import Training
from diffviz.views.base import LiveView

QUICK_SHARE, SLOW_SHARE = 0.1, 0.08  # of the time that is trained, which reports may take
MOST_REPORTS = 400  # of a training, evenly over its updates
MOST_WAITING = 32  # of them, until its page has fetched some
MOST_LOSSES = 2000  # of a run in all reports; beyond, each is the mean of several batches

_EMPTY = dict.fromkeys(("excess", "levels", "field", "samples", "negatives", "bound", "gap", "energy", "plateau", "warning"))


class TimeShare:
    """Something may take a share of the time that is trained. due: has enough been trained since it was last done?"""

    def __init__(self, share: float) -> None:
        self._share, self._left = share, 0.0

    @property
    def due(self) -> bool:
        return self._left >= 0.0

    def trained(self, seconds: float) -> None:
        self._left = min(0.0, self._left + self._share * seconds)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """By what is done within."""
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - began
            self._left = max(self._left - spent, -2.0 * spent)  # reports that a page waits for, step by step, delay no later one


class Reports:
    """Of one training, or of two on one clock.

    waiting: those that the page has not fetched; losses: of each training, of the batches since the last report
    """

    def __init__(self, live: LiveView, sides: int) -> None:
        self._live = live
        self.waiting: list[dict[str, Any]] = []
        self.losses: list[list[float]] = [[] for _ in range(sides)]
        self._fetched = self._last = 0  # reports that the page has, and the update of the last one
        self._whole: tuple[int, float] | None = None  # update and log SNR of the last report with all that can be measured
        self._quick, self._slow = TimeShare(QUICK_SHARE), TimeShare(SLOW_SHARE)
        self._measured: list[tuple[int, dict[str, Any]]] = [(0, {}) for _ in range(sides)]  # and after which update

    @property
    def none_yet(self) -> bool:
        return not self._fetched and not self.waiting

    @property
    def full(self) -> bool:
        """Has the page to fetch some before others are made?"""
        return len(self.waiting) >= MOST_WAITING

    def due(self, update: int, of: int) -> bool:
        """Is it time for one, after so many updates of all?"""
        return self._quick.due and update - self._last >= of // MOST_REPORTS

    def has_whole(self, update: int, log_snr: float) -> bool:
        """Is the last one with all that can be measured of this update?"""
        return self._whole == (update, log_snr)

    def trained(self, seconds: float) -> None:
        self._quick.trained(seconds)
        self._slow.trained(seconds)

    def back_to(self, update: int) -> None:
        """The trainings have returned to that update."""
        for losses in self.losses:
            del losses[max(0, update - self._last) :]

    def add(
        self, trainings: Sequence[Training], update: int, of: int, log_snr: float, whole: bool, diverged: Sequence[str | None]
    ) -> None:
        """A report of the trainings after so many updates of all.

        log_snr: of the noise level that the page shows; whole: with all that can be measured
        diverged: of each training, the sentence that says why it has stopped
        """
        slow, runs = whole or self._slow.due, []
        if slow:
            self._whole = update, log_snr
        for side, training in enumerate(trainings):
            with self._quick.taken():
                seen = self._live.quick(side, training, log_snr)
            if slow:
                with self._slow.taken():
                    seen |= self._live.slow(side, training)
            if measured := {name: seen[name] for name in ("bound", "gap") if seen.get(name)}:
                self._measured[side] = training.update, measured
            losses, batches = _thinned(self.losses[side], of)
            runs.append(_EMPTY | seen | {"loss": losses, "batches": batches, "diverged": diverged[side]})
        self.losses = [[] for _ in trainings]
        if self.waiting and self._last == update:  # the same update seen anew: its report has not been fetched yet
            runs = [_completed(run, old) for run, old in zip(runs, self.waiting.pop()["runs"], strict=True)]
        self.waiting.append({"update": update, "runs": runs})
        self._last = update

    def fetched(self, reports: int) -> None:
        """The page has so many in all: they are forgotten here."""
        had = max(0, min(reports - self._fetched, len(self.waiting)))
        del self.waiting[:had]
        self._fetched += had

    def measured(self, side: int, update: int) -> dict[str, Any]:
        """What was measured of a network after that update, and not earlier."""
        of, measured = self._measured[side]
        return measured if of == update else {}


def _completed(run: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """A report of an update, with the losses of its earlier one, and with what else was not measured again."""
    kept = {name: before[name] if value is None else value for name, value in run.items()}
    return kept | {"loss": before["loss"] + run["loss"]}


def _thinned(losses: list[float], of: int) -> tuple[list[float], int]:
    """Means of as many batches each, and of how many."""
    batches = max(1, math.ceil(of / MOST_LOSSES))
    parts = [losses[i : i + batches] for i in range(0, len(losses), batches)]
    return [float(f"{math.fsum(part) / len(part):.6g}") for part in parts], batches
