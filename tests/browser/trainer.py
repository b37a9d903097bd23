"""How tests use the Train tab: small networks and few updates."""

import re

from playwright.sync_api import expect

from tests.browser.hands import unfold

SLOW = 60_000


def trainer(page):
    return page.locator("#dv-train .dv-trainer")


def shown(page):
    """The update that is shown."""
    return int(re.match(r"\d+", re.sub(r"\s", "", trainer(page).locator(".dv-time").inner_text().removeprefix("at ")))[0])


def made(page):
    """Updates that were made."""
    found = re.match(r"([\d\s]+) of", page.locator(".dv-train-aside .dv-hint-line").inner_text())
    return int(re.sub(r"\s", "", found[1])) if found else 0


def put(page, label, value):
    """Type a number into the form of trainings."""
    box = page.locator(".dv-train-aside").get_by_label(label, exact=True)
    box.fill(str(value))
    box.press("Enter")
    page.wait_for_timeout(600)  # the untrained network of these settings is asked for after a moment


def small(open_page, updates=300, query="?train=1", **options):
    """The tab with an untrained network of these settings."""
    page = open_page(query, **options)
    expect(trainer(page).locator(".dv-time")).to_contain_text("0 /", timeout=SLOW)
    unfold(page, "Network")
    put(page, "Width", 16)
    put(page, "Updates", updates)
    page.wait_for_function(
        f"() => document.querySelector('#dv-train .dv-time').textContent.replace(/\\s/g, '') === '0/{updates}'", timeout=SLOW
    )
    return page


def go(page):
    return page.locator(".dv-train-go")


def train_to_the_end(page):
    trainer(page).get_by_label("Pace").select_option("full")
    go(page).click()
    expect(page.locator(".dv-train-aside .dv-hint-line")).to_contain_text("The training is over.", timeout=SLOW)
