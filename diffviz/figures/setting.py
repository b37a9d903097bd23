"""HTML of the page's texts, in lines for matplotlib: letters with indices and hats become mathematics."""

from __future__ import annotations

import html
import re
from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

_HATS = {"\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar"}
_PART = re.compile(r"<i>(?P<letter>[^<]*)</i>|<sub>(?P<low>.*?)</sub>|<sup>(?P<high>.*?)</sup>|(?P<tag><[^>]*>)|(?P<text>[^<]+)")
_MARKED = re.compile(r"(.)([\u0302-\u0304])")
_SCALE = 72.0  # points in an inch
_ROOM = 0.98  # of a line: on a screen letters are a little wider


def _letters(text: str) -> str:
    """In a formula: hats over their letters, words upright."""
    text = _MARKED.sub(lambda found: f"{_HATS[found[2]]}{{{found[1]}}}", text.replace("%", r"\%"))
    return re.sub(r"(?<!\\)\b([A-Za-z]{2,})", r"\\mathrm{\1}", text)


def mathtext(text: str) -> str:
    """HTML as matplotlib reads it: <i>x</i><sub>t</sub> is $x_{t}$."""
    parts: list[tuple[bool, str]] = []
    for found in _PART.finditer(text.replace("ᾱ", "α\u0304").replace("σ̃", "σ\u0303")):
        if found["tag"]:
            continue
        if found["text"]:
            plain = html.unescape(found["text"]).replace("$", r"\$")
            parts.append((False, _MARKED.sub(lambda each: f"${_HATS[each[2]]}{{{each[1]}}}$", plain)))
        else:
            inner = html.unescape(re.sub("<[^>]*>", "", found["letter"] or found["low"] or found["high"] or ""))
            mark = "" if found["letter"] else "_" if found["low"] else "^"
            parts.append((True, f"{mark}{{{_letters(inner)}}}"))
    out = ""
    for math, part in parts:  # neighbours are one formula
        out = out[:-1] + part + "$" if math and out.endswith("$") else out + (f"${part}$" if math else part)
    return out


@lru_cache(maxsize=8192)
def width(word: str, size: float, weight: str) -> float:
    """Of a text in inches, for a font size in points."""
    return (
        text_to_path.get_text_width_height_descent(word, FontProperties(size=size, weight=weight), ismath="$" in word)[0] / _SCALE
    )


def lines(text: str, wide: float, size: float, weight: str = "normal") -> list[str]:
    """A text of HTML in lines of at most that many inches, each as matplotlib reads it. A formula is not broken."""
    kept = re.sub(r"(\$[^$]*\$)", lambda found: found[1].replace(" ", "\u2009"), mathtext(text)).split()
    space, found, now, used = width("a a", size, weight) - width("aa", size, weight), [], "", 0.0
    for word in kept:
        long = width(word, size, weight)
        if now and used + space + long > _ROOM * wide:
            found.append(now)
            now, used = word, long
        else:
            now, used = (f"{now} {word}", used + space + long) if now else (word, long)
    return [*found, now] if now else found
