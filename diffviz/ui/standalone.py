"""One file that plays a run, a comparison or a step of a lesson without server or network.

A browser does not load ES modules from a disk one by one. Here they stand in an import map as data, each under its path in the
package, and their relative imports are written as these paths.
"""

from __future__ import annotations

import base64
import html
import json
import posixpath
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from diffviz import exports
from diffviz.deadline import check_time
from diffviz.domains import domain_of
from diffviz.experiment import Experiment
from diffviz.player.component import PLOTLY
from diffviz.telling.charts import CHART_SETS
from diffviz.telling.glossary import glossary_json
from diffviz.telling.glossary.pictures import pictures
from diffviz.ui.broadcast import complete, measured_of
from diffviz.ui.later import later_answer, read_choice
from diffviz.ui.pair import broadcast_pair
from diffviz.views import view_of

ENTRY = "ui/standalone.js"
_IMPORT = re.compile(r'(\bfrom\s+|\bimport\s+)"(\.{1,2}/[^"]+)"')


def _source(path: str) -> str:
    return (files("diffviz") / path).read_text(encoding="utf-8")


def modules(*entries: str) -> dict[str, str]:
    """Every script that these import, themselves included, by its path in the package; imports name such paths."""
    found: dict[str, str] = {}
    waiting = list(entries)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue

        def named(match: re.Match[str], folder: str = posixpath.dirname(path)) -> str:
            target = posixpath.normpath(posixpath.join(folder, match[2]))
            waiting.append(target)
            return f'{match[1]}"diffviz/{target}"'

        found[path] = _IMPORT.sub(named, _source(path))
    return found


def _script(kind: str, text: str, name: str = "") -> str:
    """An element that holds a script of ours or of Plotly, in which nothing but an end tag could end it."""
    identity = f' id="{name}"' if name else ""
    return f'<script{identity} type="{kind}">{re.sub("</(?=script)", "<" + chr(92) + "/", text, flags=re.IGNORECASE)}</script>'


def _json(kind: str, value: Any, name: str = "") -> str:
    """An element that holds JSON, whatever texts are in it: to HTML a text may also open a comment or a script."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _script(kind, text.replace("<", chr(92) + "u003c"), name)


def messages(runs: list[Experiment]) -> Iterator[str]:
    """What the player is told of one run, or of two and their comparison. Raises ExperimentError."""
    if len(runs) == 1:
        yield complete(runs[0])
    else:
        yield from broadcast_pair(*runs)


def _late_charts(runs: list[Experiment], view: dict[str, Any]) -> dict[str, Any]:
    """By group, the charts that were computed when they became visible, of the set in view, or alone in it."""
    row, chosen = CHART_SETS.get(str(view.get("charts"))), view.get("chosen")
    only = view.get("only")
    seen = {*(row.charts if row else ()), *map(str, only if isinstance(only, list) else ()), str(view.get("large"))}
    choice = read_choice({"chosen": chosen - 1 if type(chosen) is int else None, "place": view.get("place")})
    found = {}
    for group, later in view_of(runs[0]).later.items():
        if seen & set(later.charts):
            check_time()
            found[group] = json.loads(json.dumps(later_answer(runs, group, choice), allow_nan=False, default=vars))
    return found


def _answers(runs: list[Experiment], view: dict[str, Any]) -> dict[str, str]:
    """What the views of the runs ask a server for the layers in view: answers, by the question as the browser writes it."""
    layers, found = view.get("layers"), {}
    for run in runs:
        for layer, asked in view_of(run).filed.items():
            if isinstance(layers, list) and layer in layers:
                check_time()
                question = json.dumps({"query": run.to_query(), **asked}, ensure_ascii=False, separators=(",", ":"))
                found[question] = json.dumps(view_of(run).answer(run, asked, measured_of))
    return found


def page(runs: list[Experiment], view: dict[str, Any], lesson: dict[str, Any] | None = None) -> str:
    """The file, as HTML.

    view: how it is looked at, as the player's restore takes it; lesson: of a step, title, text, predict and answer as HTML
    Raises ExperimentError for runs that cannot be computed, OutOfTime.
    """
    told = []
    for message in messages(runs):
        check_time()
        several = json.loads(message)
        told += several if isinstance(several, list) else [several]
    superseded = [message for message in told if "comparison" in message][1:-1]  # the last says all that they say, and more
    told = [message for message in told if message not in superseded]
    late = _late_charts(runs, view)
    for final in (message["final"] for message in told if "final" in message):  # no server could compute more of them
        final["later"] = {name: {**row, "chosen": False} for name, row in final["later"].items() if row["group"] in late}
    name = domain_of(runs[0].dataset).name
    scripts = modules(ENTRY, f"views/{name}/view.js")
    title = exports.title(runs[0]) if len(runs) == 1 else " | ".join(exports.pair_parts(*runs)[:2])
    imports = {
        f"diffviz/{path}": f"data:text/javascript;base64,{base64.b64encode(text.encode()).decode()}"
        for path, text in scripts.items()
    }
    tables = {
        "messages": told,
        "late": late,
        "sets": [{"name": key, "title": row.title, "charts": row.charts} for key, row in CHART_SETS.items()],
        "glossary": {**glossary_json(), "drawn": pictures()},
        "view": view,
        "answers": _answers(runs, view),
        "lesson": lesson,
    }
    start = f"""
      import {{ view }} from "diffviz/views/{name}/view.js";
      import {{ start }} from "diffviz/{ENTRY}";
      start({json.dumps(name)}, view);"""
    styles = "\n".join(
        _source(path) for path in ("ui/page.css", "ui/lessons.css", "player/player.css", "ui/standalone.css", "player/print.css")
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>diffviz: {html.escape(title)}</title>
<style>{styles}</style>
{_json("importmap", {"imports": imports})}
</head>
<body>
{_source("ui/standalone.html").replace("@player", _source("player/player.html"))}
{_json("application/json", tables, "dv-tables")}
{_script("module", start)}
{_script("text/plain", PLOTLY.read_text(encoding="utf-8"), "dv-plotly")}
</body>
</html>
"""
