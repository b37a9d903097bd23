"""What a field of an Experiment may be, said once beside it; and how its values are checked and read from text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diffviz.aliases import meant
from diffviz.messages import show


class ExperimentError(ValueError):
    """Bad input: field is the name of what was wrong, the message one sentence that says what is allowed."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name} {message}")
        self.field = field_name


@dataclass(frozen=True)
class Spec:
    """What a field may be: choices for names, with titles and whys; low and high for numbers; optional if None is allowed.

    pictures: names that are allowed besides the choices, which are those of the plane; of_pictures: the field is of no account
    in the plane. So a menu of the plane offers what it can run by reading choices, and by iter_specs() as it is.
    """

    title: str
    help: str
    choices: tuple[str, ...] | None = None
    titles: tuple[str, ...] = ()
    whys: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    optional: bool = False
    pictures: tuple[str, ...] = ()
    of_pictures: bool = False


def named(
    default: str, title: str, help: str, table: Mapping[str, Any], pictures: Mapping[str, Any] | None = None, **flags: bool
) -> Any:
    """A field whose values are the names of a table, each of whose rows has a title and a why; and of a table for pictures."""
    titles, whys = (tuple(getattr(row, name) for row in table.values()) for name in ("title", "why"))
    more = tuple(name for name in pictures or () if name not in table)
    return field(default=default, metadata={"spec": Spec(title, help, tuple(table), titles, whys, pictures=more, **flags)})


def number(default: Any, title: str, help: str, low: float, high: float, **flags: bool) -> Any:
    """A field whose values are numbers from low to high, whole ones if its type is int."""
    return field(default=default, metadata={"spec": Spec(title, help, low=low, high=high, **flags)})


def kind_of(item: Any) -> type:
    """str, bool, int or float; annotations are text here and the optional field is an int."""
    return {"str": str, "bool": bool, "float": float}.get(item.type, int)


def allowed(item: Any) -> str:
    """The end of a sentence that begins with the field's name."""
    spec, kind = item.metadata["spec"], kind_of(item)
    if spec.choices:
        return f"must be one of {', '.join(spec.choices + spec.pictures)}"
    if kind is bool:
        return "must be true or false"
    if kind is str:
        return "must be text"
    number = "a whole number" if kind is int else "a finite number"
    return f"must be {number} from {spec.low:.10g} to {spec.high:.10g}"


def checked(item: Any, value: Any) -> Any:
    """The value in its field's type, or ExperimentError."""
    spec, kind = item.metadata["spec"], kind_of(item)
    bad = ExperimentError(item.name, f"{allowed(item)}, not {show(value)}.")
    if value is None and spec.optional:
        return None
    if kind is str and type(value) is str and spec.choices:
        value = meant(item.name, value, spec.choices + spec.pictures)
    if kind in (str, bool):
        if type(value) is not kind or (spec.choices and value not in spec.choices + spec.pictures):
            raise bad
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise bad
    if not spec.low <= value <= spec.high or kind(value) != value:  # NaN and infinities fail the first
        raise bad
    return kind(value)


_INTEGER = re.compile(r"[+-]?[0-9]{1,400}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,400}\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def parsed(item: Any, text: str) -> Any:
    """Text as the field's type; what cannot be read goes on as text, for checked to refuse."""
    kind = kind_of(item)
    if item.metadata["spec"].optional and text.lower() in ("", "none"):
        return None
    if kind is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if kind is int and _INTEGER.fullmatch(text):
        return int(text)
    if kind is float and _DECIMAL.fullmatch(text):
        return float(text)
    return text
