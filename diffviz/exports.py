"""What names a run and reproduces it: titles, a Python snippet, a command line."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from diffviz.checkpoints import CheckpointError
from diffviz.domains import DOMAINS, domain_of, network_title
from diffviz.experiment import DEFAULTS, Experiment, ExperimentError, differing, iter_specs
from diffviz.files import WriteError, check_target
from diffviz.gaussian.bugs import CHOICES
from diffviz.inverse.factors import POINT_FACTORS
from diffviz.inverse.tasks import CONDITIONS, MEASURED, known_pixels
from diffviz.pretrained.names import is_other
from diffviz.relevant import offered, relevant
from diffviz.schedules import SCHEDULES
from diffviz.spacings import SPACINGS
from diffviz.trained import NAME as TRAINED
from diffviz.trained import SHELF
from diffviz.training.settings import is_read


def writable(out: Path, *endings: str, name: str = "out") -> Path:
    """out, if it has one of the endings, in capitals or not, and can be written. Raises ExperimentError that names the option."""
    if out.suffix.lower() not in endings:
        raise ExperimentError(name, f"must end in {' or '.join(endings)}, not {out.name[-40:]!r}.")
    if not out.parent.is_dir() or out.is_dir():
        raise ExperimentError(name, "must be a file in a folder that exists.")
    try:
        check_target(out)
    except WriteError as error:
        raise ExperimentError(name, f"must be a file that may be written: {error}") from None
    return out


def schedule_title(e: Experiment, beside: Experiment | None = None) -> str:
    """The schedule with all that is not as usual about it, or not as in the run beside."""
    if "schedule" not in relevant(e):
        return f"log SNR {e.langevin_level:g} held"
    usual, said = Experiment(), SCHEDULES[e.schedule].title
    if "start" in SCHEDULES[e.schedule].reads:
        if not e.scale_betas:
            said += " unscaled"
        if (e.beta_start, e.beta_end) != (usual.beta_start, usual.beta_end):
            said += f" {e.beta_start:g} to {e.beta_end:g}"
    if e.zero_snr and "zero_snr" in relevant(e):
        said += ", zero terminal SNR"
    plain = beside is not None and beside.schedule == e.schedule and said == SCHEDULES[e.schedule].title
    return said + (", as usual" if plain and schedule_title(beside) != said else "")


def parts(e: Experiment, beside: Experiment | None = None) -> list[str]:
    """What names a run: all that is not as usual, but for the seed and the device; or not as in the run beside."""
    names, mine, other = relevant(e), e.to_dict(), beside.to_dict() if beside else DEFAULTS

    def told(name: str) -> bool:
        """Has it an effect, and is it not as usual, or not as in the other?"""
        return name in names and not mine[name] == DEFAULTS[name] == other[name]

    found = []
    if told("bug"):
        found.append("the right way" if e.bug == "none" else f"wrong on purpose: {CHOICES[e.bug].title}")
    found += [domain_of(e.dataset).data_title(e), schedule_title(e, beside), domain_of(e.dataset).samplers[e.sampler].title]
    if told("eta"):
        found.append(f"η = {e.eta:g}")
    if "corrector_steps" in names and (e.corrector_steps > 1 or "langevin_step" not in names):
        found.append(f"{e.corrector_steps} {'moves a step' if 'langevin_step' in names else 'corrector steps'}")
    if "langevin_step" in names:
        found.append(f"e = {e.langevin_step:g}, temperature {e.temperature:g}")
    if told("variance"):
        found.append(f"variance {offered(domain_of(e.dataset), 'variance')[e.variance].title}")
    if mine["label"] is not None:
        found.append(f"class {e.label}, w = {e.guidance:g}")
    elif other["label"] is not None:
        found.append("no class")
    found.append(_denoiser(e.denoiser))
    taken = f", {SPACINGS[e.spacing].title}" if told("spacing") else ""
    found.append(f"{e.steps} steps" if e.steps_taken == e.steps else f"{e.steps_taken} of {e.steps} steps{taken}")
    starts = {
        "noise": "from noise",
        "forward": "from the end of the forward process",
        "late": f"from a Gaussian at t₀ = {e.start_time:g} T",
        "picture": f"from test image {e.test_image}, noised to t₀ = {e.start_time:g} T",
        "between": f"between test images {e.test_image} and {e.test_image_b}",
    }
    if told("start"):
        found.append(starts[e.start])
    if e.conditional:
        found += _factor(e) if e.measurement in POINT_FACTORS else _measurement(e)
    if beside is not None:
        told_of = _in_title(e) if domain_of(e.dataset).data_title(e) != domain_of(beside.dataset).data_title(beside) else ()
        values = {name: mine[name] for name in ALONE if name in names and name not in told_of and mine[name] != other[name]}
        found += [f"{ALONE[name]} {_short(x)}" for name, x in values.items()]
    return found


def _in_title(e: Experiment) -> tuple[str, ...]:
    """Fields that the title of somebody's own data tells in a few words."""
    uses = domain_of(e.dataset).datasets[e.dataset].uses
    return uses if e.dataset in uses else ()


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _denoiser(name: str) -> str:
    """A network of other data by their title; somebody else's by its name; one that was trained on the page by how."""
    if TRAINED.fullmatch(name):
        return f"your network: {_how_trained(name)}"
    network = f"network {name}" if is_other(name) else f"network of {network_title(name)}"
    return {"exact": "exact denoiser", "learned": "trained network"}.get(name, network)


def _how_trained(name: str) -> str:
    """Of a network on the shelf; its name, where it is no longer there."""
    try:
        found = SHELF.get(name)
        return recipe_title(found.recipe, found.measured.get("updates", found.recipe.updates))
    except CheckpointError:
        return name


LEADS = ("objective", "loss")  # settings with which a title begins, by their values alone


def updates_said(recipe: Any, made: int) -> str:
    return f"{made} updates" if made == recipe.updates else f"{made} of {recipe.updates} updates"


def recipe_title(recipe: Any, made: int) -> str:
    """What was trained with so many updates, in words: v, Two moons, 783 of 5000 updates, and all else that is not as usual."""
    first = next((name for name in LEADS if hasattr(recipe, name)), "")
    told = ("dataset", first, "updates")
    more = [item for item in fields(recipe) if item.name not in told and getattr(recipe, item.name) != item.default]
    found = [setting_said(recipe, fields_of(recipe)[first])] if first else []
    found += [domain_of(recipe.dataset).data_title(recipe), updates_said(recipe, made)]
    return ", ".join([*found, *(setting_said(recipe, item, True) for item in more if is_said(recipe, item))])


def is_said(recipe: Any, item: Any) -> bool:
    """Is this setting read, and named by itself? Those of somebody's own data are in the data's title, in a few words."""
    when = item.metadata.get("when")
    return is_read(recipe, item) and (when is None or when[0] != "dataset")


def setting_said(recipe: Any, item: Any, titled: bool = False) -> str:
    """The value of a setting as a reader has it: an option by its title; titled: after the setting's title."""
    value, told = getattr(recipe, item.name), item.metadata
    choices = told.get("choices")
    said = told["titles"][choices.index(value)] if choices else f"{value:g}" if isinstance(value, float) else str(value)
    return f"{(told.get('title') or item.name).lower()} {said}" if titled else said


def fields_of(recipe: Any) -> dict[str, Any]:
    """By name."""
    return {item.name: item for item in fields(recipe)}


LONGEST = 40  # letters of a value in a title
# they name a run only beside another
ALONE = {
    "points": "log SNR",
    "data_std": "standard deviation",
    "own_points": "points",
    "bandwidth": "bandwidth",
    "own_mixture": "components",
    "own_words": "list",
    "at_once": "unmasked at once",
    "choice_temperature": "temperature of the choice",
    "particles": "particles",
    "seed": "seed",
}


def title(experiment: Experiment) -> str:
    """A run in a line, for the head of a picture."""
    return " · ".join(parts(experiment))


def pair_parts(a: Experiment, b: Experiment) -> tuple[str, str, str]:
    """What names A alone, B alone, and both of them. A text that names nothing, such as an own image, is named by its field."""
    one, other = parts(a, b), parts(b, a)
    own = [" · ".join(part for part in mine if part not in theirs) for mine, theirs in ((one, other), (other, one))]
    if own == ["", ""] and (changed := differing(a, b)):
        what = " · ".join(spec.title for name, spec, *_ in iter_specs() if name in changed)
        own = [f"{what} of {side}" for side in "AB"]
    return own[0], own[1], " · ".join(part for part in one if part in other)


def _measurement(e: Experiment) -> list[str]:
    """What is measured, and the conditioning method."""
    what = {
        "inpaint": f", {known_pixels(e, domain_of(e.dataset).shape(e)).mean() * 100:.0f} % known",
        "super_resolve": f" × {e.factor}",
        "deblur": f" of width {e.blur_width:g}",
    }
    how, usual, uses = CONDITIONS[e.condition].title, Experiment(), CONDITIONS[e.condition].uses
    if "strength" in uses and e.strength != usual.strength:
        how += f", guidance strength {e.strength:g}"
    if "resamples" in uses:
        how += f", U = {e.resamples}" + (f", jump length {e.jump}" if e.jump != usual.jump else "")
    return [
        f"{MEASURED[e.measurement].title}{what.get(e.measurement, '')} of test image {e.test_image}, σ_y = {e.measure_noise:g}",
        how,
    ]


def _factor(e: Experiment) -> list[str]:
    """What multiplies the data in the plane, and the conditioning method."""
    row = POINT_FACTORS[e.measurement]
    told = {"angle": f"{e.angle:g}°", "offset": f"{'radius' if row.uses == ('offset',) else 'offset'} {e.offset:g}"}
    where = ", ".join([*(told[name] for name in row.uses), f"σ_y = {e.measure_noise:g}"])
    return [f"{row.title}, {where}", offered(domain_of(e.dataset), "condition")[e.condition].title]


def to_save(*experiments: Experiment) -> str:
    """A comment before code that names a network trained on the page, which no other machine has; else nothing."""
    if not any(TRAINED.fullmatch(e.denoiser) for e in experiments):
        return ""
    return (
        "# This network is on the page alone: save it in Train, unpack the zip into a folder checkpoints/my_network,\n"
        "# and write my_network in place of trained:... below.\n"
    )


def python_snippet(experiment: Experiment) -> str:
    """Lines of Python that reproduce the run."""
    changed = {name: getattr(experiment, name) for name in experiment.to_strings()}
    arguments = "".join(f"    {name}={value!r},\n" for name, value in changed.items())
    made = f"Experiment(\n{arguments})" if arguments else "Experiment()"
    particle = ", ".join(map(str, domain_of(experiment.dataset).shape(experiment)))
    return (
        f"{to_save(experiment)}from diffviz import Experiment, run\n\ntrajectory = run({made})\n"
        f"print(trajectory.reverse.shape)  # [K+1, N, {particle}], from noise to data"
    )


def command_line(experiment: Experiment, command: str = "run", out: str = "run.npz") -> str:
    """The command that reproduces the run."""
    options = [f"--{name.replace('_', '-')} {shlex.quote(text)}" for name, text in experiment.to_strings().items()]
    return to_save(experiment) + " ".join([f"python -m diffviz {command}", *options, f"--out {shlex.quote(out)}"])


def pair_snippet(a: Experiment, b: Experiment) -> str:
    """Lines of Python that reproduce a comparison."""
    made = [f"Experiment(**{ {name: getattr(e, name) for name in e.to_strings()}!r})" for e in (a, b)]
    return (
        f"{to_save(a, b)}from diffviz import Experiment\n"
        "from diffviz.diagnostics.comparison import compare\nfrom diffviz.records import Record\n\n"
        f"a = Record.of({made[0]})\nb = Record.of({made[1]})\n"
        "for row in compare(a.measured, b.measured):\n    print(row.name, row.a.value, row.b.value, row.winner)"
    )


def pair_command(a: Experiment, b: Experiment) -> str:
    """The command that reproduces a comparison; each side is written as in a link."""
    sides = f"--a {shlex.quote(a.to_query())} --b {shlex.quote(b.to_query())}"
    return f"{to_save(a, b)}python -m diffviz compare {sides} --out compare.gif"


def training_command(recipe: Any, out: str = "", files: Mapping[str, str] | None = None) -> str:
    """The command line that trains this recipe again.

    out: the folder of its checkpoint, "" for that of the data set. files: by setting, the file that holds what it is.
    """
    rows = [(name, row) for domain in DOMAINS.values() for name, row in domain.training.items()]
    kind = next(name for name, row in rows if row.format.recipe is type(recipe))
    changed = {item.name: getattr(recipe, item.name) for item in fields(recipe) if getattr(recipe, item.name) != item.default}
    said = {"dataset": recipe.dataset, **changed, **(files or {}), **({"out": out} if out else {})}
    options = [f"--{name.replace('_', '-')} {shlex.quote(str(value))}" for name, value in said.items()]
    options += [] if kind == "network" else [f"--{kind.replace('_', '-')}"]
    return " ".join(["python -m diffviz train", *options])
