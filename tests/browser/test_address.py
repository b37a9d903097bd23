"""An address that names what there is not: each is told in a sentence, together, and the rest is opened."""

import pytest
from playwright.sync_api import expect

from diffviz.lessons import LESSONS
from tests.browser.hands import opened, player


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?lesson=nonsense&particles=50", ["There is no lesson “nonsense”: they are noise, back"]),
        ("?lesson=noise&step=nonsense", ["The lesson “What is noise?” has no step “nonsense”: its first is shown."]),
        ("?step=nonsense&particles=50", ["The address has a step, “nonsense”, and no lesson."]),
        ("?nothing=1&<b>=2&__theme=dark&particles=50", ["fields that the page does not know: nothing, <b>."]),
        (
            "?nothing=1&lesson=none&steps=0",
            ["a field that the page does not know: nothing.", "There is no lesson “none”", "must be a whole number from 2"],
        ),
    ],
)
def test_what_an_address_names_that_is_not_there_is_told(open_page, query, told):
    page = opened(open_page, query)
    notice = page.locator(".dv-notice")
    for sentence in told:
        expect(notice).to_contain_text(sentence)
    assert notice.locator("p").count() == len(told)
    if "lesson=noise" in query:
        assert player(page, "p.run.query") == LESSONS["noise"].steps[0].a.to_query()
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_be_hidden()


def test_the_menu_of_layers_closes_with_escape_and_a_press_elsewhere(open_page):
    page = opened(open_page, "?particles=50&playing=0", width=1024)
    opener, menu = page.get_by_role("button", name="Layers"), page.locator(".dv-layers-list")
    opener.click()
    menu.get_by_role("button").first.click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    opener.click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    opener.click()
    page.locator(".dv-forward canvas").click(position={"x": 40, "y": 120})
    expect(menu).to_be_hidden()
    expect(opener).to_have_attribute("aria-expanded", "false")


def test_the_menu_of_a_step_says_that_its_charts_are_of_no_set(open_page):
    step = next(step for step in LESSONS["schedules"].steps if step.b and step.charts)
    page = opened(open_page, f"?lesson=schedules&step={step.name}")
    menu = page.get_by_label("Charts", exact=True)
    expect(menu.locator("option:checked")).to_have_text("Charts of this step")
    menu.select_option("cost")
    expect(menu.locator("option:checked")).to_have_text("Schedule and cost")
    assert menu.locator("option", has_text="Charts of this step").count() == 0
    assert player(page, "p.charts.visible.length") > len(step.charts)
    page.keyboard.press("PageDown")
    box = page.locator(".dv-lesson .dv-formula")
    assert box.evaluate("e => e.getClientRects().length === 1 && getComputedStyle(e).whiteSpace") == "nowrap"


def test_numerals_of_steps_are_inside_their_card(open_page):
    page = opened(open_page, "?lesson=noise&particles=50")
    page.locator(".dv-lesson-contents").click()
    steps, card = (page.locator(f".dv-contents[open] .dv-lessons > li {name}").first for name in ("ol li", "details"))
    assert steps.bounding_box()["x"] - card.bounding_box()["x"] > 24  # room for "10."
