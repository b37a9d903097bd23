"""The exact denoiser in matmul form against the broadcast form: 2000 particles x 512 components, in 2-D and 64-D.

python -m tests.benchmarks.exact_denoiser [--device cuda] [--rounds 20]
"""

from __future__ import annotations

import argparse

import torch

from diffviz.gaussian.denoisers.exact import ExactDenoiser
from diffviz.gaussian.mixtures import GaussianMixture
from tests.benchmarks.timing import interleave, table

PARTICLES, COMPONENTS, STD = 2000, 512, 0.1


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default="cpu")
    options.add_argument("--rounds", type=int, default=20)
    arguments = options.parse_args()
    generator = torch.Generator().manual_seed(0)
    for dim in (2, 64):
        means = torch.randn(COMPONENTS, dim, generator=generator, dtype=torch.float64)
        weights = torch.full((COMPONENTS,), 1 / COMPONENTS, dtype=torch.float64)
        exact = ExactDenoiser(GaussianMixture(means, weights, STD), arguments.device, variance=False)
        mu, log_w = means.float().to(arguments.device), weights.log().float().to(arguments.device)
        for sigma in (0.05, 0.7, 3.0):
            alpha = (1 + sigma**2) ** -0.5
            noise = sigma * alpha
            x = alpha * mu[torch.arange(PARTICLES) % COMPONENTS] + noise * torch.randn(PARTICLES, dim, generator=generator).to(mu)
            tau2 = alpha**2 * STD**2 + noise**2

            def broadcast(x=x, alpha=alpha, noise=noise, tau2=tau2, mu=mu, log_w=log_w) -> torch.Tensor:
                square = ((x[:, None] - alpha * mu) ** 2).sum(-1)
                share = torch.softmax(log_w - square / (2 * tau2), 1)
                result = (share[:, :, None] * mu).sum(1) * (noise**2 / tau2) + (alpha * STD**2 / tau2) * x
                return result if x.device.type == "cpu" else result.cpu()

            def matmul(x=x, alpha=alpha, noise=noise, exact=exact) -> torch.Tensor:
                result = exact(x, alpha, noise).x0_hat
                return result if x.device.type == "cpu" else result.cpu()

            torch.testing.assert_close(matmul(), broadcast(), atol=2e-3, rtol=1e-3)
            seconds = interleave({"broadcast form": broadcast, "diffviz": matmul}, arguments.rounds)
            table(f"{PARTICLES} x {COMPONENTS}, {dim}-D, sigma {sigma}, {arguments.device}", seconds, "diffviz")


if __name__ == "__main__":
    main()
