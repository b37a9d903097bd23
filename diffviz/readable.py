"""JSON to be read by people: indented, numbers of one list in as few lines as they need, and with the digits that count."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 100  # letters of a line
DIGITS = 6  # of a number that was computed


def rounded(value: Any, digits: int = DIGITS) -> Any:
    """JSON with as many significant digits in every number that is not whole."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, Mapping):
        return {name: rounded(each, digits) for name, each in value.items()}
    return [rounded(each, digits) for each in value] if isinstance(value, (list, tuple)) else value


def readable(value: Any, indent: int = 0, before: int = 0) -> str:
    """A JSON document in lines. before: letters of its first one that are taken. Raises ValueError for a number that JSON has
    not."""
    if isinstance(value, Mapping) and value:
        inner = " " * (indent + 2)
        rows = [f"{inner}{(key := json.dumps(name))}: {readable(each, indent + 2, len(key) + 3)}" for name, each in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    if isinstance(value, (list, tuple)) and value:
        if any(isinstance(each, Mapping) for each in value):
            inner = " " * (indent + 2)
            return "[\n" + ",\n".join(f"{inner}{readable(each, indent + 2)}" for each in value) + "\n" + " " * indent + "]"
        return _filled([_text(each) for each in value], indent, before)
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _filled(texts: Sequence[str], indent: int, before: int) -> str:
    """On one line if they have room, else on lines that are full."""
    if len(whole := f"[{', '.join(texts)}]") <= WIDTH - indent - before:
        return whole
    inner, lines = " " * (indent + 2), [texts[0]]
    for text in texts[1:]:
        if len(inner) + len(lines[-1]) + len(text) + 3 > WIDTH:
            lines.append(text)
        else:
            lines[-1] += f", {text}"
    return "[\n" + ",\n".join(inner + line for line in lines) + "\n" + " " * indent + "]"
