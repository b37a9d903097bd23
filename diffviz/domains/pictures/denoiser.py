"""A U-Net as a denoiser for every schedule, with a class and guidance."""

from __future__ import annotations

import math

import torch
from torch import Tensor, lerp

from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.denoisers.unet import UNet, x0_from
from diffviz.levels import log_snr_of

SMALLEST_ALPHA = 1e-4  # an eps prediction says nothing of x_0 where alpha = 0: there it is read as if a trace were left


class ImageDenoiser:
    """network: (u, log_snr, label) -> (prediction, logit of f), see unet.py; prediction: what it predicts, one of PREDICTIONS.

    label: the class of all pictures, or [N] long, one for each; None for no class. guidance: w of guidance.py, of no account
    without a label; only 0 and 1 need no second function evaluation, which is made in the same pass.
    """

    def __init__(self, network: UNet, prediction: str = "v", label: int | Tensor | None = None, guidance: float = 1.0) -> None:
        self._network, self._kind, self._guidance = network, prediction, guidance
        self._label = None if guidance == 0.0 else label
        self._twice = self._label is not None and guidance != 1.0

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        norm = math.hypot(alpha, sigma)
        a, s = alpha / norm, sigma / norm
        u = x_t / norm if norm != 1.0 else x_t
        log_snr = x_t.new_full((1,), log_snr_of(alpha, sigma))
        prediction, logit = self._look(u, log_snr)
        x0_hat = x0_from(self._kind, prediction, u, max(a, SMALLEST_ALPHA) if self._kind == "eps" else a, s)
        return Prediction(x0_hat, torch.sigmoid(logit).mul_(s * s))

    def features(self, x_t: Tensor, alpha: Tensor, sigma: Tensor) -> dict[str, Tensor]:
        """What the network makes of each picture on its way, by name (unet.py): of x_t [N, C, H, W], each at its own alpha and
        sigma [N]; with its class, without guidance."""
        norm = torch.hypot(alpha, sigma)
        labels = None if self._label is None else self._labels(x_t, len(x_t))
        return self._network.features(x_t / norm[:, None, None, None], 2.0 * torch.log(alpha / sigma), labels)

    def _look(self, u: Tensor, log_snr: Tensor) -> tuple[Tensor, Tensor]:
        """What the network says, guided; the rest is linear in it, whatever it predicts."""
        if self._label is None:
            return self._network(u, log_snr)
        labels = self._labels(u, 1 if isinstance(self._label, int) and not self._twice else len(u))
        if not self._twice:
            return self._network(u, log_snr, labels)
        both = torch.cat([torch.full_like(labels, self._network.labels), labels])
        prediction, logit = self._network(torch.cat([u, u]), log_snr, both)
        free, conditional = prediction.chunk(2)
        return lerp(free, conditional, self._guidance), logit[len(u) :]

    def _labels(self, u: Tensor, count: int) -> Tensor:
        """[count] long."""
        if isinstance(self._label, Tensor):
            return self._label
        return torch.full((count,), self._label, device=u.device)
