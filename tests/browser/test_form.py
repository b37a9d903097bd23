"""The form: what it shows and says, what is wrong in it, and the controls that are made for one field alone."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from diffviz import Experiment
from diffviz.domains import DOMAINS
from tests.browser.hands import (
    PLAYER,
    choose,
    choose_data,
    opened,
    player,
    run_button,
    wait,
    wait_for,
)


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


def test_a_menu_greys_out_what_does_not_work_with_the_rest(open_page):
    """What is chosen stays to be read, and a sampler and a schedule that do not work any more go back to their defaults."""
    page = opened(open_page, "?dataset=names&sampler=random_order&schedule=optimal&steps=4&particles=5&denoiser=names")
    sampler, schedule, denoiser = (page.get_by_label(name, exact=True) for name in ("Sampler", "Noise schedule", "Denoiser"))
    expect(denoiser.locator("option[value=names_uniform]")).to_be_disabled()
    expect(denoiser.locator("option[value=names_uniform]")).to_have_text(re.compile(": not with Absorbing"))
    choose(page, "Process", "Uniform")
    expect(sampler).to_have_value("ancestral")
    expect(schedule).to_have_value("cosine")
    expect(sampler.locator("option[value=random_order]")).to_be_disabled()
    expect(sampler.locator("option[value=random_order]")).to_have_text("Random order: not with Uniform")
    expect(denoiser).to_have_value("learned")
    expect(page.get_by_role("alert").filter(has_text="names was trained to take back")).to_be_visible()
    denoiser.select_option("names_uniform")
    wait(page, "p.complete && p.run.query.includes('names_uniform')")


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
    page = opened(open_page, "?steps=10&particles=50")
    page.locator(".dv-data").click()
    card = page.locator(".dv-card", has=page.get_by_text(title, exact=True))
    assert card.locator("img").evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 40
    card.click()
    page.wait_for_function(f"() => document.querySelector('.dv-run.dv-lit') || {PLAYER}.run.view === {view!r}")
    if "dv-lit" in (run_button(page).get_attribute("class") or ""):
        run_button(page).click()
    wait(page, f"p.run.view === {view!r}", 60)
    wait(page, "p.complete", 60)


def test_pictures_that_are_not_here_are_said_to_need_a_download(open_page):
    page = opened(open_page)
    page.locator(".dv-data").click()
    for card in page.locator(".dv-card", has_text=re.compile("MNIST|CIFAR")).all():
        assert card.locator("img").count() == 1 or card.locator("small").inner_text() == "needs a download"


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
