"""Text that came in from somebody, in links, names and files, stays text: nothing of it runs, nothing becomes an element."""

from __future__ import annotations

import io
import json
import zipfile
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from diffviz.domains.plane.training import Recipe, begin
from diffviz.experiment import iter_specs
from diffviz.trained import file_of
from tests.browser.hands import opened
from tests.browser.test_own import editor
from tests.browser.trainer import small

CORPUS = [
    "<img src=x onerror=window.broken=1>",
    '"><script>window.broken=1</script>',
    "'><svg onload=window.broken=1><a href=javascript:window.broken=1>x",
    "<iframe srcdoc='<script>parent.broken=1</script>'>",
    "${window.broken=1}{{constructor.constructor('window.broken=1')()}}",
    "</script><script>window.broken=1</script>",
]
FOUND = """() => [window.broken ?? null, [...document.querySelectorAll('*')].filter((each) =>
  [...each.attributes].some((it) => it.name.startsWith('on') && it.value.includes('broken')) || each.src?.endsWith?.('/x')
  || each.srcdoc || (each.tagName === 'SCRIPT' && each.textContent.startsWith('window.broken'))
  || each.href?.startsWith?.('javascript:')).map((each) => each.outerHTML)]"""
TEXTS = ["dataset", "denoiser", "sampler", "schedule", "own", "own_points", "own_mixture", "device", "start"]
PLACES = ["lesson", "student", "layers", "charts", "at", "direction", "tab", "results", "arrow", "train", "nothing"]


def nothing_ran(page) -> None:
    assert page.evaluate(FOUND) == [None, []]


def test_the_fields_are_those_of_a_run():
    assert set(TEXTS) <= {name for name, *_ in iter_specs()}


@pytest.mark.parametrize("text", CORPUS)
def test_a_link_with_markup_in_every_value_is_told_as_text(open_page, text):
    fields = "&".join(f"{name}={quote(text)}" for name in TEXTS)
    page = opened(open_page, f"?{fields}&steps={quote(text)}")
    page.wait_for_function("(text) => document.body.innerText.includes(text.slice(0, 12))", arg=text)  # the sentence repeats it
    nothing_ran(page)


@pytest.mark.parametrize("text", CORPUS[:3])
def test_a_link_with_markup_in_how_it_is_looked_at(open_page, text):
    page = opened(open_page, "?steps=5&particles=20&" + "&".join(f"{name}={quote(text)}" for name in PLACES[:-4]))
    nothing_ran(page)
    page = opened(open_page, f"?a={quote('steps=5&dataset=' + quote(text))}&b={quote('steps=5&schedule=' + quote(text))}")
    nothing_ran(page)


def test_files_of_points_and_words_with_markup(open_page):
    """In names of files, in their tables, and typed."""
    page = opened(open_page, "?dataset=own_points&steps=5&particles=20&playing=0")
    box = editor(page)
    file, status = box.locator("input[type=file]"), box.get_by_role("status")
    for text in CORPUS:
        name = text.replace("/", " ")
        file.set_input_files({"name": f"{name}.csv", "mimeType": "text/csv", "buffer": f"x,y\n1,{text}\n2,2\n".encode()})
        expect(status).to_contain_text("Your points must have")
        head = f'"{text}","{text}"\n1,2\n3,4\n5,6\n'
        file.set_input_files({"name": f"{name}.csv", "mimeType": "text/csv", "buffer": head.encode()})
        expect(status).to_contain_text("3 points")
        word = box.get_by_label("A word or an emoji")
        word.fill(text)
        word.press("Enter")
        expect(status).not_to_contain_text("3 points")
        nothing_ran(page)
    box.get_by_role("button", name="Use these points").click()
    expect(box).to_be_hidden()
    nothing_ran(page)


def test_an_image_whose_name_is_markup(open_page):
    page = opened(open_page, "?dataset=own&particles=4&steps=5&playing=0")
    for text in CORPUS[:3]:
        picture = {"name": f"{text.replace('/', ' ')}.png", "mimeType": "image/png", "buffer": text.encode()}
        page.locator("[data-field=own] input[type=file]").set_input_files(picture)
        expect(page.locator("[data-field=own]")).to_contain_text("must be")
        nothing_ran(page)


def with_markup(file: bytes, field: str, text: str) -> bytes:
    """A file of a training in whose configuration a field of the recipe is this text."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as parts, zipfile.ZipFile(written, "w") as out:
        for name in parts.namelist():
            part = parts.read(name)
            if name == "config.json":
                config = json.loads(part)
                part = json.dumps({**config, "recipe": {**config["recipe"], field: text}}).encode()
            out.writestr(name, part)
    return written.getvalue()


def test_a_training_s_file_with_markup_in_its_name_and_configuration(open_page):
    page = small(open_page)
    training = begin(Recipe("two_moons", hidden=16, layers=1, features=2, updates=4))
    file = file_of(training.average, training.recipe, {}, training.state())
    said = page.locator(".dv-train-error")
    told = ["dataset must be one of", "objective must be one of", "earlier must be like"]
    for text, sentence in zip(CORPUS, told, strict=False):
        buffer = with_markup(file, sentence.split()[0], text)
        upload = {"name": f"{text.replace('/', ' ')}.zip", "mimeType": "application/zip", "buffer": buffer}
        page.get_by_label("File of a training").set_input_files(upload)
        expect(said).to_contain_text(sentence, timeout=30_000)
        nothing_ran(page)


def test_the_content_policy_stops_what_a_text_would_do_if_it_became_html(open_page):
    """The second wall: put into the page as HTML, it does not run either."""
    page = opened(open_page, "?steps=5&particles=20")
    page.evaluate(
        "(text) => { const box = document.createElement('div'); box.innerHTML = text; document.body.append(box) }", CORPUS[0]
    )
    page.wait_for_timeout(500)
    assert page.evaluate("window.broken ?? null") is None
    refused = [problem for problem in open_page.problems if "Content Security Policy" in problem]
    assert refused
    open_page.problems.clear()
