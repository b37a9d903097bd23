"""What networks of symbols are trained on, and that the loss is what it is said to be."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from diffviz.categorical.networks import LOG_SNR_RANGE
from diffviz.categorical.training import SymbolTask
from tests.categorical.chains import SYMBOLS, small

BATCH = 6000


def task_of(process, batch=BATCH):
    return SymbolTask(SimpleNamespace(process=process, batch=batch), small())


def drawn(process, batch=BATCH, seed=0):
    return task_of(process, batch).draw(1, torch.Generator().manual_seed(seed))[0]


class Blind(torch.nn.Module):
    """Says how often each symbol stands in each place, whatever it sees."""

    def forward(self, x_t, log_snr):
        return small().marginals.log().float().expand(len(x_t), -1, -1)


def entropy_of_places():
    """In nats, of each coordinate alone, added."""
    return float(torch.special.entr(small().marginals).sum())


def test_every_number_of_masks_comes_up_as_often_in_any_place_and_what_is_not_masked_is_the_data():
    x0, x_t, _ = drawn("absorbing")
    hidden = x_t == SYMBOLS
    assert torch.bincount(hidden.sum(1)).tolist() == [0, 2000, 2000, 2000]
    assert torch.equal(x_t[~hidden], x0[~hidden])
    assert hidden.double().mean(0).numpy() == pytest.approx(2 / 3, abs=5 * math.sqrt(2 / 9 / BATCH))


def test_a_batch_that_the_numbers_of_masks_do_not_divide_has_them_as_often_on_average():
    counts = [int((drawn("absorbing", 1, seed)[1] == SYMBOLS).sum()) for seed in range(300)]
    assert np.bincount(counts)[1:] == pytest.approx(100, abs=5 * math.sqrt(300 * 2 / 9))


def test_under_masks_the_loss_is_the_bound_in_continuous_time():
    """Of a network that knows each place alone, the entropies of the places and no less."""
    task = task_of("absorbing")
    loss, reported = task.loss(Blind(), task.draw(1, torch.Generator().manual_seed(0))[0], 1)
    assert float(loss) == float(reported) == pytest.approx(entropy_of_places(), rel=0.02)


def test_under_uniform_noise_symbols_are_redrawn_as_often_as_their_level_says_and_the_loss_is_the_cross_entropy():
    task = task_of("uniform")
    x0, x_t, log_snr = batch = task.draw(1, torch.Generator().manual_seed(0))[0]
    low, high = LOG_SNR_RANGE
    assert log_snr.sort().values.numpy() == pytest.approx(np.linspace(low, high, BATCH), abs=2 * (high - low) / BATCH)
    differ = torch.sigmoid(-log_snr)[:, None] * (SYMBOLS - 1) / SYMBOLS
    unlike = (x_t != x0).double() - differ
    assert unlike.mean(0).abs().numpy() == pytest.approx(0.0, abs=5 * math.sqrt(float((differ * (1 - differ)).mean()) / BATCH))
    other = ((x_t - x0)[x_t != x0] % SYMBOLS == 1).double()
    assert float(other.mean()) == pytest.approx(1 / 2, abs=5 / 2 / math.sqrt(len(other)))
    assert float(task.loss(Blind(), batch, 1)[0]) == pytest.approx(entropy_of_places(), rel=0.02)
