"""Numbers with their errors as a reader sees them, and small parts of sentences."""

from __future__ import annotations

import html
import math
import re

import numpy as np

from diffviz.estimates import Estimate
from diffviz.gaussian.quadrature import ERROR_NATS

PLAIN_BELOW = 5  # powers of ten from which on a number is written with one
EXACT_NATS = 1e-5  # an error below this, as of quadrature, is none for a reader
BELOW = f"&lt; 10<sup>−{-round(np.log10(ERROR_NATS))}</sup>"  # what quadrature cannot tell from nothing


def number(value: float, digits: int = 3, plain: int = -5) -> str:
    """Few digits, no exponent where it can be read without: 0.0031, 12.3, 4.1·10⁻⁷. plain: the smallest power of ten without."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else "∞" if value > 0 else "−∞"
    mantissa, power = f"{value:.{digits - 1}e}".split("e")  # rounded first: 9.99 with two digits is 10
    magnitude = int(power)
    plainly = f"{value:.{max(0, digits - 1 - magnitude)}f}"
    return (plainly if plain <= magnitude < PLAIN_BELOW else f"{mantissa}·10<sup>{magnitude}</sup>").replace("-", "−")


def nats(value: float, digits: int = 3, plain: int = -5) -> str:
    """number() of what comes from quadrature: a figure below its tolerance is not known."""
    return BELOW if abs(value) < ERROR_NATS else number(value, digits, plain)


def with_error(estimate: Estimate) -> str:
    """The value to as many digits as its standard error allows: 0.103 ± 0.010; a few if there is none, or none is known. A count
    is a whole number."""
    if (estimate.stderr == 0.0 or np.isinf(estimate.stderr)) and float(estimate.value).is_integer():
        return f"{estimate.value + 0.0:.0f}".replace("-", "−")  # not −0
    if abs(estimate.value) < estimate.stderr <= ERROR_NATS:
        return BELOW
    exact = estimate.stderr < EXACT_NATS and estimate.stderr < 0.01 * abs(estimate.value)
    if exact or estimate.stderr <= ERROR_NATS or not np.isfinite(estimate.stderr):
        return number(estimate.value, 3 if abs(estimate.value) < 1 else 4)
    power = math.floor(math.log10(max(abs(estimate.value), estimate.stderr)))
    if power >= PLAIN_BELOW:
        value, stderr = estimate.value / 10.0**power, estimate.stderr / 10.0**power
        if stderr < EXACT_NATS:
            return number(estimate.value, 4)
        return f"({to_error(value, stderr)} ± {to_error(stderr, stderr)})·10<sup>{power}</sup>"
    return f"{to_error(estimate.value, estimate.stderr)} ± {to_error(estimate.stderr, estimate.stderr)}"


def to_error(value: float, stderr: float) -> str:
    """The value with as many decimals as a figure of that standard error has; a few digits if there is none."""
    if stderr < EXACT_NATS:
        return nats(value)
    decimals = max(0, 1 - int(np.floor(np.log10(stderr))))
    return f"{value:.{decimals}f}".replace("-", "−")


_LOWERED = str.maketrans("0123456789rst+−", "₀₁₂₃₄₅₆₇₈₉ᵣₛₜ₊₋")
_RAISED = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def plain(text: str) -> str:
    """A text of the page without its marks, for what knows no HTML: x₀ for <i>x</i><sub>0</sub>, L_T where there is no letter."""
    text = re.sub(r"<sup>(.*?)</sup>", lambda found: found[1].translate(_RAISED), text)
    lowered = {True: lambda inner: inner.translate(_LOWERED), False: lambda inner: f"_{inner}"}
    text = re.sub(r"<sub>(.*?)</sub>", lambda found: lowered[set(map(ord, found[1])) <= _LOWERED.keys()](found[1]), text)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


def term(name: str, text: str) -> str:
    """A word that opens its explanation."""
    return f'<button type="button" class="dv-term" data-term="{name}">{text}</button>'


def listed(items: list[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
