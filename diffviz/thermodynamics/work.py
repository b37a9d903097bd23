"""The work of paths (Sohl-Dickstein et al. 2015, sec. 2.3 and 2.4; Crooks 1999), in units of kT, which are nats.

    W = log q(x_0, ..., x_K) - log p(x_0, ..., x_K) = sum_{j=1}^{K} d_j + d_{K+1}

    d_j     = log q(x_t|x_s) + log q(x_s) - log q(x_t) - log p(x_s|x_t)      of the step between t = t_j and s = t_{j-1}
    d_{K+1} = log q(x_K) - log p(x_K)                                        of the prior

Since the marginals q(x_t) are known, d_j = log q(x_s|x_t) - log p(x_s|x_t): its mean under q is the dissipation of step j, that
of d_{K+1} the mismatch of q(x_K) and the prior, and the mean of W the ELBO gap. p is always the chain of the bound
(process.PathLaw), whichever sampler the run has: only that chain has a density of paths. Whatever the denoiser, exact or not,

    <e^{-W}> under q = 1,      P_q(W = w) = e^w P_p(W = w)                   (Jarzynski; Crooks)

Paths are walked through time all together, and none is kept: what is held are their increments [K+1, N].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz.deadline import check_time
from diffviz.engine import Setup
from diffviz.experiment import ExperimentError
from diffviz.fields import option
from diffviz.gaussian.bugs import asks_the_truth
from diffviz.inverse.tasks import ALL_STARTS
from diffviz.messages import show
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.process import PathLaw, Prediction

Values = NDArray[np.float64]
Predict = Callable[[Tensor, int], Prediction]  # (x_t [N, *D] float64 on the CPU, j) -> the same
MAX_INCREMENTS = 20_000_000  # paths x (steps + 1) of either direction: 160 MB


@dataclass(frozen=True, eq=False)
class Work:
    """Increments of work in kT of N paths of q and M paths of p along the visited times [K+1].

    forward: [K+1, N] of paths drawn from q; reverse: [K+1, M] of paths drawn from p. Row j-1 is step j, the last row the prior.
    On bits a path of p may end where no data are: its first increment is -inf then.
    """

    times: NDArray[np.int64]
    forward: Values
    reverse: Values

    @property
    def work_forward(self) -> Values:
        """[N] W of the paths of q."""
        return self.forward.sum(0)

    @property
    def work_reverse(self) -> Values:
        """[M] W of the paths of p."""
        return self.reverse.sum(0)


def path_law(setup: Setup) -> PathLaw:
    """Of a run. Raises ExperimentError where the probabilities of its paths are not known."""
    e = setup.experiment
    if not e.plain:
        plain = [name for name, row in ALL_STARTS.items() if not row.task]
        field, allowed = ("measurement", ["none"]) if e.conditional else ("start", plain)
        raise ExperimentError(field, f"must be {option(field, *allowed, last=' or ')} for the probability of a path.")
    return setup.domain.path_law(e, setup.process)


def predictor(setup: Setup, law: PathLaw) -> Predict:
    """What the run's denoiser answers along the chain. A network is asked in float32 on the run's device: its own chain has the
    same answers where its paths are drawn and where they are priced, so that the theorems hold for it all the same."""
    if asks_the_truth(setup.experiment):
        return law.exact
    alpha, sigma = (table[law.times].tolist() for table in (law.schedule.alpha, law.schedule.sigma))

    def ask(x_t: Tensor, j: int) -> Prediction:
        told = setup.denoiser(x_t.float().to(setup.device), alpha[j], sigma[j])
        tensors = {item.name: value for item in fields(told) if isinstance(value := getattr(told, item.name), Tensor)}
        return replace(told, **{name: value.cpu().double() for name, value in tensors.items()})

    return ask


def increments(law: PathLaw, predict: Predict, path: Iterable[Tensor]) -> Values:
    """[K+1, N] of paths x_0, ..., x_K, each [N, *D] float64, in this order."""
    rows: list[Tensor] = []
    with torch.inference_mode():
        steps = iter(path)
        x_s = next(steps)
        log_s = law.log_marginal(x_s, 0)
        for j, x_t in enumerate(steps, 1):
            check_time()
            log_t, log_p = law.log_marginal(x_t, j), law.log_reverse(x_s, x_t, predict(x_t, j), j)
            rows.append(law.log_forward(x_s, x_t, j) + log_s - log_t - log_p)
            x_s, log_s = x_t, log_t
        rows.append(log_s - law.log_prior(x_s))
    return torch.stack(rows).numpy()


def increments_of(setup: Setup, path: NDArray[np.floating]) -> Values:
    """[K+1, N] of the paths [K+1, N, *D] of a run at its visited times, t = 0 first. Raises ExperimentError as path_law does."""
    law = path_law(setup)
    return increments(law, predictor(setup, law), (torch.from_numpy(np.asarray(x, np.float64)) for x in path))


def forward_paths(law: PathLaw, uniform: Tensor, noise: Callable[[int], Tensor]) -> Iterable[Tensor]:
    """x_0, ..., x_K drawn from q. noise(j): the standard normal numbers of step j; noise(0): of the data, with uniform [N]."""
    x = law.draw_data(uniform, noise(0))
    yield x
    for j in range(1, len(law.times)):
        x = law.draw_forward(x, j, noise(j))
        yield x


def _reverse_increments(law: PathLaw, predict: Predict, noise: Callable[[int], Tensor]) -> Values:
    """[K+1, M] of paths drawn from p, from the prior down. noise(j): of step j; noise(0): of the prior."""
    count = len(law.times) - 1
    with torch.inference_mode():
        x_t = law.draw_prior(noise(0))
        log_t = law.log_marginal(x_t, count)
        rows = [log_t - law.log_prior(x_t)]
        for j in range(count, 0, -1):
            check_time()
            prediction = predict(x_t, j)
            x_s = law.draw_reverse(x_t, prediction, j, noise(j))
            log_s = law.log_marginal(x_s, j - 1)
            rows.append(law.log_forward(x_s, x_t, j) + log_s - log_t - law.log_reverse(x_s, x_t, prediction, j))
            x_t, log_t = x_s, log_s
    return torch.stack(rows[::-1]).numpy()


def check_paths(law: PathLaw, paths: int) -> None:
    """Raises ExperimentError where so many paths are more than memory holds."""
    most = MAX_INCREMENTS // len(law.times)
    if not 2 <= paths <= most:
        raise ExperimentError("paths", f"must be a whole number from 2 to {most} with so many steps, not {show(paths)}.")


def work_of_run(setup: Setup, paths: int, seed: int | None = None) -> Work:
    """Of so many paths of either law, drawn anew. seed: the run's by default; path i is the same for any number of paths.

    Raises ExperimentError as path_law and check_paths do.
    """
    law = path_law(setup)
    check_paths(law, paths)
    return drawn_work(law, predictor(setup, law), paths, setup.experiment.seed if seed is None else seed, setup.shape)


def drawn_work(law: PathLaw, predict: Predict, paths: int, seed: int, shape: tuple[int, ...]) -> Work:
    """The same of any chain of particles of this shape."""
    steps, down = range(len(law.times)), range(len(law.times) - 1, 0, -1)

    def noise(stream: Stream, order: range) -> ParticleNoise:
        return ParticleNoise(seed, stream, paths, shape, dtype=torch.float64, times=order)

    drawn = forward_paths(law, particle_uniform(seed, Stream.WORK_FORWARD, paths), noise(Stream.WORK_FORWARD, steps))
    return Work(law.times, increments(law, predict, drawn), _reverse_increments(law, predict, noise(Stream.WORK_REVERSE, down)))


def log_weights(law: PathLaw, predict: Predict, x_0: Tensor, paths: int, noise: Callable[[int], Tensor]) -> Values:
    """[N] log p(x_0, ..., x_K)/q(x_1, ..., x_K|x_0) of paths of q that begin at one x_0 [*D]. noise(j): of step j, from 1."""
    with torch.inference_mode():
        x_s, log_w = x_0.expand(paths, *x_0.shape), torch.zeros(paths, dtype=torch.float64)
        for j in range(1, len(law.times)):
            check_time()
            x_t = law.draw_forward(x_s, j, noise(j))
            log_w += law.log_reverse(x_s, x_t, predict(x_t, j), j) - law.log_forward(x_s, x_t, j)
            x_s = x_t
        return (log_w + law.log_prior(x_s)).numpy()
