"""The Train tab, as a person uses it: small networks and few updates."""

import re

from playwright.sync_api import expect

from diffviz.ui.jobs import JOBS
from tests.browser.hands import AXE, pixels, unfold
from tests.browser.trainer import SLOW, go, made, put, shown, small, train_to_the_end, trainer


def test_train_pause_one_step_go_on_and_look_back(open_page):
    page = small(open_page)
    before = pixels(page, "train-samples")
    go(page).click()
    page.wait_for_function("() => document.querySelector('.dv-train-go').textContent === 'Pause'")
    page.wait_for_function("() => /^[1-9]/.test(document.querySelector('#dv-train .dv-time').textContent)", timeout=SLOW)
    go(page).click()
    expect(go(page)).to_have_text("Continue")
    page.wait_for_timeout(800)  # what was under way has come
    stopped = made(page)
    assert 0 < stopped < 300
    page.wait_for_timeout(500)
    assert made(page) == stopped
    trainer(page).get_by_role("button", name="One step").click()
    expect(page.locator(".dv-train-aside .dv-hint-line")).to_contain_text(f"{stopped + 1} of 300", timeout=SLOW)
    train_to_the_end(page)
    assert made(page) == shown(page) == 300
    page.wait_for_timeout(500)
    after = pixels(page, "train-samples")
    assert after != before
    trainer(page).locator(".dv-scrubber").focus()
    page.keyboard.press("Home")
    assert shown(page) == 0
    page.wait_for_timeout(200)
    assert pixels(page, "train-samples") == before  # the same noise, the untrained network
    page.keyboard.press("ArrowRight")
    assert 0 < shown(page) < 300
    page.keyboard.press("End")
    assert shown(page) == 300
    page.wait_for_timeout(200)
    assert pixels(page, "train-samples") == after
    one = trainer(page).get_by_role("button", name="One step")
    expect(one).to_be_disabled()
    assert "over" in one.get_attribute("title")
    for key in ("ArrowRight", " "):  # neither begins another training
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    assert made(page) == shown(page) == 300
    told = trainer(page).locator(".dv-captions").inner_text()
    assert re.search(r"Loss of the averaged weights \S+ ± \S+ above its exact minimum", told)
    assert re.search(r"Negative ELBO \S+ ± \S+ nats, which is \S+ ± \S+ nats above the entropy", told)
    expect(trainer(page).locator(".dv-chart-levels .dv-labels")).to_contain_text("exact minimum")


def test_a_training_that_is_over_goes_on_with_more_updates(open_page):
    page = small(open_page)
    train_to_the_end(page)
    put(page, "Updates", 500)
    expect(go(page)).to_have_text("Continue to 500")
    expect(page.locator(".dv-train-aside .dv-hint-line")).to_contain_text("learning rate, made for 300 updates")
    train_to_the_end(page)
    assert made(page) == shown(page) == 500
    trainer(page).locator(".dv-scrubber").focus()
    page.keyboard.press("Home")
    assert shown(page) == 0  # all that was seen is still there
    put(page, "Updates", 100)
    expect(go(page)).to_have_text("Train anew")
    expect(trainer(page).locator(".dv-play")).to_be_disabled()


def test_a_training_that_the_server_has_no_longer_begins_again_with_all_that_is_seen_of_it(open_page):
    page = small(open_page)  # some seconds at this pace
    trainer(page).get_by_label("Pace").select_option("ten")
    go(page).click()
    page.wait_for_function("() => /^[1-9]/.test(document.querySelector('#dv-train .dv-time').textContent)", timeout=SLOW)
    go(page).click()
    page.wait_for_timeout(800)
    JOBS._kept.clear()
    go(page).click()
    expect(page.locator(".dv-train-error")).to_contain_text("no longer on the server", timeout=SLOW)
    expect(go(page)).to_have_text("Train")
    assert made(page) == 0
    train_to_the_end(page)
    assert shown(page) == 300
    expect(page.locator(".dv-train-error")).to_be_hidden()
    trainer(page).get_by_label("To the untrained network").click()
    assert shown(page) == 0


def test_two_trainings_on_one_clock_and_what_is_wrong_stands_beside_its_control(open_page):
    page = small(open_page)
    page.get_by_role("button", name="Add a second training, B").click()
    unfold(page, "Network")
    put(page, "Width", 4)
    expect(page.locator(".dv-train-aside .dv-differs")).to_have_count(1)
    expect(trainer(page).locator(".dv-caption")).to_have_count(2, timeout=SLOW)  # both untrained networks have come
    start = trainer(page).locator(".dv-scrubber").bounding_box()["y"]
    train_to_the_end(page)
    assert abs(trainer(page).locator(".dv-scrubber").bounding_box()["y"] - start) < 1.5  # its room is there from the beginning
    expect(trainer(page).locator(".dv-announced")).to_have_text("The training is done.")
    assert trainer(page).locator(".dv-panel").count() == 4
    assert trainer(page).locator(".dv-caption").count() == 2
    trainer(page).get_by_label("Charts of the training").select_option("metrics")
    rows = trainer(page).locator(".dv-metrics tbody").inner_text()
    assert re.search(r"Gap to the entropy of the data, nats\s+\S+ ± \S+\s+\S+ ± \S+\s+\S+ ± \S+", rows)
    put(page, "Width", 0)
    row = page.locator(".dv-train-aside [data-field=hidden]")
    expect(row.locator(".dv-error")).to_contain_text("Width must be a whole number from 1")
    go(page).click()
    assert made(page) == 300  # nothing begins
    put(page, "Width", 8)
    expect(row.locator(".dv-error")).to_be_hidden()
    expect(go(page)).to_have_text("Train anew")
    go(page).click()
    expect(trainer(page).locator(".dv-announced")).to_have_text("")


def test_a_link_to_an_example_has_its_explanation(open_page):
    page = open_page("?train=updates%3D2000%26hidden%3D8&train_b=updates%3D2000")
    expect(page.locator(".dv-train-preset option:checked")).to_have_text("Width 8 beside 128", timeout=SLOW)
    expect(page.locator(".dv-train-aside .dv-watch")).to_contain_text("A network that is too small")
    unfold(page, "Network")
    put(page, "Width", 16)
    expect(page.locator(".dv-train-preset option:checked")).to_have_text("Examples …")
    expect(page.locator(".dv-train-aside .dv-watch")).to_contain_text("Watch a network learn.")
    page.get_by_role("button", name="Present").click()
    page.wait_for_function("() => document.body.classList.contains('dv-present')")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.body.classList.contains('dv-present') && !document.fullscreenElement")


def test_it_fits_the_window_and_can_be_used_by_all(open_page):
    page = open_page("?train=1")
    expect(trainer(page).locator(".dv-time")).to_contain_text("0 /", timeout=SLOW)
    trainer(page).get_by_role("button", name="One step").click()
    page.wait_for_function("() => /^1 /.test(document.querySelector('#dv-train .dv-time').textContent)", timeout=SLOW)
    for width, height in ((1280, 800), (853, 533), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        if width > 390:
            assert page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")
        if AXE.exists():
            page.evaluate(AXE.read_text(encoding="utf-8"))
            for part in ("#dv-train", ".dv-train-aside", ".dv-top"):
                found = page.evaluate(f"axe.run('{part}', {{ runOnly: ['wcag2a', 'wcag2aa'] }})")
                assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
