"""Brackets of the entropy of a reverse step (Sohl-Dickstein et al. 2015, eq. 24), and the model's own entropy within them.

    H(x_t|x_s) + H(x_s|x_0) - H(x_t|x_0)  <=  H(x_s|x_t)  <=  H(x_t|x_s),          H(x_s|x_t) = H(x_t|x_s) + H(x_s) - H(x_t)

The lower one is H(x_s|x_t, x_0): knowing x_0 as well can only help. It always holds. The upper one says H(x_s) <= H(x_t): it
holds where the forward process adds entropy, as a variance-preserving one does to data of variance 1, and fails where data that
are wider than the noise shrink.

In Gaussian diffusion the lower bound is the entropy of a Gaussian of variance beta_tilde, the upper one that of variance beta,
D/2 log(2 pi e variance) for D numbers: the choices "posterior" and "beta" of a reverse variance are the two ends, and the best
one, or the denoiser's own, lies between (Ho et al. 2020, sec. 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.deadline import check_time
from diffviz.engine import Setup
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.thermodynamics.work import forward_paths, path_law, predictor

Values = NDArray[np.float64]
ROUNDING_NATS = 1e-6  # what entropies by quadrature are good to
PATHS = 256  # on which the model's entropy is averaged, where it depends on x_t


@dataclass(frozen=True, eq=False)
class Brackets:
    """Along the chain times [K+1], in nats; of step j, from t_j to t_{j-1}, at index j-1.

    lower, exact, upper: [K] of eq. 24; the first lower one is -inf of a density, whose x_0 is known exactly
    model, model_stderr: [K] E H(p(x_s|x_t)), the entropy of the reverse step in use, and its standard error
    """

    times: NDArray[np.int64]
    lower: Values
    exact: Values
    upper: Values
    model: Values
    model_stderr: Values

    @property
    def above(self) -> NDArray[np.bool_]:
        """[K] the steps at which the upper bound does not hold, because the entropy of x falls from s to t."""
        return self.exact > self.upper + ROUNDING_NATS

    @property
    def reason(self) -> str:
        """Why the upper bound does not hold at some steps; "" where it holds at all."""
        count = int(self.above.sum())
        if not count:
            return ""
        which = "every step" if count == len(self.above) else f"{count} of {len(self.above)} steps"
        return f"The entropy of x_t falls with t in {which}: there H(x_t|x_s) is no upper bound, which assumes that it rises."


def brackets(setup: Setup) -> Brackets:
    """Of a run's chain. Raises ExperimentError as path_law does, and where the entropies of x_t are not known."""
    law, seed = path_law(setup), setup.experiment.seed
    marginal, forward, given_data = law.entropies()
    predict, count = predictor(setup, law), len(law.times) - 1
    noise = ParticleNoise(seed, Stream.BRACKETS, PATHS, setup.shape, dtype=torch.float64, times=range(count + 1))
    found = np.zeros((count, PATHS))
    with torch.inference_mode():
        for j, x_t in enumerate(forward_paths(law, particle_uniform(seed, Stream.BRACKETS, PATHS), noise)):
            check_time()
            if j > 0:
                found[j - 1] = law.reverse_entropy(x_t, predict(x_t, j), j).numpy()
    return Brackets(
        law.times,
        lower=forward + given_data[:-1] - given_data[1:],
        exact=forward + marginal[:-1] - marginal[1:],
        upper=forward,
        model=found.mean(1),
        model_stderr=found.std(1, ddof=1) / PATHS**0.5,
    )
