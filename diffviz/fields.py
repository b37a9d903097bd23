"""What a field of an Experiment may be, said once beside it; when it is read; and how its values are checked and read from text.

An Experiment is made of sections, frozen dataclasses that each stand in the folder that reads them. A field is described where it
is declared, by a Spec in its metadata.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from diffviz.aliases import meant
from diffviz.messages import show

_OPTION = re.compile("\ue000([^\ue001]*):([^\ue001]*)\ue001")  # private characters: a value that is shown has none (messages.py)


def option(field: str, *names: str, last: str = ", ") -> str:
    """Options of a field, to stand in a help or a refusal: a command line has their names there, a page their titles.

    last: what stands before the last of several
    """
    marked = [f"\ue000{field}:{name}\ue001" for name in names]
    return last.join([", ".join(marked[:-1]), marked[-1]] if len(marked) > 1 else marked)


def spoken(sentence: str, called: Callable[[str, str], str]) -> str:
    """A sentence in which every option is as called(field, name) says it."""
    return _OPTION.sub(lambda found: called(found[1], found[2]), sentence)


def by_name(sentence: str) -> str:
    """A sentence as a command line has it."""
    return spoken(sentence, lambda _, name: name)


class ExperimentError(ValueError):
    """Bad input: field is the name of what was wrong, the message the rest of a sentence, which says what is allowed.

    In str(error) an option (option()) has its name; error.message keeps it as it is, to be spoken.
    """

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name} {by_name(message)}")
        self.field, self.message = field_name, message


@dataclass(frozen=True)
class Spec:
    """What a field may be: choices for names, with titles and whys; low and high for numbers; optional if None is allowed.

    Choices are those of all data; what one kind of data offers of them its domain says (relevant.offered).
    hidden: in no menu of the page, but for a run that has another value than the default; links and commands take it.
    called: what else the field is, and is called, where another field has some values; the first row that holds
    """

    title: str
    help: str
    choices: tuple[str, ...] | None = None
    titles: tuple[str, ...] = ()
    whys: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    optional: bool = False
    hidden: bool = False
    called: tuple[Called, ...] = ()

    def called_in(self, e: Any) -> str:
        """The title in a run, e: an Experiment or its fields as attributes."""
        return next((row.title for row in self.called if getattr(e, row.field) in row.values), self.title)


class Called(NamedTuple):
    """A field's title and help where another field has one of these values."""

    field: str
    values: tuple[Any, ...]
    title: str
    help: str


class Condition(NamedTuple):
    """That a field's value is among the values or, if not among, is none of them. A value may be Same(name): the value of
    another field."""

    field: str
    values: tuple[Any, ...]
    among: bool = True

    def holds(self, e: Any) -> bool:
        """Of the values of e, an Experiment or its fields as attributes."""
        value = getattr(e, self.field)
        found = value in self.values or any(isinstance(each, Same) and value == getattr(e, each.field) for each in self.values)
        return found == self.among


class Same(NamedTuple):
    """Stands for the value of the field of that name."""

    field: str


class Rule(NamedTuple):
    """Fields that are read where every condition holds for a field that is read itself."""

    uses: tuple[str, ...]
    when: tuple[Condition, ...] = ()

    def holds(self, e: Any) -> bool:
        """Of the values of e, whether they are read or not."""
        return all(condition.holds(e) for condition in self.when)


def named(default: str, title: str, help: str, table: Mapping[str, Any], hidden: bool = False) -> Any:
    """A field whose values are the names of a table, each of whose rows has a title and a why."""
    titles, whys = (tuple(getattr(row, name) for row in table.values()) for name in ("title", "why"))
    return field(default=default, metadata={"spec": Spec(title, help, tuple(table), titles, whys, hidden=hidden)})


def plain(default: Any, title: str, help: str, choices: tuple[str, ...] | None = None) -> Any:
    """A field of text, or one that is true or false."""
    return field(default=default, metadata={"spec": Spec(title, help, choices=choices)})


def number(
    default: Any,
    title: str,
    help: str,
    low: float,
    high: float,
    optional: bool = False,
    called: tuple[Called, ...] = (),
) -> Any:
    """A field whose values are numbers from low to high, whole ones if its type is int."""
    return field(default=default, metadata={"spec": Spec(title, help, low=low, high=high, optional=optional, called=called)})


def kind_of(item: Any) -> type:
    """str, bool, int or float; annotations are text here."""
    return {"str": str, "bool": bool, "float": float, "float | None": float}.get(item.type, int)


def allowed(item: Any) -> str:
    """The end of a sentence that begins with the field's name."""
    spec, kind = item.metadata["spec"], kind_of(item)
    if spec.choices:
        return f"must be one of {option(item.name, *spec.choices)}"
    if kind is bool:
        return "must be true or false"
    if kind is str:
        return "must be text"
    number = "a whole number" if kind is int else "a finite number"
    return f"must be {number} from {spec.low:.10g} to {spec.high:.10g}"


def checked(item: Any, value: Any) -> Any:
    """The value in its field's type, or ExperimentError."""
    spec, kind = item.metadata["spec"], kind_of(item)
    if value is None and spec.optional:
        return None
    if kind in (str, bool):
        found = meant(item.name, value, spec.choices) if type(value) is str and spec.choices else value
        if type(value) is kind and (not spec.choices or found in spec.choices):
            return found
    elif (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and spec.low <= value <= spec.high  # NaN and infinities are no such numbers
        and kind(value) == value
    ):
        return kind(value)
    raise ExperimentError(item.name, f"{allowed(item)}, not {show(value)}.")


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
