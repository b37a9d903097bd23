"""Randomness that belongs to a particle.

Particle i at time t receives the same draw whatever the number of particles, the sampler, the steps it visits, the
device or the order in which frames are asked for. So two runs differ only in what was changed between them.

The generator is counter-based: numpy's Philox (Salmon et al. 2011) has the key (seed, stream) and starts every sequence at a
counter of its own, (0, kind, t, draw) from the lowest of four 64-bit words up. A sequence counts in the lowest word, so no two
ever meet. Particles are filled in order from the start of a sequence, so more of them leave the first ones as they are, and
exactly what is asked for is drawn, on the CPU: every device sees the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

NORMAL, UNIFORM = 0, 1  # kinds
AHEAD = 2**17  # numbers, half a megabyte
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


class Stream(IntEnum):
    """What a draw is for; streams are independent of one another."""

    DATA = 0
    FORWARD = 1
    REVERSE = 2
    DIAGNOSTICS = 3
    REFERENCE = 4
    MEASUREMENT = 5
    WORK_FORWARD = 6
    WORK_REVERSE = 7
    ONE_POINT = 8
    BRACKETS = 9
    ARROW = 10
    CONTINUOUS = 11


class ParticleNoise:
    """Standard normal noise [N, *shape] for each integer time t >= 0, keyed by particle. seed: from 0 to 2^64 - 1.

    times: in the order in which their first draws will be asked for, each once. As many as AHEAD numbers hold are drawn
    together, because a network's pass leaves the caches cold: one by one each costs two to three times as much. Anything else
    may be asked for, too.
    """

    def __init__(
        self,
        seed: int,
        stream: Stream,
        particles: int,
        shape: tuple[int, ...] = (2,),
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        times: Sequence[int] = (),
    ) -> None:
        self._bits = np.random.Philox(key=[seed, stream])
        self._fill = np.random.Generator(self._bits).standard_normal
        self._state = self._bits.state  # with an empty buffer; setting it costs a fifth of making another generator
        self._size, self._device, self._dtype = (particles, *shape), device, dtype
        self._times, self._place = times, {t: place for place, t in enumerate(times)}
        self._count = max(1, AHEAD // max(1, math.prod(self._size)))  # a shape may hold nothing at all
        self._drawn: dict[int, Tensor] = {}  # ahead

    def __call__(self, t: int, draw: int = 0) -> Tensor:
        """[N, *shape] the noise of time t, the draw-th of several."""
        if draw or t not in self._place:
            return self._draw([t], draw)[0]
        if t not in self._drawn:
            times = self._times[self._place[t] :][: self._count]
            self._drawn = dict(zip(times, self._draw(times, 0), strict=True))
        return self._drawn.pop(t)

    def _draw(self, times: Sequence[int], draw: int) -> Tensor:
        """[len(times), N, *shape]."""
        normal = np.empty((len(times), *self._size), np.float32)
        for t, out in zip(times, normal, strict=True):
            self._state["state"]["counter"][:] = 0, NORMAL, t, draw
            self._bits.state = self._state
            self._fill(out=out, dtype=np.float32)
        return torch.from_numpy(normal).to(self._device, self._dtype)


def particle_uniform(seed: int, stream: Stream, particles: int) -> Tensor:
    """[N] float64 uniforms in [0, 1), keyed by particle: the i-th number of one sequence. seed: from 0 to 2^64 - 1."""
    bits = np.random.Philox(key=[seed, stream], counter=[0, UNIFORM, 0, 0])
    return torch.from_numpy(np.random.Generator(bits).random(particles))


def at_time(uniform: Tensor, t: int) -> Tensor:
    """[N] uniforms for time t of uniforms [N] in [0, 1): plus t times the golden ratio (Weyl's sequence), so that over the times
    each of the N sees all of a distribution that they are turned into."""
    return (uniform + t * GOLDEN) % 1.0
