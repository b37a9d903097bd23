"""The colours of small drawings: the page's own, by its CSS variables, so that a drawing is right in either theme."""

from __future__ import annotations

INK, SOFT, FORWARD, REVERSE, A, B = (
    "currentColor",
    *(f"var(--dv-{name})" for name in ("edge", "forward", "reverse", "a", "b")),
)
