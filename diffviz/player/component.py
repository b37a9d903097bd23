"""The player as a Gradio component: one gr.HTML with canvases and a clock of its own, made by a factory.

Its value is a message of protocol.py; nothing of it is ever sent back. Its scripts are ES modules, which the page serves.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr
import plotly

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def make_player(
    repair: Callable[[str], str], inside: Callable[[str], str], modules: str, plotly_url: str, chart_sets: list[dict[str, Any]]
) -> gr.HTML:
    """A player. repair(query) returns the complete message of a run of which the browser lost a part; inside(what), what its view
    asks the server for beside that (feature maps), what and answer being JSON.

    modules, plotly_url: addresses relative to the page's, of the folder that holds player/ and views/, and of PLOTLY, which is
    loaded once the first picture moves. chart_sets: name, title and names of charts of each set.
    """

    def repair_run(query: str) -> str:
        return repair(query)

    def inside_of(what: str) -> str:
        return inside(what)

    return gr.HTML(
        value="",
        html_template=(files("diffviz.player") / "player.html").read_text(encoding="utf-8"),
        js_on_load="""
            const at = (path) => new URL(path, document.baseURI).href;
            import(at(`${props.modules}/player/player.js`)).then(({ Player }) => {
              const player = new Player(element, {
                plotlyUrl: at(props.plotly_url),
                sets: props.chart_sets,
                repair: (query) => server.repair_run(query),
                inside: (what) => server.inside_of(what),
              });
              element.querySelector('.dv').player = player;
              watch('value', () => player.receive(props.value));
              player.receive(props.value);
              Promise.resolve(window.diffvizOpening).then((text) => player.run || player.receive(text));
              window.dispatchEvent(new CustomEvent('diffviz:ready'));
            });
        """,
        server_functions=[repair_run, inside_of],
        apply_default_css=False,
        elem_id="dv-player",
        elem_classes="dv-player",
        modules=modules,
        plotly_url=plotly_url,
        chart_sets=chart_sets,
    )
