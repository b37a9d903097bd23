"""Mathematics in texts: x_t, x̂_0, L_{t−1} and r_t^2, as one types them, become HTML. Tags and entities stay as they are."""

from __future__ import annotations

import re

_MARKED = r"[A-Za-z\u0370-\u03ff\u1f00-\u1fff][\u0302-\u0304]*′?"  # a letter, what stands over it and a prime
_UPRIGHT = "EΣΠda"  # operators, and the one word of a letter
_BRACED = r"\{([^}]*)\}"
_PARTS = re.compile(
    rf"(?P<kept><[^>]*>|&\w+;)"
    rf"|(?P<base>(?:{_MARKED})+)_(?:{_BRACED}|(\d+|\w)(?![A-Za-z0-9]))"
    rf"|\^(?:{_BRACED}|(\w))"
    rf"|(?P<word>(?:{_MARKED})+)"
)


def _letter(text: str) -> str:
    """In italics, if it is a single one: x and x̂, but not SNR or log."""
    return f"<i>{text}</i>" if re.fullmatch(_MARKED, text) and text not in _UPRIGHT else text


def _set(found: re.Match[str], alone: bool) -> str:
    if found["kept"]:
        return found["kept"]
    if found["base"]:
        return f"{_letter(found['base'])}<sub>{found[3] or found[4]}</sub>"
    if found["word"]:
        return _letter(found["word"]) if alone else found["word"]
    return f"<sup>{found[5] or found[6]}</sup>"


def prose(text: str) -> str:
    """Letters with an index or an exponent are set as mathematics."""
    return _PARTS.sub(lambda found: _set(found, False), text)


def formula(text: str) -> str:
    """So are letters that stand alone."""
    return _PARTS.sub(lambda found: _set(found, True), text)
