"""Numbers that are typed beside a slider, on every tab: Gradio would clip and round them without a word."""

import pytest
from playwright.sync_api import expect

TABS = {
    "Explore": ("dv", "dv", ""),
    "Compare": ("dvc", "dvc-a", "?a=steps%3D5%26particles%3D20&b=steps%3D5%26particles%3D20"),
    "Images": ("dvi", "dvi", "?dataset=digits&denoiser=exact&steps=3&particles=2"),
    "Compare images": (
        "dvp",
        "dvp-a",
        "?" + "&".join(f"{s}=dataset%3Ddigits%26steps%3D3%26particles%3D2%26seed%3D{s == 'b':d}" for s in "ab"),
    ),
}


@pytest.mark.parametrize("tab", TABS)
def test_what_does_not_fit_is_told_and_kept(open_page, tab):
    prefix, side, query = TABS[tab]
    page = open_page(query)
    page.wait_for_function(f"() => document.querySelector('#{prefix}-page .dv')?.player?.run?.done")
    run, control = page.locator(f"#{prefix}-run"), page.locator(f"#{side}-steps")
    expect(run).to_be_visible()
    field, told = control.locator("input[type=number]"), control.locator(".dv-error")
    ident = f"document.querySelector('#{prefix}-page .dv').player.run.id"
    before = page.evaluate(ident)
    for typed, sentence in {
        "5000": "steps must be a whole number from 2 to 1000 here, not 5000; a link may ask for more.",
        "0": "steps must be a whole number from 2 to 1000 here, not 0.",
        "7.5": "steps must be a whole number from 2 to 1000 here, not 7.5.",
        "": "steps must be a whole number from 2 to 1000 here.",
    }.items():
        field.fill(typed)
        field.press("Tab")
        expect(told).to_have_text(sentence)
        assert field.input_value() == typed  # nobody changed it
        run.click()
        expect(told).to_have_text(sentence)
        expect(run).to_be_visible()  # nothing runs
    page.wait_for_timeout(300)
    assert page.evaluate(ident) == before
    field.fill("6")
    field.press("Tab")
    expect(told).to_have_count(0)
    run.click()
    page.wait_for_function(f"() => {ident} !== '{before}'")
    assert page.evaluate(f"document.querySelector('#{prefix}-page .dv').player.run.steps") == 6


def test_a_slider_of_fractions_and_one_on_the_other_side(open_page):
    page = open_page("?a=steps%3D5%26particles%3D20%26sampler%3Dddim&b=steps%3D5%26particles%3D20%26sampler%3Dddim")
    page.wait_for_function("() => document.querySelector('#dvc-page .dv')?.player?.comparison?.table")
    page.locator("#dvc-sets").get_by_role("tab", name="B", exact=True).click()
    page.locator("#dvc-sets .dv-more button").locator("visible=true").first.click()
    eta = page.locator("#dvc-b-eta input[type=number]")
    eta.fill("1.7")
    eta.press("Tab")
    expect(page.locator("#dvc-b-eta .dv-error")).to_have_text("eta must be a number from 0 to 1 here, not 1.7.")
    page.locator("#dvc-sets").get_by_role("tab", name="A", exact=True).click()
    page.get_by_role("button", name="Copy A to B", exact=True).click()
    expect(page.locator("#dvc-actions .dv-error")).to_have_text(
        "B: eta must be a number from 0 to 1 here, not 1.7."
    )  # it is out of sight
    page.locator("#dvc-sets").get_by_role("tab", name="B", exact=True).click()
    assert eta.input_value() == "1.7"
    eta.fill("0.33")
    eta.press("Tab")
    page.locator("#dvc-run").click()
    page.wait_for_function("() => document.querySelector('#dvc-page .dv').player.sides[1].run.query.includes('eta=0.33')")


def test_a_question_puts_back_what_did_not_fit(open_page):
    page = open_page("?steps=100&particles=20")
    page.wait_for_function("() => document.querySelector('.dv')?.player?.run?.done")
    field = page.locator("#dv-steps input[type=number]")
    field.fill("5000")  # at once, so that the slider stays where it was
    field.press("Tab")
    page.locator("#dv-questions button").first.click()
    page.wait_for_function("() => !document.querySelector('.dv-error')")
    expect(field).to_have_value("100")
