"""Trainings that are saved and loaded, as a person does it."""

from playwright.sync_api import expect

from diffviz.domains.plane.training import Recipe, begin
from diffviz.trained import file_of, open_file
from tests.browser.hands import unfold
from tests.browser.trainer import SLOW, go, made, small, train_to_the_end, trainer


def test_save_reload_load_and_go_on(open_page, tmp_path):
    page = small(open_page)
    trainer(page).get_by_label("Pace").select_option("ten")
    go(page).click()
    page.wait_for_function("() => /^[1-9]/.test(document.querySelector('#dv-train .dv-time').textContent)", timeout=SLOW)
    go(page).click()
    page.wait_for_timeout(800)
    stopped = made(page)
    with page.expect_download(timeout=SLOW) as waiting:
        page.get_by_role("button", name="Save", exact=True).click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    page.reload()
    expect(trainer(page).locator(".dv-time")).to_contain_text("0 /", timeout=SLOW)
    page.get_by_label("File of a training").set_input_files(path)
    expect(page.locator(".dv-train-aside .dv-hint-line")).to_contain_text(f"{stopped} of 300", timeout=SLOW)
    expect(page.locator(".dv-train-aside .dv-hint-line")).to_contain_text("What was seen before is not in the file.")
    scrubber = trainer(page).locator(".dv-scrubber")
    assert scrubber.evaluate("(e) => e.value === e.max && Number(e.max) > 0")
    expect(go(page)).to_have_text("Continue")
    unfold(page, "Network")
    assert page.locator(".dv-train-aside").get_by_label("Width", exact=True).input_value() == "16"
    train_to_the_end(page)
    assert made(page) == 300
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK nothing")
    page.get_by_label("File of a training").set_input_files(broken)
    expect(page.locator(".dv-train-error")).to_contain_text("file", timeout=SLOW)
    assert made(page) == 300  # what was there stays


def saved(page, path):
    with page.expect_download(timeout=SLOW) as waiting:
        page.get_by_role("button", name="Save", exact=True).click()
    waiting.value.save_as(path)
    return open_file(path.read_bytes())


def test_saving_while_it_trains_and_a_file_that_is_too_much_for_the_page(open_page, tmp_path):
    page = small(open_page, updates=5000)
    trainer(page).get_by_label("Pace").select_option("full")
    go(page).click()
    page.wait_for_function("() => /^[1-9]/.test(document.querySelector('#dv-train .dv-time').textContent)", timeout=SLOW)
    checkpoint, state = saved(page, tmp_path / "training.zip")  # a call is under way
    assert checkpoint.recipe.hidden == 16
    assert 0 < int(state["update"]) < 5000
    page.get_by_role("button", name="Add a second training, B").click()
    assert saved(page, tmp_path / "again.zip")[0].recipe == checkpoint.recipe  # of the settings' B there is no training
    expect(page.locator(".dv-train-error")).to_be_hidden()
    training = begin(Recipe("two_moons", hidden=96, layers=1, features=2, updates=10**6))
    large = tmp_path / "large.zip"
    large.write_bytes(file_of(training.average, training.recipe, {}, training.state()))
    page.get_by_label("File of a training").set_input_files(large)
    expect(page.locator(".dv-train-error")).to_contain_text("Updates must be at most", timeout=SLOW)
