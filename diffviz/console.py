"""The console that a command answers on: it may have few letters, be full, be closed, or have gone."""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from diffviz.files import WriteError

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
