"""What the page costs a visitor and the server, and how its files are served."""

import asyncio
import gzip
import json
import re
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from diffviz.experiment import iter_specs
from diffviz.player.component import PLOTLY
from diffviz.ui.arrow import time_arrow
from diffviz.ui.assets import Assets
from diffviz.ui.instrument import waits_for
from diffviz.ui.lessons import reveal_step, warm_lesson
from diffviz.ui.limits import ENGINE
from diffviz.ui.page import _head, launch
from diffviz.ui.questions import key
from diffviz.views import VIEWS, questions, view

TABLES = re.compile(r'id="dv-tables">(.*?)</script>', re.DOTALL)
MAX_RAW, MAX_COMPRESSED, MAX_COMPONENTS, MAX_EVENTS = 250_000, 53_000, 160, 60


@pytest.fixture(scope="module")
def page():
    served = launch("127.0.0.1", quiet=True)
    yield served
    served.close(verbose=False)


def get(page, path="", **headers):
    with urllib.request.urlopen(urllib.request.Request(page.local_url + path, headers=headers)) as answer:
        return answer.read(), answer.headers


def test_the_page_is_light(page):
    raw, headers = get(page)
    assert "Content-Encoding" not in headers
    compressed, headers = get(page, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    nonce = re.compile(rb'nonce="[\w-]+"')  # another one in every answer
    assert nonce.sub(b"", gzip.decompress(compressed)) == nonce.sub(b"", raw)
    assert len(raw) <= MAX_RAW
    assert len(compressed) <= MAX_COMPRESSED
    assert len(page.config["components"]) <= MAX_COMPONENTS
    assert len(page.config["dependencies"]) <= MAX_EVENTS


def test_what_the_controls_ask_for_is_served():
    served = {function.__name__ for name in VIEWS for function in view(name).served}
    controls = [control for name in VIEWS for control in view(name).controls.values()]
    asked = {control[how] for control in controls for how in ("asks", "pictured") if how in control}
    script = (files("diffviz.ui") / "page.js").read_text(encoding="utf-8")
    assert asked == served
    assert set(re.findall(r'ask\("(\w+)"\)', script)) == {
        each.__name__ for each in (waits_for, reveal_step, warm_lesson, time_arrow)
    }


def test_every_event_that_computes_begins_at_once_and_waits_for_its_turn_in_one_place(page):
    places = {function.api_name or function.fn.__name__: function for function in page.fns.values() if function.fn}
    begun = {name for name, row in places.items() if row.concurrency_id == ENGINE["concurrency_id"]}
    assert begun == {"run_asked", "link_asked", "run", "thermo", "schedule", "sweep_asked", "file_asked"}
    assert {places[name].concurrency_limit for name in begun} == {None}
    assert not page.api_open  # nothing that computes can be posted past the queue


def test_a_server_that_nobody_asks_looks_for_events_at_most_a_hundred_times_a_second(page, monkeypatch):
    waited, sleep = [], asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds, *rest: waited.append(seconds) or sleep(seconds, *rest))
    time.sleep(1.0)
    assert len(waited) > 10
    assert min(waited) >= 0.01


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ahead, self.styles = [], []

    def handle_starttag(self, tag, attributes):
        link = dict(attributes)
        if tag == "link" and link.get("rel") == "modulepreload":
            self.ahead.append(link["href"])
        if tag == "link" and link.get("rel") == "stylesheet":
            self.styles.append(link["href"])


def test_scripts_are_modules_that_a_browser_keeps(page):
    links = Links()
    links.feed(get(page)[0].decode())
    ours = [path for path in links.ahead if "assets-of-diffviz" in path]
    assert any(path.endswith("/ui/page.js") for path in ours)
    assert any(path.endswith("/player/player.js") for path in ours)
    for path in [*ours, *(path for path in links.styles if "assets-of-diffviz" in path)]:
        body, headers = get(page, path, **{"Accept-Encoding": "gzip"})
        assert "immutable" in headers["Cache-Control"]
        assert headers["Content-Type"].startswith("text/css" if path.endswith("css") else "text/javascript")
        text = gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body
        assert text == get(page, path)[0]


def test_every_module_that_is_imported_is_served():
    assets = Assets()
    scripts = {path: content.decode() for path, content in assets._plain.items() if path.endswith(".js")}
    found = 0
    for path, text in scripts.items():
        for name in re.findall(r'^import .* from "([^"]+)";', text, re.MULTILINE):
            parts = [*path.split("/")[:-1], *name.split("/")]
            place: list[str] = []
            for part in parts:
                place = place[:-1] if part == ".." else place if part == "." else [*place, part]
            assert "/".join(place) in scripts, f"{path} imports {name}"
            found += 1
    assert found > 20


def test_nothing_but_scripts_and_styles_of_the_package_is_served(page):
    assets = Assets()
    assert {path.rpartition(".")[2] for path in assets._plain} == {"js", "css"}
    for path in ("/ui/page.py", "/../app.py", "/%2e%2e/app.py", "/nothing.js"):
        with pytest.raises(urllib.error.HTTPError):
            get(page, f"{assets.modules}{path}")


def test_plotly_is_compressed_once_and_kept():
    assets = Assets()
    name = assets.add(PLOTLY.name, PLOTLY.read_bytes())
    assert assets.add(PLOTLY.name, PLOTLY.read_bytes()) == name  # the same content has the same address


def test_the_table_of_the_page_holds_every_field_and_question(page):
    text = TABLES.search(get(page)[0].decode())[1]
    table = json.loads(text.replace("<\\/", "</"))
    assert {field["name"] for field in table["fields"]} == {name for name, *_ in iter_specs()}
    assert [question["key"] for question in table["questions"]] == [key(question) for question in questions()]
    missing = {name for domain in table["domains"] for name in domain["missing"]}
    every_name = {row[0] for domain in table["domains"] for row in domain["datasets"]}
    assert set(table["thumbnails"]) == every_name - missing
    for path in table["thumbnails"].values():
        body, headers = get(page, path)
        assert body.startswith(b"\x89PNG")
        assert headers["Content-Type"] == "image/png"


def test_pictures_of_the_glossary_are_drawn_when_they_are_first_asked_for(page, monkeypatch):
    """The server starts without them; many who ask at once wait for one drawing."""
    drawings = []

    def drawn():
        drawings.append(time.sleep(0.1))
        return {"entry": "<svg>" + 400 * "drawn " + "</svg>"}

    monkeypatch.setattr("diffviz.ui.page.pictures", drawn)
    assets = Assets()
    address = json.loads(TABLES.search(_head(assets))[1].replace("<\\/", "</"))["glossary"]["drawn"].removeprefix(
        "assets-of-diffviz/"
    )
    assert drawings == []
    with ThreadPoolExecutor(8) as many:
        bodies = {answer.body for answer in many.map(lambda _: assets._answer(address, True), range(8))}
    assert len(drawings) == len(bodies) == 1
    assert json.loads(gzip.decompress(bodies.pop()))["entry"].startswith("<svg>")


def test_questions_have_addresses_of_their_own():
    keys = [key(question) for question in questions()]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch("[a-z0-9-]+", key) for key in keys)
