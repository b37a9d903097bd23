"""Experiments to player messages: streamed while they are computed, kept in a byte-bounded cache when done.

Every request is stateless: an Experiment in, messages out; whoever gets the request can redo the work.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from diffviz.caching import size_of
from diffviz.diagnostics.comparison import Outcome
from diffviz.diagnostics.picture_comparison import PictureOutcome
from diffviz.engine import Setup, collect, stream
from diffviz.experiment import Experiment
from diffviz.player import protocol
from diffviz.player.protocol import Block, Final, Init
from diffviz.trajectory import Frame, Trajectory
from diffviz.ui.limits import CACHE_BYTES, in_time
from diffviz.ui.tell_pictures import PictureTelling
from diffviz.ui.tell_plane import PlaneTelling

SECONDS_BETWEEN_MESSAGES = 0.05


class Telling(Protocol):
    """What is said of a run, by what its data are. times: [m] the displayed ones, ascending."""

    times: NDArray[np.int64]

    def init(self, overlays: tuple[str, ...]) -> Init: ...

    def arrays(self, frame: Frame) -> Iterator[tuple[str, NDArray]]: ...

    def final(self, trajectory: Trajectory) -> tuple[Final, Outcome | PictureOutcome]: ...


@dataclass(frozen=True, eq=False)
class Finished:
    """A run as it was sent, and what it leaves to be judged by."""

    init: Init
    blocks: list[Block]
    final: Final
    outcome: Outcome | PictureOutcome

    @property
    def nbytes(self) -> int:
        """Of all that is kept."""
        return size_of(self)


class Cache:
    """Finished runs by Experiment, the least recently used leaving first."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._kept: OrderedDict[Experiment, Finished] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, experiment: Experiment) -> Finished | None:
        with self._lock:
            if experiment not in self._kept:
                return None
            self._kept.move_to_end(experiment)
            return self._kept[experiment]

    def put(self, experiment: Experiment, finished: Finished) -> None:
        with self._lock:
            if experiment in self._kept:
                self._size -= self._kept.pop(experiment).nbytes
            self._kept[experiment] = finished
            self._size += finished.nbytes
            while self._size > self._limit and len(self._kept) > 1:  # the newest stays, whatever its size
                self._size -= self._kept.popitem(last=False)[1].nbytes


CACHE = Cache(CACHE_BYTES)


class _Gatherer:
    """Collects displayed frames into blocks: pending ones to send now, all of them to keep."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._index = {int(t): i for i, t in enumerate(telling.times)}
        self.pending: list[Block] = []
        self.sent: list[Block] = []

    def add(self, frame: Frame) -> None:
        index = self._index.get(frame.t)
        if index is not None:
            self.pending += [Block(name, index, values[None]) for name, values in self._telling.arrays(frame)]

    def flush(self) -> list[Block]:
        """The pending frames as few blocks, each of neighbouring frames of one array."""
        blocks = []
        for name in dict.fromkeys(block.name for block in self.pending):
            frames = sorted((b for b in self.pending if b.name == name), key=lambda b: b.first)
            for _, group in itertools.groupby(enumerate(frames), key=lambda pair: pair[1].first - pair[0]):
                run = [block for _, block in group]
                blocks.append(Block(name, run[0].first, np.concatenate([block.values for block in run])))
        self.pending = []
        self.sent += blocks
        return blocks


def complete(experiment: Experiment, overlays: tuple[str, ...] = (), side: int = 0) -> str:
    """The whole run in one message, from the cache or computed now. Raises ExperimentError."""
    kept = CACHE.get(experiment)
    if kept is None:
        for _ in broadcast(experiment):
            pass
        kept = CACHE.get(experiment)
    return _complete_message(experiment, kept, overlays, side)


def outcome_of(experiment: Experiment) -> Outcome | PictureOutcome:
    """Of a run that was just sent; computed again in the rare case that others have pushed it out meanwhile."""
    while (kept := CACHE.get(experiment)) is None:
        complete(experiment)
    return kept.outcome


def _complete_message(experiment: Experiment, kept: Finished, overlays: tuple[str, ...], side: int) -> str:
    shown = replace(kept.init, overlays=list(overlays))
    return protocol.message(uuid4().hex, 0, experiment.to_query(), shown, kept.blocks, kept.final, side)


def broadcast(experiment: Experiment, overlays: tuple[str, ...] = (), side: int = 0) -> Iterator[str]:
    """Messages of a run as it is computed; one message if it is already known.

    Raises ExperimentError, before the first message, for what cannot be run, and after the deadline.
    """
    kept = CACHE.get(experiment)
    if kept is not None:
        yield _complete_message(experiment, kept, overlays, side)
        return
    started = time.perf_counter()
    setup, run, query = Setup(experiment), uuid4().hex, experiment.to_query()
    setup.prepare()  # a checkpoint that cannot be read is told before anything is shown
    telling = PictureTelling(setup) if experiment.shows_pictures else PlaneTelling(setup)
    init = telling.init(overlays)
    sequence = itertools.count()
    yield protocol.message(run, next(sequence), query, init, side=side)

    gatherer = _Gatherer(telling)
    last = 0.0  # the first frame goes out at once
    frames: list[Frame] = []
    for frame in in_time(stream(experiment, setup)):
        gatherer.add(frame)
        frames.append(frame)
        now = time.perf_counter()
        first_picture = frame.direction == "forward" and frame.t == setup.schedule.steps
        if first_picture or now - last >= SECONDS_BETWEEN_MESSAGES:
            last = now
            yield protocol.message(run, next(sequence), query, blocks=gatherer.flush(), side=side)
    if gatherer.pending:
        yield protocol.message(run, next(sequence), query, blocks=gatherer.flush(), side=side)
    final, outcome = telling.final(collect(setup, frames, started))
    CACHE.put(experiment, Finished(init, _merged(gatherer.sent), final, outcome))
    yield protocol.message(run, next(sequence), query, final=final, side=side)


def _merged(blocks: list[Block]) -> list[Block]:
    """One block for each array: what many small ones amount to."""
    merged = []
    for name in dict.fromkeys(block.name for block in blocks):
        parts = sorted((b for b in blocks if b.name == name), key=lambda b: b.first)
        merged.append(Block(name, parts[0].first, np.concatenate([b.values for b in parts])))
    return merged
