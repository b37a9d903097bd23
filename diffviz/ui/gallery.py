"""The gallery's thumbnails: small pictures of the distributions, made once at the start."""

from __future__ import annotations

import io

from PIL import Image

from diffviz.domains import DOMAINS
from diffviz.ui.assets import Assets
from diffviz.views import view

SIDE = 96  # pixels


def thumbnails(assets: Assets) -> dict[str, str]:
    """By data set, the address of its thumbnail; none of those that are not on this machine."""
    made = {}
    for domain in DOMAINS.values():
        for name in filter(domain.at_hand, domain.datasets):
            data = io.BytesIO()
            Image.fromarray(view(domain.name).thumbnail(name, SIDE)).quantize(64).save(data, "PNG", optimize=True)
            made[name] = assets.add(f"{name}.png", data.getvalue())
    return made
