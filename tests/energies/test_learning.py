"""On Gaussian data every loss has its minimum at the true precision."""

import numpy as np
import pytest
import torch
from torch import nn

from diffviz.energies.learning import chain, contrast, denoising, negative_log_likelihood, places
from diffviz.energies.partition import grid

LOG_SNR = torch.tensor([1.0], dtype=torch.float64)
ALPHA, SIGMA = float(torch.sigmoid(LOG_SNR).sqrt()), float(torch.sigmoid(-LOG_SNR).sqrt())
COVARIANCE = torch.tensor([[0.8, 0.3], [0.3, 0.5]], dtype=torch.float64)  # of x_0
PRECISION = torch.linalg.inv(ALPHA**2 * COVARIANCE + SIGMA**2 * torch.eye(2, dtype=torch.float64))  # of u


class Quadratic(nn.Module):
    """U = u P u/2, with the face of EnergyMLP."""

    def __init__(self, precision=((1.0, 0.0), (0.0, 1.0))):
        super().__init__()
        self.lower = nn.Parameter(torch.linalg.cholesky(torch.tensor(precision, dtype=torch.float64)).contiguous())

    @property
    def precision(self):
        return self.lower @ self.lower.T

    def energy(self, u, log_snr):
        return ((u @ self.precision) * u).sum(1) / 2

    def energy_and_force(self, u, log_snr):
        return self.energy(u, log_snr), u @ self.precision

    def forward(self, u, log_snr):
        return (u @ self.precision - u) / (log_snr / 2).exp()


def drawn(count, seed):
    """x_0, eps, and u behind the noise."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(2, count, 2, generator=generator, dtype=torch.float64)
    x_0 = z[0] @ torch.linalg.cholesky(COVARIANCE).T
    return x_0, z[1], ALPHA * x_0 + SIGMA * z[1]


def minimised(loss, energy):
    optimiser = torch.optim.LBFGS(energy.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    optimiser.step(closure)
    return energy.precision.detach()


def test_maximum_likelihood_finds_the_precision_of_its_sample():
    *_, u = drawn(4000, 0)
    nodes, cell = grid(8.0, 129)
    energy = Quadratic()
    found = minimised(lambda: negative_log_likelihood(energy, LOG_SNR, u, nodes.reshape(-1, 2), cell), energy)
    torch.testing.assert_close(found, torch.linalg.inv(u.T @ u / len(u)), rtol=2e-4, atol=2e-4)
    log_z = torch.tensor(2 * np.pi).log() - torch.linalg.slogdet(found).logabsdet / 2  # and its loss is the likelihood
    wanted = ((u @ found) * u).sum(1).mean() / 2 + log_z
    assert negative_log_likelihood(energy, LOG_SNR, u, nodes.reshape(-1, 2), cell).item() == pytest.approx(
        float(wanted), abs=1e-6
    )


def test_denoising_score_matching_finds_the_precision_within_its_error():
    found = []
    for seed in range(8):
        x_0, eps, u = drawn(4000, seed)
        energy = Quadratic()
        found.append(minimised(lambda e=energy, u=u, v=ALPHA * eps - SIGMA * x_0: denoising(e, LOG_SNR, u, v), energy))
    found = torch.stack(found)
    stderr = found.std(0) / len(found) ** 0.5
    assert (found.mean(0) - PRECISION).abs().max() < 0.05
    assert ((found.mean(0) - PRECISION).abs() < 5 * stderr).all()


@pytest.mark.parametrize("persistent", [False, True])
def test_contrastive_divergence_finds_the_precision_within_its_error(persistent):
    """With accepted moves chains leave the true model as it is, so that no gradient is left there."""
    energy, generator = Quadratic(), torch.Generator().manual_seed(0)
    optimiser, kept, goes_on = (
        torch.optim.Adam(energy.parameters(), lr=0.02),
        [],
        torch.randn(2000, 2, generator=generator).double(),
    )
    for update in range(400):
        *_, u = drawn(2000, update)
        z, uniform = torch.randn(5, 2000, 2, generator=generator).double(), torch.rand(5, 2000, generator=generator).double()
        goes_on = chain(places(energy, LOG_SNR), goes_on if persistent else u, 0.3, z, uniform)
        loss, _ = contrast(energy, LOG_SNR, u, goes_on, 0.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        optimiser.param_groups[0]["lr"] = 0.02 * (1 - update / 400)
        if update >= 200:
            kept.append(energy.precision.detach())
    assert (torch.stack(kept).mean(0) - PRECISION).abs().max() < 0.06
    assert (torch.eye(2) - PRECISION).abs().max() > 0.3  # where it began


def test_noise_of_another_temperature_learns_another_precision():
    """Chains at the temperature T make exp(-U/T) look like the data: U is T times too high."""
    energy, generator, at = Quadratic(), torch.Generator().manual_seed(0), torch.zeros(2000, 2, dtype=torch.float64)
    optimiser = torch.optim.Adam(energy.parameters(), lr=0.02)
    for update in range(400):
        *_, u = drawn(2000, update)
        z, uniform = torch.randn(5, 2000, 2, generator=generator).double(), torch.rand(5, 2000, generator=generator).double()
        at = chain(places(energy, LOG_SNR), at, 0.3, z, uniform, temperature=0.5)
        optimiser.zero_grad()
        contrast(energy, LOG_SNR, u, at, 0.0)[0].backward()
        optimiser.step()
    torch.testing.assert_close(energy.precision.detach(), 0.5 * PRECISION, rtol=0.1, atol=0.05)


def test_the_penalty_is_the_mean_square_of_all_energies():
    energy, (*_, u) = Quadratic(), drawn(100, 0)
    plain, told = contrast(energy, LOG_SNR, u, 2 * u, 0.0)
    with_penalty, same = contrast(energy, LOG_SNR, u, 2 * u, 0.3)
    squares = energy.energy(u, LOG_SNR).square().mean() + energy.energy(2 * u, LOG_SNR).square().mean()
    assert plain.item() == told.item() == same.item()
    assert (with_penalty - plain).item() == pytest.approx(0.3 * squares.item())
