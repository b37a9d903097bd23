"""The page: assembles controls and player, and launches."""

from __future__ import annotations

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before Blocks is built: nothing is looked up outside

import json
import weakref
from contextlib import ExitStack
from importlib.resources import files

import gradio as gr
import torch

from diffviz.domains.pictures.images import IMAGES
from diffviz.domains.pictures.own_pictures import MAX_FILE_BYTES
from diffviz.experiment import Experiment, iter_specs
from diffviz.files import temporary, write_text
from diffviz.player import component
from diffviz.telling.glossary import glossary_json
from diffviz.ui import api, compare, explore
from diffviz.ui.broadcast import complete
from diffviz.ui.limits import QUEUE_SIZE, SESSIONS, WORKERS, few_arenas
from diffviz.views.plane.questions import QUESTIONS

SCRIPTS = ("page.js", "typed.js", "files.js", "waiting.js", "drawer.js", "painter.js")


def _read(name: str) -> str:
    return (files("diffviz.ui") / name).read_text(encoding="utf-8")


def build() -> gr.Blocks:
    """The page as Gradio Blocks, not yet launched."""
    with gr.Blocks(title="diffviz: watch diffusion run", fill_width=True, delete_cache=(600, 3600)) as page:
        with gr.Tabs(elem_id="dv-tabs"):
            with gr.Tab("Explore"):
                explore.build_explore(page)
            with gr.Tab("Compare") as tab:
                compare.build(compare.COMPARE, tab)
            with gr.Tab("Images") as images:
                explore.build_images(images)
            with gr.Tab("Compare images") as tab:
                compare.build(compare.COMPARE_IMAGES, tab)
        api.build()
    return page.queue(max_size=QUEUE_SIZE, default_concurrency_limit=16)


def launch(host: str | None = None, port: int | None = None, **options: object) -> gr.Blocks:
    """Build the page and serve it; options go to Gradio's launch.

    host, port: where to listen, as listening_address finds them; None leaves it to Gradio.
    The run that the page opens with is computed first, so that it is there at once.
    """
    few_arenas()
    torch.set_num_threads(max(1, (os.cpu_count() or 2) // WORKERS))
    page = build()
    kept = ExitStack()
    weakref.finalize(page, kept.close)  # the file goes when the page goes
    opening = kept.enter_context(temporary()) / "opening.json"
    write_text(opening, complete(Experiment(), QUESTIONS[0].layers))
    scripts = "\n".join(_read(name) for name in SCRIPTS)
    shared = {
        "Glossary": {
            name: {
                "title": term["title"],
                "formula": term["formula"],
                "text": f"{term['sentence']} {term['text']}",
                "source": "; ".join(source["text"] for source in term["sources"]),
            }
            for name, term in glossary_json()["terms"].items()
        },
        "Pictures": list(IMAGES),
        "Highest": {name: spec.high for name, spec, *_ in iter_specs(True)},  # of a field; a slider may end before
    }
    constants = "".join(f"window.diffviz{name} = {json.dumps(value)};" for name, value in shared.items())
    elsewhere = rf"[?&]([ab]=|dataset=({'|'.join(IMAGES)})\b)"
    page.launch(
        server_name=host,
        server_port=port,
        css="\n".join([_read("page.css"), component.css()]),
        head=f"{component.opening_head(opening, elsewhere)}<script>{constants}\n{scripts}</script>",
        theme=gr.themes.Base(
            primary_hue="blue", neutral_hue="slate", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        run_history=False,
        ssr_mode=False,
        show_error=False,
        max_file_size=MAX_FILE_BYTES,
        state_session_capacity=SESSIONS,
        footer_links=[],
        **options,
    )
    return page
