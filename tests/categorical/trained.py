"""Short trainings of networks of symbols."""

import numpy as np
import torch

from diffviz.categorical.costs import excess_nats
from diffviz.categorical.fields import PROCESSES
from diffviz.categorical.networks import NetworkSymbols
from diffviz.schedules import make_schedule


def assert_learns(new, begin, recipe, data, paths, left):
    """Half a training after half of it the loss is less, and of what an untrained network costs beyond the exact denoiser at most
    this much is left."""

    def excess(network):
        noise = PROCESSES[recipe.process].make(data.symbols)
        schedule = make_schedule("cosine", 6)
        return excess_nats(NetworkSymbols(network), data, noise, schedule, np.arange(7), samples=paths).sum(0).mean()

    torch.manual_seed(0)
    before, half = excess(new(recipe)), recipe.updates // 2
    steps = list(begin(recipe).steps(every=half))
    assert [step.update for step in steps] == [half, 2 * half]
    assert steps[-1].loss < steps[0].loss
    assert excess(steps[-1].network) < left * before
