"""An Experiment names a run completely; stream() and run() carry it out.

The page, the command line, a link, the cache and a test all make an Experiment. Its fields stand in sections, each in the folder
that reads it, and are described once, there: the Spec beside each gives title, help and allowed values, and menus, options and
validation read it.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
from numpy.typing import NDArray

from diffviz.aliases import meant
from diffviz.checkpoints import DENOISERS
from diffviz.domains import DATASETS, DEFAULT_DATASET, DOMAINS, Domain, domain_of, trainable
from diffviz.fields import ExperimentError, Spec, checked, kind_of, named, number, option, parsed, plain
from diffviz.inverse.fields import TaskFields
from diffviz.messages import show
from diffviz.pretrained import names
from diffviz.relevant import possible, refused, relevant
from diffviz.schedule_fields import ScheduleFields
from diffviz.schedules import EVEN, NoiseSchedule, Table, held, shortest_points
from diffviz.spacings import SpacingFields
from diffviz.weights import TRAIN_ONE

MAX_PARTICLES = 20_000
MAX_PARTICLE_STEPS = 30_000_000  # of points of two numbers: about a quarter of a gigabyte of frames
DENOISER_HELP = (
    f"What gives the posterior mean E[x₀|x_t]: {option('denoiser', 'exact')}, the closed form; {option('denoiser', 'learned')}, "
    f"the network trained on these data; or another network, by name. Of images also other people's networks, {names.FORMS}."
)
COUNTED_FROM_0 = {"picture": "test_image", "picture_b": "test_image_b"}  # fields as links of before name them
DEVICES = ("auto", "cpu", "cuda", "mps")
SAMPLERS = {name: row for domain in reversed(DOMAINS.values()) for name, row in domain.samplers.items()}


@dataclass(frozen=True)
class DataFields:
    """The core of an Experiment: which data, how they are denoised and sampled."""

    dataset: str = named(
        DEFAULT_DATASET,
        "Data distribution",
        "What x₀ is drawn from. The forward process turns it into noise, the reverse process samples it.",
        DATASETS,
    )
    denoiser: str = plain("exact", "Denoiser", DENOISER_HELP)
    sampler: str = named("ancestral", "Sampler", "How a reverse step computes x_s from x_t and the denoiser's x̂₀.", SAMPLERS)


@dataclass(frozen=True)
class RunFields:
    """How much is drawn, and where."""

    particles: int = number(1000, "Particles", "The number of samples that are drawn.", 1, MAX_PARTICLES)
    seed: int = number(0, "Seed", "Of all random numbers.", 0, 2**31 - 1)
    device: str = plain("auto", "Device", "Where the run is computed.", choices=DEVICES)


_OF_DOMAINS = dict.fromkeys(section for domain in DOMAINS.values() for section in domain.sections)
SECTIONS = (DataFields, ScheduleFields, SpacingFields, *_OF_DOMAINS, TaskFields, RunFields)


@dataclass(frozen=True)
class Experiment(*reversed(SECTIONS)):  # a dataclass takes its fields from the last base first
    """A run, named completely by primitives. Raises ExperimentError where a value is not allowed.

    Fields that the run does not read return to their defaults (relevant.py), so that equal runs are equal values. Nothing is
    read from disk: whether a network or a picture is there is told when the run is prepared.
    """

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, checked(item, getattr(self, item.name)))
        object.__setattr__(self, "denoiser", meant("denoiser", self.denoiser, DENOISERS))
        for name, value in _otherwise(self).items():
            object.__setattr__(self, name, value)
        read = relevant(self)
        for item in fields(self):
            if item.name not in read:
                object.__setattr__(self, item.name, item.default)
        wrong = refused(self, read) or self._refusal() or domain_of(self.dataset).refusal(self)
        if wrong:
            raise ExperimentError(*wrong)
        if self.particles > self.most_particles:
            raise ExperimentError("particles", f"must be at most {self.most_particles} with so many steps, not {self.particles}.")

    def _refusal(self) -> tuple[str, str] | None:
        """(field, what is allowed) of what cannot be, whatever the data."""
        if self.denoiser == "learned" and not DATASETS[self.dataset].network:
            exact, data = option("denoiser", "exact"), option("dataset", self.dataset)
            advice = f" {TRAIN_ONE}" if trainable(self.dataset) else ""
            return "denoiser", f"must be {exact} for {data}, on which no network was trained.{advice}"
        if self.sampler_steps is not None and self.sampler_steps > self.steps:
            return "sampler_steps", f"must be from 1 to T, {self.steps}, not {self.sampler_steps}."
        return self.schedule_refusal()

    def noise_schedule(self, metric: Table = EVEN, levels: NDArray[np.float64] | None = None) -> NoiseSchedule:
        """As ScheduleFields has it; of a sampler that stays at one noise level, that level."""
        if SAMPLERS[self.sampler].one_level:
            return held(self.steps, self.langevin_level)
        return super().noise_schedule(metric, levels)

    @property
    def steps_taken(self) -> int:
        """As SpacingFields has it; a chain takes all of its steps."""
        return self.steps if SAMPLERS[self.sampler].one_level else super().steps_taken

    @property
    def particle_steps(self) -> int:
        """The size of the run: particles x frames, a particle counted in points of two numbers."""
        return self.particles * self.frames * domain_of(self.dataset).size(self)

    @property
    def most_particles(self) -> int:
        """So many particles can be drawn with these data and steps."""
        return MAX_PARTICLE_STEPS * self.particles // self.particle_steps

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> Experiment:
        """With the particles that are named; if none are, with the default or the most that there can be, if that is less."""
        if "particles" in values:
            return cls(**values)
        one = cls(**values, particles=2)  # an interpolation has no fewer
        return replace(one, particles=min(DEFAULTS["particles"], one.most_particles))

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

    def changed(self) -> dict[str, Any]:
        """The fields that differ from their defaults, as JSON has them."""
        return {name: value for name, value in self.to_dict().items() if value != DEFAULTS[name]}

    def to_query(self) -> str:
        """The query string of a link, without '?'."""
        return urlencode(self.to_strings())

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Experiment:
        """From JSON values; fields that are absent keep their defaults (particles: _of). Raises ExperimentError."""
        if not isinstance(values, Mapping):
            raise ExperimentError("experiment", "must be a JSON object of fields and values.")
        values = _renamed(values)
        for name in values:
            _field(name)
        return cls._of(values)

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
        return cls._of(_from_text(values))

    @classmethod
    def from_query(cls, query: str, strict: bool = False) -> Experiment:
        """From a link's query string. What no field is named, and what the run does not read, is left out, so that a link opens
        whatever else it says; strict refuses names of no field. Raises ExperimentError."""
        try:
            pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=64)
        except (ValueError, TypeError, AttributeError):
            raise ExperimentError("link", "must hold fields and values, such as ?schedule=linear&steps=50.") from None
        if strict:
            return cls.from_strings(dict(pairs))
        known = {name: text for name, text in pairs if COUNTED_FROM_0.get(name, name) in DEFAULTS}
        values = _from_text(known)
        read = relevant(SimpleNamespace(**DEFAULTS | {name: _understood(name, value) for name, value in values.items()}))
        return cls._of({name: value for name, value in values.items() if name in read})


def _from_text(values: Mapping[str, str]) -> dict[str, Any]:
    """By the fields' names of today, text as the fields' types."""
    return _renamed({name: parsed(_field(COUNTED_FROM_0.get(name, name)), text) for name, text in values.items()})


def _understood(name: str, value: Any) -> Any:
    """The value in its field's words; one that is not allowed as it is."""
    try:
        return checked(_field(name), value)
    except ExperimentError:
        return value


def _renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by the fields' names of today: images that were counted from 0 are counted from 1."""
    found = {name: value for name, value in values.items() if name not in COUNTED_FROM_0}
    for old, name in COUNTED_FROM_0.items():
        if old in values:
            value = values[old]
            found.setdefault(name, value + 1 if type(value) is int else value)
    return found


def _field(name: str) -> Any:
    if name in _FIELDS:
        return _FIELDS[name]
    near = difflib.get_close_matches(show(name), [item.name for item in fields(Experiment)], n=3, cutoff=0.0)
    raise ExperimentError("experiment", f"has no field {show(name)}; the nearest are {', '.join(near)}.")


def _otherwise(e: Any) -> dict[str, Any]:
    """The fields of e that say in another way what a shorter or more usual value says, with that value."""
    found = {"points": shortest_points(e.points), **domain_of(e.dataset).otherwise(e)}
    if e.sampler_steps == e.steps:
        found["sampler_steps"] = None
    if e.denoiser == e.dataset and DATASETS[e.dataset].network:
        found["denoiser"] = "learned"
    return found


def iter_specs(domain: Domain | None = None) -> Iterator[tuple[str, Spec, type, Any]]:
    """(name, Spec, type, default) of every field, in order, for menus, options and documentation; of a domain, those that some
    run of its data reads."""
    read = DEFAULTS.keys() if domain is None else possible(domain)
    for item in fields(Experiment):
        if item.name in read:
            yield item.name, item.metadata["spec"], kind_of(item), item.default


def differing(a: Any, b: Any) -> list[str]:
    """The fields in which two Experiments differ where they are read, in the order of the Experiment."""

    def read(e: Any) -> dict[str, Any]:
        names = relevant(e)
        return {name: getattr(e, name) if name in names else default for name, default in DEFAULTS.items()}

    one, other = read(a), read(b)
    return [name for name in DEFAULTS if one[name] != other[name]]


_FIELDS = {item.name: item for item in fields(Experiment)}
DEFAULTS = {item.name: item.default for item in fields(Experiment)}
