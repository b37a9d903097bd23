"""Experiments to player messages: streamed while they are computed, kept in a byte-bounded cache when done.

Every request is stateless: an Experiment in, messages out; whoever gets the request can redo the work.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Hashable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import numpy as np

from diffviz.diagnostics.measured import Measured
from diffviz.domains import domain_of
from diffviz.engine import Setup
from diffviz.experiment import Experiment, ExperimentError
from diffviz.player import protocol
from diffviz.player.protocol import Block, Final, Init, Missing
from diffviz.telling.charts import CHARTS
from diffviz.telling.glossary import worked_numbers
from diffviz.trajectory import Frame
from diffviz.ui.limits import CACHE_BYTES
from diffviz.ui.runs import Run, Runs
from diffviz.ui.speech import notice, typeset
from diffviz.ui.turns import TURNS
from diffviz.ui.zero import stream
from diffviz.views import told, view_of
from diffviz.views.teller import Teller

SECONDS_BETWEEN_MESSAGES = 0.05


@dataclass(frozen=True, eq=False)
class Finished:
    """A run as it was sent, and what is measured of it."""

    init: Init
    blocks: list[Block]
    final: Final
    measured: Measured[Any]


Part = Init | list[Block]  # the first of a run, and each of the others

RUNS: Runs[Part, Finished] = Runs(CACHE_BYTES)


class _Gatherer:
    """Collects displayed frames into blocks: pending ones to send now, all of them to keep."""

    def __init__(self, telling: Teller) -> None:
        self._telling = telling
        self._index = {int(t): i for i, t in enumerate(telling.times)}
        self.pending: list[Block] = []
        self.sent: list[Block] = []

    def add(self, frame: Frame) -> None:
        index = self._index.get(frame.t)
        if index is not None:
            self.pending += [Block(name, index, values[None]) for name, values in self._telling.arrays(frame)]

    def flush(self) -> list[Block]:
        """The pending frames as few blocks."""
        blocks, self.pending = _merged(self.pending), []
        self.sent += blocks
        return blocks


def _merged(blocks: list[Block]) -> list[Block]:
    """The same as few blocks, each of neighbouring frames of one array."""
    merged = []
    for name in dict.fromkeys(block.name for block in blocks):
        run: list[Block] = []
        for block in [*sorted((b for b in blocks if b.name == name), key=lambda b: b.first), None]:
            if run and (block is None or block.first != run[-1].first + len(run[-1].values)):
                merged.append(Block(name, run[0].first, np.concatenate([b.values for b in run])))
                run = []
            run.append(block)
    return merged


def _parts(experiment: Experiment) -> Generator[Part, None, Finished]:
    """Compute a run: its Init, then blocks, every SECONDS_BETWEEN_MESSAGES. Raises ExperimentError, before the Init for what
    cannot be run."""
    started = time.perf_counter()
    setup = Setup(experiment)
    setup.prepare()  # a checkpoint that cannot be read is told before anything is shown
    view = view_of(experiment)
    telling = Teller(view, setup)
    init = telling.init()
    yield init

    gatherer = _Gatherer(telling)
    last = 0.0  # the first frame goes out at once
    recorder = setup.recorder()
    try:
        for frame in stream(experiment, setup):
            gatherer.add(frame)
            recorder.add(frame)
            now = time.perf_counter()
            first_picture = frame.direction == "forward" and frame.t == setup.schedule.steps
            if first_picture or now - last >= SECONDS_BETWEEN_MESSAGES:
                last = now
                yield gatherer.flush()
    except ExperimentError:  # midway: what came before it is shown
        if gatherer.pending:
            yield gatherer.flush()
        raise
    if gatherer.pending:
        yield gatherer.flush()
    trajectory = recorder.trajectory(setup.schedule, setup.where, time.perf_counter() - started)
    measured = telling.kept(view.measure(setup, trajectory, view.most_measured), trajectory)
    charts = told.charts(view, measured, setup)
    final = Final(
        view.captions(measured, telling.times),
        charts,
        _summary(view.summary(measured), setup),
        worked=worked_numbers(measured),
        data=telling.data(measured),
        later=told.later(view, measured),
        missing={name: _missing(name, why) for name, why in told.missing(view, measured, charts).items()},
    )
    return Finished(init, _merged(gatherer.sent), final, measured)


def _summary(said: str, setup: Setup) -> str:
    """With what the device's memory did not allow."""
    return said if setup.where == str(setup.device) else f"{said} · {setup.where}"


def _missing(name: str, why: ExperimentError | str) -> Missing:
    row, said = CHARTS[name], typeset(why) if isinstance(why, str) else notice(why)["message"]
    return Missing(row.title, row.unit, row.term or name, said)


def run_key(experiment: Experiment) -> Hashable:
    """A run is told by its experiment and by the files of its network, which may be replaced."""
    return experiment, domain_of(experiment.dataset).weights_stamp(experiment)


def _join(experiment: Experiment) -> Run[Part, Finished]:
    return RUNS.join(run_key(experiment), lambda: _parts(experiment))


def broadcast(experiment: Experiment, side: int = 0, sides: int = 1) -> Generator[str, None, Finished]:
    """Messages of a run as it is computed, here or for another visitor; one message if it is already known. Returns the run.

    Raises ExperimentError, before the first message, for what cannot be run, and after the deadline.
    """
    run = _join(experiment)
    if run.result is not None:
        yield _whole(experiment, run.result, side, sides)
        return run.result
    name, sequence, query = uuid4().hex, itertools.count(), experiment.to_query()
    init = None
    for parts in run.follow():
        init = parts.pop(0) if isinstance(parts[0], Init) else init
        blocks = _merged([block for part in parts for block in part])
        if not blocks:  # the page's head and words change with the panels
            continue
        yield protocol.message(name, next(sequence), query, init, blocks, side=side, sides=sides)
        init = None
    yield protocol.message(name, next(sequence), query, final=run.result.final, side=side, sides=sides)
    return run.result


def _finished(experiment: Experiment) -> Finished:
    """Raises ExperimentError."""
    run = _join(experiment)
    for _ in TURNS.giving_way(run.follow()):
        pass
    return run.result


def complete(experiment: Experiment) -> str:
    """The whole run in one message, if need be computed now. Raises ExperimentError."""
    return _whole(experiment, _finished(experiment), 0, 1)


def is_known(experiment: Experiment) -> bool:
    """Is the run kept here, so that it can be shown without computing anything?"""
    return RUNS.has(run_key(experiment))


def measured_of(experiment: Experiment) -> Measured[Any]:
    """What is measured of the run, if need be computed now. Raises ExperimentError."""
    return _finished(experiment).measured


def _whole(experiment: Experiment, finished: Finished, side: int, sides: int) -> str:
    return protocol.message(uuid4().hex, 0, experiment.to_query(), finished.init, finished.blocks, finished.final, side, sides)
