"""What the page's menus offer, by field: value, title and a sentence about each choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffviz import checkpoints
from diffviz.devices import available_devices
from diffviz.domains import network_title
from diffviz.domains.base import Domain
from diffviz.experiment import Spec

Choice = tuple[str, str, str]  # value, title, why
ALWAYS_NAMED: list[Choice] = [
    ("exact", "Exact", "The posterior mean in closed form."),
    ("learned", "Trained network", "The network that was trained on these data."),
]  # denoisers that are named whatever is on disk


def _rows(table: Mapping[str, Any]) -> list[Choice]:
    return [(name, row.title, row.why) for name, row in table.items()]


def choices(name: str, spec: Spec) -> list[Choice] | None:
    """What a menu offers whatever the domain; None for a field that is no menu."""
    if name == "device":
        return [(kind, kind, "") for kind in available_devices()]
    if name == "label":
        return [("", "any", ""), *((str(number), str(number), "") for number in range(int(spec.high) + 1))]
    return list(zip(spec.choices, spec.titles, spec.whys, strict=True)) if spec.titles else None


def network_called(name: str) -> str:
    """The title of a network's choice."""
    return f"Network: {network_title(name)}"


def _denoisers(domain: Domain) -> list[Choice]:
    def knows(name: str) -> str:
        rows = (row for row in domain.training.values() if row.suffix and name.endswith(row.suffix))
        return next((f" {row.knows}" for row in rows if row.knows), "")

    networks = [
        (name, network_called(name), f"Trained on {network_title(name)}, whatever the data here are.{knows(name)}")
        for name in domain.networks()
    ]
    return [*ALWAYS_NAMED, *networks]


def answering(domain: Domain, asked: str) -> tuple[str, ...]:
    """The denoisers in the menu that do what a row asks: the exact one, and networks whose recipe says so."""

    def has(name: str) -> bool:
        try:
            return getattr(checkpoints.recipe_in(domain.training["network"].root / name), asked, False)
        except checkpoints.CheckpointError:  # told when it is chosen
            return False

    return ("exact", *filter(has, domain.networks()))


def tables(domain: Domain) -> dict[str, list[Choice]]:
    """By field, what these data can be combined with, where it is not all that the field allows and is not read from disk."""
    rows = {field: _rows(table) for field, table in domain.offers.items()}
    return rows | {"dataset": _rows(domain.datasets), "sampler": _rows(domain.samplers)}


def offered(domain: Domain) -> dict[str, list[Choice]]:
    """The same with denoisers, networks among them, which are read from disk each time."""
    return tables(domain) | {"denoiser": _denoisers(domain)}
