"""The probabilities of paths of symbols: of two letters and two steps there are at most 4096 paths, and all are added up."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from diffviz.categorical.costs import absorbing_costs
from diffviz.categorical.denoisers import Categorical
from diffviz.categorical.entropies import mean_entropies, subset_entropies
from diffviz.categorical.law import CategoricalLaw
from diffviz.fields import ExperimentError
from diffviz.schedules import make_schedule
from diffviz.thermodynamics.work import increments
from tests.categorical.chains import NOISES, pairs, places
from tests.oracles.enumerated import entropy
from tests.oracles.symbols import Chain


@pytest.fixture(params=NOISES)
def told(request):
    """The law of three words, and all sequences that x_t may be."""
    schedule, noise = make_schedule("cosine", 2), NOISES[request.param](3)
    chain = Chain(pairs().states.tolist(), pairs().probabilities.tolist(), 3, schedule.signal_share, request.param)
    law = CategoricalLaw(pairs(), noise, schedule, np.arange(3))
    return SimpleNamespace(law=law, chain=chain, all=torch.tensor(chain.x).double(), name=request.param)


def crooked(law):
    """A denoiser that is wrong, but never certain."""
    return lambda x_t, j: Categorical(0.1 + 0.7 * law.exact(x_t, j).probabilities)


def test_every_law_adds_up_to_1(told):
    law, everything = told.law, told.all
    whole = [law.log_prior(everything), law.log_marginal(everything, 0)]
    for x in everything:
        given = x.expand_as(everything)
        whole += [law.log_forward(given, everything, j) for j in (1, 2)]
        whole += [law.log_reverse(everything, given, law.exact(given, j), j) for j in (1, 2)]
    for log_probability in whole:
        assert float(log_probability.exp().sum()) == pytest.approx(1.0, abs=1e-12)
    for j in range(3):
        assert law.log_marginal(everything, j).exp().numpy() == pytest.approx(told.chain.marginal(j), abs=1e-12)


def test_where_no_data_are_their_logarithm_is_minus_infinity(told):
    assert int(torch.isfinite(told.law.log_marginal(told.all, 0)).sum()) == 3


@pytest.mark.parametrize("exact", [True, False])
def test_the_theorems_hold_to_rounding_when_all_paths_are_added_up(told, exact):
    law = told.law
    predict = law.exact if exact else lambda x_t, j: normalised(crooked(law)(x_t, j))
    x = [told.all[column] for column in torch.cartesian_prod(*(torch.arange(len(told.all)),) * 3).T]
    q = law.log_marginal(x[0], 0) + sum(law.log_forward(x[j - 1], x[j], j) for j in (1, 2))
    p = law.log_prior(x[2]) + sum(law.log_reverse(x[j - 1], x[j], predict(x[j], j), j) for j in (1, 2))
    q, p = q.exp().numpy(), p.exp().numpy()
    assert q.sum() == pytest.approx(1.0, abs=1e-12)
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    seen = q > 0  # masks make most paths impossible under both laws
    work = increments(law, predict, [part[torch.from_numpy(seen)] for part in x])
    np.testing.assert_allclose(np.exp(work.sum(0)), (q / p)[seen])  # W is the logarithm of the ratio, path by path
    gap = work @ q[seen]
    if exact:
        chain = told.chain
        expected = [chain.dissipation(1), chain.dissipation(2), chain.mismatch()]
        np.testing.assert_allclose(gap, expected, atol=1e-12)  # the mean of each increment is what that step dissipates
    else:
        assert gap.sum() > told.chain.dissipation(1) + told.chain.dissipation(2) + told.chain.mismatch() + 1e-3


def normalised(prediction):
    return Categorical(prediction.probabilities / prediction.probabilities.sum(2, keepdim=True))


def test_the_work_of_paths_of_the_model_is_a_number_or_infinite_where_no_data_are(told):
    law, count = told.law, 2_000
    z = torch.randn(3, count, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    path = [law.draw_prior(z[0])]
    for j in (2, 1):
        path.append(law.draw_reverse(path[-1], law.exact(path[-1], j), j, z[j]))
    work = increments(law, law.exact, path[::-1])
    assert not np.isnan(work).any()
    real = (path[-1][:, None] == pairs().states).all(2).any(1).numpy()
    assert np.array_equal(np.isfinite(work.sum(0)), real)
    assert 0 < (~real).sum() < count / 2


def test_draws_have_the_probabilities_that_price_them(told):
    law, everything, count = told.law, told.all, 20_000
    z = torch.randn(count, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for at in (0, len(everything) - 1):
        x = everything[at].expand(count, 2)
        given = x[: len(everything)]
        drawn = {
            "prior": (law.draw_prior(z), law.log_prior(everything)),
            "forward": (law.draw_forward(x, 2, z), law.log_forward(given, everything, 2)),
            "reverse": (
                law.draw_reverse(x, law.exact(x, 2), 2, z),
                law.log_reverse(everything, given, law.exact(given, 2), 2),
            ),
        }
        for name, (found, log_probability) in drawn.items():
            shares = np.bincount(places(found, law.noise.shown).numpy(), minlength=len(everything)) / count
            np.testing.assert_allclose(shares, log_probability.exp(), atol=4 * 0.5 / count**0.5, err_msg=name)


def test_entropies_are_those_of_all_sequences(told):
    law, chain = told.law, told.chain
    if told.name == "uniform":
        with pytest.raises(ExperimentError, match="process must be absorbing for the entropy"):
            law.entropies()
        return
    found = law.entropies()
    assert found.marginal == pytest.approx([chain.entropy(j) for j in range(3)], abs=1e-12)
    given = [sum(chain.data[x] * entropy(chain.kernel(chain.abar[j])[x]) for x in np.flatnonzero(chain.data)) for j in range(3)]
    assert found.given_data == pytest.approx(given, abs=1e-12)
    step = [sum(m * entropy(row) for m, row in zip(chain.marginal(j - 1), chain.between(j), strict=True)) for j in (1, 2)]
    assert found.forward == pytest.approx(step, abs=1e-12)
    mean = mean_entropies(subset_entropies(pairs()))
    assert found.marginal == pytest.approx(absorbing_costs(mean, 3, law.schedule, law.times).entropy)


def test_the_entropy_of_a_reverse_step_is_that_of_its_factors(told):
    law, everything = told.law, told.all
    prediction = law.exact(everything, 2)
    expected = []
    for row in range(len(everything)):
        given = everything[row].expand_as(everything)
        expected.append(entropy(law.log_reverse(everything, given, law.exact(given, 2), 2).exp().numpy()))
    assert law.reverse_entropy(everything, prediction, 2).numpy() == pytest.approx(expected, abs=1e-9)
