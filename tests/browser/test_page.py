"""The page around the player, as a person uses it: form, questions, gallery, address, compare, files, errors."""

import io
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from diffviz import Experiment
from diffviz.domains import DOMAINS
from diffviz.ui.questions import key
from diffviz.ui.speech import typeset
from diffviz.views import questions
from tests.browser.hands import address, ask, choose, choose_data, opened, pause, player, take, time_shown, wait, wait_for

AXE = Path(__file__).parents[1] / "scripts" / "node_modules" / "axe-core" / "axe.min.js"


def run_button(page):
    return page.locator(".dv-run")


def test_a_changed_control_runs_by_itself(open_page):
    page = opened(open_page)
    expect(page.locator(".dv-shown")).to_have_text(re.compile("Eight Gaussians"))
    choose(page, "Noise schedule", "Linear")
    wait_for(page, "schedule=linear")
    expect(page.locator(".dv-shown")).to_contain_text("Linear")
    expect(run_button(page)).not_to_have_class(re.compile("dv-lit"))
    page.get_by_label("Diffusion steps T, slider").press("ArrowLeft")
    wait_for(page, "schedule=linear&steps=75")
    expect(page.get_by_role("spinbutton", name="Diffusion steps T")).to_have_value("75")


def test_a_link_makes_a_mistake_on_purpose_which_the_page_says_and_takes_back(open_page):
    page = opened(open_page)
    menu = page.get_by_label("Wrong on purpose", exact=True)
    expect(menu).to_be_hidden()
    page = opened(open_page, "?sampler=ddim&sampler_steps=20&bug=alpha_bar")
    menu = page.get_by_label("Wrong on purpose", exact=True)
    expect(page.locator(".dv-warning")).to_contain_text("Wrong on purpose: ᾱ off by one.")
    expect(page.locator(".dv-shown")).to_contain_text("wrong on purpose: ᾱ off by one")
    assert menu.locator("option").all_inner_texts() == ["None", "ᾱ off by one"]
    choose(page, "Wrong on purpose", "None")
    wait_for(page, "sampler=ddim&sampler_steps=20")
    expect(menu).to_be_hidden()
    expect(page.locator(".dv-warning")).to_be_hidden()


def test_a_long_run_waits_for_run_which_stays_lit(open_page):
    page = opened(open_page)
    choose_data(page, "Spiral")
    wait_for(page, "dataset=spiral")
    choose(page, "Denoiser", "Trained network")
    wait_for(page, "dataset=spiral&denoiser=learned")
    page.get_by_role("spinbutton", name="Diffusion steps T").fill("900")
    expect(run_button(page)).to_have_class(re.compile("dv-lit"))
    assert player(page, "p.run.steps") == 100
    expect(page.locator(".dv-hint-line")).to_contain_text("press Run")
    stage, panel = (page.locator(name).bounding_box()["y"] for name in ("#dv-player", ".dv-forward"))
    assert panel - stage > 34  # under what says that the panels show the run before
    page.locator("summary", has_text="Advanced").click()
    page.get_by_role("spinbutton", name="Particles").fill("2000")
    page.wait_for_timeout(500)
    expect(run_button(page)).to_have_class(re.compile("dv-lit"))
    run_button(page).click()
    wait(page, "p.run.steps === 900")
    expect(run_button(page)).not_to_have_class(re.compile("dv-lit"))
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(run_button(page)).to_be_visible()


def test_new_draw_and_reset_are_one_click(open_page):
    page = opened(open_page)
    page.locator(".dv-draw").click()
    wait_for(page, "seed=1")
    choose(page, "Sampler", "DDIM")
    wait(page, "p.run.query.includes('ddim')")
    expect(page.locator(".dv-question h2")).to_have_text("Your own settings")
    ask(page, "Why cosine?")
    wait(page, "p.run.query.includes('swiss_roll')")
    page.locator(".dv-draw").click()
    wait(page, "p.run.query.includes('seed=1')")
    ask(page, "How does noise become data?")
    wait_for(page, "")


def test_what_is_shown_of_the_form_is_what_counts(open_page):
    page = opened(open_page)
    expect(page.get_by_label("DDIM η", exact=True)).to_be_hidden()
    choose(page, "Sampler", "DDIM")
    page.locator("summary", has_text="Advanced").click()
    expect(page.get_by_role("spinbutton", name="DDIM η")).to_be_visible()
    page.locator("summary", has_text="Inverse problems").click()
    expect(page.get_by_label("Angle", exact=True)).to_be_hidden()
    choose(page, "Measurement", "Half-plane")
    expect(page.get_by_label("Test image", exact=True)).to_be_hidden()
    choose_data(page, "Handwritten digits")
    expect(page.locator("summary", has_text="Inverse problems")).to_be_visible()
    expect(page.get_by_label("Class", exact=True)).to_be_visible()


def test_help_stands_at_every_control_for_pointer_and_keyboard(open_page):
    page = opened(open_page)
    for fold in page.locator("summary").all():
        if fold.is_visible():
            fold.click()
    fields = page.locator(".dv-field:visible")
    assert fields.count() > 8
    for field in fields.all():
        assert field.locator("[aria-description]").first.get_attribute("aria-description")
        assert field.locator("label").inner_text() or field.get_attribute("data-field") == "dataset"
    page.get_by_label("Noise schedule", exact=True).hover()
    expect(page.locator(".dv-tip")).to_be_visible()
    expect(page.locator(".dv-tip")).to_contain_text("Now: ")
    page.mouse.move(700, 300)
    expect(page.locator(".dv-tip")).to_be_hidden()
    page.get_by_label("Denoiser", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.locator(".dv-tip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".dv-tip")).to_be_hidden()


@pytest.mark.parametrize(("view", "title"), [(name, next(iter(d.datasets.values())).title) for name, d in DOMAINS.items()])
def test_each_kind_of_data_on_the_one_instrument(open_page, view, title):
    page = opened(open_page, "?steps=10")
    page.locator(".dv-data").click()
    card = page.locator(".dv-card", has=page.get_by_text(title, exact=True))
    assert card.locator("img").evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 40
    card.click()
    page.wait_for_timeout(400)
    if "dv-lit" in (run_button(page).get_attribute("class") or ""):
        run_button(page).click()
    wait(page, f"p.run.view === {view!r}", 60)
    wait(page, "p.complete", 60)


def test_pictures_that_are_not_here_are_said_to_need_a_download(open_page):
    page = opened(open_page)
    page.locator(".dv-data").click()
    for card in page.locator(".dv-card", has_text=re.compile("MNIST|CIFAR")).all():
        assert card.locator("img").count() == 1 or card.locator("small").inner_text() == "needs a download"


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
    page = opened(open_page)
    page.get_by_role("button", name="Compare", exact=True).click()
    wait(page, "p.sides.length === 2 && p.complete")
    switch = page.get_by_role("group", name="Whose controls are shown")
    expect(switch.get_by_role("button", name="B", exact=True)).to_have_attribute("aria-pressed", "true")
    choose(page, "Noise schedule", "Linear")
    wait_for(page, "schedule=linear", 1)
    expect(page.locator(".dv-shown")).to_contain_text("A Cosine")
    expect(page.locator(".dv-shown")).to_contain_text("B Linear")
    expect(page.locator("[data-field=schedule]")).to_have_class(re.compile("dv-differs"))
    expect(page.locator("[data-field=sampler]")).not_to_have_class(re.compile("dv-differs"))
    switch.get_by_role("button", name="swap", exact=True).click()
    wait_for(page, "schedule=linear", 0)
    switch.get_by_role("button", name="A", exact=True).click()
    expect(page.get_by_label("Noise schedule", exact=True)).to_have_value("linear")
    switch.get_by_role("button", name="copy to B", exact=True).click()
    wait_for(page, "schedule=linear", 1)
    page.get_by_role("button", name=re.compile("^Compare: A")).click()
    wait(page, "p.sides.length === 1 && p.run.query === 'schedule=linear'")
    expect(switch).to_be_hidden()


def test_back_and_forward_go_through_the_runs(open_page):
    page = opened(open_page)
    choose(page, "Noise schedule", "Linear")
    wait_for(page, "schedule=linear")
    ask(page, "What if steps are too few?")
    wait(page, "p.run.query.includes('grid_25')")
    page.go_back()
    wait_for(page, "schedule=linear")
    expect(page.get_by_label("Noise schedule", exact=True)).to_have_value("linear")
    page.go_back()
    wait_for(page, "")
    page.go_forward()
    wait_for(page, "schedule=linear")


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
    page = opened(open_page, "?dataset=rings&particles=1500&steps=150")
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
    page = opened(open_page, "?dataset=rings&steps=50")
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


def test_of_two_runs_the_controls_are_shown_of_the_side_whose_value_is_wrong(open_page):
    page = opened(open_page, "?a=steps%3D9%26particles%3D50&b=steps%3D9%26particles%3D50%26schedule%3Dlinear")
    page.locator(".dv-switch [data-side='1']").click()
    page.locator("summary", has_text="Advanced").click()
    page.get_by_role("spinbutton", name="Particles").fill("20000")
    page.get_by_role("spinbutton", name="Diffusion steps T").fill("900")
    page.locator(".dv-switch [data-side='0']").click()
    run_button(page).click()
    error = page.locator("[data-field=particles] .dv-error")
    expect(error).to_be_visible()
    expect(error).to_contain_text(re.compile("^B: Particles must be at most"))
    expect(page.locator(".dv-switch [data-side='1']")).to_have_attribute("aria-pressed", "true")


def test_a_link_to_a_pair_of_before_opens_both(open_page):
    page = opened(open_page, "?a=schedule%3Dlinear%26steps%3D20&b=steps%3D20")
    assert player(page, "p.sides.map((side) => side.run.query).join(' ')") == "schedule=linear&steps=20 steps=20"
    expect(page.get_by_role("button", name=re.compile("^Compare: A"))).to_have_attribute("aria-pressed", "true")


def test_an_error_stands_beside_its_control_and_goes_with_its_cause(open_page):
    page = opened(open_page)
    steps = page.get_by_role("spinbutton", name="Diffusion steps T")
    steps.fill("1")
    error = page.locator("[data-field=steps] .dv-error")
    expect(error).to_contain_text("Diffusion steps T must be a whole number from 2")
    steps.fill("40")
    expect(error).to_be_hidden()
    wait_for(page, "steps=40")
    page.locator("summary", has_text="Advanced").click()
    page.get_by_role("spinbutton", name="Particles").fill("20000")
    steps.fill("900")
    run_button(page).click()
    expect(page.locator("[data-field=particles] .dv-error")).to_contain_text("must be at most")
    expect(run_button(page)).to_be_visible()


def test_a_number_is_judged_when_its_typing_ends_and_stays_as_typed(open_page):
    page = opened(open_page)
    box, error = page.get_by_role("spinbutton", name="Diffusion steps T"), page.locator("[data-field=steps] .dv-error")

    def type_in(text, delay=60):
        box.click()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(text, delay=delay)
        assert box.input_value() == text
        assert box.evaluate("box => box.scrollWidth <= box.clientWidth")

    for text in ("10", "150"):
        type_in(text)
        wait_for(page, f"steps={text}")
        assert box.input_value() == text
    for text in ("5000", "0", "1.5"):
        type_in(text)
        expect(error).to_contain_text("must be a whole number from 2 to 4000")
        assert box.input_value() == text
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    expect(error).to_be_visible()
    page.locator("summary", has_text="Advanced").click()
    assert box.input_value() == ""
    assert player(page, "p.run.query") == "steps=150"
    type_in("1000")
    page.keyboard.press("Enter")
    expect(error).to_be_hidden()
    type_in("40")
    page.keyboard.press("Tab")
    wait_for(page, "steps=40")
    particles = page.get_by_role("spinbutton", name="Particles")
    particles.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("0", delay=60)
    expect(page.locator("[data-field=particles] .dv-error")).to_be_visible()
    assert particles.input_value() == "0"
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(particles).to_have_value("1000")
    expect(box).to_have_value("100")


def test_a_file_of_what_is_shown(open_page, tmp_path):
    page = opened(open_page, "?steps=6&particles=20")
    with page.expect_download() as waiting:
        take(page, "NPZ")
    waiting.value.save_as(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as archive:
        assert json.loads(str(archive["experiment"]))["particles"] == 20


def test_a_picture_of_ones_own(open_page):
    page = opened(open_page)
    choose_data(page, "Your own image")
    wait(page, "p.run.view === 'pictures'", 60)
    data = io.BytesIO()
    Image.new("RGB", (40, 40), (200, 30, 60)).save(data, "PNG")
    upload = page.locator("[data-field=own] input[type=file]")
    upload.set_input_files({"name": "red.png", "mimeType": "image/png", "buffer": data.getvalue()})
    wait(page, "p.run.query.includes('own=')", 60)
    expect(page.locator("[data-field=own] img")).to_be_visible()
    upload.set_input_files({"name": "no.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.locator("[data-field=own] .dv-error")).to_contain_text("must be a PNG or JPEG file")


def test_a_mask_is_painted_on_its_image(open_page):
    page = opened(open_page, "?dataset=digits&measurement=inpaint&condition=exact&particles=4&steps=8")
    page.get_by_role("button", name="Lower half", exact=True).click()  # the fold is open: the run sets something in it
    wait(page, "p.run.query.includes('mask=')", 60)
    query = player(page, "p.run.query")
    assert Experiment.from_query(query).mask


def test_a_schedule_is_drawn_with_the_keys(open_page):
    page = opened(open_page, "?schedule=drawn&steps=20")
    page.get_by_role("slider", name="log SNR at point 3 of 7").focus()
    page.keyboard.press("ArrowUp")
    wait(page, "p.run.query.includes('points=')")
    assert Experiment.from_query(player(page, "p.run.query")).points.split()[2] == "2.5"


def test_present_leaves_the_player_alone_with_the_screen(open_page):
    page = opened(open_page)
    before = page.locator("#dv-player").bounding_box()["width"]
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.locator("#dv-aside")).to_be_hidden()
    assert page.locator("#dv-player").bounding_box()["width"] > before + 200
    page.keyboard.press("Space")
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.locator("#dv-aside")).to_be_visible()


@pytest.mark.parametrize("full_screen", [True, False])
def test_escape_leaves_the_presentation_and_keys_work_in_it(open_page, full_screen):
    """Full screen takes the key for itself, which a browser without a window does not play: it is left as the key would."""
    page = opened(open_page, "?steps=9&particles=50&playing=0&at=4")
    if not full_screen:
        page.evaluate("() => { document.documentElement.requestFullscreen = async () => { throw new Error('not allowed'); }; }")
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.locator("#dv-aside")).to_be_hidden()
    page.wait_for_function("(full) => Boolean(document.fullscreenElement) === full", arg=full_screen)
    page.keyboard.press("ArrowRight")
    assert time_shown(page) == 5
    page.keyboard.press("Space")
    assert player(page, "p.clock.playing")
    page.keyboard.press("Space")
    assert not player(page, "p.clock.playing")
    page.evaluate("document.exitFullscreen()") if full_screen else page.keyboard.press("Escape")
    expect(page.locator("#dv-aside")).to_be_visible()
    expect(page.get_by_role("button", name="Present", exact=True)).to_have_attribute("aria-pressed", "false")


def test_keys_are_the_players_after_a_press_of_the_pointer(open_page):
    page = opened(open_page, "?steps=9&particles=50&playing=0&at=4")
    page.get_by_role("button", name="New draw").click()
    wait_for(page, "steps=9&particles=50&seed=1")
    page.keyboard.press("Space")
    assert player(page, "p.clock.playing")
    page.keyboard.press("Space")
    page.locator(".dv-data").click()
    page.locator(".dv-gallery .dv-close").click()
    at = time_shown(page)
    page.keyboard.press("ArrowRight")
    assert time_shown(page) == min(9, at + 1)
    assert player(page, "p.run.query") == "steps=9&particles=50&seed=1"
    draw = page.get_by_role("button", name="New draw")  # who uses the keyboard presses it again
    draw.focus()
    page.keyboard.press("Space")
    wait_for(page, "steps=9&particles=50&seed=2")
    expect(draw).to_be_focused()


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


def test_controls_of_the_phone_are_not_cut(open_page):
    for query in ("?steps=9&particles=50", "?a=steps%3D9%26particles%3D50&b=steps%3D8%26particles%3D50"):
        page = opened(open_page, query, width=390, height=844)
        for control in page.locator(".dv-top button:visible, .dv-buttons button:visible, .dv-menus select:visible").all():
            box = control.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        direction = page.locator(".dv-direction")
        assert direction.evaluate(NEEDS) <= direction.bounding_box()["width"]


NEEDS = """(select) => {
  const ruler = document.createElement('canvas').getContext('2d');
  ruler.font = getComputedStyle(select).font;
  return ruler.measureText(select.selectedOptions[0].textContent).width + 22;
}"""


@pytest.mark.parametrize(("width", "height"), [(853, 533), (683, 467)])
def test_enlarged_by_half_the_controls_fold_and_clock_and_charts_are_seen_together(open_page, width, height):
    page = opened(open_page, width=width, height=height)
    boxes = [page.locator(name).first.bounding_box() for name in (".dv-scrubber", ".dv-chart:visible", ".dv-forward canvas")]
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= height for box in boxes)
    expect(page.locator("#dv-aside")).to_be_hidden()
    page.get_by_role("button", name="Controls", exact=True).click()
    expect(page.locator("#dv-aside")).to_be_visible()


def test_on_a_phone_the_picture_comes_before_the_controls(open_page):
    page = opened(open_page, width=390, height=844)
    picture, form = (page.locator(name).first.bounding_box() for name in (".dv-forward canvas", ".dv-form"))
    assert picture["y"] + picture["height"] < form["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_link_skips_to_the_player(open_page):
    page = opened(open_page)
    page.keyboard.press("Tab")
    expect(page.locator(".dv-skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#dv-player') !== null")


@pytest.mark.skipif(not AXE.exists(), reason="tests/run.sh installs axe-core")
@pytest.mark.parametrize("query", ["", "?a=&b=schedule%3Dlinear", "?dataset=digits&particles=9&steps=20", "?lesson=noise"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, query, scheme):
    page = opened(open_page, query, color_scheme=scheme)
    if "lesson" in query:  # with an answer that is not right
        page.keyboard.press("2")
        page.locator(".dv-told").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    bad = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in bad] == []
