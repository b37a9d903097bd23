"""Text that came in from somebody, in links, names and files, stays text: nothing of it runs, nothing becomes an element."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from diffviz.experiment import iter_specs
from tests.browser.hands import opened

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
