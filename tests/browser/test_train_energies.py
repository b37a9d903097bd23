"""Energies in the Train tab, as a person trains them."""

import re

from playwright.sync_api import expect

from tests.browser.hands import pixels, player, wait
from tests.browser.trainer import SLOW, put, small, train_to_the_end, trainer


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
