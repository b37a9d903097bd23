"""The player as a Gradio component: one gr.HTML with canvases and a clock of its own, made by a factory.

Its value is a message of protocol.py; nothing of it is ever sent back. The scripts are read in the order in which they build
on one another and joined in one scope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import gradio as gr
import plotly

from diffviz.figures.theme import VIEW
from diffviz.player import protocol

SCRIPTS = (
    "decode.js",
    "panels.js",
    "clock.js",
    "charts.js",
    "sides.js",
    "player.js",
    "plane.js",
    "pictures.js",
    "given.js",
    "inside.js",
    "picture_pair.js",
)
EXPORTED = """{ explore: PlanePlayer, compare: PlanePlayer, images: PicturePlayer, compare_images: PicturePairPlayer,
  plot: Player.plot }"""
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def _read(name: str) -> str:
    return (files("diffviz.player") / name).read_text(encoding="utf-8")


def file_url(path: Path) -> str:
    """Where the page finds a file that was given to gr.set_static_paths; relative, so that it holds behind a proxy."""
    return f"gradio_api/file={path}"


def opening_head(message: Path, elsewhere: str) -> str:
    """For the page's head: fetch the run that Explore opens with while the page itself still loads.

    elsewhere: a regular expression of the addresses that another tab answers for; any other link is Explore's own.
    """
    gr.set_static_paths([str(message.parent)])
    return f"""
        <link rel="preload" as="script" fetchpriority="low" href="{file_url(PLOTLY)}">
        <script>window.diffvizOpening = location.search && !/{elsewhere}/.test(location.search) ? null
          : fetch("{file_url(message)}").then((answer) => (answer.ok ? answer.text() : ""), () => "");</script>"""


def css() -> str:
    """The player's style sheet, for the page's own."""
    return _read("player.css")


@dataclass(frozen=True)
class Kind:
    """A row of KINDS. charts: by name, what stands above each until it comes; sides: runs on one clock; style: of the whole."""

    charts: dict[str, str]
    style: str = ""
    sides: int = 1


SINGLE = {"schedule": "Noise schedule", "snr": "Signal to noise", "kl": "KL of each step"}
PAIR = {
    "schedule": "Signal left",
    "snr": "log SNR",
    "kl": "KL of a step",
    "dissipation": "Dissipated",
    "bound": "Bound so far",
    "staircase": "Wasted above ½ SNR·MMSE",
}
KINDS = {
    "explore": Kind(SINGLE),
    "compare": Kind(PAIR, " dv-two-columns dv-pair", 2),
    "images": Kind(
        {"kl": "KL of each step", "snr": "Signal to noise", "schedule": "Noise schedule"}, " dv-two-columns dv-pictures"
    ),
    "compare_images": Kind(
        {"schedule": "Signal left", "snr": "Signal to noise", "kl": "KL of a step", "bits": "Bits so far"},
        " dv-two-columns dv-pair dv-picture-pair",
        2,
    ),
}


def _html(name: str) -> str:
    """The player's elements: a row of panels a side, charts, transport and words. Static: Gradio reads them as templates."""
    kind, overlays = KINDS[name], _read("overlays.html")
    cursors = '<div class="dv-cursor"><span class="dv-reading"></span></div>' + '<div class="dv-cursor"></div>' * (kind.sides - 1)
    charts = "".join(
        f'<section class="dv-chart dv-chart-{chart} dv-pending" data-chart="{chart}">'
        f'<h3><button type="button" class="dv-term dv-chart-title" data-term="{chart}">{title}</button>'
        f' <span class="dv-chart-note"></span></h3>'
        f'<div class="dv-frame"><div class="dv-plot"></div>{cursors}</div></section>'
        for chart, title in kind.charts.items()
    )
    rows = []
    for letter in "AB"[: kind.sides]:
        badge = f'<b class="dv-badge dv-badge-{letter.lower()}">{letter}</b> ' if kind.sides > 1 else ""
        row = _read("picture_side.html" if name == "compare_images" else "side.html").replace("<!-- badge -->", badge)
        rows.append(row.replace("<!-- overlays -->", "" if kind.sides > 1 else overlays))
    if name == "images":
        rows, charts = [_read("pictures.html")], _read("chosen.html") + _read("given.html") + charts
    if name == "compare":
        charts = _read("pair.html").replace("<!-- overlays -->", overlays) + charts
    if name == "compare_images":
        tools = _read("pair.html").replace("<!-- overlays -->", _read("views.html"))
        charts = tools + _read("enlarged.html") + charts + _read("given.html")
    html = _read("player.html")
    for place, part in {"kind": kind.style, "sides": "".join(rows), "charts": charts}.items():
        html = html.replace(f"<!-- {place} -->", part)
    return html


def make_player(repair: Callable[[str], str], name: str = "explore", look_inside: Callable[[str], str] | None = None) -> gr.HTML:
    """A player, by its name in KINDS. repair(query) returns the complete message of a run of which the browser lost a part;
    look_inside(what), of players of one run of pictures, a network's feature maps, what and answer being JSON.

    The charts' library, Plotly.js as plotly.py ships it, is served from this machine and loaded once the particles move.
    """
    gr.set_static_paths([str(PLOTLY.parent)])
    shared = {
        "RANGE": protocol.RANGE,
        "LEVELS": protocol.LEVELS,
        "VIEW": VIEW,
        "PIXEL_RANGE": protocol.PIXEL_RANGE,
        "LEVEL_MARGIN": protocol.LEVEL_MARGIN,
    }  # numbers that have their home in Python
    constants = "".join(f"const {name} = {value};\n" for name, value in shared.items())
    scope = constants + "\n".join(_read(name) for name in SCRIPTS)

    def repair_run(query: str) -> str:
        return repair(query)

    def inside_of(what: str) -> str:
        return look_inside(what)

    return gr.HTML(
        value="",
        html_template=_html(name),
        head=f"<script>window.diffvizPlayers ||= (() => {{\n{scope}\nreturn {EXPORTED}; }})();</script>",
        js_on_load="""
            const player = new window.diffvizPlayers[props.player_name](element, {
              plotlyUrl: props.plotly_url,
              name: props.player_name,
              repair: (query) => server.repair_run(query),
              lookInside: (what) => server.inside_of(what),
            });
            element.querySelector('.dv').player = player;
            watch('value', () => player.receive(props.value));
            if (props.player_name === 'explore') player.open(window.diffvizOpening);
            else window.dispatchEvent(new CustomEvent('diffviz:ready'));
        """,
        server_functions=[repair_run, *([inside_of] if look_inside else [])],
        apply_default_css=False,
        elem_id=f"dv-player-{name}",
        elem_classes="dv-player",
        plotly_url=file_url(PLOTLY),
        player_name=name,
    )
