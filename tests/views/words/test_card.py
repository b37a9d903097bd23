"""The cards of the networks of words: what they say is in their configuration, and is measured again."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment, ExperimentError, checkpoints, run
from diffviz.categorical.continuous import continuous_excess_nats
from diffviz.categorical.costs import excess_nats, sampled_costs
from diffviz.domains.words.domain import WORDS
from diffviz.domains.words.information import information, on_list
from diffviz.engine import Setup
from diffviz.views.symbols.card import SAMPLERS

PATHS = 300
ROOT = WORDS.training["network"].root
LEARNED = Experiment(dataset="names", denoiser="learned", schedule="mdlm", steps=16, seed=1, particles=150)


@pytest.fixture(scope="module", params=checkpoints.names(ROOT))
def shipped(request):
    """A checkpoint, and a run with it."""
    found = checkpoints.load(request.param, ROOT)
    sampler = SAMPLERS[found.recipe.process]
    e = replace(LEARNED, dataset=found.recipe.dataset, process=found.recipe.process, denoiser=found.name, sampler=sampler)
    return found.measured, e, Setup(replace(e, sampler="ancestral"))


def assert_told(nats, told, stderr):
    """A mean of draws is the number on the card, in bits."""
    error = math.hypot(nats.std(ddof=1) / math.sqrt(len(nats)) / math.log(2), stderr)
    assert nats.mean() / math.log(2) == pytest.approx(told, abs=4 * error)
    assert error < 0.2


def test_what_its_errors_cost_is_what_the_card_says(shipped):
    told, e, setup = shipped
    chain = setup.distribution, setup.process.noise, setup.schedule, setup.times
    assert_told(
        excess_nats(setup.denoiser, *chain, samples=PATHS, seed=1).sum(0), told["excess_bits"], told["excess_stderr_bits"]
    )
    assert told["bound_bits"] - told["exact_bound_bits"] == pytest.approx(told["excess_bits"], abs=2e-4)
    entropy = setup.distribution.entropy_nats / math.log(2)
    assert entropy == pytest.approx(told["entropy_bits"], abs=1e-4)
    added = continuous_excess_nats(setup.denoiser, *chain[:2], samples=PATHS, seed=1)
    assert_told(added, told["continuous_bits"] - entropy, told["continuous_stderr_bits"])
    if e.process == "absorbing":
        exact = information(setup.experiment, setup.schedule, setup.times).bound.value / math.log(2)
        assert exact == pytest.approx(told["exact_bound_bits"], abs=1e-4)
    else:
        assert_told(sampled_costs(*chain, 600, seed=1).kl.sum(0), told["exact_bound_bits"], told["exact_stderr_bits"])


def test_as_many_of_its_samples_are_on_the_list_as_the_card_says(shipped):
    measured, e, setup = shipped
    share = float(np.mean(on_list(setup.distribution, run(e).reverse[-1])))
    told, error = measured["valid_share"], measured["valid_share_stderr"]
    assert share == pytest.approx(told, abs=4 * math.hypot(math.sqrt(told * (1 - told) / 150), error))


def test_it_takes_back_the_process_it_was_trained_on_alone():
    with pytest.raises(ExperimentError, match="names was trained to take back the process absorbing, not uniform") as caught:
        Setup(replace(LEARNED, process="uniform")).prepare()
    assert caught.value.field == "denoiser"
    own = Setup(Experiment(dataset="own_words", denoiser="names", steps=4))  # of other words it knows what names taught it
    masks = own.process.prior(torch.zeros(2, 8))
    frequent = own.denoiser(masks, 0.0, 1.0).probabilities[0, 0]
    names = Setup(LEARNED).distribution.marginals[0].float()
    assert float((frequent - names).abs().sum()) < 0.3 < float((own.distribution.marginals[0] - names).abs().sum())
