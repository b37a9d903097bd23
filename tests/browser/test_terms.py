"""The glossary, as a person opens it: from a control, from a chart's title, from the index."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from diffviz.telling.glossary import GLOSSARY, worked
from diffviz.telling.glossary.pictures import pictures
from diffviz.telling.words import plain
from tests.browser.hands import pause, wait_for_run
from tests.measured import measured


@pytest.fixture
def page(open_page) -> Page:
    page = open_page()
    wait_for_run(page)
    pause(page)
    return page


def shown(page: Page, name: str) -> None:
    """Is the entry open, in both layers, with a number of the run on screen?"""
    term, box = GLOSSARY[name], page.get_by_role("dialog", name=GLOSSARY[name].title, exact=True)
    expect(box.locator(".dv-sentence")).to_be_visible()
    expect(box.locator(".dv-sentence + .dv-picture + .dv-formula")).to_be_visible()
    expect(box.get_by_role("img")).to_be_visible()
    title = ElementTree.fromstring(pictures()[name])[0].text
    assert box.locator(".dv-picture svg title").text_content() == title
    expect(box.get_by_role("link").first).to_have_attribute("href", term.sources[0][1])
    page.keyboard.press("Escape")


def test_a_control_leads_to_its_entry_and_an_option_to_its_own(page):
    for field, name in (("schedule", "schedule"), ("sampler", "ancestral")):
        row = page.locator(f'[data-field="{field}"]')
        row.hover()
        row.get_by_title("What this means").click()
        shown(page, name)


def test_pictures_are_fetched_with_the_first_entry_and_once(page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("snr", "kl", "ddim"):
        page.get_by_role("button", name="Terms").click()
        page.get_by_role("dialog", name="Terms", exact=True).get_by_role("button", name=GLOSSARY[name].title, exact=True).click()
        shown(page, name)
        page.keyboard.press("Escape")
    assert len([url for url in asked if url.endswith("/pictures.json")]) == 1


def test_an_entry_has_a_number_of_the_run_on_screen_and_stands_in_the_index(page):
    from diffviz import Experiment

    page.get_by_role("button", name="Terms").click()
    index = page.get_by_role("dialog", name="Terms", exact=True)
    assert index.locator("[data-term]").count() == len(GLOSSARY)
    index.get_by_role("button", name=GLOSSARY["snr"].title, exact=True).click()
    told = plain(worked("snr", measured(Experiment())))
    number = told.rpartition("= ")[2]
    expect(page.get_by_role("dialog", name=GLOSSARY["snr"].title, exact=True).locator(".dv-worked")).to_contain_text(number)


def test_every_chart_and_caption_leads_to_an_entry_that_exists(page):
    names = page.evaluate("[...document.querySelectorAll('[data-term]')].map((e) => e.dataset.term).filter(Boolean)")
    assert {"forward", "reverse", "kl", "snr", "schedule"} <= set(names) <= set(GLOSSARY)
