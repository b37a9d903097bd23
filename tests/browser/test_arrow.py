"""Time's arrow, as a person plays it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import AXE, address, opened
from tests.browser.test_late import ASKED

QUERY = "?dataset=rings&steps=20&particles=50"


def game(page):
    return page.locator("dialog.dv-arrow[open]")


def is_ready(page):
    expect(page.locator(".dv-arrow-forward")).to_be_enabled(timeout=20_000)


def guess(page, key):
    is_ready(page)
    page.keyboard.press(key)
    expect(page.locator(".dv-arrow-next")).to_be_visible(timeout=20_000)


def drawn(page):
    """Colours on the canvas that are neither grey nor the background, as a count of pixels by hue."""
    return page.evaluate("""() => {
      const canvas = document.querySelector('.dv-arrow-stage canvas'), { width, height } = canvas;
      const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
      let blue = 0, red = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 2] > data[i] + 60) blue++;
        else if (data[i] > data[i + 2] + 60) red++;
      }
      return [blue, red];
    }""")


def is_drawn(page, *colours):
    """Whether blue and red are to be seen, once the canvas has been painted."""
    for _ in range(30):
        found = tuple(count > 0 for count in drawn(page))
        if found == colours:
            return
        page.wait_for_timeout(100)
    assert found == colours


@pytest.mark.parametrize("query", [QUERY, "?dataset=heartbeat&steps=6&particles=16"], ids=["plane", "heartbeat"])
def test_ten_rounds_with_keys_against_the_likelihood_ratio(open_page, query):
    page = opened(open_page, query)
    page.keyboard.press("a")
    expect(game(page)).to_be_visible()
    said, right, likelihood, even, sure = page.locator(".dv-arrow-said"), 0, 0, 0, 0.0
    for number in range(10):
        is_ready(page)
        expect(page.locator(".dv-arrow-round")).to_contain_text(f"Path {number + 1} of 10")
        is_drawn(page, False, False)  # no colour tells where it comes from
        assert said.inner_text() == ""
        assert not page.locator(".dv-arrow-marks li").nth(number).get_attribute("title")
        forward = number % 2 == 0
        guess(page, "ArrowLeft" if forward else "b")
        told = said.locator("p").first.inner_text()
        was = "recorded in the forward process" in told
        assert told.startswith("Right" if was == forward else "Wrong")
        right += was == forward
        work = re.search(r"W = (−?[\d.]+) kT", told)
        says = bool(work) and not work[1].startswith("−")
        likelihood += says == was and not (work and work[1].lstrip("−") == "0.00")
        share = re.search(r"right for (?:more than )?(\d+)\u00a0%", told)
        sure += int(share[1]) / 100 if share else 1.0
        even += bool(work) and work[1].lstrip("−") == "0.00"  # which way it leans is not to be read
        if work and work[1].lstrip("−") != "0.00":
            assert ("says forward" in told) is says
        is_drawn(page, was, not was)
        if number < 9:
            page.keyboard.press("Enter")
    result = page.locator(".dv-arrow-result").inner_text()
    told = re.search(r"You were right in (\d+) of 10. The likelihood ratio was right in (\d+);", result)
    assert int(told[1]) == right
    assert likelihood <= int(told[2]) <= likelihood + even
    assert float(re.search(r"expected to tell (\d+\.\d)", result)[1]) == pytest.approx(sure, abs=0.11)
    expect(page.locator(".dv-arrow-games li")).to_have_text(
        re.compile(rf"you {right} of 10, at best \d\d( ± \d+)?\u00a0% on average$")
    )
    assert page.locator(".dv-arrow-marks .dv-right").count() == right
    page.keyboard.press("Enter")  # again
    is_ready(page)
    assert page.locator(".dv-arrow-marks :is(.dv-right, .dv-not-right)").count() == 0
    assert page.locator(".dv-arrow-games li").count() == 1


def test_a_link_opens_it_with_its_steps_which_are_the_lever(open_page):
    page = opened(open_page, f"{QUERY}&arrow=5")
    expect(game(page)).to_be_visible()
    is_ready(page)
    expect(page.locator(".dv-arrow-round")).to_contain_text("of 5")
    page.get_by_label("Diffusion steps T").last.select_option("200")
    is_ready(page)
    expect(page.locator(".dv-arrow-round")).to_contain_text("of 200")
    page.wait_for_function("() => location.search.includes('arrow=200')")
    assert address(page)["steps"] == "20"  # the run on the page is as it was
    page.get_by_label("Particles").last.select_option("25")
    is_ready(page)
    page.locator(".dv-arrow-backwards").click()
    expect(page.locator(".dv-arrow-next")).to_be_focused()
    page.keyboard.press("PageDown")  # a clicker
    expect(page.locator(".dv-arrow-round")).to_contain_text("Path 2 of 10")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.dv-arrow")).to_have_count(0)
    page.wait_for_function("() => !location.search.includes('arrow=')")


def test_a_step_of_a_lesson_opens_it_with_the_steps_of_its_run(open_page):
    page = opened(open_page, "?lesson=work&step=arrow")
    page.get_by_role("button", name="Play time's arrow").click()
    is_ready(page)
    expect(page.locator(".dv-arrow-round")).to_contain_text("of 5")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.dv-arrow")).to_have_count(0)
    assert address(page)["step"] == "arrow"


def test_what_the_server_refuses_is_said(open_page):
    page = opened(open_page, f"{QUERY}&arrow=9999")
    expect(page.locator(".dv-arrow-said")).to_contain_text("Diffusion steps T must be a whole number from 2")
    expect(page.locator(".dv-arrow-forward")).to_be_disabled()


def test_it_goes_on_after_each_kind_of_request_has_failed(open_page):
    """A path that was asked for ahead, one asked for again, a verdict, and the accuracy at the end."""
    page, failing = opened(open_page, f"{QUERY}&arrow=5"), set()
    said, forward, onward = page.locator(".dv-arrow-said"), page.locator(".dv-arrow-forward"), page.locator(".dv-arrow-next")

    def answer(route):
        asked = (route.request.post_data or "").replace("\\", "")
        part = next((part for part in failing if f'"part":"{part}"' in asked), None)
        failing.discard(part)
        route.abort() if part else route.continue_()

    def has_failed():
        for _ in range(200):
            if not failing:
                return page.wait_for_timeout(200)  # until the script knows
            page.wait_for_timeout(50)
        pytest.fail(f"nobody asked for the {failing}")

    page.route(ASKED, answer)
    is_ready(page)
    failing.add("truth")
    forward.click()
    expect(said).to_have_text("The server does not answer.")
    expect(forward).to_be_enabled()
    expect(onward).to_be_hidden()
    failing.add("path")
    guess(page, "b")
    has_failed()
    expect(said).to_contain_text("The likelihood ratio says")  # the verdict is not overwritten by what is asked for ahead
    onward.click()
    expect(said).to_have_text("The server does not answer.")
    expect(page.locator(".dv-arrow-round")).to_have_text("Path 2 of 10")
    expect(forward).to_be_disabled()
    expect(onward).to_have_text("Try again")
    failing.add("path")
    page.keyboard.press("Enter")
    has_failed()
    expect(onward).to_be_focused()
    expect(onward).to_have_text("Try again")
    page.keyboard.press("PageDown")  # a clicker
    for number in range(2, 11):
        is_ready(page)
        expect(page.locator(".dv-arrow-round")).to_contain_text(f"Path {number} of 10")
        assert said.inner_text() == ""
        if number == 10:
            failing.add("accuracy")
        guess(page, "f")
        if number < 10:
            page.keyboard.press("Enter")
    expect(said).to_contain_text("You were right in")
    expect(said).to_contain_text("The server does not answer.")
    page.keyboard.press("Enter")
    is_ready(page)
    assert page.locator(".dv-arrow-games li").count() == 0
    assert sum("ERR_FAILED" in problem for problem in open_page.problems) == 4
    open_page.problems[:] = [problem for problem in open_page.problems if "ERR_FAILED" not in problem]  # of what was aborted


def test_it_is_offered_where_paths_have_probabilities_and_fits_a_phone(open_page):
    page = opened(open_page, "?dataset=own&steps=4&particles=2")
    expect(page.locator(".dv-arrow-open")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator("dialog.dv-arrow")).to_have_count(0)
    page = opened(open_page, QUERY, width=390, height=844)
    page.locator(".dv-arrow-open").click()
    is_ready(page)
    assert page.locator(".dv-arrow").evaluate(
        "(e) => e.scrollWidth <= e.clientWidth && e.getBoundingClientRect().right <= innerWidth"
    )
    assert (
        min(page.locator(".dv-arrow-guesses button").evaluate_all("(all) => all.map((e) => e.getBoundingClientRect().height)"))
        >= 44
    )


@pytest.mark.skipif(not AXE.exists(), reason="tests/run.sh installs axe-core")
def test_it_can_be_used_by_all(open_page):
    page = opened(open_page, f"{QUERY}&arrow=20")
    guess(page, "f")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run('dialog.dv-arrow', { runOnly: ['wcag2a', 'wcag2aa'] })")
    assert [each["id"] for each in found["violations"]] == []
