"""The console that a command answers on: it may have few letters, be full, be closed, or have gone."""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import typer

from diffviz.files import WriteError

T = TypeVar("T")
SECONDS = 10.0  # between two lines about work under way, where no bar can be drawn
STAND_INS = "diffviz.stand_ins"  # the codecs' name for stand_ins
_ASCII = {
    "−": "-",
    "–": "-",
    "×": "x",
    "÷": "/",
    "±": "+/-",
    "·": ".",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "∞": "inf",
    "√": "sqrt ",
    "∇": "grad ",
}


def stand_ins(text: str) -> str:
    """text in ASCII: letters without their accents, Greek ones by name, signs by the nearest there is."""
    found = []
    for letter in unicodedata.normalize("NFKD", text):
        name = unicodedata.name(letter, "")
        if letter.isascii() or letter in _ASCII:
            found.append(_ASCII.get(letter, letter))
        elif name.startswith("GREEK") and "LETTER" in name:
            found.append(name.split()[-1].lower() if "SMALL" in name else name.split()[-1].capitalize())
        elif not unicodedata.combining(letter):
            found.append("?")
    return "".join(found)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return stand_ins(error.object[error.start : error.end]), error.end


codecs.register_error(STAND_INS, _replace)


@contextmanager
def any_console() -> Iterator[None]:
    """Within, standard output and standard error take every letter; one that the console lacks is written by its stand-in.

    What is written to one that is closed goes nowhere.
    """
    before = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    errors = {}
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        for name, stream in before.items():
            if stream is None:
                setattr(sys, name, nowhere)
            elif isinstance(stream, io.TextIOWrapper):
                errors[name] = stream.errors
                stream.reconfigure(errors=STAND_INS)
        try:
            yield
        finally:
            for name, stream in before.items():
                setattr(sys, name, stream)
                if name in errors:
                    stream.reconfigure(errors=errors[name])


def deliver_output() -> WriteError | None:
    """Empty the buffer of standard output. What could not be written is dropped, and the reason returned."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # the interpreter, which tries once more at its end, would complain in its own words
        with suppress(io.UnsupportedOperation), open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return WriteError("The answer", error)
    return None


@contextmanager
def progress(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """Tell standard error how far work has come: a bar on a terminal, else a line after every SECONDS. Yields what is to be
    called with how much of the length is done."""
    if sys.stderr.isatty():
        with typer.progressbar(length=length, label=label, file=sys.stderr) as bar:
            yield lambda done: bar.update(done - bar.pos)
        return
    began = told = time.monotonic()
    first: int | None = None  # what was done before: of a training that goes on

    def tell(done: int) -> None:
        nonlocal first, told
        now, first = time.monotonic(), done if first is None else first
        if now - told >= SECONDS and done > first:
            left = (now - began) * (length - done) / (done - first)
            print(f"{label}: {done} of {length}, about {left:.0f} s left", file=sys.stderr, flush=True)
            told = now

    yield tell


def counted(items: Iterable[T], tell: Callable[[int], None]) -> Iterator[T]:
    """The items, of which progress is told how many there were."""
    for done, item in enumerate(items, 1):
        tell(done)
        yield item


@contextmanager
def patient_stop() -> Iterator[Callable[[], bool]]:
    """Within, Ctrl-C is noted, so that work can stop at a good moment; a second one stops it at once. Yields: was it pressed?"""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored, in a background job
        yield lambda: False
        return
    pressed: list[int] = []

    def note(number: int, _: object) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
