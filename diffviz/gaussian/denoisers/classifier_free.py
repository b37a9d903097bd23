"""Classifier-free guidance (Ho & Salimans 2022): away from what any picture may be, towards what one of this class would be.

    eps_hat = eps_0 + w (eps_c - eps_0),   and the same in x0_hat, which is linear in eps_hat

w = 0 forgets the class, w = 1 is the plain conditional model, w > 1 exaggerates. (The paper's own weight is w - 1.) No model has
the guided score as its own, so there is no guided posterior: the variance told is that of the conditional one.
"""

from __future__ import annotations

from torch import Tensor, lerp

from diffviz.gaussian.denoisers.base import Denoiser, Prediction


class ClassifierFree:
    """Two denoisers as one: without a class and with it. A network does this in one pass (domains/pictures/denoiser.py)."""

    def __init__(self, free: Denoiser, conditional: Denoiser, guidance: float) -> None:
        self._free, self._conditional, self._guidance = free, conditional, guidance

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        free, conditional = self._free(x_t, alpha, sigma), self._conditional(x_t, alpha, sigma)
        return Prediction(lerp(free.x0_hat, conditional.x0_hat, self._guidance), conditional.variance)
