"""The player as a Gradio component: one gr.HTML with canvases and a clock of its own, made by a factory.

Its value is a message of protocol.py; nothing of it is ever sent back. The scripts are read in the order in which they build
on one another and joined in one scope.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import gradio as gr
import plotly

from diffviz.figures.theme import VIEW
from diffviz.player import protocol

SCRIPTS = ("decode.js", "panels.js", "clock.js", "charts.js", "sides.js", "player.js", "plane.js")
EXPORTED = "{ plane: PlanePlayer, plot: Player.plot }"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def _read(name: str) -> str:
    return (files("diffviz.player") / name).read_text(encoding="utf-8")


def file_url(path: Path) -> str:
    """Where the page finds a file that was given to gr.set_static_paths; relative, so that it holds behind a proxy."""
    return f"gradio_api/file={path}"


def opening_head(message: Path) -> str:
    """For the page's head: fetch the run that a page without a link opens with while the page itself still loads."""
    gr.set_static_paths([str(message.parent)])
    return f"""
        <link rel="preload" as="script" fetchpriority="low" href="{file_url(PLOTLY)}">
        <script>window.diffvizOpening = location.search && !/[?&][ab]=/.test(location.search) ? null
          : fetch("{file_url(message)}").then((answer) => (answer.ok ? answer.text() : ""), () => "");</script>"""


def css() -> str:
    """The player's style sheet, for the page's own."""
    return _read("player.css")


SINGLE = {"schedule": "Noise schedule", "snr": "Signal to noise", "kl": "KL of each step"}
PAIR = {
    "alpha_bar": "Signal",
    "snr": "log SNR",
    "kl": "KL of a step",
    "dissipation": "Dissipated",
    "bound": "Bound so far",
    "staircase": "½ SNR·MMSE",
}


def _html(pair: bool) -> str:
    """The player's elements: a row of panels a side, charts, transport and words. Static: Gradio reads them as templates."""
    cursor = '<div class="dv-cursor"></div>'
    reading = '<div class="dv-cursor"><span class="dv-reading"></span></div>'
    charts = "".join(
        f'<section class="dv-chart dv-chart-{name} dv-pending" data-chart="{name}">'
        f'<h3><button type="button" class="dv-term dv-chart-title" data-term="{name}">{title}</button>'
        f' <span class="dv-chart-note"></span></h3>'
        f'<div class="dv-frame"><div class="dv-plot"></div>{reading}{cursor if pair else ""}</div></section>'
        for name, title in (PAIR if pair else SINGLE).items()
    )
    rows = []
    for name in "AB" if pair else "A":
        badge = f'<b class="dv-badge dv-badge-{name.lower()}">{name}</b> ' if pair else ""
        row = _read("side.html").replace("<!-- badge -->", badge)
        rows.append(row.replace("<!-- overlays -->", "" if pair else _read("overlays.html")))
    filled = {
        "kind": " dv-pair" if pair else "",
        "sides": "".join(rows),
        "charts": _read("pair.html").replace("<!-- overlays -->", _read("overlays.html")) + charts if pair else charts,
    }
    html = _read("player.html")
    for name, part in filled.items():
        html = html.replace(f"<!-- {name} -->", part)
    return html


def make_player(repair: Callable[[str], str], pair: bool = False) -> gr.HTML:
    """A player of one run, or of a pair. repair(query) returns the complete message of a run of which the browser lost a part.

    The charts' library, Plotly.js as plotly.py ships it, is served from this machine and loaded once the particles move.
    """
    gr.set_static_paths([str(PLOTLY.parent)])
    shared = {"RANGE": protocol.RANGE, "LEVELS": protocol.LEVELS, "VIEW": VIEW}  # numbers that have their home in Python
    constants = "".join(f"const {name} = {value};\n" for name, value in shared.items())
    scope = constants + "\n".join(_read(name) for name in SCRIPTS)

    def repair_run(query: str) -> str:
        return repair(query)

    return gr.HTML(
        value="",
        html_template=_html(pair),
        head=f"<script>window.diffvizPlayers ||= (() => {{\n{scope}\nreturn {EXPORTED}; }})();</script>",
        js_on_load="""
            const player = new window.diffvizPlayers.plane(element, {
              plotlyUrl: props.plotly_url,
              name: props.player_name,
              repair: (query) => server.repair_run(query),
            });
            element.querySelector('.dv').player = player;
            watch('value', () => player.receive(props.value));
            if (props.player_name === 'explore') player.open(window.diffvizOpening);
            else window.dispatchEvent(new CustomEvent('diffviz:ready'));
        """,
        server_functions=[repair_run],
        apply_default_css=False,
        elem_id="dv-pair-player" if pair else "dv-player",
        elem_classes="dv-player",
        plotly_url=file_url(PLOTLY),
        player_name="compare" if pair else "explore",
    )
