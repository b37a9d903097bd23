"""What axe finds in every part of the page, light and dark, and whether any part is wider than a small screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from diffviz.lessons import LESSONS
from diffviz.ui.speech import typeset
from tests.browser.hands import AXE

pytestmark = pytest.mark.skipif(not AXE.exists(), reason="tests/run.sh installs axe-core")
FOUND = """async ([where, rules]) => {
  const only = rules ? { runOnly: { type: 'rule', values: rules } } : {};
  const found = await axe.run(where, { resultTypes: ['violations'], preload: false, ...only });
  const bad = found.violations.filter((each) => ['serious', 'critical'].includes(each.impact));
  return bad.map(({ id, nodes }) => [id, nodes.map(({ target, failureSummary }) => [target.join(' '), failureSummary])]);
}"""
COLOURS = ["color-contrast", "link-in-text-block"]  # all that light and dark differ in
# a dialog does not widen the page, and is measured itself
WIDER = """(where) => {
  const part = where === 'body' ? document.documentElement : document.querySelector(where);
  const { left, right } = part.getBoundingClientRect();
  return left < 0 || right > innerWidth || part.scrollWidth > part.clientWidth;
}"""
NARROW, WIDEST = 320, 3840
RUN = "?steps=5&particles=20&playing=0"
PAIR = "?a=steps%3D5%26particles%3D20&b=steps%3D5%26particles%3D20%26schedule%3Dlinear&playing=0"
VIEWS = [
    *(RUN, f"{RUN}&layers=energy", f"{RUN}&layers=surface", f"{RUN}&layers=density+score+trails+marginals", PAIR),
    *("?dataset=digits&particles=4&steps=5&playing=0", "?dataset=heartbeat&particles=10&steps=10&playing=0"),
]


def bad(page: Page, where: str = "body") -> list[object]:
    """What is wrong with a part as it is now: in one theme with every rule, in the other with those of colours; and is it wider
    than the screen? While a dialog is open, what is under it is not drawn."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    under = page.add_style_tag(content="#dv-player, #dv-aside { display: none }") if "dialog" in where else None
    found: list[object] = []
    now = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
    for scheme, rules in ((now, None), ("light" if now == "dark" else "dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        found += [(scheme, each) for each in page.evaluate(FOUND, ["html" if where == "body" else where, rules])]
    for width in (NARROW, WIDEST):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if page.evaluate(WIDER, where):
            found.append((width, f"{where} is wider"))
    page.set_viewport_size({"width": 1280, "height": 800})
    if under:
        under.evaluate("(style) => style.remove()")
    return found


@pytest.mark.parametrize("query", VIEWS)
def test_nothing_serious_in_views(visit, query):
    assert bad(visit(query)) == []


def test_what_is_wrong_is_found(visit):
    page = visit(RUN)
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<button id=bad style=\"width: 4000px; height: 9px\"></button>')"
    )
    title = page.title()
    page.evaluate("document.title = ''")
    found = bad(page)
    page.evaluate("(title) => { document.querySelector('#bad').remove(); document.title = title; }", title)
    names = [each[0] for _, each in found]
    assert {"button-name", "document-title"} <= set(names)
    assert (NARROW, "body is wider") in found


@pytest.mark.parametrize("name", LESSONS)
def test_nothing_serious_in_lessons(visit, name):
    page = visit(f"?lesson={name}")
    expect(page.locator(".dv-lesson h2")).to_have_text(re.sub("<[^>]*>", "", typeset(LESSONS[name].steps[0].title)))
    assert bad(page) == []


def test_nothing_serious_beside_an_answer_that_is_not_right(visit):
    page = visit("?lesson=noise")
    page.keyboard.press("2")
    page.locator(".dv-told").wait_for()
    assert page.locator(".dv-verdict").inner_text().startswith("✗")
    assert bad(page) == []


def test_nothing_serious_in_train(open_page):
    page = open_page("?train=1")
    expect(page.locator("#dv-train .dv-time")).to_contain_text("0 /", timeout=60_000)
    assert bad(page) == []


def test_nothing_serious_in_dialogs(visit):
    page = visit(RUN)
    found = {}
    for button in (".dv-data", ".dv-tab-results", ".dv-tab-lessons", ".dv-sweep", ".dv-terms"):
        page.locator(button).first.click()
        page.locator("dialog[open]").wait_for()
        found[button] = bad(page, "dialog[open]")
        if button == ".dv-terms":
            page.locator("dialog[open] [data-term=snr]").click()
            page.locator(".dv-picture svg").last.wait_for()
            found["entry"] = bad(page, "dialog[open]")
            page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="All questions", exact=True).click()
    page.locator(".dv-drawer-of-questions").wait_for()
    found["questions"] = bad(page, ".dv-drawer-of-questions")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Share", exact=True).click()
    found["menu"] = bad(page, ".dv-top")
    page.get_by_role("menuitem", name="Link ").first.click()
    page.locator("dialog[open] pre").wait_for()
    found["share"] = bad(page, "dialog[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()
    found["keys"] = bad(page, "dialog[open]")
    assert {part: each for part, each in found.items() if each} == {}


@pytest.mark.parametrize("field", ["Your points", "Your components"])
def test_nothing_serious_in_editors(visit, field):
    page = visit(f"{RUN}&dataset={'own_points' if field == 'Your points' else 'own_mixture'}")
    page.get_by_role("button", name=re.compile(f"^{field}:")).click()
    expect(page.locator("dialog[open]").get_by_role("button", name=re.compile("^Use "))).to_be_enabled(timeout=20_000)
    assert bad(page, "dialog[open]") == []
    page.keyboard.press("Escape")
