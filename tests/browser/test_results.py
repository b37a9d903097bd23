"""The 2015 paper's experiments: by link and by click, their figures, and the run that each opens."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from diffviz.reproduce import EXPERIMENTS
from diffviz.reproduce.results import recorded
from diffviz.telling.words import number
from tests.browser.hands import address, opened, wait, wait_for_run


def test_a_link_opens_the_table_and_a_click_opens_the_roll_with_its_network_and_drift(open_page):
    page = opened(open_page, "?results=1")  # the page's usual run lies behind it
    box = page.get_by_role("dialog", name="The 2015 paper’s experiments")
    rows = box.locator("tbody tr")
    assert rows.locator("th").all_inner_texts() == [row.title for row in EXPERIMENTS.values()]
    for name, text in zip(EXPERIMENTS, rows.all_inner_texts(), strict=True):
        assert number(recorded()[name].truth_bits, 4) in text
    box.get_by_role("button", name="Open the run: Swiss roll").click()
    expect(box).to_have_count(0)
    wait(page, "p.run.query.includes('swiss_roll_2015')")
    wait_for_run(page)
    found = address(page)
    assert found["denoiser"] == "swiss_roll_2015"
    assert found["layers"] == "drift"
    assert found["variance"] == "learned"
    assert "results" not in found
    wait(page, "p.run.data.drift.filter(Boolean).length === 40")


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_it_is_opened_by_its_tab_closed_with_escape_and_fits(open_page, size):
    page = opened(open_page, "", width=size[0], height=size[1])
    page.get_by_role("button", name="2015").click()
    box = page.get_by_role("dialog", name="The 2015 paper’s experiments")
    expect(box).to_be_visible()
    page.wait_for_function("location.search.includes('results=1')")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth && box.getBoundingClientRect().right <= innerWidth")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    page.wait_for_function("!location.search.includes('results=1')")
