"""An Experiment names a run completely; stream() and run() carry it out.

The page, the command line, a link, the cache and a test all make an Experiment. Its fields are described once, here:
the Spec beside each gives title, help and allowed values, and menus, options and validation read it.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
from numpy.typing import NDArray

from diffviz import checkpoints
from diffviz.aliases import meant
from diffviz.domains.pictures import own_pictures
from diffviz.domains.pictures.images import IMAGES, TRAINABLE, picture_shape
from diffviz.domains.plane.datasets import DATASETS
from diffviz.fields import ExperimentError, Spec, checked, kind_of, named, number, parsed
from diffviz.gaussian.kernels import PICTURE_VARIANCES, VARIANCES
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.inverse.operators import FACTORS, MAX_STD, MAX_WIDTH, MIN_WIDTH
from diffviz.inverse.tasks import CONDITIONS, MEASURED, PICTURE_STARTS, STARTS, evaluations_a_step, refusal
from diffviz.messages import show
from diffviz.pretrained import names
from diffviz.schedules import (
    BETA_END,
    BETA_START,
    DRAWN_POINTS,
    EVEN,
    MAX_BETA,
    MAX_STEPS,
    MIN_STEPS,
    SCHEDULES,
    NoiseSchedule,
    Table,
    make_schedule,
    parse_points,
)
from diffviz.spacings import SPACINGS, visited_times

MAX_PARTICLES = 20_000
MAX_PARTICLE_STEPS = 30_000_000  # of points in the plane, or pairs of pixels: about a quarter of a gigabyte of frames
DENOISER_HELP = (
    "What gives the posterior mean E[x₀|x_t]: exact, the closed form; learned, the network trained on these data; or a "
    f"checkpoint, by name. Of images also other people's networks, {names.FORMS}."
)
MAX_LABEL = max(row.labels for row in IMAGES.values()) - 1
MAX_TEST_IMAGE = 4096  # how many images a data set holds out is told when they are read
COUNTED_FROM_0 = {"picture": "test_image", "picture_b": "test_image_b"}  # fields as links of before name them
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Experiment:
    """A run, named completely by primitives. Raises ExperimentError where a value is not allowed."""

    dataset: str = named(
        "eight_gaussians",
        "Data distribution",
        "What x₀ is drawn from. The forward process turns it into noise, the reverse process samples it.",
        DATASETS,
        IMAGES,
    )
    data_std: float = number(
        1.0, "Standard deviation of the data", "Of the Gaussian; at 1 the data are distributed as the noise is.", 0.05, 1.5
    )
    schedule: str = named("cosine", "Noise schedule", "How much noise each step of the forward process adds.", SCHEDULES)
    steps: int = number(
        100,
        "Diffusion steps T",
        "The number of steps of the forward process. More steps are smaller ones, whose reverse is closer to a Gaussian.",
        MIN_STEPS,
        MAX_STEPS,
    )
    beta_start: float = number(BETA_START, "β₁", "β of the first step, as for T = 1000; DDPM has 0.0001.", 1e-6, MAX_BETA)
    beta_end: float = number(
        BETA_END, "β_T", "β of the last step, as for T = 1000; DDPM has 0.02. Once scaled, no β exceeds 0.999.", 1e-6, MAX_BETA
    )
    scale_betas: bool = field(
        default=True,
        metadata={"spec": Spec("Scale β by 1000/T", "Without it, a chain of few steps ends before the data have become noise.")},
    )
    zero_snr: bool = field(
        default=False,
        metadata={"spec": Spec("Zero terminal SNR", "Rescales the schedule until x_T is pure noise, α_T = 0 (Lin et al. 2024).")},
    )
    points: str = field(
        default=DRAWN_POINTS,
        metadata={"spec": Spec("Points of log SNR", "Falling values at equally spaced times, from t = 1 to t = T.")},
    )
    denoiser: str = field(default="exact", metadata={"spec": Spec("Denoiser", DENOISER_HELP)})
    sampler: str = named("ancestral", "Sampler", "How a reverse step computes x_s from x_t and the denoiser's x̂₀.", SAMPLERS)
    own: str = field(
        default="",
        metadata={"spec": Spec("Your own image", "The image itself, as text; empty: the built-in one.", of_pictures=True)},
    )
    label: int | None = number(
        None,
        "Class",
        "Samples are drawn of this class, where the data have classes; none: of any.",
        0,
        MAX_LABEL,
        optional=True,
        of_pictures=True,
    )
    guidance: float = number(
        1.0,
        "Guidance scale w",
        "Of classifier-free guidance: 0 is the unconditional model, 1 the conditional model, more than 1 exaggerates the class.",
        0.0,
        10.0,
        of_pictures=True,
    )
    sampler_steps: int | None = number(
        None, "Sampling steps (of T)", "How many steps the sampler takes from T to 0; none: all T.", 1, MAX_STEPS, optional=True
    )
    spacing: str = named(
        "trailing",
        "Timestep spacing",
        "Which times the sampler visits if not all: trailing ones end at T, leading ones begin at 1, as OpenAI's ddimN do.",
        SPACINGS,
    )
    eta: float = number(0.0, "DDIM η", "Noise of each step: 0 is deterministic, 1 has the variance β̃.", 0.0, 1.0)
    corrector_steps: int = number(1, "Langevin corrector steps", "Steps of Langevin dynamics at each noise level.", 1, 20)
    variance: str = named(
        "optimal",
        "Reverse variance",
        "The variance of p(x_s|x_t). beta has β at every step; OpenAI's fixedlarge is fixed_large.",
        VARIANCES,
        PICTURE_VARIANCES,
    )
    start: str = named(
        "noise",
        "Start of the reverse process",
        "Noise, or what the forward process made of the data or of test images.",
        STARTS,
        PICTURE_STARTS,
    )
    start_time: float = number(
        0.5,
        "SDEdit start time t₀/T",
        "How far the image is noised: 0 leaves it as it is, at 1 the reverse process starts at T.",
        0.0,
        1.0,
        of_pictures=True,
    )
    test_image: int = number(
        1,
        "Test image",
        "Which of the held-out images is measured, edited or interpolated from, counted from 1.",
        1,
        MAX_TEST_IMAGE,
        of_pictures=True,
    )
    test_image_b: int = number(
        2, "Second test image", "Where the interpolation ends, counted from 1.", 1, MAX_TEST_IMAGE, of_pictures=True
    )
    measurement: str = named(
        "none",
        "Measurement operator",
        "H of the measurement y = H x₀ + σ_y z of a test image, given which samples are drawn.",
        MEASURED,
        of_pictures=True,
    )
    condition: str = named(
        "guided",
        "Conditioning method",
        "How the reverse process is conditioned on the measurement y.",
        CONDITIONS,
        of_pictures=True,
    )
    measure_noise: float = number(
        0.1, "Measurement noise σ_y", "Its standard deviation; black is −1 and white 1.", 0.0, MAX_STD, of_pictures=True
    )
    mask: str = field(
        default="",
        metadata={"spec": Spec("Inpainting mask", "The known pixels, as text; empty: all but the middle.", of_pictures=True)},
    )
    factor: int = number(
        2,
        "Downsampling factor",
        "Of super-resolution: the side, in pixels, of the blocks whose means are measured.",
        FACTORS[0],
        FACTORS[-1],
        of_pictures=True,
    )
    blur_width: float = number(
        1.5, "Blur width", "Standard deviation of the blurring kernel, in pixels.", MIN_WIDTH, MAX_WIDTH, of_pictures=True
    )
    strength: float = number(
        1.0,
        "Guidance strength",
        "A factor of the likelihood's gradient: 1 is Bayes' rule, 0 ignores the measurement.",
        0.0,
        5.0,
        of_pictures=True,
    )
    resamples: int = number(
        5, "Resampling steps U", "Of RePaint: how often each jump is taken; 1: without resampling.", 1, 20, of_pictures=True
    )
    jump: int = number(
        1, "Jump length", "Of RePaint: how many reverse steps are resampled together.", 1, MAX_STEPS, of_pictures=True
    )
    particles: int = number(1000, "Particles", "The number of samples that are drawn.", 1, MAX_PARTICLES)
    seed: int = number(0, "Seed", "Of all random numbers.", 0, 2**31 - 1)
    device: str = field(default="auto", metadata={"spec": Spec("Device", "Where the run is computed.", choices=DEVICES)})

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, checked(item, getattr(self, item.name)))
        known = ["exact", "learned", *(checkpoints.picture_names() if self.shows_pictures else checkpoints.names())]
        object.__setattr__(self, "denoiser", meant("denoiser", self.denoiser, known))
        if names.is_other(self.denoiser):
            self._check_other()
        elif self.denoiser not in known:
            raise ExperimentError("denoiser", f"must be one of {', '.join(known)}, not {show(self.denoiser)}.")
        if self.denoiser == "learned" and self.shows_pictures and self.dataset not in TRAINABLE:
            raise ExperimentError("denoiser", "learned has no network for a single picture; only exact does.")
        if self.denoiser == "learned" and self.dataset not in known:
            raise ExperimentError("denoiser", f"learned has no network for {self.dataset}; train one or choose exact.")
        if self.own:
            try:
                own_pictures.decode_picture(self.own)
            except ValueError as error:
                raise ExperimentError("own", f"{error}, not {show(self.own)}.") from None
        if self.denoiser == "learned" and self.dataset == "gaussian" and self.data_std != 1.0:
            raise ExperimentError("data_std", "must be 1 for the learned denoiser, whose network saw no other width.")
        if self.shows_pictures and SCHEDULES[self.schedule].measured:
            raise ExperimentError("schedule", f"must not be {self.schedule} for pictures: it is found in the plane alone.")
        if not self.shows_pictures and self.variance not in VARIANCES:
            allowed = ", ".join(VARIANCES)
            raise ExperimentError(
                "variance", f"must be one of {allowed} in the plane, whose networks do not say how sure they are."
            )
        try:
            parse_points(self.points)
        except ValueError as error:
            raise ExperimentError("points", f"{error}, not {show(self.points)}.") from None
        if self.beta_start > self.beta_end:
            raise ExperimentError("beta_start", f"must not be larger than beta_end, {self.beta_end:g}.")
        if self.sampler_steps is not None and self.sampler_steps > self.steps:
            raise ExperimentError("sampler_steps", f"must be from 1 to steps, {self.steps}, not {self.sampler_steps}.")
        refused = refusal(self, self.picture_shape if self.shows_pictures else None)
        if refused:
            raise ExperimentError(*refused)
        if self.particle_steps > MAX_PARTICLE_STEPS:
            most = MAX_PARTICLE_STEPS * self.particles // self.particle_steps
            raise ExperimentError("particles", f"must be at most {most} with so many steps, not {self.particles}.")

    def _check_other(self) -> None:
        """Raises ExperimentError where somebody else's network cannot be asked for; nothing is loaded."""
        if not self.shows_pictures:
            raise ExperimentError("denoiser", f"must not be {show(self.denoiser)} in the plane: such networks are of pictures.")
        if not names.well_formed(self.denoiser):
            raise ExperimentError("denoiser", f"must be {names.FORMS}, not {show(self.denoiser)}.")
        if self.label is not None:
            raise ExperimentError("label", f"must be none for {show(self.denoiser)}, which knows no classes.")

    @property
    def steps_taken(self) -> int:
        """K: how many steps back from noise the sampler would take."""
        return self.steps if self.sampler_steps is None else self.sampler_steps

    def noise_schedule(self, metric: Table = EVEN, levels: NDArray[np.float64] | None = None) -> NoiseSchedule:
        """metric, levels: found for the data, for the schedules of the plane that read them (schedules.make_schedule)."""
        betas = self.beta_start, self.beta_end, self.scale_betas, self.zero_snr
        return make_schedule(self.schedule, self.steps, *betas, self.points, metric, levels)

    @property
    def reverse_steps(self) -> int:
        """How many steps back are really taken: steps_taken, but from a noised picture only those below the visited time that is
        nearest to start_time T."""
        if not self.shows_pictures or self.start != "picture":
            return self.steps_taken
        times = visited_times(self.noise_schedule(), self.steps_taken, self.spacing)
        return int(np.abs(times - self.start_time * self.steps).argmin())

    @property
    def conditional(self) -> bool:
        """Samples are to agree with a measurement of one picture."""
        return self.shows_pictures and self.measurement != "none"

    @property
    def plain(self) -> bool:
        """The reverse process is that of generation: from noise or the forward path's end, with nothing measured."""
        return not self.conditional and self.start in STARTS

    @property
    def class_guided(self) -> bool:
        """The class is exaggerated or played down."""
        return (
            self.shows_pictures and IMAGES[self.dataset].labels > 0 and self.label is not None and self.guidance not in (0.0, 1.0)
        )

    @property
    def particle_steps(self) -> int:
        """The size of the run: particles x (forward frames + reverse frames and x0_hat), a picture counted in pairs of pixels;
        steps back that cost more than one function evaluation count as so many."""
        size = math.prod(self.picture_shape) // 2 if self.shows_pictures else 1
        return self.particles * (self.steps + 2 * self.reverse_steps * evaluations_a_step(self)) * size

    @property
    def shows_pictures(self) -> bool:
        """Particles are pictures [C, H, W], not points of the plane."""
        return self.dataset in IMAGES

    @property
    def picture_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of a particle, if it is a picture."""
        return picture_shape(self.dataset, self.own)

    def to_dict(self) -> dict[str, Any]:
        """Field by field, as JSON has it."""
        return asdict(self)

    def to_strings(self) -> dict[str, str]:
        """The fields that differ from their defaults, as text: what a link and a command line need to say."""
        return {
            item.name: str(value).lower() if isinstance(value, bool) else str(value)
            for item in fields(self)
            if (value := getattr(self, item.name)) != item.default
        }

    def to_query(self) -> str:
        """The query string of a link, without '?'."""
        return urlencode(self.to_strings())

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Experiment:
        """From JSON values; fields that are absent keep their defaults. Raises ExperimentError."""
        if not isinstance(values, Mapping):
            raise ExperimentError("experiment", "must be a JSON object of fields and values.")
        values = _renamed(values)
        for name in values:
            _field(name)
        return cls(**values)

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """From a JSON object. Raises ExperimentError."""
        try:
            values = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            raise ExperimentError("experiment", "must be a JSON object of fields and values.") from None
        return cls.from_dict(values)

    @classmethod
    def from_strings(cls, values: Mapping[str, str]) -> Experiment:
        """From text by field name, as links and command lines give it. Raises ExperimentError."""
        return cls(**_renamed({name: parsed(_field(COUNTED_FROM_0.get(name, name)), text) for name, text in values.items()}))

    @classmethod
    def from_query(cls, query: str) -> Experiment:
        """From a link's query string. Raises ExperimentError."""
        try:
            pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=64)
        except (ValueError, TypeError, AttributeError):
            raise ExperimentError("link", "must hold fields and values, such as ?schedule=linear&steps=50.") from None
        return cls.from_strings(dict(pairs))


def _renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by the fields' names of today: images that were counted from 0 are counted from 1."""
    found = {name: value for name, value in values.items() if name not in COUNTED_FROM_0}
    for old, name in COUNTED_FROM_0.items():
        if old in values:
            value = values[old]
            found.setdefault(name, value + 1 if type(value) is int else value)
    return found


def _field(name: str) -> Any:
    for item in fields(Experiment):
        if item.name == name:
            return item
    near = difflib.get_close_matches(show(name), [item.name for item in fields(Experiment)], n=3, cutoff=0.0)
    raise ExperimentError("experiment", f"has no field {show(name)}; the nearest are {', '.join(near)}.")


def parse_field(name: str, text: str) -> Any:
    """The value that text stands for in the named field; text that stands for none is returned as it is, to be refused."""
    return parsed(_field(name), text)


def iter_specs(pictures: bool = False) -> Iterator[tuple[str, Spec, type, Any]]:
    """(name, Spec, type, default) of every field, in order: for menus, options and documentation; those that are of account for
    pictures alone only if asked for."""
    for item in fields(Experiment):
        spec = item.metadata["spec"]
        if pictures or not spec.of_pictures:
            yield item.name, spec, kind_of(item), item.default
