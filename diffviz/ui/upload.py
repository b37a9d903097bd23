"""The control that takes a person's own picture: a button, its size, and a look at what is left of it.

What is uploaded becomes a text in a hidden field of the form, and the run is made from that text alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from diffviz.domains.pictures import own_pictures
from diffviz.domains.pictures.images import IMAGES, OWN, picture_shape
from diffviz.experiment import ExperimentError
from diffviz.player.protocol import MAX_PICTURES, MAX_PIXELS

QUIET = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
SMOOTH = 40  # frames that should be sent of a run: with more particles there is room for fewer
CHANGED = "(complaint) => { if (!complaint) window.diffviz.changed(); }"


def fitting(particles: Any, shape: tuple[int, ...]) -> Any:
    """Fewer particles, if pictures of this shape could not be shown in SMOOTH frames; what is no number Run will refuse."""
    most = max(1, min(MAX_PICTURES, MAX_PIXELS // (4 * SMOOTH * math.prod(shape))))
    return most if isinstance(particles, (int, float)) and particles > most else particles


def preview(text: str) -> str:
    """HTML of the picture in a text; nothing for a text that holds none."""
    try:
        own_pictures.decode_picture(text)
    except ValueError:
        return ""
    letters = text.partition(".")[2].translate(str.maketrans("-_", "+/"))
    padded = letters + "=" * (-len(letters) % 4)
    return f'<img alt="The picture that is used" src="data:image/webp;base64,{padded}">'


def taken(data: bytes | None, side: int, particles: Any, notice: Callable[[ExperimentError | None], str]) -> tuple[Any, Any, Any]:
    """What an uploaded file makes of the fields own and particles, and the complaint; a bad file leaves the fields alone."""
    if data is None:  # another size before any picture
        return gr.skip(), gr.skip(), ""
    try:
        text = own_pictures.encode_picture(data, side)
    except ValueError as error:
        return gr.skip(), gr.skip(), notice(ExperimentError(OWN, f"{error}."))
    return text, fitting(particles, picture_shape(OWN, text)), ""


@dataclass(frozen=True)
class Upload:
    """The control's parts; they show while the data are a picture of one's own."""

    place: gr.Column
    button: gr.UploadButton
    side: gr.Dropdown
    look: gr.HTML

    @classmethod
    def build(cls, prefix: str) -> Upload:
        """Added to the Blocks being built, unseen."""
        column = gr.Column(visible=False, elem_id=f"{prefix}-own", elem_classes="dv-field")
        sides = [(f"{side} pixels", side) for side in own_pictures.SIDES]
        with column as place, gr.Row(elem_classes="dv-upload"):
            button = gr.UploadButton("Upload", size="sm", file_types=[".png", ".jpg", ".jpeg"], type="binary")
            side = gr.Dropdown(sides, value=own_pictures.SIDES[-1], show_label=False, label="Pixels", container=False)
            look = gr.HTML("")
        return cls(place, button, side, look)

    def wire(
        self,
        dataset: gr.Dropdown,
        own: gr.Textbox,
        particles: gr.Number,
        told: gr.Textbox,
        notice: Callable[[ExperimentError | None], str],
    ) -> None:
        """Between the form's fields and the complaints of the tab, of which notice makes one."""
        dataset.change(lambda name: gr.update(visible=name == OWN), dataset, self.place, **QUIET)
        dataset.input(
            lambda name, text, count: fitting(count, picture_shape(name, text)) if name in IMAGES else count,
            [dataset, own, particles],
            particles,
            **QUIET,
        )
        own.change(preview, own, self.look, **QUIET)
        for event in (self.button.upload, self.side.input):
            made = event(
                lambda data, side, count: taken(data, side, count, notice),
                [self.button, self.side, particles],
                [own, particles, told],
                **QUIET,
            )
            made.then(None, told, None, js=CHANGED, api_visibility="private")
