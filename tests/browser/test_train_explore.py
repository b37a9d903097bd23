"""From Explore to the Train tab and back: data, addresses and trained networks."""

import re
from urllib.parse import quote

from playwright.sync_api import expect

from tests.browser.hands import player, unfold, wait
from tests.browser.trainer import SLOW, go, put, small, train_to_the_end, trainer

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
    expect(page.get_by_role("menuitem")).to_have_count(2)
    page.get_by_role("menuitem", name="Link").click()
    link = page.locator("dialog[open] textarea, dialog[open] pre, dialog[open] input").first
    assert "train=" in (link.input_value() if link.evaluate("(e) => 'value' in e") else link.inner_text())
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Share").click()
    page.get_by_role("menuitem", name="Command").click()
    command = page.locator("dialog[open] pre").inner_text()
    assert command.startswith("python -m diffviz train --dataset own_mixture --hidden 16 --updates 40 --ema 0.99 --own-mixture ")
    assert command.endswith(" --out my-network")
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
