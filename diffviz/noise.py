"""Randomness that belongs to a particle.

Particle i at time t receives the same draw whatever the number of particles, the sampler, the steps it visits, the
device or the order in which frames are asked for. So two runs differ only in what was changed between them.

Draws come in blocks of BLOCK particles x SPAN times, each from its own numpy generator seeded by
(seed, stream, block, span); numpy fills them on the CPU, so every device sees the same numbers. Of one time, all draws but the
first few have generators of their own.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

BLOCK, SPAN = 64, 64
KEPT_DRAWS = 4  # of each time, drawn a span at once and kept; whoever asks for more pays by the time and keeps nothing
SPANS = 64  # enough for times up to 4095; draws of one time lie this many spans apart


class Stream(IntEnum):
    """What a draw is for; streams are independent of one another."""

    DATA = 0
    FORWARD = 1
    REVERSE = 2
    DIAGNOSTICS = 3
    REFERENCE = 4
    TRAINING = 5
    MEASUREMENT = 6


class ParticleNoise:
    """Standard normal noise [N, *shape] for each integer time t, keyed by particle."""

    def __init__(
        self,
        seed: int,
        stream: Stream,
        particles: int,
        shape: tuple[int, ...] = (2,),
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._key = (seed, int(stream))
        self._particles, self._shape, self._device, self._dtype = particles, shape, device, dtype
        self._spans: dict[int, tuple[int, Tensor]] = {}  # the last one of each draw

    def __call__(self, t: int, draw: int = 0) -> Tensor:
        """[N, *shape] the noise of time t, the draw-th of several. Neighbouring times are cheapest asked in order, up or down."""
        index, offset = divmod(t, SPAN)
        index += draw * SPANS
        if draw >= KEPT_DRAWS:
            return self._draw(index, 1, offset + 2)[0]
        if draw not in self._spans or self._spans[draw][0] != index:
            self._spans[draw] = index, self._draw(index, SPAN)
        return self._spans[draw][1][offset]

    def _draw(self, index: int, count: int, *more: int) -> Tensor:
        """[count, N, *shape]; more: what tells the numbers of a single time from those of its span, and from uniforms, at 1."""
        blocks = [
            np.random.default_rng((*self._key, block, index, *more)).standard_normal((count, BLOCK, *self._shape), np.float32)
            for block in range(-(-self._particles // BLOCK))
        ]
        table = np.concatenate(blocks, axis=1)[:, : self._particles]
        return torch.from_numpy(np.ascontiguousarray(table)).to(self._device, self._dtype)


def particle_uniform(seed: int, stream: Stream, particles: int) -> Tensor:
    """[N] float64 uniforms in [0, 1), keyed by particle: the i-th number of one sequence.

    numpy pads a short seed with zeros, so without the last word these would be the very bits of block 0, span 0.
    """
    return torch.from_numpy(np.random.default_rng((seed, int(stream), 0, 0, 1)).random(particles))
