"""The page: one instrument with its player, served with the page's own scripts, and launched."""

from __future__ import annotations

import importlib
import os
import threading

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before Blocks is built: nothing is looked up outside
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")  # a table of all events is summed up after each of them

import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any

import gradio as gr
import torch

from diffviz.experiment import Experiment
from diffviz.player.component import PLOTLY, make_player
from diffviz.pretrained.fetching import FETCHER
from diffviz.telling.charts import CHART_SETS
from diffviz.telling.glossary import glossary_json
from diffviz.telling.glossary.pictures import pictures
from diffviz.ui import api, arrow, form, instrument, lessons, questions, results, training, training_form
from diffviz.ui.assets import Assets, served
from diffviz.ui.broadcast import complete
from diffviz.ui.connections import bound_connections
from diffviz.ui.files import KINDS, LESSON_ONLY, file_asked
from diffviz.ui.gallery import thumbnails
from diffviz.ui.inside import in_turn, look_inside
from diffviz.ui.leftovers import own_folder
from diffviz.ui.limits import ENGINE, QUEUE_SIZE, SESSIONS, THREADS, WORKERS, few_arenas
from diffviz.ui.watching import observed
from diffviz.views import VIEWS, view

WARM_SECONDS = 5.0  # after the server has started, when the first page has been fetched
POLL_SECONDS = 0.01  # between two polls of Gradio's queue: 1000 polls a second take 4 % of a core that nobody asks for
FAVOURED = ("ui", "player", "views/plane")  # folders whose scripts are fetched ahead
_ASKED = (
    instrument.waits_for,
    lessons.reveal_step,
    lessons.warm_lesson,
    arrow.time_arrow,
    *training.SERVED,
)  # by the page's script, by their names
# Gradio's indicator of loading asks for one frame after another, as long as the page is open, though it is gone: what its module
# has kept of requestAnimationFrame waits between them once the page is there.
FRAMES = """(() => {
  const frame = window.requestAnimationFrame;
  const kept = (run) => (window.requestAnimationFrame === kept ? frame(run) : setTimeout(() => frame(run), 250));
  window.requestAnimationFrame = kept;
  window.diffvizFrames = () => { window.requestAnimationFrame = frame; };
})()"""
START = """
  window.diffvizFrames?.();
  const ask = (name) => async (what) => JSON.parse((await server[name](JSON.stringify(what)).catch(() => "")) || "null");
  const bridge = { trigger, watch, said: () => props.value, ask };
  import(new URL(props.modules + "/ui/page.js", document.baseURI)).then(({ mount }) => mount(element, bridge));
  const events = ["run", "link", "stop", "file", "sweep"];
"""


def _read(name: str) -> str:
    return (files("diffviz.ui") / name).read_text(encoding="utf-8")


def build(assets: Assets) -> gr.Blocks:
    """The page as Gradio Blocks, not yet launched."""
    running = {**ENGINE, "show_progress": "hidden", "trigger_mode": "multiple"}
    with gr.Blocks(title="diffviz: watch diffusion run", fill_width=True, delete_cache=(600, 3600)) as page:
        template = gr.HTML(
            "",
            html_template=_read("page.html"),
            js_on_load=START,
            apply_default_css=False,
            elem_id="dv-page",
            server_functions=[*(in_turn(each) for name in VIEWS for each in view(name).served), *_ASKED],
            modules=assets.modules,
        )
        with template:
            plotly = assets.add(PLOTLY.name, PLOTLY.read_bytes())
            player = make_player(instrument.repair, look_inside, assets.modules, plotly, _chart_sets())
            making = gr.HTML("", elem_id="dv-making")
            file = gr.DownloadButton(visible="hidden", elem_id="dv-file")
        outputs = [player, template]
        template.run(observed("run", instrument.run_asked), None, outputs, **running)
        template.link(observed("link", instrument.link_asked), None, outputs, **running)
        template.sweep(observed("sweep", instrument.sweep_asked), None, outputs, **running)
        shown = {**running, "show_progress": "full", "show_progress_on": making}
        template.file(observed("file", file_asked), None, [file, template], **shown)
        template.stop(
            instrument.stop_asked,
            None,
            None,
            queue=False,
            show_progress="hidden",
            trigger_mode="multiple",
            api_visibility="private",
        )
        api.build()
    page.queue(max_size=QUEUE_SIZE, api_open=False)  # every event passes by the queue, which knows who listens
    page._queue.sleep_when_free = page._queue.progress_update_sleep_when_free = POLL_SECONDS
    return page


def _chart_sets() -> list[dict[str, Any]]:
    return [{"name": name, **asdict(row)} for name, row in CHART_SETS.items()]


def _head(assets: Assets) -> str:
    """What the browser fetches while Gradio's own scripts load: ours, and the run that the page opens with."""
    opening = assets.add("opening.json", complete(Experiment()).encode())
    ahead = "".join(f'<link rel="modulepreload" href="{path}">' for path in assets.scripts(*FAVOURED))
    tables = {
        **form.table(),
        "train": training_form.table(),
        "questions": questions.table(),
        "thumbnails": thumbnails(assets),
        "glossary": {**glossary_json(), "drawn": assets.add_later("pictures.json", lambda: json.dumps(pictures()).encode())},
        "files": [(name, what, name == LESSON_ONLY) for name, what in KINDS.items()],
        "lessons": assets.add("lessons.json", lessons.table()),
        "results": assets.add("results.json", results.table()),
        "plotly": assets.add(PLOTLY.name, PLOTLY.read_bytes()),
    }
    written = json.dumps(tables, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")  # no element begins in it
    return f"""<script>{FRAMES}</script>{ahead}
        <link rel="preload" as="script" fetchpriority="low" href="{assets.add(PLOTLY.name, PLOTLY.read_bytes())}">
        <link rel="stylesheet" href="{assets.modules}/ui/page.css">
        <link rel="stylesheet" href="{assets.modules}/ui/lessons.css">
        <link rel="stylesheet" href="{assets.modules}/ui/arrow.css">
        <link rel="stylesheet" href="{assets.modules}/ui/train/train.css">
        <link rel="stylesheet" href="{assets.modules}/player/player.css">
        <link rel="stylesheet" href="{assets.modules}/player/print.css">
        <script type="application/json" id="dv-tables">{written}</script>
        <script>window.diffvizOpening = location.search ? null
          : fetch("{opening}").then((answer) => (answer.ok ? answer.text() : ""), () => "");</script>"""


def warm() -> None:
    """Import what torch imports when it makes its first optimiser: hundreds of modules, for which a first training would wait."""
    importlib.import_module("torch._dynamo")


def launch(host: str | None = None, port: int | None = None, **options: Any) -> gr.Blocks:
    """Build the page and serve it; options go to Gradio's launch.

    host, port: where to listen, as listening_address finds them; None leaves it to Gradio.
    The run that the page opens with is computed first, so that it is there at once. Returns as soon as it is served.
    """
    few_arenas()
    FETCHER.shared = True
    folder = own_folder()
    torch.set_num_threads(max(1, (os.cpu_count() or 2) // WORKERS))
    assets = Assets()
    page = build(assets)
    page.launch(
        server_name=host,
        server_port=port,
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        app_kwargs=served(assets, page, _head(assets), folder),
        run_history=False,
        ssr_mode=False,
        show_error=False,
        enable_monitoring=False,
        max_threads=THREADS,
        state_session_capacity=SESSIONS,
        footer_links=[],
        **options | {"prevent_thread_lock": True},
    )
    bound_connections(page.server)
    later = threading.Timer(WARM_SECONDS, warm)  # not before: Gradio gives its server 5 s to start, and imports hold it up
    later.daemon = True
    later.start()
    return page
