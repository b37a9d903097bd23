"""The page around the player, as a person uses it: form, questions, gallery, address, compare, files, errors."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import expect

from diffviz.ui.questions import key
from diffviz.ui.speech import typeset
from diffviz.views import questions
from tests.browser.hands import MOVING, address, ask, choose, choose_data, opened, pause, player, run_button, take, wait, wait_for

SMALL = "steps=20&particles=50"


def test_a_changed_control_runs_by_itself(open_page):
    page = opened(open_page, f"?{SMALL}")
    expect(page.locator(".dv-shown")).to_have_text(re.compile("Eight Gaussians"))
    choose(page, "Noise schedule", "Linear")
    wait_for(page, f"schedule=linear&{SMALL}")
    expect(page.locator(".dv-shown")).to_contain_text("Linear")
    expect(run_button(page)).not_to_have_class(re.compile("dv-lit"))
    page.get_by_label("Diffusion steps T, slider").press("ArrowLeft")
    wait_for(page, "schedule=linear&steps=10&particles=50")
    expect(page.get_by_role("spinbutton", name="Diffusion steps T")).to_have_value("10")


def test_a_link_makes_a_mistake_on_purpose_which_the_page_says_and_takes_back(open_page):
    page = opened(open_page, "?sampler=ddim&sampler_steps=20&bug=alpha_bar&particles=50")
    menu = page.get_by_label("Wrong on purpose", exact=True)
    expect(page.locator(".dv-warning")).to_contain_text("Wrong on purpose: ᾱ off by one.")
    expect(page.locator(".dv-shown")).to_contain_text("wrong on purpose: ᾱ off by one")
    assert menu.locator("option").all_inner_texts() == ["None", "ᾱ off by one"]
    choose(page, "Wrong on purpose", "None")
    wait_for(page, "sampler=ddim&sampler_steps=20&particles=50")
    expect(menu).to_be_hidden()
    expect(page.locator(".dv-warning")).to_be_hidden()


def test_a_long_run_waits_for_run_which_stays_lit(open_page):
    page = opened(open_page, "?steps=20")
    choose_data(page, "Spiral")
    wait_for(page, "dataset=spiral&steps=20")
    choose(page, "Denoiser", "Trained network")
    wait_for(page, "dataset=spiral&denoiser=learned&steps=20")
    page.get_by_role("spinbutton", name="Diffusion steps T").fill("900")
    expect(run_button(page)).to_have_class(re.compile("dv-lit"))
    assert player(page, "p.run.steps") == 20
    expect(page.locator(".dv-hint-line")).to_contain_text("press Run")
    stage, panel = (page.locator(name).bounding_box()["y"] for name in ("#dv-player", ".dv-forward"))
    assert panel - stage > 34  # under what says that the panels show the run before
    page.locator("summary", has_text="Advanced").click()
    page.get_by_role("spinbutton", name="Particles").fill("2000")
    page.wait_for_timeout(500)
    expect(run_button(page)).to_have_class(re.compile("dv-lit"))
    run_button(page).click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_visible()
    wait(page, "p.run.steps === 900")
    expect(run_button(page)).not_to_have_class(re.compile("dv-lit"))
    stop.dispatch_event("click")  # a run that is over by then has no button that a person could meet
    expect(run_button(page)).to_be_visible()


def test_new_draw_and_reset_are_one_click(open_page):
    page = opened(open_page, f"?{SMALL}")
    page.locator(".dv-draw").click()
    wait_for(page, f"{SMALL}&seed=1")
    choose(page, "Sampler", "DDIM")
    wait(page, "p.run.query.includes('ddim')")
    expect(page.locator(".dv-question h2")).to_have_text("Your own settings")
    ask(page, "Why cosine?")
    wait(page, "p.run.query.includes('swiss_roll')")
    page.locator(".dv-draw").click()
    wait(page, "p.run.query.includes('seed=1')")
    ask(page, "How does noise become data?")
    wait_for(page, "")


def test_questions_take_one_line_and_a_drawer_has_all_by_topic(open_page):
    page = opened(open_page)
    page.get_by_role("button", name="Next question", exact=True).click()
    second = questions()[1]
    expect(page.locator(".dv-question h2")).to_have_text(second.question)
    expect(page.locator(".dv-watch")).to_have_text(re.sub("<[^>]*>", "", typeset(second.watch)))
    page.get_by_role("button", name="Previous question", exact=True).click()
    expect(page.locator(".dv-question h2")).to_have_text(questions()[0].question)
    page.get_by_role("button", name="All questions", exact=True).click()
    drawer = page.locator(".dv-drawer-of-questions")
    assert drawer.get_by_role("listitem").count() == len(questions())
    assert drawer.locator("h3").all_inner_texts() == list(dict.fromkeys(question.topic for question in questions()))
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_compare_adds_b_and_closing_it_leaves_a(open_page):
    page = opened(open_page, f"?{SMALL}")
    page.get_by_role("button", name="Compare", exact=True).click()
    wait(page, "p.sides.length === 2 && p.complete")
    switch = page.get_by_role("group", name="Whose controls are shown")
    expect(switch.get_by_role("button", name="B", exact=True)).to_have_attribute("aria-pressed", "true")
    choose(page, "Noise schedule", "Linear")
    wait_for(page, f"schedule=linear&{SMALL}", 1)
    expect(page.locator(".dv-shown")).to_contain_text("A Cosine")
    expect(page.locator(".dv-shown")).to_contain_text("B Linear")
    expect(page.locator("[data-field=schedule]")).to_have_class(re.compile("dv-differs"))
    expect(page.locator("[data-field=sampler]")).not_to_have_class(re.compile("dv-differs"))
    switch.get_by_role("button", name="swap", exact=True).click()
    wait_for(page, f"schedule=linear&{SMALL}", 0)
    switch.get_by_role("button", name="A", exact=True).click()
    expect(page.get_by_label("Noise schedule", exact=True)).to_have_value("linear")
    switch.get_by_role("button", name="copy to B", exact=True).click()
    wait_for(page, f"schedule=linear&{SMALL}", 1)
    page.get_by_role("button", name=re.compile("^Compare: A")).click()
    wait(page, f"p.sides.length === 1 && p.run.query === 'schedule=linear&{SMALL}'")
    expect(switch).to_be_hidden()


def test_back_and_forward_go_through_the_runs(open_page):
    page = opened(open_page, f"?{SMALL}")
    choose(page, "Noise schedule", "Linear")
    wait_for(page, f"schedule=linear&{SMALL}")
    ask(page, "What if steps are too few?")
    wait(page, "p.run.query.includes('grid_25')")
    page.go_back()
    wait_for(page, f"schedule=linear&{SMALL}")
    expect(page.get_by_label("Noise schedule", exact=True)).to_have_value("linear")
    page.go_back()
    wait_for(page, SMALL)
    page.go_forward()
    wait_for(page, f"schedule=linear&{SMALL}")


def test_back_and_forward_go_through_pairs(open_page):
    page = opened(open_page, "?a=steps%3D20%26particles%3D50&b=steps%3D30%26particles%3D50")
    before = page.evaluate("history.length")
    page.get_by_role("group", name="Whose controls are shown").get_by_role("button", name="A", exact=True).click()
    choose(page, "Noise schedule", "Linear")
    wait(page, "p.sides.length === 2 && p.complete && p.sides[0].run.query.includes('linear')")
    page.locator(".dv-draw").click()
    pairs = "p.sides.length === 2 && p.complete && p.sides.every((side) => side.run.query.includes('seed=1'))"
    wait(page, pairs)
    assert page.evaluate("history.length") == before + 2
    page.go_back()
    wait(page, "p.complete && p.sides[0].run.query.includes('linear') && !p.sides[1].run.query.includes('seed')")
    page.go_back()
    wait(page, "p.complete && !p.sides[0].run.query.includes('linear')")
    page.go_forward()
    wait(page, "p.complete && p.sides[0].run.query.includes('linear') && !p.sides[1].run.query.includes('seed')")
    page.go_forward()
    wait(page, pairs)
    assert page.evaluate("history.length") == before + 2


def test_of_two_quick_changes_the_last_one_counts(open_page):
    page = opened(open_page, "?dataset=rings&particles=500&steps=150")
    for label in ("Linear", "Cosine", "Linear"):
        choose(page, "Noise schedule", label)
        page.wait_for_timeout(200)
    wait(page, "p.complete && p.run.query.includes('schedule=linear')")
    page.wait_for_timeout(1500)
    assert player(page, "p.complete && p.run.query.includes('schedule=linear')")
    expect(run_button(page)).to_be_visible()


def test_a_change_that_waits_for_run_does_not_end_what_runs(open_page):
    page = opened(open_page, "?dataset=spiral&denoiser=learned&steps=500")
    page.locator(".dv-draw").click()
    expect(run_button(page)).to_have_class(re.compile("dv-lit"))
    run_button(page).click()
    wait(page, "p.run.query.includes('seed=1') && !p.complete")
    page.locator(".dv-draw").click()
    expect(run_button(page)).to_have_class(re.compile("dv-lit"))
    wait(page, "p.complete && p.run.query.includes('seed=1')", 90)


def test_the_address_holds_the_whole_view_and_opens_it(open_page):
    page = opened(open_page, "?dataset=rings&steps=50", **MOVING)
    pause(page)
    page.locator("[data-layer=score]").first.evaluate("(button) => button.click()")
    page.get_by_label("Diffusion time", exact=True).evaluate(
        "(e) => { e.value = 20; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    page.get_by_label("Speed", exact=True).select_option("2")
    page.wait_for_timeout(900)
    held = address(page)
    assert held["dataset"] == "rings"
    assert "score" in held["layers"].split()
    assert (held["at"], held["speed"], held["playing"]) == ("20", "2", "0")
    again = opened(open_page, "?" + urlsplit(page.url).query)
    again.wait_for_timeout(500)
    assert player(again, "JSON.stringify(p.view())") == player(page, "JSON.stringify(p.view())")
    assert player(again, "p.run.query") == player(page, "p.run.query")


def test_the_usual_link_is_a_full_address(open_page):
    page = opened(open_page)
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Link ")).click()
    link = page.locator("dialog pre").inner_text()
    fields = parse_qs(urlsplit(link).query)
    assert fields["dataset"] == ["eight_gaussians"]
    assert fields["question"] == [key(questions()[0])]
    assert {"layers", "charts", "at", "direction", "speed", "playing"} <= set(fields)


def test_a_link_with_an_unknown_name_and_a_bad_value_opens_the_rest(open_page):
    page = opened(open_page, "?schedule=linear&t=39&nothing=1&steps=0&sampler=heunn")
    assert player(page, "p.run.query") == "schedule=linear"
    notice = page.locator(".dv-notice")
    expect(notice).to_be_in_viewport()
    expect(notice).to_contain_text(
        "Diffusion steps T must be a whole number from 2 to 4000, not 0. The run that is shown has 100."
    )
    expect(notice).to_contain_text("The nearest is Heun, which a link names heun.")
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_be_hidden()


def test_on_a_phone_a_bad_link_is_told_over_the_picture(open_page):
    page = opened(open_page, "?steps=0&particles=50", width=390, height=844)
    expect(page.locator(".dv-notice")).to_be_in_viewport()
    assert page.locator(".dv-notice").bounding_box()["y"] < page.locator(".dv-forward canvas").bounding_box()["y"]


def test_a_link_to_a_pair_of_before_opens_both(open_page):
    page = opened(open_page, "?a=schedule%3Dlinear%26steps%3D20&b=steps%3D20")
    assert player(page, "p.sides.map((side) => side.run.query).join(' ')") == "schedule=linear&steps=20 steps=20"
    expect(page.get_by_role("button", name=re.compile("^Compare: A"))).to_have_attribute("aria-pressed", "true")


def test_a_file_of_what_is_shown(open_page, tmp_path):
    page = opened(open_page, "?steps=6&particles=20")
    with page.expect_download() as waiting:
        take(page, "NPZ")
    waiting.value.save_as(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as archive:
        assert json.loads(str(archive["experiment"]))["particles"] == 20


def test_a_sweep_says_what_it_does_shows_how_far_it_is_and_can_be_stopped(open_page):
    page = opened(open_page, "?steps=9&particles=50&playing=0")
    page.get_by_role("button", name="ELBO gap vs T").click()
    box = page.locator("dialog[open]")
    expect(box).to_contain_text("The number of diffusion steps T is varied: 5, 10, 20")
    box.get_by_role("button", name="Compute", exact=True).click()
    expect(box.locator("progress")).to_be_visible()
    expect(box).to_contain_text(re.compile(r"[1-9]\d* of \d+ chains, about \d+ s left"))
    box.get_by_role("button", name="Stop", exact=True).click()
    expect(box).to_contain_text("Stopped before")
    expect(run_button(page)).to_be_visible()
    box.get_by_role("button", name="Compute", exact=True).click()
    expect(box.locator(".dv-dialog-plot .main-svg").first).to_be_visible(timeout=60_000)
    expect(box).to_contain_text("ELBO gap vs T: Eight Gaussians")
    box.get_by_role("button", name="Close", exact=True).click()
    expect(box).to_have_count(0)
