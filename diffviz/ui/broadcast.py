"""Experiments to player messages: streamed while they are computed, kept in a byte-bounded cache when done.

Every request is stateless: an Experiment in, messages out; whoever gets the request can redo the work.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import uuid4

import numpy as np
import torch

from diffviz import exports, narration
from diffviz.diagnostics.comparison import Outcome
from diffviz.diagnostics.information import Information
from diffviz.diagnostics.report import analyse, sample_quality
from diffviz.engine import Setup, collect, stream
from diffviz.experiment import Experiment
from diffviz.figures import charts
from diffviz.player import protocol
from diffviz.player.protocol import Block, Chart, Final, Init
from diffviz.trajectory import Curve, Frame, Trajectory
from diffviz.ui.limits import CACHE_BYTES, in_time

SECONDS_BETWEEN_MESSAGES = 0.05


@dataclass(frozen=True, eq=False)
class Finished:
    """A run as it was sent, and what it leaves to be judged by."""

    init: Init
    blocks: list[Block]
    final: Final
    outcome: Outcome

    @property
    def nbytes(self) -> int:
        """About; charts and captions are estimated."""
        return sum(block.values.nbytes for block in self.blocks) + self.outcome.end.nbytes + 100_000


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


def _init(setup: Setup, times: np.ndarray, overlays: tuple[str, ...]) -> Init:
    e, schedule, steps = setup.experiment, setup.schedule, setup.schedule.steps
    every = np.arange(steps + 1)
    beta = Curve("β", every[1:], schedule.beta, "")
    alpha_bar = Curve("ᾱ", every, schedule.alpha_bar, "")
    log10_snr = Curve("log10 SNR", every, schedule.log_snr / np.log(10), "")
    mixture = setup.mixture
    return Init(
        steps=steps,
        times=times.tolist(),
        alpha=schedule.alpha[times].tolist(),
        sigma=schedule.sigma[times].tolist(),
        particles=min(e.particles, protocol.MAX_DRAWN),
        total=e.particles,
        mixture={
            "means": np.round(mixture.means.numpy(), 5).tolist(),
            "weights": np.round(mixture.weights.numpy(), 7).tolist(),
            "std": mixture.std,
        },
        exact=e.denoiser == "exact",
        captions=narration.captions(setup, times),
        charts={
            "schedule": Chart(
                "Noise schedule <i>β</i><sub>t</sub>, <i>ᾱ</i><sub>t</sub>",
                charts.schedule_figure(beta, alpha_bar, steps),
                narration.schedule_readout(setup, times),
            ),
            "snr": Chart(
                "Signal to noise SNR<sub>t</sub>", charts.snr_figure(log10_snr, steps), narration.snr_readout(setup, times)
            ),
        },
        title=exports.title(e),
        snippet=exports.python_snippet(e),
        command=exports.command_line(e),
        warning=narration.prior_warning(setup),
        overlays=list(overlays),
    )


def _final(setup: Setup, times: np.ndarray, trajectory: Trajectory, chain: Information) -> Final:
    skips = len(setup.times) != setup.schedule.steps + 1
    full = analyse(setup) if skips else chain
    name = setup.experiment.denoiser
    visited = chain.curves("steps taken")["used"] if skips else None
    figure = charts.kl_figure(**full.curves(name), visited=visited, steps=setup.schedule.steps)
    note = f"L<sub>0</sub> {narration.number(chain.kl_nats[0], 2)} &nbsp; L<sub>T</sub> {narration.number(chain.kl_nats[-1], 2)}"
    quality = sample_quality(setup, trajectory)
    return Final(
        captions=narration.full_captions(setup, times, trajectory, chain),
        charts={"kl": Chart("KL of each step <i>L</i><sub>t−1</sub>", figure, narration.kl_readout(times, chain), note)},
        summary=narration.summary(setup, chain, (quality.mean, quality.stderr, quality.floor)),
    )


@dataclass
class _Gatherer:
    """Collects displayed frames into blocks: pending ones to send now, all of them to keep."""

    setup: Setup
    times: np.ndarray
    pending: list[Block] = field(default_factory=list)
    sent: list[Block] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._index = {int(t): i for i, t in enumerate(self.times)}
        self._field = None
        if self.setup.experiment.denoiser != "exact":
            self._field = torch.from_numpy(protocol.field_points()).to(self.setup.device)

    def add(self, frame: Frame) -> None:
        index = self._index.get(frame.t)
        if index is None:
            return
        self._keep(frame.direction, index, frame.x[: protocol.MAX_DRAWN])
        if frame.x0_hat is not None:
            self._keep("x0_hat", index, frame.x0_hat[: protocol.TRACED])
            if self._field is not None and frame.t > 0:
                schedule = self.setup.schedule
                with torch.inference_mode():
                    guess = self.setup.denoiser(self._field, float(schedule.alpha[frame.t]), float(schedule.sigma[frame.t]))
                self._keep("field", index, guess.x0_hat)

    def _keep(self, name: str, index: int, values: torch.Tensor) -> None:
        self.pending.append(Block(name, index, values.cpu().numpy()[None]))

    def flush(self) -> list[Block]:
        """The pending frames as few blocks, each of neighbouring frames of one array."""
        blocks = []
        for name in ("forward", "reverse", "x0_hat", "field"):
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
    setup.denoiser  # noqa: B018  a checkpoint that cannot be read is told before anything is shown
    times = protocol.shown_times(setup.times, experiment.particles)
    init = _init(setup, times, overlays)
    sequence = itertools.count()
    yield protocol.message(run, next(sequence), query, init, side=side)

    gatherer = _Gatherer(setup, times)
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
    trajectory = collect(setup, frames, started)
    outcome = Outcome.of(setup, trajectory)
    final = _final(setup, times, trajectory, outcome.chain)
    CACHE.put(experiment, Finished(init, _merged(gatherer.sent), final, outcome))
    yield protocol.message(run, next(sequence), query, final=final, side=side)


def _merged(blocks: list[Block]) -> list[Block]:
    """One block for each array: what many small ones amount to."""
    merged = []
    for name in dict.fromkeys(block.name for block in blocks):
        parts = sorted((b for b in blocks if b.name == name), key=lambda b: b.first)
        merged.append(Block(name, parts[0].first, np.concatenate([b.values for b in parts])))
    return merged
