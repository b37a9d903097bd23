"""diffviz: an interactive laboratory for diffusion models whose truth is known in closed form.

Conventions, said once:

- Diffusion time is an integer t in 0..T: 0 is data, T is noise. A reverse step goes from t to s, s < t.
- x_t = alpha_t x_0 + sigma_t eps, eps ~ N(0, I). alpha_bar = alpha^2. SNR = alpha^2/sigma^2.
- [N, D] is N particles in D dimensions; [T+1, N, D] one such for every time. K is the number of steps a sampler takes,
  or, where mixtures are meant, of components.
- Information, entropy and cost are in nats, and say so in their names.

    from diffviz import Experiment, run
    trajectory = run(Experiment(dataset="swiss_roll", schedule="cosine", steps=100))
"""

from diffviz.engine import run, stream
from diffviz.experiment import Experiment, ExperimentError
from diffviz.trajectory import Frame, Trajectory

__all__ = ["Experiment", "ExperimentError", "Frame", "Trajectory", "run", "stream"]
