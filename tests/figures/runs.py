"""Small runs made by hand, for films and sheets."""

import numpy as np

from diffviz.figures.lines import Axis, Line
from diffviz.figures.scenes import Graph, Shown
from diffviz.trajectory import Curve, StepInfo, Trajectory
from diffviz.views.pictures.draw import scene as pictures_scene
from diffviz.views.plane.draw import scene as points_scene
from diffviz.views.plane.sent import field_points


def trajectory(forward, visited=None):
    """[T+1, N, *D] a path and, at the visited times, the same coming back."""
    steps = len(forward) - 1
    times = np.arange(steps + 1)[::-1] if visited is None else np.array(visited)
    signal = 1 - np.arange(steps + 1) / steps
    alpha, sigma = np.sqrt(signal), np.sqrt(1 - signal)
    info, back = [StepInfo()] * (len(times) - 1) + [None], forward[times]
    return Trajectory(forward, back, back, times, alpha, sigma, info, "cpu", 0.0, len(times) - 1)


def points(steps=100, visited=None, particles=300):
    """Two spots that go from upper left to lower right, and back."""
    spot = 0.05 * np.random.default_rng(0).standard_normal((particles, 2)).astype(np.float32)
    place = np.array([-1.5, 1.5], np.float32) * (1 - 2 * np.arange(steps + 1, dtype=np.float32) / steps)[:, None]
    return trajectory(place[:, None] + spot, visited)


def grey(t, steps=100):
    """What the pictures of pictures() are at time t, as a byte."""
    return round(127.5 + 127.5 * (2 * t / steps - 1))


def pictures(steps=100, visited=None):
    """Four pictures of one grey, which tells the time."""
    shades = (2 * np.arange(steps + 1, dtype=np.float32) / steps - 1)[:, None, None, None, None]
    return trajectory(shades * np.ones((1, 4, 1, 8, 8), np.float32), visited)


def shown(run, last=None, kinds=None, layers=(), density=None, estimates=None):
    """A run to be drawn."""
    steps = len(run.alpha) - 1
    if run.forward.ndim == 3:
        scene = points_scene(run, layers, density, estimates)
    else:
        scene = pictures_scene(run, kinds or ("forward", "reverse", "x0_hat", "eps_hat"))
    caption = lambda t, back: f"caption {t}{' back' if back else ''}"  # noqa: E731
    return Shown(run, "A title", "A summary", scene, steps if last is None else last, caption)


def chart(*runs, costs=0.01):
    """Of runs whose steps all cost the same; of one run beside the exact denoiser."""
    lines = []
    for side, run in enumerate(runs):
        t = np.arange(1, len(run.alpha))
        x = t / t[-1] if len(runs) > 1 else t
        curves = [Curve("", x, np.full(len(t), value), "nats") for value in (costs, costs / 2)]
        lines += [Line(curve, "var(--dv-reverse)", label="ab"[side]) for curve in curves]
    axis = Axis("t/T", (0.0, 1.0)) if len(runs) > 1 else Axis("t", (0.0, len(runs[0].alpha) - 1.0))
    return Graph("KL of each step", lines, axis, True)


def density(t):
    """Of a panel, one mode in the upper left."""
    out = np.full((96, 96), 1e-3)
    out[60:80, 20:40] = 1.0
    return out


def estimates(t):
    """Exact: everything comes from the middle; the network says from the right."""
    count = len(field_points())
    return {"exact": np.zeros((count, 2)), "used": np.full((count, 2), [3.0, 0.0])}


def recorded(monkeypatch, owner, name):
    """The arguments, without their names, of every call of that method from now on."""
    calls, method = [], getattr(owner, name)

    def call(self, *values, **others):
        calls.append(values)
        return method(self, *values, **others)

    monkeypatch.setattr(owner, name, call)
    return calls
