"""Words on the page: what is drawn is what was computed, and a letter that is chosen is told by the server."""

import re
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import expect

from diffviz import Experiment, run
from tests.browser.hands import PLAYER, address, player, time_shown, wait, wait_for_run

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
    wait(page, "/given xₜ the letter of x₀ is/.test(p.panels.list[2].canvas.ariaLabel)")
    box = page.locator(".dv-reverse canvas").bounding_box()
    page.mouse.click(box["x"] + 10 + 2.5 * 16, box["y"] + 4 + 1.5 * 19)  # the third letter of the second word
    expect(page.locator(".dv-letter figcaption")).to_contain_text("letter 3 of word 2")
    wait(page, "/Letter 3 of word 2.*given xₜ the letter of x₀ is/.test(p.panels.list[2].canvas.ariaLabel)")
    page.locator(".dv-reverse canvas").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".dv-letter figcaption")).to_contain_text("letter 4 of word 2")
    page.locator(".dv-set-letter").select_option("q")  # the letter is set at this time, and the rest drawn again
    wait(page, "p.run.experiment.changes === '2:4:4:q'")
    wait_for_run(page)
    assert address(page)["changes"] == "2:4:4:q"
    assert time_shown(page) == 4
    changed = run(Experiment(dataset="names", steps=6, particles=40, schedule="sohl_dickstein", changes="2:4:4:q"))
    found = page.evaluate(f"(f) => Array.from({PLAYER}.run.array('reverse', f))", frame)
    assert np.array_equal(np.reshape(found, (40, 8)), changed.reverse[index])
    assert changed.reverse[index, 1, 3] == 16
    page.get_by_role("button", name="Take back what was set by hand in this word").click()
    wait(page, "p.run.experiment.changes === ''")


def test_words_are_completed_from_given_letters(open_page):
    page = open_page(f"?{QUERY}&letters=_a_r_&playing=0&at=0&direction=reverse")
    wait_for_run(page)
    expect(page.locator(".dv-matching canvas")).to_have_attribute(
        "aria-label", re.compile("21 words agree with _a_r_. Their exact posterior: larry 37 %, sampled ")
    )
    words = page.evaluate(f"() => Array.from({PLAYER}.run.array('reverse', 0))")
    assert (np.reshape(words, (40, 8))[:, [1, 3]] == [0, 17]).all()


def test_two_runs_of_words_are_compared(open_page):
    page = open_page(f"?{urlencode({'a': QUERY, 'b': QUERY.replace('6', '2')})}")
    wait(page, "p.complete && p.charts.complete")
    assert page.evaluate(f"() => {PLAYER}.run.view") == "words"
    expect(page.get_by_text("The ELBO gap of").first).to_be_visible()
