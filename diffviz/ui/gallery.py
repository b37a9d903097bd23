"""The gallery's thumbnails: small pictures of the distributions, made once at the start."""

from __future__ import annotations

import io

from PIL import Image

from diffviz.domains.pictures.hub_pictures import SOURCES, at_hand
from diffviz.domains.pictures.images import IMAGES
from diffviz.domains.plane.datasets import DATASETS
from diffviz.ui.assets import Assets
from diffviz.views.pictures import thumbnail as pictures
from diffviz.views.plane import thumbnail as plane

SIDE = 96  # pixels


def thumbnails(assets: Assets) -> dict[str, str]:
    """By data set, the address of its thumbnail; none of those that are not on this machine."""
    made = {}
    for table, view in ((DATASETS, plane), (IMAGES, pictures)):
        for name in table:
            if name in SOURCES and not at_hand(name):
                continue
            data = io.BytesIO()
            Image.fromarray(view.thumbnail(name, SIDE)).quantize(64).save(data, "PNG", optimize=True)
            made[name] = assets.add(f"{name}.png", data.getvalue())
    return made
