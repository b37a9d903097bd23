"""The control that paints which pixels of a picture are known, on the picture itself.

What is painted becomes a mask's text in a hidden field of the form, and the run is made from that text alone.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from diffviz.domains.pictures.hub_pictures import DataError
from diffviz.domains.pictures.images import IMAGES, make_images
from diffviz.inverse.masks import mask_text, parse_mask, shortest
from diffviz.inverse.tasks import hole

QUIET = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
CANVAS = """
<canvas tabindex="0" role="application" aria-label="Known pixels: arrows move, space hides or shows"></canvas>
<div class="dv-painter-fills">
  <button type="button" data-fill="hole">Middle</button>
  <button type="button" data-fill="half">Lower half</button>
  <button type="button" data-fill="invert">Invert</button>
</div>"""


def painted_for(dataset: Any, text: Any) -> Any:
    """The mask's text as the Experiment wants it; empty for the usual one, and if what was painted is for other pictures than
    these. What is no mask is returned as it is, to be refused."""
    try:
        mask = parse_mask(shortest(text)) if text else None
    except (ValueError, TypeError):
        return text
    if mask is None or not isinstance(dataset, str) or dataset not in IMAGES or mask.shape != IMAGES[dataset].shape[1:]:
        return ""
    return "" if np.array_equal(mask, hole(*mask.shape)) else mask_text(mask)


def shown(measurement: Any, dataset: Any, picture: Any, text: Any) -> Any:
    """For the painter: the picture and which of its pixels are known, as JSON."""
    if measurement != "inpaint" or not isinstance(dataset, str) or dataset not in IMAGES:
        return gr.skip()
    _, height, width = IMAGES[dataset].shape
    try:
        known = parse_mask(painted_for(dataset, text))
    except (ValueError, TypeError):
        known = hole(height, width)
    try:
        grey = make_images(dataset).held_out[max(1, int(picture)) - 1].mean(0).numpy()
    except (DataError, IndexError, TypeError, ValueError, OverflowError):  # Run says what is wrong with it; a mask can be painted
        grey = np.zeros((height, width), np.float32)
    data = base64.b64encode(np.clip(np.rint(127.5 + 127.5 * grey), 0, 255).astype(np.uint8).tobytes()).decode()
    return json.dumps({"text": text, "shape": [height, width], "data": data, "known": known.ravel().tolist()})


@dataclass(frozen=True)
class Painter:
    """It shows while its field does: while it is pixels that are known."""

    canvas: gr.HTML

    @classmethod
    def build(cls, prefix: str) -> Painter:
        """Added to the Blocks being built; js finds the mask's field beside it."""
        canvas = gr.HTML(
            html_template=CANVAS,
            js_on_load="const paint = window.diffvizPainter(element); watch('value', () => paint(props.value));",
            elem_id=f"{prefix}-mask",
            elem_classes="dv-field dv-painter",
        )
        return cls(canvas)

    def wire(self, measurement: gr.Dropdown, dataset: gr.Dropdown, picture: gr.Number, mask: gr.Textbox) -> None:
        """To the fields of the form that say what is painted on."""
        fields = [measurement, dataset, picture, mask]
        gr.on([field.change for field in fields], shown, fields, self.canvas, **QUIET)
