"""A denoiser that knows a measurement y of the image, as networks can have it (exact_posterior.py has it in closed form).

Whatever the sampler, it then draws from p(x_0|y), up to an approximation. By Bayes' rule and Tweedie's formula

    grad log q(x_t|y) = grad log q(x_t) + grad log p(y|x_t),   E[x_0|x_t,y] = x0_hat + (sigma^2/alpha) grad log p(y|x_t)
"""

from __future__ import annotations

import torch
from torch import Tensor

from diffviz.gaussian.denoisers.base import Denoiser, Prediction
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.inverse.operators import Measurement

LEAST_NOISE = 1e-6  # of a measurement, in its variance: keeps what is known exactly from making a matrix singular
EARLY = 1.0  # below so much SNR, seen along the data's widest direction, pictures can hardly be told apart


class Covariance:
    """Cov(x_0) of a mixture; and what y says of x_0 if that were Gaussian."""

    def __init__(self, mixture: GaussianMixture) -> None:
        mean = mixture.weights @ mixture.means
        spread = (mixture.means - mean) * mixture.weights.sqrt()[:, None]
        values, self._directions = torch.linalg.svd(spread, full_matrices=False)[1:]
        self._own, self._variances = mixture.std**2, values**2 + mixture.std**2

    @property
    def largest(self) -> float:
        """Variance along the widest direction."""
        return float(self._variances[0])

    def left(self, snr: float) -> Tensor:
        """[D, D] float64, C = (Cov(x_0)^-1 + snr I)^-1: what x_t would leave open."""
        known, rest = self._variances / (1.0 + snr * self._variances), self._own / (1.0 + snr * self._own)
        identity = torch.eye(self._directions.shape[1], dtype=torch.float64)
        return rest * identity + (self._directions.T * (known - rest)) @ self._directions

    def shift(self, measurement: Measurement, residual: Tensor, snr: float) -> Tensor:
        """[N, *shape] C H^T (H C H^T + std^2 I)^-1 residual, for residual [N, *y_shape]: how far y moves E[x_0|x_t]."""
        left, toward = self.left(snr), measurement.adjoint(residual).flatten(1).double().cpu()
        noise = (measurement.std**2 + LEAST_NOISE) * torch.eye(len(left), dtype=torch.float64)
        moved = torch.linalg.solve(noise + left @ measurement.gram, left @ toward.T).T
        return moved.unflatten(1, measurement.map.shape).to(residual)


class PiGDM:
    """Pseudoinverse guidance: by the gradient of the measurement's likelihood (Song et al. 2023, ICLR, eq. 7-8).

    The approximation: what x_t leaves open of x_0 is taken to be Gaussian and alike in all directions, N(x0_hat, r_t^2 I):

        p(y|x_t) = N(y; H x0_hat, std^2 I + r_t^2 H H^T),   r_t^2 = s^2 sigma^2/(alpha^2 s^2 + sigma^2)
        grad log p(y|x_t) = (d x0_hat/d x_t)^T H^T (std^2 I + r_t^2 H H^T)^-1 (y - H x0_hat)

    with the derivative by backpropagation through the denoiser. For x_0 ~ N(mu, s^2 I) all of it is exact. For other data r_t^2
    is only the right order of magnitude, and the posterior's modes and widths come out near, not equal.

    The derivative of the true denoiser is alpha/sigma^2 Cov(x_0|x_t). A network's is off by a little, and where there is nearly
    nothing but noise that little is multiplied by sigma^2/alpha: there, given the covariance of the data, what y says is taken
    from it, as if x_0 were Gaussian.

    The variance told is the denoiser's own, times the share of it that y leaves open under that approximation.

    data_std is s, of one pixel; covariance: of the data. strength multiplies what y says; 1 is Bayes' rule. An evaluation costs
    two to three, forward and back.

    y: [*y_shape], one measurement for all particles. Raises ValueError if it does not fit.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        measurement: Measurement,
        y: Tensor,
        data_std: float = 1.0,
        strength: float = 1.0,
        covariance: Covariance | None = None,
    ) -> None:
        measurement.adjoint(y[None])
        self._covariance = covariance
        self._denoiser, self._measurement, self._y = denoiser, measurement, y
        self._variance, self._strength = data_std**2, strength

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        variance = self._variance * sigma**2 / (alpha**2 * self._variance + sigma**2)
        # the samplers' loop forbids gradients, and its tensors can carry none: a copy made out here can
        with torch.inference_mode(False), torch.enable_grad():
            x_t = x_t.clone().requires_grad_()
            prediction = self._denoiser(x_t, alpha, sigma)
            x0_hat = prediction.x0_hat
            with torch.no_grad():
                residual = self._y.to(x_t) - self._measurement.apply(x0_hat)
                pulled = self._measurement.pull(residual, variance)
            snr = (alpha / sigma) ** 2
            if self._covariance and snr * self._covariance.largest < EARLY:
                correction = self._covariance.shift(self._measurement, residual, snr)
            elif alpha == 0.0:
                correction = variance * pulled  # of Cov(x_0) only this much is known
            else:
                correction = torch.autograd.grad(x0_hat, x_t, pulled)[0] * (sigma**2 / alpha)
        own = prediction.variance
        if own is not None:
            own = own.detach() * self._measurement.open_share(variance).to(own)
        return Prediction(torch.add(x0_hat.detach(), correction, alpha=self._strength), own)
