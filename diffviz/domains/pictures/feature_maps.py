"""A look inside: what a U-Net makes of one picture at each of its levels, while t moves.

A network shows its inside by features(x_t [N, C, H, W], alpha [N], sigma [N]) -> maps [N, C', H', W'] by the level's name, in the
order in which the picture passes. The exact denoiser has none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.deadline import check_time

TOGETHER = 16  # frames that pass the network at once


def levels(denoiser: Any, shape: tuple[int, int, int], device: Any = "cpu") -> list[str]:
    """The names of a denoiser's levels, for pictures [C, H, W]; none where nothing can be seen."""
    if not hasattr(denoiser, "features"):
        return []
    half = torch.full((1,), 0.5**0.5, device=device)
    with torch.inference_mode():
        return list(denoiser.features(torch.zeros(1, *shape, device=device), half, half))


def feature_maps(
    denoiser: Any,
    level: str,
    x_t: NDArray[np.floating],
    alpha: NDArray[np.float64],
    sigma: NDArray[np.float64],
    device: Any = "cpu",
) -> NDArray[np.float32]:
    """[M, C', H', W'] of a picture x_t [M, C, H, W] at M noise levels, alpha and sigma > 0 [M]. Raises KeyError for a level that
    is not there."""
    found = []
    for first in range(0, len(x_t), TOGETHER):
        check_time()
        part = slice(first, first + TOGETHER)
        x, a, s = (torch.from_numpy(np.ascontiguousarray(values[part], np.float32)).to(device) for values in (x_t, alpha, sigma))
        with torch.inference_mode():
            found.append(denoiser.features(x, a, s)[level].float().cpu().numpy())
    return np.concatenate(found)
