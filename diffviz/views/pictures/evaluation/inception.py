"""FID and Inception score by torchmetrics, which is not asked for anywhere else and need not be there."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from diffviz.estimates import Estimate

SIDE, BATCH = 299, 32


def _colour(pictures: Tensor) -> Tensor:
    """[N, C, H, W] in [-1, 1] -> [N, 3, SIDE, SIDE] in [0, 1]."""
    wide = F.interpolate(pictures, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    return ((wide + 1.0) / 2.0).clamp(0.0, 1.0).expand(-1, 3, -1, -1)


def inception(samples: Tensor, reference: Tensor) -> tuple[Estimate, Estimate] | str:
    """FID, whose error is not known, and Inception score with that of its ten parts; or a sentence that says why not.

    samples, reference: [N, C, H, W] in [-1, 1].
    """
    try:
        from torchmetrics.image.fid import FrechetInceptionDistance
        from torchmetrics.image.inception import InceptionScore
    except ImportError:
        return "FID and Inception score need torchmetrics, which is not installed (pip install torchmetrics[image])."
    try:
        distance, score = FrechetInceptionDistance(normalize=True), InceptionScore(normalize=True)
    except (ImportError, OSError, RuntimeError, ValueError) as error:  # its network, and what that is read with
        return f"FID and Inception score have no weights here: {' '.join(str(error).split())[:120]}."
    with torch.inference_mode():
        for part in reference.split(BATCH):
            distance.update(_colour(part), real=True)
        for part in samples.split(BATCH):
            distance.update(_colour(part), real=False)
            score.update(_colour(part))
        mean, spread = score.compute()
        return Estimate(float(distance.compute()), float("inf")), Estimate(float(mean), float(spread) / 10**0.5)
