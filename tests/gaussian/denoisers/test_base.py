import pytest
import torch

from diffviz.gaussian.denoisers.base import eps_hat, score, v_hat

LEVELS = [(0.99, 0.14), (0.6, 0.8), (0.3, 0.7), (0.0, 1.0)]  # (alpha, sigma); the third is not variance preserving


@pytest.mark.parametrize(("alpha", "sigma"), LEVELS)
def test_every_way_to_say_it_says_the_same(alpha, sigma):
    x_0, eps = torch.randn(2, 50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x_t = alpha * x_0 + sigma * eps
    torch.testing.assert_close(eps_hat(x_t, x_0, alpha, sigma), eps)
    torch.testing.assert_close(score(x_t, x_0, alpha, sigma), -eps / sigma)
    torch.testing.assert_close(v_hat(x_t, x_0, alpha, sigma), alpha * eps - sigma * x_0)
