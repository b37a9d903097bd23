"""An Evaluation for a person, as a table, and for a program, as JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from diffviz.domains.pictures.images import IMAGES
from diffviz.estimates import Estimate
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.views.pictures.evaluation.evaluate import Evaluation, Quality

POINTS = 40  # of the curve of rate and distortion
HUGE = 1000.0
NONE = "none: there is no classifier of these images"
CONVENTION = (
    "Density per pixel: log2 of it, at least; grey levels spread over their bins, images scaled to variance 1. In this\n"
    "convention Sohl-Dickstein et al. 2015 give 1.489 for their dead leaves and 1.244 for MCGSM (higher is better; white\n"
    "noise of variance 1 has -2.047). Those are other images: the convention is the same, and the numbers do not rank models."
)


def number(estimate: Estimate | None, digits: int = 3) -> str:
    """A figure with its error, if that is known; a few figures of what has gone out of all bounds."""
    if estimate is None:
        return NONE
    if abs(estimate.value) >= HUGE:
        return f"{estimate.value:.1e}"
    error = f" ± {estimate.stderr:.{digits}f}" if math.isfinite(estimate.stderr) else ""
    return f"{estimate.value:.{digits}f}{error}"


def _name(quality: Quality) -> str:
    return SAMPLERS[quality.sampler].title if quality.sampler in SAMPLERS else quality.sampler


def _rows(found: Evaluation) -> list[tuple[str, list[tuple[str, str]]]]:
    """Headings, and rows of name and figure."""
    request, main, ode, memory = found.request, found.main, found.likelihood, found.memory
    name, count, bound = request.dataset_name, found.bound.nats.shape[1], found.bound
    finer = "" if ode.probe_stderr is None else f", {ode.probe_stderr:.3f} of it by probes"
    blocks = [
        (
            f"Bits per dimension, {count} test images, {request.schedule}, T = {request.steps}, learned variance",
            [
                ("negative ELBO", number(bound.bits_per_dim)),
                ("  rate: L_1 to L_T", number(bound.rate_bits_per_dim)),
                ("  distortion: L_0, of grey levels", number(bound.distortion_bits_per_dim)),
                ("  L_T, a part of the rate", f"{bound.prior_bits_per_dim.value:.2g}"),
                ("  on as many training images", number(found.bound_train.bits_per_dim)),
                (f"by the ODE ({ode.pictures} pictures)", number(ode.bits_per_dim) + finer),
                ("  twice as long steps change it by", f"{ode.solver:+.4f}"),
                ("the same ELBO as a density per pixel", number(found.unit_variance_bits)),
            ],
        ),
        (
            f"{len(found.samples)} samples, {_name(main)}, NFE {main.cost.nfe}, beside as many test images",
            [
                ("Frechet distance, classifier's features", number(main.frechet)),
                ("  test images instead of samples", number(found.reference.frechet)),
                ("  training images instead of samples", number(found.floor)),
                ("precision", f"{number(main.precision)}   test images {number(found.reference.precision)}"),
                ("recall", f"{number(main.recall)}   test images {number(found.reference.recall)}"),
            ],
        ),
        (
            "Memorisation: distance in pixels to the nearest training image",
            [
                ("of a sample", number(memory.distance)),
                ("of a test image", number(memory.held_out)),
                ("ratio (1: as new as unseen data, 0: copies)", number(memory.ratio)),
                (
                    "copies: 3 times nearer than to the next",
                    f"{number(memory.copies)}   test images {number(memory.held_out_copies)}",
                ),
            ],
        ),
    ]
    if main.frechet is None:
        blocks[1] = (blocks[1][0], [("Frechet distance, precision, recall", NONE)])
    if not isinstance(found.inception, str):
        scores = [("FID", number(found.inception[0])), ("Inception score", number(found.inception[1]))]
        blocks.append((f"By torchmetrics, images of {IMAGES[name].title.lower()} made 299 x 299", scores))
    return blocks


def text(found: Evaluation) -> str:
    """The whole table."""
    request, lines = found.request, []
    lines.append(f"{request.checkpoint} on {request.dataset_name}, {found.seconds:.0f} s")
    for heading, rows in _rows(found):
        lines += ["", heading, *(f"  {name:<45} {figure}" for name, figure in rows)]
    if found.main.frechet is not None:
        lines += [
            "",
            "Sample quality over function evaluations (NFE)",
            f"  {'':<28}{'NFE':>6}{'Frechet':>18}{'precision':>17}{'recall':>17}{'ratio':>17}",
        ]
        for quality in found.qualities:
            figures = (quality.frechet, quality.precision, quality.recall, quality.ratio)
            cells = "".join(f"{number(f, d):>{w}}" for f, d, w in zip(figures, (2, 3, 3, 3), (18, 17, 17, 17), strict=True))
            lines.append(f"  {_name(quality):<28}{quality.cost.nfe:>6}{cells}")
    if isinstance(found.inception, str):
        lines += ["", found.inception]
    dequantised = (
        f"The ODE gives a density; of grey levels it is a bound, E log p(x + u) - log q(u), by "
        f"{found.likelihood.dequantisation} noise u\n"
        f"within their bins, the ODE beginning at log SNR {found.likelihood.log_snr:.2f}."
    )
    return "\n".join([*lines, "", dequantised, CONVENTION, ""])


def _pair(estimate: Estimate | None) -> list[float | None] | None:
    if estimate is None:
        return None
    return [estimate.value, estimate.stderr if math.isfinite(estimate.stderr) else None]


def _quality(quality: Quality) -> dict[str, Any]:
    figures = {name: _pair(getattr(quality, name)) for name in ("frechet", "precision", "recall", "ratio")}
    return {"sampler": quality.sampler, "nfe": quality.cost.nfe, "seconds": quality.cost.seconds, **figures}


def to_json(found: Evaluation) -> dict[str, Any]:
    """Everything, pairs being [value, standard error], null where it is not known."""
    t, rate, error = found.bound.rate_distortion(POINTS)
    terms = ("bits_per_dim", "rate_bits_per_dim", "distortion_bits_per_dim", "prior_bits_per_dim")
    scores = found.inception
    ode, memory = found.likelihood, found.memory
    return {
        "request": {**asdict(found.request), "dataset": found.request.dataset_name},
        "seconds": found.seconds,
        "bound": {name: _pair(getattr(found.bound, name)) for name in terms},
        "bound_train": {name: _pair(getattr(found.bound_train, name)) for name in terms},
        "unit_variance_bits": _pair(found.unit_variance_bits),
        "likelihood": {**asdict(ode), "bits_per_dim": _pair(ode.bits_per_dim)},
        "samples": _quality(found.main),
        "held_out": _quality(found.reference),
        "frechet_floor": _pair(found.floor),
        "memorisation": {
            name: _pair(getattr(memory, name)) for name in ("distance", "held_out", "ratio", "copies", "held_out_copies")
        },
        "nearest": {"index": memory.nearest.tolist(), "distance": memory.distances.tolist()},
        "inception": scores if isinstance(scores, str) else {"fid": _pair(scores[0]), "inception_score": _pair(scores[1])},
        "curves": [_quality(quality) for quality in found.qualities],
        "rate_distortion": {"t": t.tolist(), "rate_bits_per_dim": rate.tolist(), "rmse": error.tolist()},
    }
