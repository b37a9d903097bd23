"""What a perturbed reverse process costs beside the exact one, in nats, from the run's own paths.

The exact process is the forward process that begins with q(x_0) r(x_0)/Z, seen in reverse: paths have the density

    q~(x_0, ..., x_K) = q(x_0) r(x_0)/Z prod_j q(x_t|x_s),    q~(x_s|x_t) = q(x_t|x_s) q~(x_s)/q~(x_t),   q~(x_t) of tilted.py

and those of the run have p~ = p(x_K) prod_j p~(x_s|x_t), with kernels that are known, too. So, as a mean over the run's paths,

    path KL = E_p~ [log p~(x_0, ..., x_K) - log q~(x_0, ..., x_K)] >= KL(p~(x_0) || q~(x_0))

since what is done to both alike, forgetting x_1, ..., x_K, brings no two distributions further apart. It is 0 for the exact
process alone. A chain that adds no noise in the step into data has no density there: its paths are then those down to the time
before.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.deadline import check_time
from diffviz.gaussian.kernels import ReverseVariances, reverse_kernel
from diffviz.inverse.multiplying import FactorTask
from diffviz.inverse.perturbed import log_normal
from diffviz.process import PathLaw

Values = NDArray[np.float64]
FOLLOWED = 200  # paths whose costs are told step by step, which takes a density of the exact process at every time


@dataclass(frozen=True, eq=False)
class PathCosts:
    """In nats, of N paths along K times from the first one that noise leads to.

    total: [N] log p~ - log q~, whose mean is the path KL
    approximation: [N] log p~ less that of the process whose kernels are multiplied exactly, whose mean is the path KL of the
        small perturbation from it; None where kernels are not shifted
    times: [J] the time that each step leaves, each: [J, M] log p~(x_s|x_t) - log q~(x_s|x_t) of the first paths; the last row is
        the prior's
    """

    total: Values
    approximation: Values | None
    times: NDArray[np.int64]
    each: Values


def path_costs(task: FactorTask, law: PathLaw, variances: ReverseVariances, reverse: Values, x0_hat: Values) -> PathCosts:
    """Of the paths reverse [K+1, N, 2] of a run with the ancestral sampler and what the denoiser said there, x0_hat [K+1, N, 2],
    at the law's times, ascending."""
    schedule, tilted, perturbation = law.schedule, task.tilted, task.perturbation
    paths, said = (torch.from_numpy(x.astype(np.float64)) for x in (reverse, x0_hat))
    times, last = law.times.tolist(), len(law.times) - 1
    first = int(variances.sampled[0] == 0.0)  # index of the time that the last noise leads to

    def exact(j: int, count: int) -> Tensor:
        return tilted.log_density(paths[j, :count], float(schedule.alpha[times[j]]), float(schedule.sigma[times[j]]))

    start = law.log_marginal(paths[last], last) if task.e.start == "forward" else law.log_prior(paths[last])
    total, approximation, each = start - exact(first, len(start)), torch.zeros(len(start), dtype=torch.float64), []
    log_s = exact(first, FOLLOWED)
    for j, (s, t) in enumerate(itertools.pairwise(times), 1):
        if j <= first:
            continue
        check_time()
        kernel, v = reverse_kernel(schedule, s, t), float(variances.sampled[j - 1])
        m, x_s, x_t = kernel.c_t * paths[j] + kernel.c_0 * said[j], paths[j - 1], paths[j]
        log_p = log_normal(x_s - m, v) if perturbation is None else perturbation.log_kernel(x_s, m, v, s)
        step = log_p - law.log_forward(x_s, x_t, j)
        total += step
        if perturbation is not None and perturbation.shifted:
            approximation += log_p - perturbation.log_product(x_s, m, v, s)
        log_t = exact(j, FOLLOWED)
        each.append(step[:FOLLOWED] - log_s + log_t)
        log_s = log_t
    each.append(start[:FOLLOWED] - log_s)
    shifted = perturbation is not None and perturbation.shifted
    return PathCosts(total.numpy(), approximation.numpy() if shifted else None, law.times[first + 1 :], torch.stack(each).numpy())
