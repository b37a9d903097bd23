"""The Train tab, as a person uses it: small networks and few updates."""

import re
from urllib.parse import quote

from playwright.sync_api import expect

from diffviz.domains.plane.training import Recipe, begin
from diffviz.trained import file_of, open_file
from diffviz.ui.jobs import JOBS
from tests.browser.hands import AXE, pixels, player, unfold, wait

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


INKED = """async (e) => {
  await e.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 96, height: 96 }), context = canvas.getContext("2d");
  context.drawImage(e, 0, 0, 96, 96);
  return [30, 48, 66].map((x) => {
    const { data } = context.getImageData(x - 3, 0, 7, 96);
    return data.filter((value, i) => i % 4 === 3 && value > 64).length;
  });
}"""
MIXTURE = "-1,0,0.3,1;1,0,0.3,1"


def test_the_data_of_explore_come_along_and_stay_there_and_the_address_holds_the_recipe(open_page):
    page = open_page(f"?dataset=own_mixture&own_mixture={quote(MIXTURE)}&steps=30&particles=200")
    wait(page, "p.complete && p.charts.complete", 60)
    page.get_by_role("button", name="Train", exact=False).first.click()
    expect(trainer(page).locator(".dv-time")).to_contain_text("0 /", timeout=SLOW)
    expect(page.locator(".dv-train-aside .dv-data b")).to_have_text("Your own mixture")
    drawn = page.locator(".dv-train-aside .dv-data .dv-thumb img[src]").evaluate(INKED)
    assert drawn[0] > 5 * drawn[1] < drawn[2]  # two components, left and right, and nothing between them
    unfold(page, "Network")
    put(page, "Width", 16)
    put(page, "Updates", 40)
    page.wait_for_function("() => new URLSearchParams(location.search).get('train').includes('hidden=16')", timeout=SLOW)
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("menuitem")).to_have_count(1)
    page.get_by_role("menuitem", name="Link").click()
    link = page.locator("dialog[open] textarea, dialog[open] pre, dialog[open] input").first
    assert "train=" in (link.input_value() if link.evaluate("(e) => 'value' in e") else link.inner_text())
    page.keyboard.press("Escape")
    page.reload()
    expect(trainer(page).locator(".dv-time")).to_contain_text("0 / 40", timeout=SLOW)
    unfold(page, "Network")
    assert page.locator(".dv-train-aside").get_by_label("Width", exact=True).input_value() == "16"
    expect(page.locator(".dv-train-aside .dv-data b")).to_have_text("Your own mixture")
    train_to_the_end(page)
    page.get_by_role("button", name="Use in Explore").click()
    page.wait_for_function("() => /denoiser=trained/.test(location.search)", timeout=SLOW)
    shown_run = page.evaluate("() => Object.fromEntries(new URLSearchParams(location.search))")
    assert (shown_run["dataset"], shown_run["own_mixture"], shown_run["steps"]) == ("own_mixture", MIXTURE, "30")


def test_it_goes_on_while_explore_is_shown_and_its_network_is_used_there(open_page):
    page = small(open_page, 5000)
    trainer(page).get_by_label("Pace").select_option("full")
    go(page).click()
    page.wait_for_function("() => /^[1-9]/.test(document.querySelector('#dv-train .dv-time').textContent)", timeout=SLOW)
    page.get_by_role("button", name="Explore", exact=True).click()
    expect(page.locator("#dv-train")).to_be_hidden()
    expect(page.locator(".dv-train-sign")).to_contain_text("training")
    first = page.locator(".dv-train-sign").inner_text()
    page.wait_for_function(f"() => document.querySelector('.dv-train-sign').textContent !== {first!r}", timeout=SLOW)
    page.get_by_role("button", name="Train", exact=False).first.click()
    page.get_by_role("button", name="Use in Explore").click()
    page.wait_for_function("() => /denoiser=trained(%3A|:)[0-9a-f]{16}/.test(location.search)", timeout=SLOW)
    wait(page, "p.complete && p.charts.complete", 60)
    menu = page.locator("#dv-field-denoiser")
    assert re.fullmatch("trained:[0-9a-f]{16}", menu.input_value())
    assert re.search(r"Trained here: .*\b\d+ of 5000 updates", menu.locator("option:checked").inner_text())
    page.get_by_role("button", name="Train", exact=False).first.click()
    page.get_by_role("group", name="The trained network").get_by_role("button", name="Compare").click()
    page.wait_for_function("() => new URLSearchParams(location.search).has('b')", timeout=SLOW)
    wait(page, "p.complete && p.charts.complete", 60)
    assert player(page, "p.sides.map(({ run }) => run.experiment.denoiser.split(':')[0])") == ["trained", "exact"]


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


def test_a_training_that_the_server_has_no_longer_begins_again_with_all_that_is_seen_of_it(open_page):
    page = small(open_page, updates=40)
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
    assert shown(page) == 40
    expect(page.locator(".dv-train-error")).to_be_hidden()
    trainer(page).get_by_label("To the untrained network").click()
    assert shown(page) == 0


def test_two_trainings_on_one_clock_and_what_is_wrong_stands_beside_its_control(open_page):
    page = small(open_page)
    page.get_by_role("button", name="Add a second training, B").click()
    unfold(page, "Network")
    put(page, "Width", 4)
    expect(page.locator(".dv-train-aside .dv-differs")).to_have_count(1)
    train_to_the_end(page)
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


def test_an_energy_has_its_landscapes_divergences_and_log_z(open_page):
    page = small(open_page, 100)
    page.locator(".dv-train-aside").get_by_label("Prediction", exact=True).select_option("energy")
    expect(trainer(page).locator(".dv-train-learned canvas")).to_be_visible(timeout=SLOW)
    before = pixels(page, "train-learned")
    train_to_the_end(page)
    page.wait_for_timeout(500)
    assert pixels(page, "train-learned") != before
    told = trainer(page).locator(".dv-captions").inner_text()
    assert re.search(r"KL\(data ‖ model\) [\d.]+ nats, KL\(model ‖ data\) [\d.]+ nats; log Z −?[\d.]+, by annealed .* ± ", told)
    trainer(page).locator("[data-layer=surface]").evaluate("(e) => e.click()")  # of a menu, where panels are narrow
    page.wait_for_timeout(300)
    surface = pixels(page, "train-learned")
    trainer(page).locator(".dv-train-learned canvas").hover()
    page.mouse.down()
    page.mouse.move(700, 250, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    assert pixels(page, "train-learned") != surface  # it turns


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


def choose(page, label, option):
    page.locator(".dv-train-aside").get_by_label(label, exact=True).select_option(option)


def test_an_energy_is_trained_by_contrastive_divergence_beside_score_matching_and_sampled_in_explore(open_page):
    page = small(open_page, 40)
    form = page.locator(".dv-train-aside")
    for label in ("Loss", "Moves k"):
        expect(form.get_by_label(label, exact=True)).to_be_hidden()
    choose(page, "Prediction", "energy")
    expect(form.get_by_label("Weighting", exact=True)).to_be_visible()  # of score matching at all levels
    choose(page, "Loss", "cd")
    expect(form.get_by_label("Weighting", exact=True)).to_be_hidden()
    put(page, "Moves k", 2)
    put(page, "Noise level", 3)
    page.get_by_role("button", name="Add a second training, B").click()
    choose(page, "Loss", "dsm_one")
    expect(form.get_by_label("Moves k", exact=True)).to_be_hidden()
    page.wait_for_function("() => document.querySelectorAll('#dv-train .dv-row').length === 2", timeout=SLOW)
    train_to_the_end(page)
    rows = trainer(page).locator(".dv-row")
    for side in (0, 1):
        expect(rows.nth(side).locator("canvas")).to_have_count(3)  # exact and learned energy, samples
    charts = trainer(page).locator(".dv-charts .dv-chart")
    expect(charts).to_have_count(3)
    expect(trainer(page).locator(".dv-chart-loss")).to_be_visible()
    expect(trainer(page).locator(".dv-chart-levels")).to_have_count(0)
    expect(trainer(page).locator(".dv-level input")).to_be_hidden()
    expect(trainer(page).locator(".dv-level")).to_contain_text("log SNR 3")
    told = trainer(page).locator(".dv-captions").inner_text()
    assert re.search(r"KL\(data ‖ model\) \S+ nats, KL\(model ‖ data\) \S+ nats", told)
    assert "above its exact minimum" in told  # of score matching
    assert "ELBO" not in told
    trainer(page).get_by_role("button", name="Layers").first.click()
    expect(trainer(page).get_by_role("button", name="Negatives", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Use in Explore").click()
    page.wait_for_function("() => /denoiser=trained(%3A|:)[0-9a-f]{16}/.test(location.search)", timeout=SLOW)
    wait(page, "p.complete && p.charts.complete", 60)
    run = player(page, "p.sides[0].run.experiment")
    assert (run["sampler"], run["langevin_level"]) == ("mala", 3)


def recipe(page):
    """That the address holds."""
    return page.evaluate("() => new URLSearchParams(location.search).get('train')")


def width(page):
    return page.locator(".dv-train-aside").get_by_label("Width", exact=True)


def test_the_address_holds_the_recipe_on_screen_and_that_of_a_link_stands_beside_a_training(open_page):
    page = small(open_page, 40)
    page.wait_for_function("() => /hidden=16/.test(new URLSearchParams(location.search).get('train'))", timeout=SLOW)
    go(page).click()
    expect(page.locator(".dv-train-aside .dv-hint-line")).to_contain_text("The training is over.", timeout=SLOW)
    page.evaluate("() => { history.pushState(null, '', '?train=hidden%3D24%26constructor%3D1'); }")
    page.evaluate("() => window.dispatchEvent(new PopStateEvent('popstate'))")  # as Back and Forward do
    expect(width(page)).to_have_value("24", timeout=SLOW)
    expect(page.locator(".dv-train-aside .dv-hint-line")).to_contain_text("40 of 40 updates. The settings are others than those")
    expect(go(page)).to_have_text("Train anew")
    expect(page.locator("#dv-page")).to_contain_text("does not know: constructor.")
    assert "hidden=24" in recipe(page)
    page.evaluate("() => history.pushState(null, '', '?train=1')")
    page.evaluate("() => window.dispatchEvent(new PopStateEvent('popstate'))")
    page.wait_for_function("() => /hidden=24/.test(new URLSearchParams(location.search).get('train'))", timeout=SLOW)
    expect(width(page)).to_have_value("24")
