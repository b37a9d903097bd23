"""What the editors of a person's own data ask: the text of points, and what a mixture costs while it is edited."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import numpy as np

from diffviz.domains.plane.bandwidth import described
from diffviz.domains.plane.datasets import DATASETS, OWN, OWN_MIXTURE, OWN_POINTS, make_dataset, points_of
from diffviz.domains.plane.optimal_schedule import bound_nats, least_errors
from diffviz.domains.plane.own_mixture import DEFAULT, MAX_NARROW, MOST, Component, mixture_text, narrow_mixture, read_mixture
from diffviz.domains.plane.own_points import LINK_LETTERS, MAX_POINTS, Points, on_lattice
from diffviz.domains.plane.point_files import MAX_FILE_BYTES, points_in
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import marginal
from diffviz.schedules import SCHEDULES, make_schedule
from diffviz.views.plane.thumbnail import drawn
from diffviz.views.png import small_png

STARTS = tuple(name for name in DATASETS if DATASETS[name].make is not None)  # that a mixture can begin as
SIMPLE = 24  # components that a data set of many is made into
DIGITS = 3  # of a mixture that begins as a data set
CURVE = np.linspace(-8.0, 10.0, 46)  # log SNR at which the MMSE is drawn
THUMBNAIL, REACH = 96, 3.0  # pixels a side of a card's picture, and half its width in the plane's units, as in the editors
COMPARED = ("linear", "cosine", "sigmoid")  # schedules whose gap is told


def _points_of(asked: dict[str, Any]) -> Points:
    """Raises ValueError, KeyError, TypeError."""
    if "data" in asked:
        if len(asked["data"]) > 4 * MAX_FILE_BYTES // 3 + 4:
            raise ValueError(f"must be a file of at most {MAX_FILE_BYTES // 2**20} MB")
        return points_in(base64.b64decode(asked["data"], validate=True))
    if "xy" in asked:
        if len(asked["xy"]) > 2 * MAX_POINTS:
            raise ValueError(f"must be from 1 to {MAX_POINTS} in number, not {len(asked['xy']) // 2}")
        xy = np.array(asked["xy"], np.float64).reshape(-1, 2)
        return on_lattice(xy)
    return points_of(asked["own_points"])


def take_points(what: str) -> str:
    """JSON of points as described() has them, with xy, their coordinates one after another, and link, whether a link can hold
    them; or of problem, a sentence.

    what: JSON of data, a file in base64; or of xy, coordinates one after another in the plane's units; or of own_points, their
    text.
    """
    try:
        points = _points_of(json.loads(what))
    except binascii.Error:
        return json.dumps({"problem": "Your points must be a CSV, NPY, PNG or JPEG file."})
    except ValueError as error:
        why = str(error) if str(error).startswith("must") else "must be finite numbers, two a point"
        return json.dumps({"problem": f"Your points {why}."})
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return json.dumps({"problem": "Your points must be finite numbers, two a point."})
    told = described(points)
    xy = np.repeat(points.xy, points.counts, axis=0).ravel().tolist()
    return json.dumps({**told, "xy": xy, "link": len(told["own_points"]) <= LINK_LETTERS})


def simplified(mixture: GaussianMixture) -> tuple[Component, ...]:
    """A data set to begin with: its components, where they are at most SIMPLE; else that many groups of neighbours (Lloyd's
    algorithm, weighted), each one Gaussian of its group's mean and weight, all as wide as groups are on average."""
    means, weights, variance = mixture.means.numpy(), mixture.weights.numpy(), mixture.std**2
    if len(means) > SIMPLE:
        centres = means[np.linspace(0, len(means) - 1, SIMPLE).round().astype(int)]
        for _ in range(30):
            nearest = ((means[:, None] - centres) ** 2).sum(2).argmin(1)
            total = np.bincount(nearest, weights, SIMPLE)
            kept = total > 0
            sums = np.stack([np.bincount(nearest, weights * column, SIMPLE) for column in means.T], 1)
            centres = np.where(kept[:, None], sums / np.maximum(total, 1e-12)[:, None], centres)
        variance += float(weights @ ((means - centres[nearest]) ** 2).sum(1)) / 2
        means, weights = centres[kept], total[kept]
    shares = weights / weights.max()
    std = round(float(np.sqrt(variance)), DIGITS)
    rows = zip(means.round(DIGITS).tolist(), shares.round(DIGITS).tolist(), strict=True)
    return tuple(Component(x + 0.0, y + 0.0, std, max(share, 1e-3)) for (x, y), share in rows)


def _numbers(text: str, steps: int) -> dict[str, Any]:
    """Of a mixture: entropy in nats; components; narrow, the Gaussians of one width that they are computed as; mmse against
    CURVE, summed over coordinates; gaps in nats by schedule's title, of so many steps with the exact denoiser and the optimal
    variance."""
    mixture = narrow_mixture(text)
    errors, entropy = least_errors(mixture), marginal(mixture, 1.0, 0.0).entropy_nats
    gaps = {SCHEDULES[name].title: bound_nats(errors, make_schedule(name, steps).log_snr[1:])[0] - entropy for name in COMPARED}
    mmse = mixture.dim * np.exp(errors.log_mmse(CURVE)[0])
    return {
        "entropy": entropy,
        "components": len(read_mixture(text)),
        "narrow": len(mixture.means),
        "log_snr": CURVE.tolist(),
        "mmse": mmse.tolist(),
        "gaps": gaps,
        "steps": steps,
    }


def weigh_mixture(what: str) -> str:
    """JSON of a mixture's numbers (_numbers); of own_mixture, a text, for a data set that it is to begin as; or of problem.

    what: JSON of own_mixture, a text, and steps, T; or of start, the name of a data set, "" for that of own_mixture.
    """
    try:
        asked = json.loads(what)
        if "start" in asked:
            found = (
                simplified(make_dataset(asked["start"]))
                if asked["start"] in STARTS
                else read_mixture(asked["own_mixture"] or DEFAULT)
            )
            return json.dumps({"own_mixture": mixture_text(found[:MOST])})
        steps = int(asked["steps"])
        if not 2 <= steps <= 1000:
            raise ValueError("must have from 2 to 1000 steps to be weighed")
        return json.dumps(_numbers(asked["own_mixture"], steps))
    except ValueError as error:
        why = str(error) if str(error).startswith("must") else "must be a mixture"
        return json.dumps({"problem": f"Your mixture {why}."})
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return json.dumps({"problem": "Your mixture must be a text."})


def picture_own(what: str) -> str:
    """JSON of png, a small picture of a person's own data as a data: address; of problem, where they cannot be drawn.

    what: JSON of dataset and of the fields that it reads, as an Experiment has them.
    """
    try:
        asked = json.loads(what)
        name = asked.pop("dataset")
        if name not in OWN:
            raise ValueError("must be a person's own data")
        mixture = make_dataset(name, **{field: asked[field] for field in DATASETS[name].uses})
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return json.dumps({"problem": "These data cannot be drawn."})
    png = base64.b64encode(small_png(drawn(mixture, THUMBNAIL, REACH))).decode()
    return json.dumps({"png": f"data:image/png;base64,{png}"})


def _pictured(name: str) -> dict[str, Any]:
    """What the card of these data asks for its picture, and of which fields."""
    return {"pictured": picture_own.__name__, "reads": DATASETS[name].uses}


CONTROLS = {
    OWN_POINTS: {
        **_pictured(OWN_POINTS),
        "ways": [("draw", "Draw points"), ("type", "Type a word"), ("upload", "Upload a file")],
        "kind": "editor",
        "asks": take_points.__name__,
        "script": "views/plane/own/points.js",
        "does": "Draw or upload …",
        "most": MAX_FILE_BYTES,
    },
    "bandwidth": {"blank": "automatic"},
    OWN_MIXTURE: {
        **_pictured(OWN_MIXTURE),
        "ways": [("", "Make a mixture")],
        "kind": "editor",
        "asks": weigh_mixture.__name__,
        "script": "views/plane/own/mixture.js",
        "does": "Edit the mixture …",
        "starts": [(name, DATASETS[name].title) for name in STARTS],
        "most": MOST,
        "narrow": MAX_NARROW,
    },
}
