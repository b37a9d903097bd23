"""Which fields of an Experiment have an effect on its run.

The tables say which fields their rows read. What is named, compared, marked or shown asks here, so that a class chosen for points
of the plane, or the eta of a sampler that has none, counts nowhere.
"""

from __future__ import annotations

import itertools
from dataclasses import fields
from typing import Any

from diffviz.domains.pictures.images import IMAGES, OWN
from diffviz.experiment import Experiment
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.inverse.tasks import CONDITIONS, MEASUREMENT_FIELDS, PICTURE_STARTS, STARTS
from diffviz.schedules import SCHEDULES

ALWAYS = ("dataset", "schedule", "steps", "denoiser", "sampler", "sampler_steps", "start", "particles", "seed", "device")
READ_FOR = {"start": ("beta_start", "scale_betas"), "end": ("beta_end", "scale_betas"), "points": ("points",)}  # ScheduleRow.uses
SCHEDULE_FIELDS = tuple(dict.fromkeys(["schedule", "zero_snr", *itertools.chain(*READ_FOR.values())]))  # all but data and T
DEFAULTS = {item.name: item.default for item in fields(Experiment)}


def relevant(e: Any) -> frozenset[str]:
    """The names of the fields that have an effect on the run's path or on what is measured of it; others could have any value.

    e: an Experiment, or its fields' values as attributes, which may be half typed. device counts: another one rounds otherwise.
    """
    names, shows_pictures = set(ALWAYS), e.dataset in IMAGES
    schedule = SCHEDULES.get(e.schedule)
    if schedule:
        names.update(*(READ_FOR.get(use, ()) for use in schedule.uses))
        names.update(() if schedule.ends_in_noise else ("zero_snr",))
    sampler = SAMPLERS.get(e.sampler)
    names.update(sampler.uses if sampler else ())
    if e.sampler_steps not in (None, e.steps):
        names.add("spacing")
    if e.dataset == "gaussian":
        names.add("data_std")
    if not shows_pictures:
        return frozenset(names | {"variance"})  # of the ancestral chain, whose bound stands beside every sampler
    names |= _of_pictures(e)
    return frozenset(names)


def _of_pictures(e: Any) -> set[str]:
    """Of a run of pictures, what concerns their kind, and the picture that is measured, noised or gone from."""
    names, measured = {"measurement"}, e.measurement != "none"
    if e.dataset == OWN:
        names.add("own")
    if IMAGES[e.dataset].labels:
        names.update(("label",) if e.label is None else ("label", "guidance"))
    if e.start in PICTURE_STARTS and e.start not in STARTS:
        names |= {"test_image", "start_time" if e.start == "picture" else "test_image_b"}
    elif not measured:
        names.add("variance")  # as in the plane; a run that has no bound reads it in its sampler alone
    if measured:
        names |= {"test_image", "condition", "measure_noise", *MEASUREMENT_FIELDS.get(e.measurement, ())}
        condition = CONDITIONS.get(e.condition)
        names.update(condition.uses if condition else ())
        if e.resamples == 1:
            names.discard("jump")
    return names


def canonical(e: Any) -> dict[str, Any]:
    """The values of all fields, the default where a field has no effect: equal for experiments that are one run."""
    names = relevant(e)
    values = {name: getattr(e, name) if name in names else default for name, default in DEFAULTS.items()}
    if values["sampler_steps"] == values["steps"]:
        values["sampler_steps"] = None
    return values


def differing(a: Any, b: Any) -> list[str]:
    """The fields in which two runs differ, in the order of the Experiment."""
    one, other = canonical(a), canonical(b)
    return [name for name in DEFAULTS if one[name] != other[name]]
