"""What the page's form is made of, as one table for its script: fields, choices by domain, and which fields are relevant when.

Titles, help and limits come from the Experiment, the rules from relevant.py: the form in the browser shows exactly the fields
that relevant() names.
"""

from __future__ import annotations

import math
from typing import Any

from diffviz.domains import DOMAINS
from diffviz.domains.base import Domain
from diffviz.experiment import COUNTED_FROM_0, Experiment, Spec, iter_specs
from diffviz.pretrained.names import FORMS
from diffviz.relevant import possible, rules_json
from diffviz.ui.menus import Choice, answering, choices, offered
from diffviz.ui.speech import typeset
from diffviz.views import VIEWS, view

MAIN = (
    *("bug", "dataset", "data_std", "own", "own_points", "bandwidth", "own_mixture", "own_words", "nodes", "process"),
    *("schedule", "points", "steps", "denoiser", "label", "guidance", "sampler", "at_once", "choice_temperature"),
)
TASK = (  # what a run measures or begins from, in the order in which one would ask
    "start",
    "start_time",
    "measurement",
    "test_image",
    "test_image_b",
    "mask",
    "factor",
    "blur_width",
    "angle",
    "offset",
    "measure_noise",
    "condition",
    "strength",
    "resamples",
    "jump",
    "letters",
    "changes",
)
FOLDS = {"main": "", "task": "Inverse problems and editing", "advanced": "Advanced"}
CONTROLS = {"dataset": {"kind": "gallery"}, "points": {"kind": "drawer"}}  # by field, the control that is made for it alone
SLIDERS = {
    "data_std": 0.05,
    "guidance": 0.1,
    "eta": 0.05,
    "start_time": 0.05,
    "strength": 0.1,
    "angle": 5,
    "offset": 0.05,
}  # and their steps
STOPS = {"steps": (5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000)}  # of a slider that is not even

MISSING = "These images are not on this machine: the first run fetches them from the Hugging Face hub."


def _told(rows: list[Choice] | None) -> list[Choice] | None:
    """As the page shows them: a menu has plain titles."""
    return rows and [(value, title, typeset(why)) for value, title, why in rows]


def _kind(name: str, spec: Spec, kind: type) -> str:
    if name in ("denoiser", "label", "device") or spec.choices:
        return "menu"
    return {bool: "check", str: "text"}.get(kind, "number")


def _field(name: str, spec: Spec, kind: type, default: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": name,
        "title": typeset(spec.title),
        "help": typeset(spec.help),
        "kind": _kind(name, spec, kind),
        "default": default,
        "fold": "main" if name in MAIN else "task" if name in TASK else "advanced",
        "choices": _told(choices(name, spec)),
    }
    if spec.called:
        entry["called"] = [(row.field, row.values, typeset(row.title), typeset(row.help)) for row in spec.called]
    if spec.hidden:
        entry["hidden"] = True  # but for a run that is not as usual
    if kind in (int, float):
        entry |= {"low": spec.low, "high": spec.high, "whole": kind is int, "optional": spec.optional}
    if name in SLIDERS:
        entry["stops"] = [spec.low, spec.high, SLIDERS[name]]
    if name in STOPS:
        entry["marks"] = STOPS[name]
    return entry


def _only(domain: Domain) -> dict[str, dict[str, dict[str, tuple[Any, ...]]]]:
    """Of rows that say what they work with or what they ask of the denoiser, and of networks."""

    def of_row(row: Any) -> dict[str, tuple[Any, ...]]:
        asked = getattr(row, "asks", "")
        return {**getattr(row, "only", {}), **({"denoiser": answering(domain, asked)} if asked else {})}

    tables = {**domain.offers, "sampler": domain.samplers}
    found = {field: {name: of_row(row) for name, row in rows.items()} for field, rows in tables.items()}
    found["denoiser"] = domain.networks_only()
    told = {field: {name: only for name, only in rows.items() if only} for field, rows in found.items()}
    return {field: rows for field, rows in told.items() if rows}


def _domain(domain: Domain) -> dict[str, Any]:
    """A kind of data for the script: its data sets and what its menus offer.

    only: by field and choice, the values of other fields that it works with, where these are not all; untrained: data sets
    without a network of their own; missing: by data set, why it is not there at once; most: particles that can be shown smoothly;
    start: what its first question changes of the defaults; alike: rules of the fields that two runs must have alike; sweep: what
    one does, as HTML; arrow: whether time's arrow can be played.
    """
    smooth = view(domain.name).smooth
    asked = next(question.a for question in view(domain.name).questions if question.b is None)
    tasks = "measurement" in possible(domain)
    menus = {field: _told(rows) for field, rows in offered(domain).items()}
    return {
        "name": domain.name,
        "title": domain.title,
        "datasets": menus.pop("dataset"),
        "choices": menus,
        "only": _only(domain),
        "other": {"denoiser": FORMS} if "test_image" in possible(domain) else {},
        "advanced": [] if tasks else ["start", "start_time"],
        "untrained": [name for name in domain.datasets if name not in domain.networks()],
        "missing": {name: MISSING for name in domain.datasets if not domain.at_hand(name)},
        "alike": rules_json(view(domain.name).alike),
        "most": {name: smooth(math.prod(row.shape)) for name, row in domain.datasets.items()} if smooth else {},
        "start": asked.changed(),
        "sweep": typeset(view(domain.name).sweep_text),
        "arrow": view(domain.name).arrow,
    }


def table() -> dict[str, Any]:
    """All of it, as JSON values. former: names of fields that only older links have."""
    order = {name: index for index, name in enumerate((*MAIN, *TASK))}
    specs = sorted(iter_specs(), key=lambda item: order.get(item[0], len(order)))
    controls = dict(CONTROLS)
    for name in VIEWS:
        controls |= view(name).controls
    return {
        "fields": [_field(*item) | controls.get(item[0], {}) for item in specs],
        "folds": FOLDS,
        "domains": [_domain(domain) for domain in DOMAINS.values()],
        "rules": rules_json(),
        "defaults": Experiment().to_dict(),
        "former": [*COUNTED_FROM_0],
    }
