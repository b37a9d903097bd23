"""A file that plays by itself: every script and text is in it, nothing is fetched, and it is small."""

import json
import re

import pytest

from diffviz.experiment import Experiment
from diffviz.player.component import PLOTLY
from diffviz.ui import standalone
from diffviz.ui.standalone import ENTRY, modules, page

KINDS = {
    "points": [Experiment(particles=200, steps=10)],
    "two runs": [Experiment(particles=100, steps=10), Experiment(particles=100, steps=10, schedule="linear")],
    "images": [Experiment(dataset="digits", particles=4, steps=5)],
    "bits": [Experiment(dataset="heartbeat", particles=32, steps=5)],
}


def scripts(text, kind):
    return re.findall(rf'<script(?: id="[\w-]+")? type="{kind}">(.*?)</script>', text, re.DOTALL)


@pytest.mark.parametrize("runs", KINDS.values(), ids=KINDS)
def test_everything_is_in_the_file(runs):
    text = page(runs, {"playing": True})
    (imports,) = (json.loads(each)["imports"] for each in scripts(text, "importmap"))
    sources = modules(
        ENTRY, next(path for path in (name.removeprefix("diffviz/") for name in imports) if path.endswith("/view.js"))
    )
    assert {f"diffviz/{path}" for path in sources} == set(imports)
    for source in sources.values():
        named = re.findall(r'^import .*?"([^"]+)";$', source, re.MULTILINE)
        assert all(name in imports for name in named)
    (tables,) = map(json.loads, scripts(text, "application/json"))
    told = tables["messages"]
    assert sum("init" in message for message in told) == len(runs) == sum("final" in message for message in told)
    assert any("comparison" in message for message in told) == (len(runs) == 2)
    assert tables["view"] == {"playing": True}
    assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="(?!#)', text.split("<body>")[0])


def test_beside_the_library_of_charts_a_usual_run_takes_at_most_three_megabytes():
    for runs in ([Experiment()], [Experiment(), Experiment(schedule="linear")]):
        assert len(page(runs, {}).encode()) - PLOTLY.stat().st_size < 3e6


def test_no_text_ends_a_script(monkeypatch):
    monkeypatch.setattr(standalone, "messages", lambda runs: iter([json.dumps({"text": "</script><b>&"})]))
    view = {"x": "</SCRIPT>", "charts": "<!--<script>"}
    text = page(KINDS["points"], view)
    assert text.lower().count("</script>") == text.count("<script")
    (tables,) = map(json.loads, scripts(text, "application/json"))
    assert tables["messages"] == [{"text": "</script><b>&"}]
    assert tables["view"] == view
    assert "<!--" not in text


def test_a_step_of_a_lesson_stands_beside_its_run():
    lesson = {"title": "Title", "text": "Text", "question": "?", "answers": ["a", "b"], "answer": "<p>a</p>"}
    (tables,) = map(json.loads, scripts(page(KINDS["points"], {}, lesson), "application/json"))
    assert tables["lesson"] == lesson


def test_late_charts_are_in_the_file_where_they_were_on_screen_and_else_not_offered():
    runs = [Experiment(particles=20, steps=4), Experiment(particles=20, steps=4, schedule="linear")]
    (tables,) = map(json.loads, scripts(page(runs, {"charts": "speed"}), "application/json"))
    charts = tables["late"]["quasi_static"]["charts"]
    assert set(charts) == {"time", "log_snr"}
    assert charts["time"]["gap_over_steps"]["readout"]
    offers = [message["final"]["later"] for message in tables["messages"] if "final" in message]
    assert [{offer["group"] for offer in each.values()} for each in offers] == [{"quasi_static", "speed"}] * 2
    for view in ({"large": "gap_over_steps"}, {"only": ["gap_over_steps"]}):
        (tables,) = map(json.loads, scripts(page(runs[:1], view), "application/json"))
        assert list(tables["late"]) == ["quasi_static"]
    (tables,) = map(json.loads, scripts(page(runs[:1], {"charts": "cost", "chosen": "x"}), "application/json"))
    assert tables["late"] == {}
    assert [message["final"]["later"] for message in tables["messages"] if "final" in message] == [{}]
