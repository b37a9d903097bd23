"""How a wrong value is shown in a message, whoever gave it."""

from __future__ import annotations

from typing import Any

LONGEST = 40


def show(value: Any) -> str:
    """The value in plain letters, short whatever it is."""
    try:
        text = ascii(value)
    except (ValueError, RecursionError):  # too long or too deep to print
        return "a value too long to print"
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
