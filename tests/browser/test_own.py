"""A person's own data: drawn, typed, uploaded, dragged, and then the data of every run and link."""

import io
import re
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from playwright.sync_api import expect

from diffviz.ui import turns
from diffviz.ui.visitors import Places
from diffviz.views.plane import own
from tests.browser.hands import address, choose_data, opened, player, side, wait, wait_for_run
from tests.browser.trainer import go, small


def points(page):
    """Of the run on screen."""
    return player(page, "p.run.experiment.own_points")


def used(page, before):
    """The run after Use, which has other data than before."""
    wait(page, f"p.run.experiment.own_points !== {before!r} && p.complete")
    wait_for_run(page)
    return points(page)


def editor(page, field="Your points"):
    page.get_by_role("button", name=re.compile(f"^{field}:")).click()
    return its_editor(page)


def its_editor(page):
    """That is open."""
    box = page.get_by_role("dialog", name="Your own points")
    expect(box.get_by_role("status")).to_contain_text("points. Kernel bandwidth h")
    return box


def test_a_drawing_is_the_data_of_a_run_and_its_link_shows_it_again(open_page):
    page = opened(open_page)
    choose_data(page, "Your own points")
    box = its_editor(page)
    box.get_by_role("button", name="Clear").click()
    use = box.get_by_role("button", name="Use these points")
    expect(use).to_be_disabled()
    place = box.locator("canvas").bounding_box()
    page.mouse.move(place["x"] + 60, place["y"] + 80)
    page.mouse.down()
    page.mouse.move(place["x"] + 200, place["y"] + 80, steps=8)
    page.mouse.up()
    count = int(box.get_by_role("status").inner_text().split()[0])
    assert count > 50
    box.get_by_role("button", name="Erase").click()
    page.mouse.click(place["x"] + 200, place["y"] + 80)
    fewer = int(box.get_by_role("status").inner_text().split()[0])
    assert fewer < count
    box.get_by_role("button", name="Undo").click()
    expect(box.get_by_role("status")).to_have_text(re.compile(f"^{count} points"))
    use.click()
    text = used(page, "")
    assert text.startswith(f"{count}.")
    expect(page.locator(".dv-shown")).to_contain_text(f"Your own points: {count}, h = ")
    assert address(page)["own_points"] == text
    again = opened(open_page, f"?{page.url.partition('?')[2]}")
    assert points(again) == text


def test_keys_draw_and_erase(open_page):
    page = opened(open_page, "?dataset=own_points")
    box = editor(page)
    box.get_by_role("button", name="Clear").click()
    canvas = box.locator("canvas")
    canvas.focus()
    for key in ("Space", "ArrowRight", "Space"):
        canvas.press(key)
    status = box.get_by_role("status")
    expect(status).to_have_text(re.compile(r"^8 points\. Kernel bandwidth h = "))
    canvas.press("Control+z")
    expect(status).to_have_text(re.compile("^4 points"))
    canvas.press("ArrowLeft")
    canvas.press("Delete")
    expect(status).to_contain_text("Draw here")


def test_a_word_is_typed_and_a_file_is_read_and_saved(open_page, tmp_path):
    page = opened(open_page, "?dataset=own_points")
    box = editor(page)
    word = box.get_by_label("A word or an emoji")
    word.fill("SNR")
    word.press("Enter")
    expect(box.get_by_role("status")).to_have_text(re.compile(r"^1500 points\. Kernel bandwidth h = 0\.\d+, by leave-one-out"))
    with page.expect_download() as waiting:
        box.get_by_role("button", name="Save as a file").click()
    saved = tmp_path / "points.txt"
    waiting.value.save_as(saved)
    file = box.locator("input[type=file]")
    file.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": b"1,2\n3,four"})
    expect(box.get_by_role("status")).to_have_text(
        re.compile("^Your points must have two numbers a line.*line 2 has not. The 1500 points of before are kept.$")
    )
    table = io.BytesIO()
    np.savetxt(table, np.random.default_rng(0).normal(size=(300, 2)), delimiter=";", header="x;y")
    file.set_input_files({"name": "good.csv", "mimeType": "text/csv", "buffer": table.getvalue()})
    expect(box.get_by_role("status")).to_contain_text("300 points. Kernel bandwidth h =")
    file.set_input_files(saved)
    expect(box.get_by_role("status")).to_contain_text("1500 points.")
    box.get_by_role("button", name="Use these points").click()
    assert used(page, "") == saved.read_text().strip()


@contextmanager
def held(page, monkeypatch, name, asked):
    """The server waits before this function of the editors, and at the end its answer has come to a question with this in it."""
    function, free = getattr(own, name), threading.Event()
    monkeypatch.setattr(own, name, lambda *args: (free.wait(30.0), function(*args))[1])
    yield
    monkeypatch.setattr(own, name, function)
    with page.expect_response(lambda answer: asked in (answer.request.post_data or "")):
        free.set()
    page.wait_for_timeout(100)  # until the page has read it


def test_an_answer_that_comes_late_says_nothing_over_what_was_done_since(open_page, monkeypatch):
    page = opened(open_page, "?dataset=own_points&steps=5&particles=20&playing=0")
    box = editor(page)
    status, file, word = box.get_by_role("status"), box.locator("input[type=file]"), box.get_by_label("A word or an emoji")
    with held(page, monkeypatch, "described", "xy"):  # of the word's points
        word.fill("SNR")
        word.press("Enter")
        expect(status).to_have_text("1500 points")
        file.set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": b"1,2\n3,four"})
        expect(status).to_contain_text("Your points must have")
    expect(status).to_contain_text("Your points must have")
    with held(page, monkeypatch, "described", "data"):  # of the points of a file
        file.set_input_files({"name": "good.csv", "mimeType": "text/csv", "buffer": b"1,2\n3,4\n5,6"})
        box.get_by_role("button", name="Clear").click()
    expect(status).to_contain_text("Draw here")
    box.get_by_role("button", name="Close", exact=True).click()

    page.locator(".dv-data").first.click()
    page.get_by_role("dialog", name="Data", exact=True).get_by_role("button", name="Make a mixture").click()
    options = page.get_by_label("Component", exact=True).locator("option")
    expect(options).to_have_count(3)
    with held(page, monkeypatch, "simplified", "grid_25"):
        page.get_by_label("Begin with a data set").select_option(label="Grid of 25")
        page.get_by_role("button", name="Add", exact=True).click()
    expect(options).to_have_count(4)


def test_points_too_many_for_a_link_survive_a_reload(open_page):
    page = opened(open_page, "?dataset=own_points&playing=0")
    box = editor(page)
    file = io.BytesIO()
    np.save(file, np.random.default_rng(1).normal(size=(12_000, 2)))
    box.locator("input[type=file]").set_input_files(
        {"name": "many.npy", "mimeType": "application/octet-stream", "buffer": file.getvalue()}
    )
    expect(box.get_by_role("status")).to_contain_text("A link cannot hold so many")
    box.get_by_role("button", name="Use these points").click()
    text = used(page, "")
    assert address(page)["own_points"].startswith("file:")
    page.reload()
    wait_for_run(page)
    assert points(page) == text


def test_a_component_is_dragged_and_density_score_and_numbers_follow(open_page):
    page = opened(open_page)
    choose_data(page, "Your own mixture")
    box = page.get_by_role("dialog", name="Your own mixture")
    numbers = box.locator(".dv-own-numbers")
    expect(numbers).to_contain_text("Entropy of the data: 1.350 nats")
    canvas = box.locator("canvas")
    place = canvas.bounding_box()
    where = lambda x, y: (place["x"] + place["width"] * (x / 6 + 0.5), place["y"] + place["height"] * (0.5 - y / 6))  # noqa: E731
    before = canvas.screenshot()
    page.mouse.move(*where(-1.1, -0.6))
    page.mouse.down()
    page.mouse.move(*where(-2.0, 1.5), steps=6)
    page.mouse.up()
    expect(box.get_by_label("x", exact=True)).to_have_value(re.compile(r"^-(1\.9|2)"))
    assert canvas.screenshot() != before
    expect(numbers).not_to_contain_text("Entropy of the data: 1.350 nats")
    canvas.focus()
    canvas.press("+")
    expect(box.get_by_label("Standard deviation", exact=True)).to_have_value("0.22")
    canvas.press("Delete")
    expect(box.get_by_label("Component").locator("option")).to_have_count(2)
    box.get_by_label("Begin with a data set").select_option(label="Grid of 25")
    expect(box.get_by_label("Component").locator("option")).to_have_count(24, timeout=20_000)
    box.get_by_label("Begin with a data set").select_option(label="Two Gaussians")
    expect(box.get_by_label("Component").locator("option")).to_have_count(2)
    expect(numbers.locator("td")).to_have_count(3)
    box.get_by_role("button", name="Use this mixture").click()
    wait(page, "p.run.experiment.own_mixture === '-1,0,0.2,1;1,0,0.2,1' && p.complete")
    assert address(page)["own_mixture"] == "-1,0,0.2,1;1,0,0.2,1"
    expect(page.locator(".dv-shown")).to_contain_text("Your own mixture: 2 components")


def test_a_number_that_is_not_allowed_is_named_and_cannot_be_used(open_page):
    page = opened(open_page, "?dataset=own_mixture&playing=0")
    page.get_by_role("button", name=re.compile("^Your components:")).click()
    box = page.get_by_role("dialog", name="Your own mixture")
    use = box.get_by_role("button", name="Use this mixture")
    expect(use).to_be_enabled()
    for label, low, high, wrong in (("Standard deviation", 0.03, 2, "-3"), ("x", "−4", 4, "9"), ("Weight", 0.001, 1000, "")):
        number = box.get_by_label(label, exact=True)
        number.fill(wrong)
        number.press("Enter")
        number.blur()
        kept = "The density and its numbers keep the value before."
        expect(box.get_by_role("alert")).to_have_text(f"{label} must be a number from {low} to {high}. {kept}")
        expect(number).to_have_value(wrong)
        expect(use).to_be_disabled()
        number.fill("0.3")
        number.blur()
        expect(box.get_by_role("alert")).to_have_count(0)
        expect(use).to_be_enabled()
    x, std, weight = (box.get_by_label(label, exact=True) for label in ("x", "Standard deviation", "Weight"))
    for number, wrong in ((x, "1e9"), (std, "500")):
        number.fill(wrong)
        number.blur()
    weight.fill("2")  # a right one: the others stay wrong, and are named
    weight.blur()
    for number, wrong, marked in ((x, "1e9", "true"), (std, "500", "true"), (weight, "2", "false")):
        expect(number).to_have_value(wrong)
        expect(number).to_have_attribute("aria-invalid", marked)
    said = "x must be a number from −4 to 4. Standard deviation must be a number from 0.03 to 2. "
    expect(box.get_by_role("alert")).to_have_text(f"{said}The density and its numbers keep the values before.")
    expect(use).to_be_disabled()
    box.get_by_label("Component", exact=True).select_option(index=1)  # another one has its own
    expect(box.get_by_role("alert")).to_have_count(0)
    expect(use).to_be_enabled()
    box.get_by_label("Component", exact=True).select_option(index=0)
    box.get_by_label("Standard deviation, slider").press("ArrowLeft")
    assert float(box.get_by_label("Standard deviation", exact=True).input_value()) < 0.3
    expect(box.locator(".dv-own-noise span")).to_have_text("none, these are the data")
    box.get_by_label("Noise added").fill("-2.5")
    expect(box.locator(".dv-own-noise span")).to_have_text("log SNR −2.5")


def card(page):
    """The address of the picture of the data that are chosen."""
    return page.locator(".dv-aside:not(.dv-train-aside) .dv-data img").get_attribute("src")


def test_the_gallery_opens_the_editor_in_the_way_that_is_chosen_and_the_card_shows_what_was_made(open_page):
    page = opened(open_page, "?playing=0")
    gallery, data = page.get_by_role("dialog", name="Data", exact=True), page.locator(".dv-data").first
    data.click()
    gallery.get_by_role("button", name="Type a word").click()
    box = its_editor(page)
    word = box.get_by_label("A word or an emoji")
    expect(word).to_be_focused()
    stock = card(page)
    word.fill("DDPM")
    word.press("Enter")
    box.get_by_role("button", name="Use these points").click()
    expect(data.locator("img")).to_have_attribute("src", re.compile("^data:image/png"))
    typed = card(page)
    wait(page, "p.run.experiment.own_points !== '' && p.complete")
    page.get_by_role("button", name="Compare", exact=True).click()
    data.click()
    expect(gallery.locator("[data-value=own_points] img")).to_have_attribute("src", typed)
    gallery.get_by_role("button", name="Make a mixture").click()  # of B
    box = page.get_by_role("dialog", name="Your own mixture")
    box.get_by_label("Begin with a data set").select_option(label="Two moons")
    expect(box.get_by_label("Component").locator("option")).to_have_count(24, timeout=20_000)
    use = box.get_by_role("button", name="Use this mixture")
    expect(use).to_be_enabled(timeout=20_000)
    use.click()
    page.wait_for_function(
        "old => { const now = document.querySelector('.dv-data img').src; return now.startsWith('data:') && now !== old; }",
        arg=typed,
    )
    assert card(page) not in (stock, typed)
    expect(page.locator("#dv-field-denoiser option:disabled")).to_have_text("Trained network: train one in Train")
    side(page, "A")
    expect(data.locator("img")).to_have_attribute("src", typed)
    data.click()
    with page.expect_file_chooser():
        gallery.get_by_role("button", name="Upload a file").click()


@pytest.mark.parametrize("query", ["?dataset=own_points&own_points=file%3Aabc123", "?dataset=own_points&own_points=7.zz"])
def test_a_link_whose_points_are_not_there_says_so_and_shows_ours(open_page, query):
    page = opened(open_page, query)
    expect(page.locator(".dv-notice")).to_contain_text("Your points must be")
    assert points(page) == ""


def test_a_word_is_what_a_network_is_trained_on(open_page):
    page = small(open_page)
    page.locator("#dv-train-dataset").click()
    page.get_by_role("dialog", name="Data of the training").get_by_role("button", name="Your own points").click()
    box = its_editor(page)
    box.get_by_label("A word or an emoji").fill("π")
    box.get_by_role("button", name="Turn into points").click()
    box.get_by_role("button", name="Use these points").click()
    expect(box).to_be_hidden()
    sent = re.compile(r"own_points\W+1500\.")
    with page.expect_request(lambda request: bool(sent.search(request.post_data or "")), timeout=60_000):
        go(page).click()
    page.wait_for_timeout(500)
    expect(page.locator(".dv-train-aside .dv-hint-line")).to_contain_text(re.compile("[1-9].* of"), timeout=60_000)


def test_a_busy_server_is_asked_again_by_the_editor_of_a_mixture(open_page, monkeypatch):
    page = opened(open_page, "?dataset=own_mixture")
    none = Places(0)
    free = turns._CALLS
    monkeypatch.setattr(turns, "_CALLS", none)
    page.get_by_role("button", name=re.compile("^Your components:")).click()
    box = page.get_by_role("dialog", name="Your own mixture")
    canvas, use = box.locator("canvas"), box.get_by_role("button", name="Use this mixture")
    canvas.hover()
    page.mouse.wheel(0, 100)
    canvas.focus()
    for key in ("+", "]", "ArrowLeft", "PageDown", "Insert", "Delete"):
        canvas.press(key)  # of no component yet: an error would fail the test
    expect(use).to_be_disabled()
    expect(box.get_by_role("button", name="Add")).to_be_disabled()
    monkeypatch.setattr(turns, "_CALLS", free)
    expect(use).to_be_enabled(timeout=10_000)
    canvas.press("ArrowLeft")  # of the chosen one
    monkeypatch.setattr(turns, "_CALLS", none)
    canvas.press("ArrowLeft")
    page.wait_for_timeout(1000)  # that question is put off, and no other comes
    expect(use).to_be_enabled()
