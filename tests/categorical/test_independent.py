"""The reverse kernel against an independent implementation: the posterior of VQ-Diffusion (Gu et al. 2022, eq. 5 and 11), which
diffusers has.

Its step keeps a symbol with probability alpha, redraws it from V symbols, and masks it with gamma. Where it only masks or only
redraws it is one of ours. Its tables are float32.
"""

import numpy as np
import pytest
import torch
from diffusers import VQDiffusionScheduler
from scipy.special import logit

from diffviz.categorical.kernels import jumps
from diffviz.schedules import NoiseSchedule, from_log_snr
from tests.categorical.chains import NOISES

V, N, D, STEPS = 5, 40, 3, 12
NEAR_0 = 1e-9  # of what it would never do: it takes the logarithm
MASKED = {"absorbing": (0.04 - NEAR_0, 0.97 - NEAR_0), "uniform": (NEAR_0, 2 * NEAR_0)}  # at its first and its last time


def theirs(noise):
    return VQDiffusionScheduler(V + 1, STEPS, 0.96, 0.03, *MASKED[noise])


def predictions(noise, made):
    """x_t and what is said of x_0, at random; a symbol that is shown under masks is x_0."""
    generator = torch.Generator().manual_seed(2)
    x_t = torch.randint(made.shown, (N, D), generator=generator)
    told = torch.rand(N, D, V, generator=generator, dtype=torch.float64)
    if noise == "absorbing":
        shown = (x_t < V)[..., None]
        told = torch.where(shown, torch.nn.functional.one_hot(x_t, V + 1)[..., :V].double(), told)
    return x_t, told / told.sum(2, keepdim=True)


@pytest.mark.parametrize("noise", NOISES)
def test_every_step_s_kernel_is_that_of_vq_diffusion(noise):
    made, other = NOISES[noise](V), theirs(noise)
    share = other.log_cumprod_at[:STEPS].double().exp().numpy()
    assert (np.diff(share) < 0).all()
    schedule = NoiseSchedule("theirs", *from_log_snr(logit(share)))
    x_t, told = predictions(noise, made)
    for t, jump in enumerate(jumps(schedule, np.arange(STEPS + 1))[1:], 1):  # its time t is t + 1 of ours
        expected = other.q_posterior(told.log().transpose(1, 2), x_t, t).exp().transpose(1, 2)[..., : made.shown]
        found = made.before(x_t.double(), told, jump)
        assert found.numpy() == pytest.approx(expected.numpy(), abs=2e-5)
        assert found.sum(2).numpy() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("noise", NOISES)
def test_so_are_both_forward_kernels(noise):
    made, other = NOISES[noise](V), theirs(noise)
    share = other.log_cumprod_at[:STEPS].double().exp().numpy()
    lost = NoiseSchedule("theirs", *from_log_snr(logit(share))).lost_between(np.arange(STEPS + 1))
    x_t = torch.arange(made.shown)[None]
    seen = torch.nn.functional.one_hot(x_t, V + 1).transpose(1, 2).double().clamp(min=1e-30).log()
    for t in range(1, STEPS):
        for cumulative, ours in ((True, 1 - share[t]), (False, lost[t])):
            rows = other.log_Q_t_transitioning_to_known_class(t=t, x_t=x_t, log_onehot_x_t=seen, cumulative=cumulative)
            assert made.kernel(ours)[:V] == pytest.approx(rows[0, :V].exp().numpy(), abs=2e-6)
