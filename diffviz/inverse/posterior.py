"""What a measurement leaves of the data: p(x_0|y) of a Gaussian mixture, in closed form, at every noise level.

With x_0 ~ sum_k w_k N(mu_k, s^2 I) and y = H x_0 + std z, each component stays Gaussian, and all share one covariance, which is
diagonal in the basis V of H (operators.py). Written for u = V^T x, coordinate by coordinate:

    p(u_0|y) = sum_k w'_k N(m_k, diag d),    d = s^2 std^2/(std^2 + s^2 square)
    m_k = mu_k + s^2 H^T (std^2 I + s^2 H H^T)^-1 (y - H mu_k),   w'_k = w_k N(y; H mu_k, std^2 I + s^2 H H^T)/p(y)

x_t and y are independent given x_0, so what is known of x_0 from both is the denoising of this mixture, with a tau of its own for
every coordinate: tau^2 = alpha^2 d + sigma^2,

    r_k(u) = softmax_k( log w'_k + (alpha u/tau^2).m_k - |alpha m_k/tau|^2/2 )
    E[u_0|x_t,y] = (sigma^2/tau^2) sum_k r_k m_k + (alpha d/tau^2) u
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from diffviz.gaussian.mixtures import CHUNK_ELEMENTS, LOG_FLOOR, GaussianMixture
from diffviz.inverse.operators import Measurement


@dataclass(frozen=True, eq=False)
class DataPosterior:
    """p(x_0|y) as a mixture in the turned coordinates of the measurement.

    means [K, D], log_weights [K] of weights that sum to 1, variance [D] of each coordinate, one for all components
    """

    measurement: Measurement
    means: Tensor
    log_weights: Tensor
    variance: Tensor

    def to(self, device: torch.device | str, dtype: torch.dtype) -> DataPosterior:
        """The same on another device or in another precision."""
        parts = {name: getattr(self, name).to(device, dtype) for name in ("means", "log_weights", "variance")}
        return replace(self, **parts)

    @cached_property
    def _half_square(self) -> Tensor:
        """[K, D] m_k^2/2, coordinate by coordinate."""
        return self.means.square() / 2

    @cached_property
    def _basis_square(self) -> Tensor:
        """[D, D] the measurement's, where the means are."""
        return self.measurement.basis_square.to(self.means)

    def sample(self, uniform: Tensor, normal: Tensor) -> Tensor:
        """x_0 [N, *shape] given y, from the given randomness: uniform [N] picks the component, normal [N, *shape] the place."""
        edges = self.log_weights.exp().cumsum(0)
        component = torch.searchsorted(edges, uniform.to(edges) * edges[-1]).clamp_(max=len(edges) - 1)
        u = self.means[component] + self.variance.sqrt() * normal.to(self.means).flatten(1)
        return self.measurement.map.turn_back(u)

    def posterior(self, x_t: Tensor, alpha: float, sigma: float, variance: bool = True) -> tuple[Tensor, Tensor | None]:
        """Mean and variance of x_0 given x_t [N, *shape] and y: [N, *shape] each, the variance of each pixel (None if not asked).

        At alpha = 0 they are those of p(x_0|y). In parts, so that memory stays bounded whatever N and K.
        """
        if sigma == 0.0:  # nothing was hidden
            return x_t / alpha, torch.zeros_like(x_t) if variance else None
        turn_back = self.measurement.map.turn_back
        u, tau2 = self.measurement.map.turn(x_t), alpha**2 * self.variance + sigma**2
        shrink, keep = sigma**2 / tau2, alpha * self.variance / tau2
        values = [self.means]
        if variance:  # of the components' means, as pixels
            values.append(turn_back(shrink * self.means).flatten(1).square_())
        moments = self._expect(values, u, alpha / tau2, self.log_weights - self._half_square @ (alpha**2 / tau2))
        between = turn_back(shrink * moments[0])
        mean = between + turn_back(keep * u)
        if not variance:
            return mean, None
        spread = (moments[1] - between.flatten(1).square()).clamp_(min=0.0)
        within = (shrink * self.variance) @ self._basis_square
        return mean, (spread + within).unflatten(1, x_t.shape[1:])

    def _expect(self, values: list[Tensor], u: Tensor, scale: Tensor, bias: Tensor) -> list[Tensor]:
        """[N, V] sum_k r_k(u) values_k for each of values [K, V]; particles in parts, as GaussianMixture has it."""
        totals, size = [u.new_empty(len(u), each.shape[1]) for each in values], max(1, CHUNK_ELEMENTS // len(self.means))
        for start in range(0, len(u), size):
            part = slice(start, start + size)
            logits = torch.addmm(bias, u[part] * scale, self.means.T)
            shares = (logits - logits.amax(1, keepdim=True)).clamp_(min=LOG_FLOOR).softmax(1)
            for total, each in zip(totals, values, strict=True):
                total[part] = shares @ each
        return totals

    def covariance(self) -> Tensor:
        """[D, D] of x_0 given y, pixels flattened: for small pictures."""
        centred = self.means - self.log_weights.exp() @ self.means
        inner = torch.diag(self.variance) + (centred * self.log_weights.exp()[:, None]).T @ centred
        half = self.measurement.map.turn_back(inner).flatten(1)  # inner V^T
        return self.measurement.map.turn_back(half.T.contiguous()).flatten(1)


def condition(mixture: GaussianMixture, measurement: Measurement, y: Tensor) -> DataPosterior:
    """p(x_0|y) for one measurement y [*y_shape] of data from the mixture, float64 on the CPU.

    Raises ValueError if y or the mixture is not of the measurement's shape.
    """
    prior, turn, square = mixture.to("cpu", torch.float64), measurement.map.turn, measurement.map.square
    if prior.dim != len(square):
        raise ValueError(f"The data must have {len(square)} dimensions, as what is measured has, not {prior.dim}.")
    means = turn(prior.means.reshape(-1, *measurement.map.shape))
    residual = turn(measurement.adjoint(y.to(prior.means)[None])) - square * means  # [K, D] V^T H^T (y - H mu_k)
    seen = measurement.std**2 + prior.std**2 * square  # variance of y along each of its directions; 0 where it has none
    unseen = seen == 0.0
    # y as its coordinates have it: where square is 0 there is none, or noise alone, which tells no component from another
    exponent = residual.square() @ (1.0 / (seen * square)).masked_fill(square == 0.0, 0.0)
    log_weights = prior.weights.log() - exponent / 2
    return DataPosterior(
        measurement,
        means + (prior.std**2 / seen).masked_fill(unseen, 0.0) * residual,
        log_weights - log_weights.logsumexp(0),
        prior.std**2 * (measurement.std**2 / seen).masked_fill(unseen, 1.0),
    )
