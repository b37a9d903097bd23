import math

import pytest
import torch

from diffviz.levels import alpha_sigma, level_of, log_snr_of


@pytest.mark.parametrize("log_snr", [-30.0, -4.0, 0.0, 2.5, 30.0])
def test_a_level_and_its_log_snr_are_inverse_and_numbers_and_tensors_agree(log_snr):
    alpha, sigma = level_of(log_snr)
    assert alpha**2 + sigma**2 == pytest.approx(1.0)
    assert log_snr_of(alpha, sigma) == pytest.approx(log_snr)
    assert log_snr_of(3.0 * alpha, 3.0 * sigma) == pytest.approx(log_snr)
    assert [float(x) for x in alpha_sigma(torch.tensor(log_snr, dtype=torch.float64))] == pytest.approx((alpha, sigma))
    assert log_snr_of(0.0, 1.0) == -math.inf
