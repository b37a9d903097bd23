"""The probabilities of paths of bits: of four bits and two steps there are 4096 paths, and all are added up."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from diffviz.binomial.costs import exact_costs
from diffviz.binomial.finite import BitDistribution
from diffviz.binomial.law import BinomialLaw
from diffviz.schedules import make_schedule
from diffviz.thermodynamics.work import increments

RATE, BITS = 0.3, 4
DATA = BitDistribution(
    torch.tensor([[1, 0, 0, 1], [0, 1, 0, 1], [1, 1, 1, 0]], dtype=torch.float64),
    torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64),
)
ALL = torch.tensor(list(itertools.product((0.0, 1.0), repeat=BITS)), dtype=torch.float64)


@pytest.fixture(scope="module")
def law():
    schedule = make_schedule("cosine", 2)
    return BinomialLaw(DATA, schedule, np.arange(3), RATE)


def crooked(law):
    """A denoiser that is wrong, but never certain."""
    return lambda x_t, j: SimpleNamespace(x0_hat=0.1 + 0.7 * law.exact(x_t, j).x0_hat)


def paths():
    """[3, 4096, 4] all of them."""
    places = torch.cartesian_prod(*(torch.arange(len(ALL)),) * 3)
    return [ALL[column] for column in places.T]


def test_every_law_adds_up_to_1(law):
    whole = [law.log_prior(ALL), *(law.log_marginal(ALL, j) for j in range(3))]
    for x in ALL[:3]:
        given = x.expand_as(ALL)
        whole += [law.log_forward(given, ALL, j) for j in (1, 2)]
        whole += [law.log_reverse(ALL, given, law.exact(given, j), j) for j in (1, 2)]
    for log_probability in whole:
        assert float(log_probability.exp().sum()) == pytest.approx(1.0, abs=1e-12)


def test_where_no_data_are_their_logarithm_is_minus_infinity(law):
    log_q = law.log_marginal(ALL, 0)
    assert int(torch.isfinite(log_q).sum()) == len(DATA.states)
    np.testing.assert_allclose(law.log_marginal(DATA.states, 0).exp(), DATA.probabilities)


@pytest.mark.parametrize("exact", [True, False])
def test_the_theorems_hold_to_rounding_when_all_paths_are_added_up(law, exact):
    predict = law.exact if exact else crooked(law)
    x = paths()
    work = increments(law, predict, x)
    q = law.log_marginal(x[0], 0) + sum(law.log_forward(x[j - 1], x[j], j) for j in (1, 2))
    p = law.log_prior(x[2]) + sum(law.log_reverse(x[j - 1], x[j], predict(x[j], j), j) for j in (1, 2))
    q, p, total = q.exp().numpy(), p.exp().numpy(), work.sum(0)
    assert q.sum() == pytest.approx(1.0, abs=1e-12)
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    inside = np.isfinite(law.log_marginal(x[0], 0).numpy())
    assert np.array_equal(np.isfinite(total), inside)
    np.testing.assert_allclose(np.exp(total[inside]), (q / p)[inside])  # W is the logarithm of the ratio, path by path
    assert (q[inside] * np.exp(-total[inside])).sum() == pytest.approx(p[inside].sum(), abs=1e-12)  # 1 less what p loses
    if exact:
        costs = exact_costs(DATA, law.schedule, law.times, RATE)
        np.testing.assert_allclose(
            work[:, inside] @ q[inside], [*costs.dissipation, costs.mismatch], atol=1e-12
        )  # the mean of each increment is what that step dissipates


def test_draws_have_the_probabilities_that_price_them(law):
    count = 20_000
    z = torch.randn(count, BITS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = ALL[5].expand(count, BITS)
    prediction = law.exact(x, 2)
    drawn = {
        "prior": (law.draw_prior(z), law.log_prior(ALL)),
        "forward": (law.draw_forward(x, 2, z), law.log_forward(x[: len(ALL)], ALL, 2)),
        "reverse": (law.draw_reverse(x, prediction, 2, z), law.log_reverse(ALL, x[: len(ALL)], law.exact(x[: len(ALL)], 2), 2)),
    }
    code = torch.tensor([8.0, 4.0, 2.0, 1.0], dtype=torch.float64)
    for name, (bits, log_probability) in drawn.items():
        shares = np.bincount((bits @ code).long().numpy(), minlength=16) / count
        np.testing.assert_allclose(shares, log_probability.exp(), atol=4 * 0.5 / count**0.5, err_msg=name)
