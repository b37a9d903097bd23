"""An energy as a denoiser, for every schedule: it answers with the posterior mean that its score implies, and with the energy."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from diffviz.energies.network import EnergyMLP, assembled
from diffviz.fields import ExperimentError, option
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.levels import log_snr_of

CLOSE = 1e-4  # in log SNR, by which a level may differ from the one that an energy was trained at


class EnergyDenoiser:
    """Of an EnergyMLP. check(alpha, sigma): raises ExperimentError for a noise level that the energy does not know; by default it
    knows all."""

    def __init__(self, network: EnergyMLP, check: Callable[[float, float], object] | None = None) -> None:
        self._network, self._check = network, check

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        if self._check is not None:
            self._check(alpha, sigma)
        norm = math.hypot(alpha, sigma)
        u, log_snr = x_t / norm, x_t.new_full((1,), log_snr_of(alpha, sigma))
        f, v = self._network.with_gradient(u, self._network.embed(log_snr))
        energy = assembled(u, log_snr, f) + u.shape[1] * math.log(norm)  # dx = norm^D du
        return Prediction((alpha * u - sigma * v) / norm, energy=energy)

    def log_density(self, x_t: Tensor, alpha: float, sigma: float) -> Tensor:
        """[N] log q(x_t) in nats up to the constant -log Z of this noise level."""
        return -self(x_t, alpha, sigma).energy


def one_level(log_snr: float, name: str) -> Callable[[float, float], object]:
    """The check of an energy, of that name, that was trained at one noise level."""

    def check(alpha: float, sigma: float) -> None:
        if abs(log_snr_of(alpha, sigma) - log_snr) >= CLOSE:
            raise ExperimentError(
                "denoiser",
                f"{name} was trained at log SNR {log_snr:.10g} alone, not at the noise levels of this run: it is sampled at its "
                f"own level, by {option('sampler', 'ula', 'mala', last=' or ')}.",
            )

    return check
