"""What the browser asks about one particle: what each step costs it, and the numbers in the formula of the step.

The browser draws what follows from the mixture and a point at every moment of the clock; what needs the denoiser, the particle's
own noise or a quadrature is computed here once a particle, for all displayed times, from the positions as the engine left them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.diagnostics.measured import Measured
from diffviz.domains.plane.particle import ReverseStep, exact_costs_nats, given_costs_nats, reverse_steps, step_variances
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.gaussian.bugs import RIGHT, bug_of, unpriced
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import reverse_variances
from diffviz.noise import ParticleNoise, Stream
from diffviz.telling.words import number
from diffviz.trajectory import StepInfo
from diffviz.views.plane.sent import MAX_DRAWN

Values = NDArray[np.float64]


def _rounded(values: Values) -> list[Any]:
    """As JSON, with seven digits that count."""
    return np.vectorize(lambda value: float(f"{value:.7g}"))(values).tolist() if values.size else []


def _estimates(setup: Setup, times: NDArray[np.int64], points: Values, variance: bool) -> tuple[Values, Values]:
    """x0_hat and, if asked for, Var[x_0|x_t] [2, m, 2] at points [2, m, 2], one time after the other; of the exact denoiser in
    double precision."""
    found, spread = np.empty_like(points), np.zeros_like(points)
    exact = setup.experiment.denoiser == "exact"
    for row, t in enumerate(times.tolist()):
        level = float(setup.schedule.alpha[t]), float(setup.schedule.sigma[t])
        x = torch.from_numpy(points[:, row])
        with torch.inference_mode():
            if exact:
                told = Prediction(*setup.distribution.posterior(x, *level, variance))
            else:
                told = setup.denoiser(x.float().to(setup.device), *level)
            found[:, row] = told.x0_hat.cpu().numpy()
            if variance:
                spread[:, row] = told.variance.cpu().numpy()
    return found, spread


def _is_sum(info: StepInfo, setup: Setup) -> bool:
    """Is the step nothing but c_t x_t + c_0 x0_hat + noise_std z, with one noise_std for all points?"""
    if setup.process.reads_variance:
        return False
    others = (info.c_1, info.c_old, info.c_r, info.tries, info.accepted)
    return info.c_t is not None and not any(c is not None for c in others) and not info.corrector_steps and not info.resampled


def _place(x: Values) -> str:
    return f"({', '.join(f'{value:.3f}'.replace('-', '−') for value in x)})"


def _worked(step: ReverseStep, info: StepInfo, x_t: Values, x0_hat: Values, z: Values) -> str:
    """The formula of the caption with this particle's numbers, to so many digits that the sum can be checked by hand."""
    terms = [(info.c_t, x_t), (info.c_0, x0_hat)] + ([(info.noise_std, z)] if info.noise_std > 0 else [])
    told = "".join(f" {'−' if c < 0 else '+'} {number(abs(c), 4)} {_place(x)}" for c, x in terms).removeprefix(" + ").strip()
    x_s = sum(c * x for c, x in terms)
    return f"<i>x</i><sub>{step.s}</sub> = {told} = {_place(x_s)}"


def particle_of(
    experiment: Experiment, asked: Mapping[str, Any], measured: Callable[[Experiment], Measured[Any]]
) -> dict[str, Any] | None:
    """particle: the number of one that is sent. Of the m - 1 displayed times but t = 0, ascending:

    before: the visited time s to which the reverse step leads; kernel: (c_t, c_0, variance) of q(x_s|x_t, x_0)
    forward, reverse: x and x0_hat; variance: of p(x_s|x_t) in each coordinate; next: x_s if s is displayed too, else null;
        exact: KL(q(x_s|x_t) || p(x_s|x_t)) in nats
    given: of the forward path, KL(q(x_s|x_t, x_0) || p(x_s|x_t)) in nats, and -log p(x_0|x_t) of the step into data
    worked: the step of the reverse process in numbers, as HTML; "" where it is no sum of x_t, x0_hat and noise

    The steps are those of the ancestral chain, whose costs stand beside every sampler; worked is the sampler's own. None of a run
    with a bug or a factor r(x), or of a chain at one noise level, whose steps are others.
    """
    i = asked.get("particle")
    if bug_of(experiment) is not RIGHT or unpriced(experiment) or experiment.conditional:
        return None
    if type(i) is not int or not 0 <= i < min(experiment.particles, MAX_DRAWN):
        return None
    m = measured(experiment)
    paths, setup = m.kept, Setup(experiment)
    variances = reverse_variances(experiment.variance, setup.schedule, m.times, setup.distribution)
    chain = reverse_steps(setup.schedule, variances, m.times)
    left = np.searchsorted(m.times, paths.times[1:])
    steps = [chain[j - 1] for j in left.tolist()]
    points = np.stack([paths.forward[1:, i], paths.reverse[1:, i]]).astype(np.float64)
    x0_hat, own = _estimates(setup, paths.times[1:], points, variances.added == "coordinate")
    variance = np.stack([step_variances(steps, spread) for spread in own])

    noise = ParticleNoise(experiment.seed, Stream.REVERSE, i + 1)
    worked = []
    for row, (step, j) in enumerate(zip(steps, left.tolist(), strict=True)):
        info = m.info[j]
        plain = _is_sum(info, setup)
        z = noise(step.t)[i].double().numpy() if plain and info.noise_std > 0 else np.zeros(2)
        worked.append(_worked(step, info, points[1, row], x0_hat[1, row], z) if plain else "")

    shown = [step.s == before for step, before in zip(steps, paths.times[:-1].tolist(), strict=True)]

    def of(direction: int, path: NDArray[np.float32]) -> dict[str, Any]:
        known = points[direction], x0_hat[direction], variance[direction]
        costs = exact_costs_nats(setup.distribution, setup.schedule, steps, *known)
        following = [_rounded(x) if seen else None for x, seen in zip(path[:-1, i].astype(np.float64), shown, strict=True)]
        return {
            "x": _rounded(points[direction]),
            "x0_hat": _rounded(x0_hat[direction]),
            "variance": _rounded(variance[direction]),
            "next": following,
            "exact": _rounded(costs),
        }

    given = given_costs_nats(steps, paths.forward[0, i].astype(np.float64), x0_hat[0], variance[0])
    return {
        "before": [step.s for step in steps],
        "kernel": [_rounded(np.array(step.kernel[:3])) for step in steps],
        "forward": {**of(0, paths.forward), "given": _rounded(given)},
        "reverse": {**of(1, paths.reverse), "worked": worked},
    }
