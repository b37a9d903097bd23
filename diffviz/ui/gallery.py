"""The gallery's thumbnails: small pictures of the distributions, made when they are first seen."""

from __future__ import annotations

from functools import partial

from diffviz.domains import DOMAINS
from diffviz.ui.assets import Assets
from diffviz.views import view
from diffviz.views.png import small_png

SIDE = 96  # pixels


def thumbnails(assets: Assets) -> dict[str, str]:
    """By data set, the address of its thumbnail; none of those that are not on this machine."""
    return {
        name: assets.add_later(f"{name}.png", partial(_png, domain.name, name))
        for domain in DOMAINS.values()
        for name in filter(domain.at_hand, domain.datasets)
    }


def _png(domain: str, name: str) -> bytes:
    return small_png(view(domain).thumbnail(name, SIDE))
