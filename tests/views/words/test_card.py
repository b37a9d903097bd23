"""The card of the network of names: what it says is in its configuration, and is measured again."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from diffviz import Experiment, ExperimentError, checkpoints, run
from diffviz.categorical.costs import excess_nats
from diffviz.domains.words.domain import WORDS
from diffviz.domains.words.information import information, on_list
from diffviz.engine import Setup

PATHS = 300
ROOT = WORDS.training["network"].root
LEARNED = Experiment(dataset="names", denoiser="learned", schedule="mdlm", steps=16, seed=1, particles=150)


@pytest.fixture(scope="module")
def shipped():
    return checkpoints.load("names", ROOT)


@pytest.fixture(scope="module")
def setup():
    return Setup(LEARNED)


def test_what_its_errors_cost_is_what_the_card_says(shipped, setup):
    told = shipped.measured
    excess = excess_nats(
        setup.denoiser, setup.distribution, setup.process.noise, setup.schedule, setup.times, samples=PATHS, seed=1
    )
    bits = excess.sum(0) / math.log(2)
    error = math.hypot(bits.std(ddof=1) / math.sqrt(PATHS), told["stderr_bits"])
    assert bits.mean() == pytest.approx(told["bound_bits"] - told["exact_bound_bits"], abs=4 * error)
    exact = information(LEARNED, setup.schedule, setup.times)
    assert exact.entropy_nats / math.log(2) == pytest.approx(told["entropy_bits"], abs=1e-4)
    assert exact.bound.value / math.log(2) == pytest.approx(told["exact_bound_bits"], abs=1e-4)


def test_as_many_of_its_samples_are_on_the_list_as_the_card_says(shipped, setup):
    end = run(replace(LEARNED, sampler="random_order")).reverse[-1]
    share = float(np.mean(on_list(setup.distribution, end)))
    told, error = shipped.measured["valid_share"], shipped.measured["valid_share_stderr"]
    assert share == pytest.approx(told, abs=4 * math.hypot(math.sqrt(told * (1 - told) / 150), error))


def test_it_takes_back_the_process_it_was_trained_on_alone(setup):
    with pytest.raises(ExperimentError, match="names was trained to take back the process absorbing, not uniform") as caught:
        Setup(replace(LEARNED, process="uniform")).prepare()
    assert caught.value.field == "denoiser"
    own = Setup(Experiment(dataset="own_words", denoiser="names", steps=4))  # of other words it knows what names taught it
    masks = own.process.prior(torch.zeros(2, 8))
    frequent = own.denoiser(masks, 0.0, 1.0).probabilities[0, 0]
    names = setup.distribution.marginals[0].float()
    assert float((frequent - names).abs().sum()) < 0.3 < float((own.distribution.marginals[0] - names).abs().sum())
