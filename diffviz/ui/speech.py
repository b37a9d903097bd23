"""What the page says, as HTML: fields and options by the titles of its menus, mathematics as mathematics."""

from __future__ import annotations

import html
import re
from functools import cache
from itertools import chain
from typing import Any

from diffviz.domains import DOMAINS
from diffviz.experiment import ExperimentError, iter_specs
from diffviz.fields import spoken
from diffviz.telling.typeset import prose
from diffviz.ui.menus import ALWAYS_NAMED, choices, network_called, tables

_KEPT = re.compile("('[^']*'|\ue000[^\ue001]*\ue001)")  # what somebody gave, and options, which have titles


class SideError(ExperimentError):
    """What is wrong with one of two experiments; side: "a" or "b"."""

    def __init__(self, side: str, error: ExperimentError) -> None:
        super().__init__(error.field, error.message)
        self.side = side


def title_of(field: str, name: str) -> str:
    """Of a field's option, as its menu has it; its name, where no menu has it. Which networks there are is read from disk."""
    if name in (titles := _titles(field)):
        return titles[name]
    is_network = field == "denoiser" and any(name in domain.networks() for domain in DOMAINS.values())
    return network_called(name) if is_network else name


@cache
def _titles(field: str) -> dict[str, str]:
    """Of options that are the same whatever is on disk: a refusal may name dozens."""
    fixed = next((choices(name, spec) or [] for name, spec, *_ in iter_specs() if name == field), [])
    exact = ALWAYS_NAMED if field == "denoiser" else []
    rows = [*fixed, *exact, *chain(*(tables(domain).get(field, []) for domain in DOMAINS.values()))]
    return {value: title for value, title, _ in reversed(rows)}  # the first of several


def typeset(text: str) -> str:
    """A text as the page shows it."""
    parts = _KEPT.split(text)
    parts[::2] = [prose(html.escape(part, quote=False)) for part in parts[::2]]
    parts[1::2] = [part if part.startswith("\ue000") else html.escape(part, quote=False) for part in parts[1::2]]
    return spoken("".join(parts), lambda field, name: html.escape(title_of(field, name), quote=False))


def notice(error: ExperimentError, side: int | None = None, title: str = "", **more: Any) -> dict[str, Any]:
    """An error as the page shows it, beside the control of its field, which is called by the control's title.

    side: 0 or 1 of two runs; title: of the control, where it is none of a run's; more: what else the page's script is told of it
    """
    title = title or next((spec.title for name, spec, *_ in iter_specs() if name == error.field), error.field.capitalize())
    if isinstance(error, SideError):
        side = "ab".index(error.side)
    return {"field": error.field, "message": typeset(f"{title} {error.message.strip()}"), "side": side, **more}
