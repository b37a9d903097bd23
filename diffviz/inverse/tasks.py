"""How the reverse process is conditioned on a measurement of a picture, what each method needs, and where it starts.

Every way draws from p(x_0|y), or near it, for y = H x_0 + std z of one picture x_0 that the denoiser has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffviz.fields import option
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.inverse.factors import MIN_STD, POINT_FACTORS
from diffviz.inverse.masks import Mask, parse_mask
from diffviz.inverse.operators import FACTORS, MEASUREMENTS, MIN_BLUR_STD, Measurement, MeasurementOptions

GUIDED_COST = 3  # function evaluations that one and its gradient cost: 2.0 to 2.2 measured with networks, more with the exact one


@dataclass(frozen=True)
class ChoiceRow:
    """One row of MEASURED. uses: the Experiment's fields that it reads."""

    title: str
    why: str
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class StartRow(ChoiceRow):
    """One row of ALL_STARTS. drawn: from the process's prior; task: from test images. A row that reads start_time starts there,
    least: steps before data or earlier. only: by field, the values that it works with, where these are not all."""

    drawn: bool = False
    task: bool = False
    least: int = 0
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOTHING = ChoiceRow("Nothing", "Unconditional sampling.")
MEASUREMENT_FIELDS = {"inpaint": ("mask",), "super_resolve": ("factor",), "deblur": ("blur_width",)}  # beside those of all
OF_A_MEASUREMENT = ("test_image", "condition", "measure_noise")
IMAGE_MEASURED = {
    "none": NOTHING,
    **{
        name: ChoiceRow(row.title, row.why, (*OF_A_MEASUREMENT, *MEASUREMENT_FIELDS.get(name, ())))
        for name, row in MEASUREMENTS.items()
    },
}
POINT_MEASURED = {
    "none": NOTHING,
    **{name: ChoiceRow(row.title, row.why, ("condition", "measure_noise", *row.uses)) for name, row in POINT_FACTORS.items()},
}
MEASURED = IMAGE_MEASURED | POINT_MEASURED

STARTS = {
    "noise": StartRow("Noise N(0, I)", "x_T is drawn from the prior, as in generation.", drawn=True),
    "forward": StartRow("The end of the forward process", "Each particle starts from the x_T of its own forward path."),
}
POINT_STARTS = {
    **STARTS,
    "late": StartRow(
        "Late, from a Gaussian",
        "Starts at t₀ from the Gaussian with the mean and the covariance of x there, so that the steps above t₀ are saved "
        "(Raya & Ambrogioni 2023).",
        ("start_time",),
        drawn=True,
        least=1,
    ),
}
UNMEASURED = {"measurement": ("none",)}
IMAGE_STARTS = {
    **STARTS,
    "picture": StartRow(
        "A noised test image (SDEdit)",
        "Starts from a test image noised to t₀: its coarse structure stays, its detail is sampled anew (Meng et al. 2022).",
        ("test_image", "start_time"),
        task=True,
        only=UNMEASURED,
    ),
    "between": StartRow(
        "Interpolation of two test images",
        "The probability-flow ODE encodes both as noise; particles start evenly spaced on the great circle between the two.",
        ("test_image", "test_image_b"),
        task=True,
        only={**UNMEASURED, "sampler": tuple(name for name, row in SAMPLERS.items() if row.follows_ode)},
    ),
}
ALL_STARTS = IMAGE_STARTS | POINT_STARTS


@dataclass(frozen=True)
class ConditionRow:
    """One row of CONDITIONS. uses: the Experiment's fields it reads; of the others, those it works with, None for all.

    noisy: it needs noise in the measurement
    """

    title: str
    why: str
    uses: tuple[str, ...] = ()
    measurements: tuple[str, ...] | None = None
    denoisers: tuple[str, ...] | None = None
    samplers: tuple[str, ...] | None = None
    noisy: bool = False

    @property
    def only(self) -> dict[str, tuple[str, ...]]:
        """By field, the values that it works with, where these are not all."""
        found = {"measurement": self.measurements, "denoiser": self.denoisers, "sampler": self.samplers}
        return {field: allowed for field, allowed in found.items() if allowed}

    def unfit(self, e: Any) -> tuple[str, str] | None:
        """(field, what is allowed) of the first field of an Experiment that it does not work with."""
        for name, allowed in self.only.items():
            if getattr(e, name) not in allowed:
                wanted, given = option(name, *allowed, last=" or "), option(name, getattr(e, name))
                return name, f"must be {wanted} with {self.title}, not {given}."
        return None


IMAGE_CONDITIONS: dict[str, ConditionRow] = {
    "guided": ConditionRow(
        "Gradient guidance (ΠGDM)",
        "x̂₀ is moved along the gradient of the likelihood of y, taken through the denoiser (Song et al. 2023).",
        ("strength",),
    ),
    "exact": ConditionRow(
        "Exact (closed form)",
        "The exact posterior: the training images, each weighted by its likelihood. With the exact denoiser alone.",
        denoisers=("exact",),
    ),
    "multiplied": ConditionRow(
        "Multiplied by r(x), as in 2015",
        "Every reverse kernel is multiplied by the likelihood of y, as if x_s were the image: on Gaussian data and a long chain "
        "y counts twice.",
        samplers=("ancestral",),
        noisy=True,
    ),
    "multiplied_ramp": ConditionRow(
        "Multiplied by r(x), ramped",
        "The 2015 paper's other choice: r to the power (T−s)/T, which is weaker where there is more noise.",
        samplers=("ancestral",),
        noisy=True,
    ),
    "replace": ConditionRow(
        "RePaint",
        "Known pixels are replaced by the noised measurement at every step; resampling makes the others agree with them "
        "(Lugmayr et al. 2022).",
        ("resamples",),
        measurements=("inpaint",),
    ),
}
POINT_CONDITIONS: dict[str, ConditionRow] = {  # the first that works is what is meant where none is named
    "exact": ConditionRow(
        "Exact (Doob's h-transform)",
        "The denoiser is E[x₀|x_t, r], so that h(x_s) = E[r(x₀)|x_s] stands in place of r(x_s). With the exact denoiser alone.",
        denoisers=("exact",),
    ),
    "multiplied": ConditionRow(
        "Kernels multiplied by r(x)",
        "Every reverse kernel is multiplied by r(x_s), as if x_s were data, and drawn from exactly: on a long chain r counts "
        "more than once.",
        samplers=("ancestral",),
    ),
    "multiplied_ramp": ConditionRow(
        "Kernels multiplied by r(x), ramped",
        "The 2015 paper's other choice: r to the power (T−s)/T, of an observation with so much more noise.",
        samplers=("ancestral",),
    ),
    "shifted": ConditionRow(
        "Small perturbation (2015)",
        "The paper's approximation of that product: the kernel's mean is shifted by its variance times the gradient of log r.",
        samplers=("ancestral",),
    ),
    "shifted_ramp": ConditionRow(
        "Small perturbation, ramped",
        "The mean is shifted in the same way, with r to the power (T−s)/T.",
        samplers=("ancestral",),
    ),
}
CONDITIONS = POINT_CONDITIONS | IMAGE_CONDITIONS  # of one name in both, what is said of images


def usual_condition(e: Any) -> str:
    """How an Experiment in the plane that names no way is conditioned: exactly if its denoiser is exact."""
    return next((name for name, row in POINT_CONDITIONS.items() if not row.unfit(e)), next(iter(POINT_CONDITIONS)))


def factor_refusal(e: Any) -> tuple[str, str] | None:
    """(field, what is allowed) of the first thing that the factor of an Experiment in the plane cannot be."""
    wrong = POINT_CONDITIONS[e.condition].unfit(e)
    if wrong:
        return wrong
    if e.variance == "learned":
        return "variance", f"must be one number for both coordinates with r(x), as {option('variance', 'optimal')} is."
    if e.measure_noise < MIN_STD:
        return "measure_noise", f"must be at least {MIN_STD:g} in the plane, not {e.measure_noise:g}: r(x) must be smooth."
    if e.measurement == "ring" and e.offset <= 0.0:
        return "offset", f"must be more than 0 for {option('measurement', 'ring')}, whose radius it is, not {e.offset:g}."
    return None


def hole(height: int, width: int) -> Mask:
    """[H, W] the mask without a text: all is known but a centred rectangle of half the sides."""
    known = np.ones((height, width), bool)
    known[height // 4 : height - height // 4, width // 4 : width - width // 4] = False
    return known


def known_pixels(e: Any, shape: tuple[int, int, int]) -> Mask:
    """[H, W] what the Experiment's mask says of pictures [C, H, W]. Raises ValueError as parse_mask does."""
    return parse_mask(e.mask) if e.mask else hole(*shape[1:])


def make_measurement(e: Any, shape: tuple[int, int, int]) -> Measurement:
    """What is measured of pictures [C, H, W] in an Experiment that measures."""
    options = MeasurementOptions(e.measure_noise, known_pixels(e, shape), e.factor, e.blur_width)
    return MEASUREMENTS[e.measurement].make(shape, options)


def conditioning_cost(e: Any) -> int:
    """How many times as much a reverse step takes as one of the same sampler without a measurement."""
    if not e.conditional:
        return 1
    return {"guided": GUIDED_COST, "replace": e.resamples}.get(e.condition, 1)


def refusal(e: Any, shape: tuple[int, int, int], held_out: bool = True) -> tuple[str, str] | None:
    """(field, what is allowed) of the first thing that an Experiment's measurement, condition and start cannot be together.

    shape: of its images; held_out: some of them are held out.
    """
    if e.factor not in FACTORS:
        return "factor", f"must be one of {', '.join(map(str, FACTORS))}, not {e.factor}."
    try:
        given = parse_mask(e.mask).shape if e.mask else None
    except ValueError as error:
        return "mask", f"{error}; empty, a hole in the middle is unknown."
    if not held_out and not e.plain:
        name, only = ("measurement", ["none"]) if e.conditional else ("start", STARTS)
        allowed, data = option(name, *only, last=" or "), option("dataset", e.dataset)
        return name, f"must be {allowed} for {data}, of which no image is held out."
    return (_measurement_refusal(e, shape, given) if e.conditional else None) or _start_refusal(e)


def _measurement_refusal(e: Any, shape: tuple[int, int, int], given: tuple[int, ...] | None) -> tuple[str, str] | None:
    if e.measurement == "inpaint" and given not in (None, shape[1:]):
        return "mask", f"must be of {shape[1]}x{shape[2]} pixels for {option('dataset', e.dataset)}, not {given[0]}x{given[1]}."
    if e.measurement == "super_resolve" and (shape[1] % e.factor or shape[2] % e.factor):
        return "factor", f"must divide the sides of an image, {shape[1]} x {shape[2]}, which {e.factor} does not."
    if e.measurement == "deblur" and e.measure_noise < MIN_BLUR_STD:
        return "measure_noise", f"must be at least {MIN_BLUR_STD:g} for deblurring, not {e.measure_noise:g}."
    row = IMAGE_CONDITIONS[e.condition]
    wrong = row.unfit(e)
    if wrong:
        return wrong
    if row.noisy and e.measure_noise == 0.0:
        return "measure_noise", f"must be more than 0 with {row.title}: it multiplies by the density of the noise."
    if row.samplers and e.variance == "learned":
        numbers = option("variance", "posterior", "beta", "optimal", last=" and ")
        return "variance", f"must be one number for an image with {row.title}, as {numbers} are."
    if "resamples" in row.uses and e.jump > e.steps_taken:
        return "jump", f"must be from 1 to the number of sampling steps, {e.steps_taken}, not {e.jump}."
    if e.condition == "exact" and e.class_guided:
        return "guidance", f"must be 0 or 1 with {row.title}, not {e.guidance:g}: with guidance there is no closed form."
    if e.start in ("picture", "between"):
        return "measurement", f"must be {option('measurement', 'none')} with the start {ALL_STARTS[e.start].title}."
    return None


def _start_refusal(e: Any) -> tuple[str, str] | None:
    """Random steps would not interpolate."""
    if e.start != "between":
        return None
    if e.particles < 2:
        return "particles", "must be at least 2 for an interpolation, one at either end, not 1."
    if e.steps_taken == 1:
        return "sampler_steps", "must be at least 2 for an interpolation: one step does not encode an image as noise of its own."
    following = IMAGE_STARTS[e.start].only["sampler"]
    if e.sampler not in following:
        allowed, given = option("sampler", *following), option("sampler", e.sampler)
        return "sampler", f"must be one of {allowed} for an interpolation, whose reverse process adds no noise, not {given}."
    if "eta" in SAMPLERS[e.sampler].uses and e.eta > 0.0:
        return "eta", f"must be 0 for an interpolation, whose reverse process adds no noise, not {e.eta:g}."
    return None
