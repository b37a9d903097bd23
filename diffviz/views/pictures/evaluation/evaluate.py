"""One checkpoint of pictures, measured: bound, likelihood, samples of several samplers beside data, memorisation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from diffviz import checkpoints
from diffviz.domains.pictures.costs import PictureCosts, drawn_costs
from diffviz.domains.pictures.domain import PICTURES
from diffviz.domains.pictures.images import IMAGES, Pictures, make_images
from diffviz.estimates import Estimate
from diffviz.views.pictures.evaluation.fidelity import Memory, frechet_estimate, frechet_floor, memory, precision_recall
from diffviz.views.pictures.evaluation.inception import inception
from diffviz.views.pictures.evaluation.likelihood import REACH, Likelihood, likelihood
from diffviz.views.pictures.evaluation.request import Request
from diffviz.views.pictures.evaluation.sampling import Cost, draw, steps_for

BUDGET = 297 * 64  # numbers in the pictures that are looked at by default: those of all held-out digits
LEAST = 64  # pictures, however large
ODE_SHARE = 0.2  # of them, whose density is integrated: each step is four function evaluations, with a gradient
Progress = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class Quality:
    """Samples beside data. frechet, precision, recall: None without a classifier; sampler, cost: how they were drawn."""

    sampler: str
    cost: Cost
    frechet: Estimate | None = None
    precision: Estimate | None = None
    recall: Estimate | None = None
    ratio: Estimate | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything that was measured. bound: on held-out pictures; bound_train: on as many that were trained on.

    reference: held-out pictures in the place of samples, which is how well new pictures can do; floor: Frechet distance of parts
    of the training set; qualities: by sampler and NFE; main, memory, inception, samples: of the first sampler, largest NFE.
    """

    request: Request
    bound: PictureCosts
    bound_train: PictureCosts
    likelihood: Likelihood
    floor: Estimate | None
    reference: Quality
    qualities: list[Quality]
    main: Quality
    memory: Memory
    inception: tuple[Estimate, Estimate] | str
    samples: Tensor
    seconds: float

    @property
    def unit_variance_bits(self) -> Estimate:
        """log2 of a density per pixel, of pictures scaled to variance 1, at least: the convention of Sohl-Dickstein et al. 2015,
        table 1, whose L_null is -log2(2 pi e)/2. Grey levels' probabilities are spread over their bins."""
        name = self.request.dataset_name
        bits, std = self.bound.bits_per_dim, float(make_images(name).train.double().std())
        return Estimate(math.log2(std / IMAGES[name].bin_width) - bits.value, bits.stderr)


def _watched(steps: Sequence[int], what: str, progress: Progress) -> Iterator[int]:
    """The steps, each told when it is begun."""
    for index, step in enumerate(steps):
        progress(what, index / len(steps))
        yield step
    progress(what, 1.0)


def _flat(pictures: Tensor) -> np.ndarray:
    return pictures.flatten(1).double().cpu().numpy()


def _features(name: str) -> Callable[[Tensor], np.ndarray] | None:
    """Pictures to [N, F], or None where there is no classifier of this data set."""
    if name not in checkpoints.names(PICTURES.training["classifier"].root):
        return None
    network = checkpoints.load(name, PICTURES.training["classifier"].root).network

    def features(pictures: Tensor) -> np.ndarray:
        with torch.inference_mode():
            return network.features(pictures.float().cpu()).double().numpy()

    return features


def _counts(request: Request, data: Pictures) -> tuple[int, int]:
    """How many pictures and samples."""
    usual = min(len(data.held_out), max(LEAST, BUDGET // data.train[0].numel()))
    return min(request.pictures or usual, len(data.held_out), len(data.train)), request.samples or usual


def evaluate(request: Request, progress: Progress = lambda what, share: None) -> Evaluation:
    """Measure. progress(what, share) is told as each part goes on. Raises ExperimentError."""
    started, name = time.perf_counter(), request.dataset_name
    row, data, chain = IMAGES[name], make_images(name), request.setup("ancestral", request.steps)
    denoiser, device = chain.denoiser, chain.device
    count, drawn = _counts(request, data)
    order = np.random.default_rng(request.seed).permutation(len(data.train))
    held_out, train = data.held_out[:: len(data.held_out) // count][:count], data.train[order]

    def bound(what: str, pictures: Tensor) -> PictureCosts:
        parts = denoiser, chain.schedule, chain.process.variances, row, pictures.to(device), request.passes, request.seed
        return drawn_costs(*parts, watch=lambda steps: _watched(steps, what, progress))

    unseen, seen = bound("bound, held out", held_out), bound("bound, trained on", train[:count])
    few = held_out[:: max(1, round(1 / ODE_SHARE))].to(device)
    log_snr = min(REACH[0], 2.0 * math.log(4.0 / row.bin_width))  # a quarter of a bin: what is cut off is little
    sizes = request.ode_steps, request.probes
    ode = likelihood(
        denoiser, few, row, *sizes, "normal", log_snr, request.seed, lambda steps: _watched(steps, "likelihood", progress)
    )

    features, known, unknown = _features(name), _flat(data.train), _flat(held_out)
    reference_features = features(train) if features else None

    def judged(sampler: str, cost: Cost, pictures: Tensor) -> Quality:
        ratio = memory(_flat(pictures), known, unknown).ratio
        if features is None:
            return Quality(sampler, cost, ratio=ratio)
        ours = features(pictures)
        distance = frechet_estimate(ours, reference_features)
        return Quality(sampler, cost, distance, *precision_recall(ours, reference_features[: len(ours)]), ratio)

    names, counts = request.sampler_names, request.nfe_counts
    qualities, samples, main = [], None, None
    for sampler in names:
        for most in counts if features else counts[-1:]:  # without features there is nothing to draw a curve of
            setup = request.setup(sampler, steps_for(request.setup, sampler, most))
            what = f"{sampler}, {most} function evaluations"
            pictures, cost = draw(setup, drawn, lambda steps, what=what: _watched(steps, what, progress))
            qualities.append(judged(sampler, cost, pictures))
            if sampler == names[0] and most == counts[-1]:
                samples, main = pictures, qualities[-1]
        if features is None:
            break

    scores: tuple[Estimate, Estimate] | str = "FID and Inception score were not asked for."
    if request.inception:
        scores = inception(samples, train[: len(samples)])
    return Evaluation(
        request,
        unseen,
        seen,
        ode,
        frechet_floor(reference_features, drawn) if features else None,
        judged("held out", Cost(0, 0.0), data.held_out[:drawn]),
        qualities,
        main,
        memory(_flat(samples), known, unknown),
        scores,
        samples,
        time.perf_counter() - started,
    )
