"""Words on the page: what is drawn is what was computed, and a letter that is chosen is told by the server."""

from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import expect

from diffviz import Experiment, run
from tests.browser.hands import PLAYER, player, wait, wait_for_run

QUERY = "dataset=names&steps=6&particles=40&schedule=sohl_dickstein"


def test_words_arrive_and_the_posterior_of_the_letter_that_is_clicked(open_page):
    page = open_page(f"?{QUERY}&playing=0&at=4&direction=reverse")
    wait_for_run(page)
    trajectory = run(Experiment(dataset="names", steps=6, particles=40, schedule="sohl_dickstein"))
    frame, index = player(page, "p.run.times.indexOf(4)"), int(np.flatnonzero(trajectory.t == 4)[0])
    for name, expected in (("forward", trajectory.forward[4]), ("reverse", trajectory.reverse[index])):
        found = page.evaluate(f"([n, f]) => Array.from({PLAYER}.run.array(n, f))", [name, frame])
        assert np.array_equal(np.reshape(found, (40, 8)), expected)
    expect(page.get_by_text("of the samples are on the list").first).to_be_visible()
    letter = page.locator(".dv-letter canvas")
    wait(page, "/given xₜ the letter of x₀ is/.test(p.panels.list[2].canvas.ariaLabel)")
    box = page.locator(".dv-reverse canvas").bounding_box()
    page.mouse.click(box["x"] + 10 + 2.5 * 16, box["y"] + 4 + 1.5 * 19)  # the third letter of the second word
    expect(page.locator(".dv-letter figcaption")).to_contain_text("letter 3 of word 2")
    wait(page, "/Letter 3 of word 2.*given xₜ the letter of x₀ is/.test(p.panels.list[2].canvas.ariaLabel)")
    page.locator(".dv-reverse canvas").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".dv-letter figcaption")).to_contain_text("letter 4 of word 2")
    assert letter.get_attribute("aria-label").startswith("Letter")


def test_two_runs_of_words_are_compared(open_page):
    page = open_page(f"?{urlencode({'a': QUERY, 'b': QUERY.replace('6', '2')})}")
    wait(page, "p.complete && p.charts.complete")
    assert page.evaluate(f"() => {PLAYER}.run.view") == "words"
    expect(page.get_by_text("The ELBO gap of").first).to_be_visible()
