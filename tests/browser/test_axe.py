"""What axe finds in every part of the page, light and dark, and whether any part is wider than a small screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from diffviz.lessons import LESSONS
from tests.browser.hands import AXE, wait_for_run

pytestmark = pytest.mark.skipif(not AXE.exists(), reason="tests/run.sh installs axe-core")
FOUND = """async ([where, rules]) => {
  const only = rules ? { runOnly: { type: 'rule', values: rules } } : {};
  const found = await axe.run(where, { resultTypes: ['violations'], ...only });
  const bad = found.violations.filter((each) => ['serious', 'critical'].includes(each.impact));
  return bad.map(({ id, nodes }) => [id, nodes.map(({ target, failureSummary }) => [target.join(' '), failureSummary])]);
}"""
COLOURS = ["color-contrast", "link-in-text-block"]  # all that light and dark differ in
NARROW, WIDEST = 320, 3840
RUN = "?steps=5&particles=20&playing=0"
PAIR = "?a=steps%3D5%26particles%3D20&b=steps%3D5%26particles%3D20%26schedule%3Dlinear&playing=0"
VIEWS = [
    *(RUN, f"{RUN}&layers=energy", f"{RUN}&layers=surface", f"{RUN}&layers=density+score+trails+marginals", PAIR),
    *("?dataset=digits&particles=4&steps=5&playing=0", "?dataset=heartbeat&particles=10&steps=10&playing=0"),
]


def bad(page: Page, where: str = "body") -> list[object]:
    """What is wrong with a part as it is now: in light with every rule, in dark with those of colours; and is the page wider than
    the screen?"""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    found: list[object] = []
    for scheme, rules in (("light", None), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        found += [(scheme, each) for each in page.evaluate(FOUND, [where, rules])]
    for width in (NARROW, WIDEST):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((width, "the page is wider"))
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


@pytest.mark.parametrize("query", VIEWS)
def test_nothing_serious_in_views(open_page, query):
    page = open_page(query)
    wait_for_run(page)
    assert bad(page) == []


def test_what_is_wrong_is_found(open_page):
    page = open_page(RUN)
    wait_for_run(page)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<button style=\"width: 4000px; height: 9px\"></button>')")
    found = bad(page)
    assert ("light", "button-name") in [(where, each[0]) for where, each in found]
    assert (NARROW, "the page is wider") in found


@pytest.mark.parametrize("name", LESSONS)
def test_nothing_serious_in_lessons(open_page, name):
    page = open_page(f"?lesson={name}")
    page.locator(".dv-lesson h2").wait_for()
    wait_for_run(page)
    assert bad(page) == []


def test_nothing_serious_in_train(open_page):
    page = open_page("?train=1")
    expect(page.locator("#dv-train .dv-time")).to_contain_text("0 /", timeout=60_000)
    assert bad(page) == []


def test_nothing_serious_in_dialogs(open_page):
    page = open_page(RUN)
    wait_for_run(page)
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
def test_nothing_serious_in_editors(open_page, field):
    page = open_page(f"{RUN}&dataset={'own_points' if field == 'Your points' else 'own_mixture'}")
    wait_for_run(page)
    page.get_by_role("button", name=re.compile(f"^{field}:")).click()
    expect(page.locator("dialog[open]").get_by_role("button", name=re.compile("^Use "))).to_be_enabled(timeout=20_000)
    assert bad(page, "dialog[open]") == []
