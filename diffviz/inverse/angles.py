"""Draws of an angle."""

from __future__ import annotations

import math

import torch
from torch import Tensor

NODES = 129
REACH = 7.0  # standard deviations to either side, where that is less than half a turn


def von_mises(concentration: Tensor, uniform: Tensor) -> Tensor:
    """[N] angles from the density proportional to exp(concentration cos(angle)), from uniform numbers [N] in [0, 1).

    By the distribution function, the trapezoid rule between NODES nodes: its density is right to within 2e-3 of itself. float64.
    """
    half = (REACH / concentration.clamp(min=1e-12).sqrt()).clamp(max=math.pi)
    nodes = half[:, None] * torch.linspace(-1.0, 1.0, NODES, dtype=torch.float64)
    rise = (nodes / 2).float().sin_().square_()  # single precision is enough for a density, and twice as fast
    density = rise.mul_(-2.0 * concentration[:, None].float()).exp_()
    below = torch.cumsum((density[:, 1:] + density[:, :-1]).double(), 1)
    below = torch.cat([torch.zeros_like(below[:, :1]), below / below[:, -1:]], 1)
    right = torch.searchsorted(below, uniform[:, None]).clamp(1, NODES - 1)
    low, high = below.gather(1, right - 1), below.gather(1, right)
    share = ((uniform[:, None] - low) / (high - low).clamp(min=1e-300)).clamp(0.0, 1.0)
    return torch.lerp(nodes.gather(1, right - 1), nodes.gather(1, right), share)[:, 0]
