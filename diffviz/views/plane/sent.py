"""What the browser is sent of points; view.js reads it by these names."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.energies.denoiser import EnergyDenoiser
from diffviz.energies.partition import grid
from diffviz.engine import Setup
from diffviz.gaussian.bugs import RIGHT, asks_the_truth, bug_of, unpriced
from diffviz.gaussian.samplers import ALL_SAMPLERS
from diffviz.player.protocol import RANGE, Array
from diffviz.trajectory import Frame
from diffviz.views.sent import Sent

MAX_DRAWN = 2000  # particles sent to the browser
TRACED = 256  # particles whose x0_hat is sent
FIELD_SIDE = 17  # the score field is drawn on a grid of this side
FIELD_REACH = 3.4  # as far as a wide panel shows
LEARNED_SIDE = 64  # of the grid, of the same reach, on which a learned energy is sent
LOWEST, HIGHEST = -6.0, 14.0  # kT that it is cut at


def positions(count: int) -> Array:
    """Points of the plane, [count, 2] float32."""
    return Array((count, 2), "uint12", -RANGE, RANGE)


def field_points() -> NDArray[np.float32]:
    """[FIELD_SIDE^2, 2] where the score field is drawn, row by row from the lower left."""
    side = np.linspace(-FIELD_REACH, FIELD_REACH, FIELD_SIDE, dtype=np.float32)
    return np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)


def drawn(setup: Setup) -> int:
    """Particles that are sent."""
    return min(setup.experiment.particles, MAX_DRAWN)


def _is_wrong(setup: Setup) -> bool:
    """Does the denoiser say anything else than the exact one, as a network does?"""
    return not asks_the_truth(setup.experiment)


def _eta(e: Any) -> float:
    """DDIM's η for paths that draw noise as an Experiment's sampler does: the share of the noise of q(x_s|x_t, x_0), 0 along the
    ODE, 1 for every random sampler but DDIM."""
    row = ALL_SAMPLERS[e.sampler]
    if not row.follows_ode or bug_of(e).draws:
        return 1.0
    return e.eta if "eta" in row.uses else 0.0


def has_work(e: Any) -> bool:
    """Has the forward process of an Experiment a reverse chain, with probabilities of paths?"""
    return e.plain and bug_of(e) is RIGHT and not unpriced(e)


def _factor(setup: Setup) -> dict[str, Any] | None:
    """kind: of POINT_FACTORS; direction in radians, offset and std: what factor.js computes r(x) from; exact: is the reverse
    process conditioned in closed form?"""
    e = setup.experiment
    if not e.conditional:
        return None
    return {
        "kind": e.measurement,
        "direction": math.radians(e.angle),
        "offset": e.offset,
        "std": e.measure_noise,
        "exact": e.condition == "exact",
    }


def points_a_frame(setup: Setup) -> int:
    """What a frame takes, counted in particles."""
    return drawn(setup) + (LEARNED_SIDE**2 // 4 if has_energy(setup) else 0)


def has_energy(setup: Setup) -> bool:
    """Is the denoiser the energy of a density, and not the exact one?"""
    return isinstance(setup.free_denoiser, EnergyDenoiser)


def learned_energy(setup: Setup, alpha: float, sigma: float) -> NDArray[np.float32]:
    """[LEARNED_SIDE^2] U + log Z of the denoiser's own density, row by row from the lower left, cut and brought to the range of
    positions, which is how numbers travel. log Z is the sum over this grid: to 0.02 nats where the density is no narrower than
    half of its spacing."""
    nodes, cell = grid(FIELD_REACH, LEARNED_SIDE)
    points = nodes.reshape(-1, 2).float().to(setup.device)
    with torch.inference_mode():
        energy = setup.denoiser(points, alpha, sigma).energy.double()
    energy = (energy + (-energy).logsumexp(0) + math.log(cell)).clamp(LOWEST, HIGHEST)
    return ((energy - LOWEST) * (2 * RANGE / (HIGHEST - LOWEST)) - RANGE).float().cpu().numpy()


def arrays(setup: Setup) -> dict[str, Array]:
    """x0_hat: of the first particles; field: the network's x0_hat on the grid of the score, none at t = 0; learned: of an energy
    model, its U + log Z on another grid, none at t = 0."""
    points = {"forward": drawn(setup), "reverse": drawn(setup), "x0_hat": min(drawn(setup), TRACED)}
    if _is_wrong(setup):
        points["field"] = FIELD_SIDE**2
    energy = {"learned": Array((LEARNED_SIDE**2,), "uint12", LOWEST, HIGHEST)} if has_energy(setup) else {}
    return {name: positions(count) for name, count in points.items()} | energy


def data(setup: Setup) -> dict[str, Any]:
    """mixture: the data distribution, from which the exact density, score and posterior mean are computed; factor: what it is
    multiplied by, null of a plain run; exact: whether the denoiser knows it; work: whether its paths have a work; eta: of the
    noise that the sampler draws; field_side, field_reach: of the grid of the score."""
    mixture = setup.distribution
    return {
        "mixture": {
            "means": np.round(mixture.means.numpy(), 5).tolist(),
            "weights": np.round(mixture.weights.numpy(), 7).tolist(),
            "std": mixture.std,
        },
        "factor": _factor(setup),
        "exact": not _is_wrong(setup),
        "work": has_work(setup.experiment),
        "eta": _eta(setup.experiment),
        "field_side": FIELD_SIDE,
        "field_reach": FIELD_REACH,
    }


def drifts(setup: Setup, shown: NDArray[np.int64]) -> list[tuple[float, float] | None]:
    """[m] for each displayed time the (c_t, c_0) of the mean c_t x_t + c_0 x0_hat of p(x_s|x_t), where s is the visited time
    before; None at t = 0. Of the ancestral chain, whichever the sampler; chains at one noise level have their own."""
    e = setup.experiment
    if ALL_SAMPLERS[e.sampler].one_level:
        alpha, sigma = float(setup.schedule.alpha[-1]), float(setup.schedule.sigma[-1])
        move = (1.0 - e.langevin_step / sigma**2, e.langevin_step * alpha / sigma**2)
        return [None if t == 0 else (0.0, 1.0) if t == setup.times[1] else move for t in shown.tolist()]
    before = dict(itertools.pairwise(setup.visited[::-1].tolist()))
    kernels = [bug_of(e).kernel(setup.schedule, before[t], t) if t in before else None for t in shown.tolist()]
    return [None if kernel is None else (float(f"{kernel.c_t:.7g}"), float(f"{kernel.c_0:.7g}")) for kernel in kernels]


def frame_arrays(setup: Setup, frame: Frame) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Of a displayed frame, by name."""
    yield frame.direction, frame.x[:MAX_DRAWN].cpu().numpy()
    if frame.x0_hat is None:
        return
    yield "x0_hat", frame.x0_hat[:TRACED].cpu().numpy()
    if _is_wrong(setup) and frame.t > 0:
        points = torch.from_numpy(field_points()).to(setup.device)
        alpha, sigma = float(setup.schedule.alpha[frame.t]), float(setup.schedule.sigma[frame.t])
        with torch.inference_mode():
            yield "field", setup.denoiser(points, alpha, sigma).x0_hat.cpu().numpy()
        if has_energy(setup):
            yield "learned", learned_energy(setup, alpha, sigma)


SENT = Sent(
    view="plane",
    drawn=drawn,
    size=points_a_frame,
    arrays=arrays,
    frame=frame_arrays,
    data=lambda setup, times: {**data(setup), "drift": drifts(setup, times)},
    kept=np.copy,
)
