"""The Compare images tab, as a person uses it."""

import json
from urllib.parse import parse_qs

import numpy as np
import pytest
from playwright.sync_api import expect

from diffviz import Experiment, run
from diffviz.player.protocol import PIXEL_RANGE
from diffviz.views import view
from tests.browser.hands import take

PAIR_PRESETS = [question for question in view("pictures").questions if question.b is not None]

PLAYER = "document.querySelector('.dv-picture-pair').player"
RUN = "dataset%3Ddigits%26particles%3D16%26steps%3D"
PAIR = f"?a={RUN}8&b={RUN}8%26schedule%3Dlinear"


def pair(page, expression):
    """The value of a JavaScript expression in which p is the tab's player."""
    return page.evaluate(f"(() => {{ const p = {PLAYER}; return {expression}; }})()")


def wait(page, expression, seconds=60):
    page.wait_for_function(
        f"() => {{ const d = document.querySelector('.dv-picture-pair'), p = d && d.player;"
        f" return p && p.running && ({expression}); }}",
        timeout=1000 * seconds,
    )


def wait_for_both(page):
    """Until both runs, their charts and their figures are there."""
    wait(
        page,
        "p.comparison && p.comparison.table && p.charts.every((c) => c.drawn === c.chart) && p.sides.every((s) => s.run.done)",
    )


def opened(open_page, query=PAIR):
    page = open_page(query)
    wait_for_both(page)
    return page


def press_run(page):
    before = pair(page, "p.sides[1].run.id")
    page.locator("#dvp-run").click()
    wait(page, f"p.sides[1].run.id !== '{before}'")
    wait_for_both(page)


def test_the_tab_computes_nothing_before_it_is_opened_and_then_its_first_question(open_page):
    page = open_page()
    page.wait_for_function("() => document.querySelector('.dv')?.player?.run?.done")
    assert not page.evaluate(f"document.querySelector('.dv-picture-pair') && {PLAYER}.sides.some((s) => s.run)")
    page.get_by_role("tab", name="Compare images", exact=True).click()
    wait(page, "p.sides.every((s) => s.run.have.forward[0])")
    first = PAIR_PRESETS[0]
    assert pair(page, "p.sides.map((s) => s.run.query)") == [first.a.to_query(), first.b.to_query()]
    page.locator("#dvp-stop").click()
    expect(page.locator("#dvp-run")).to_be_visible()
    expect(page.locator("#dvp-look")).to_have_text(first.watch)


def test_a_question_is_answered_in_figures_and_in_words(open_page):
    page = opened(open_page)
    memory = next(preset for preset in PAIR_PRESETS if preset.a.denoiser == "exact")
    page.get_by_role("button", name=memory.question, exact=True).locator("visible=true").click()
    wait(page, f"p.sides[1].run.query === {json.dumps(memory.b.to_query())}")
    wait_for_both(page)
    assert (
        page.locator(".dv-picture-pair .dv-summary")
        .inner_text()
        .startswith("Changed: Denoiser. A has the smaller negative ELBO, 0.85 bits/dim")
    )
    page.locator("#dvp-stage").get_by_role("button", name="Figures", exact=True).click()
    table = page.locator(".dv-picture-pair .dv-figures table")
    rows = {cells[0]: cells[1:] for cells in (line.split("\t") for line in table.inner_text().splitlines()) if len(cells) == 4}
    assert "✓" in rows["Bound, bits/dim"][0]
    assert all("±" in cell for cell in rows["Rate, bits/dim"])
    assert float(rows["To training data, rms"][0].split()[0]) < 0.06
    box, frame = table.bounding_box(), page.locator(".dv-picture-pair .dv-figures").bounding_box()
    assert box["x"] + box["width"] <= frame["x"] + frame["width"]
    assert page.locator(".dv-picture-pair .dv-enlarged").is_visible()


def test_both_sides_share_the_clock_the_pictures_and_the_noise(open_page):
    page = opened(open_page)
    pair(page, "(p.go(4), 0)")
    assert page.locator(".dv-picture-pair .dv-time").inner_text() == "t/T = 0.50"
    said = page.locator(".dv-picture-pair .dv-when")
    assert [said.nth(i).inner_text() for i in (0, 1)] == ["t = 4", "t = 4"]
    same = "p.sides[0].run.points('{0}', {1}).every((v, i) => v === p.sides[1].run.points('{0}', {1})[i])"
    assert pair(page, same.format("forward", 0))
    assert pair(page, same.format("reverse", 8))
    assert not pair(page, same.format("forward", 4))
    own = page.locator(".dv-picture-pair .dv-own")
    assert [own.nth(i).inner_text() for i in (0, 1)] == ["Cosine", "Linear"]
    page.locator(".dv-picture-pair .dv-axis").select_option("log_snr")
    pair(page, "(p.seek(0), 0)")
    times = pair(page, "p.sides.map((s) => s.run.times[s.index[p.clock.frame]])")
    assert times[1] < times[0]  # linear is there earlier
    wait(page, "p.charts.every((c) => c.drawn === c.chart)")


def test_one_picture_of_both_is_enlarged_beside_what_sets_them_apart(open_page):
    page = opened(open_page)
    a, b = (run(Experiment(dataset="digits", denoiser="exact", particles=16, steps=8, schedule=s)) for s in ("cosine", "linear"))
    pair(page, "(p.go(4), 0)")
    x, y = pair(
        page,
        """(() => { const q = p.panels.find((q) => q.name === "reverse"), at = q.layout(p.run);
          return [at.x + (2 * 9 + 4) * at.scale, at.y + 4 * at.scale]; })()""",
    )
    page.locator(".dv-picture-pair .dv-reverse canvas").last.click(position={"x": x, "y": y})
    assert pair(page, "p.chosen") == 2
    expect(page.locator(".dv-picture-pair .dv-picture-number")).to_have_value("3")
    for shows, of in (("reverse", "reverse"), ("x0_hat", "x0_hat")):
        page.locator(f".dv-picture-pair [data-view='{shows}']").click()
        shown = [np.clip(getattr(t, of)[4, 2, 0], -PIXEL_RANGE, PIXEL_RANGE) for t in (a, b)]
        apart = float(np.abs(shown[0] - shown[1]).mean())
        text = page.locator(".dv-picture-pair .dv-apart").inner_text()
        assert float(text.split("=")[1].split()[0]) == pytest.approx(apart, abs=0.02)
    seen = pair(
        page,
        """(() => { const q = p.enlarged, c = q.canvas, k = c.width / q.width, third = q.width / 3;
          const room = Math.min(third - 12, q.height - 26), top = (q.height - 18 - room) / 2;
          const data = q.context.getImageData(0, 0, c.width, c.height).data, out = [];
          for (const n of [0, 1]) for (let i = 0; i < 64; i++) {
            const px = n * third + (third - room) / 2 + ((i % 8) + 0.5) * room / 8;
            const py = top + (Math.floor(i / 8) + 0.5) * room / 8;
            out.push(data[4 * (Math.round(py * k) * c.width + Math.round(px * k))]);
          }
          return out; })()""",
    )
    wanted = [127.5 + 127.5 * np.clip(t.x0_hat[4, 2, 0], -1, 1).ravel() for t in (a, b)]
    assert np.abs(np.array(seen) - np.concatenate(wanted)).max() <= 3  # of 255: a byte's half step
    page.locator(".dv-picture-pair [data-view='eps_hat']").click()
    assert page.locator(".dv-picture-pair .dv-view").first.inner_text() == "ε̂"
    assert "|A − B|" in page.locator(".dv-picture-pair .dv-apart").inner_text()
    pair(page, "(p.go(0), 0)")
    assert page.locator(".dv-picture-pair .dv-apart").inner_text() == ""  # at t = 0 the denoiser is not asked


def test_changed_controls_are_marked_copied_and_swapped(open_page):
    page = opened(open_page, f"?a={RUN}5&b={RUN}5")
    assert "Nothing differs" in page.locator(".dv-picture-pair .dv-summary").inner_text()
    page.locator("#dvp-sets").get_by_role("tab", name="B", exact=True).click()
    page.locator("#dvp-b-schedule input").click()
    page.get_by_role("option", name="Linear", exact=True).click()
    page.wait_for_selector("#dvp-b-schedule.dv-differs")
    press_run(page)
    assert pair(page, "p.sides.map((s) => s.run.query.includes('linear'))") == [False, True]
    page.locator("#dvp-sides").get_by_role("button", name="Swap", exact=True).click()
    page.wait_for_function("() => document.querySelector('#dvp-b-schedule input').value === 'Cosine'")
    press_run(page)
    assert pair(page, "p.sides.map((s) => s.run.query.includes('linear'))") == [True, False]
    page.locator("#dvp-sides").get_by_role("button", name="Copy A to B", exact=True).click()
    page.wait_for_function("() => document.querySelector('#dvp-b-schedule input').value === 'Linear'")
    page.wait_for_function("() => !document.querySelector('.dv-differs')")


def test_the_link_the_snippet_and_the_command_are_of_both(open_page):
    page = opened(open_page)
    links = parse_qs(page.evaluate("location.search")[1:])
    assert links == {side: [pair(page, f"p.sides[{number}].run.query")] for number, side in enumerate("ab")}
    again = opened(open_page, page.evaluate("location.search"))
    assert pair(again, "p.sides.map((s) => s.run.title)") == pair(page, "p.sides.map((s) => s.run.title)")
    head = page.locator("#dvp-header")
    for name, words in (("Python", "compare_pictures"), ("Command", "diffviz compare --a 'dataset=digits")):
        head.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("dialog pre")).to_contain_text(words)
        page.keyboard.press("Escape")
    page.get_by_role("tab", name="Explore", exact=True).click()
    page.wait_for_function("() => !location.search.includes('a=')")
    page.get_by_role("tab", name="Compare images", exact=True).click()
    with page.expect_download(timeout=60_000) as download:
        take(page, "PNG")
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_bad_input_on_one_side_is_told_there_and_nothing_is_lost(open_page):
    page = opened(open_page)
    page.locator("#dvp-sets").get_by_role("tab", name="B", exact=True).click()
    page.locator("#dvp-sets .dv-more > button").locator("visible=true").nth(1).click()
    field = page.locator("#dvp-b-particles input")
    field.fill("-3")
    field.press("Tab")
    page.locator("#dvp-run").click()
    expect(page.locator("#dvp-b-particles .dv-error")).to_contain_text("particles must be a whole number from 1 to 20000")
    assert pair(page, "p.sides[1].run.particles") == 16


def test_a_bad_link_is_told_and_the_first_question_shown(open_page):
    page = open_page(f"?a={RUN}5&b=steps%3D5")
    expect(page.locator(".dv-error")).to_contain_text("dataset must be pictures here", timeout=20_000)
    wait(page, "p.sides.every((s) => s.run.have.forward[0])")
    assert pair(page, "p.sides[0].run.query") == PAIR_PRESETS[0].a.to_query()
    page.locator("#dvp-stop").click()


CUT = "(e) => e.offsetParent && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 3)"


def test_nothing_that_is_read_is_cut(open_page):
    page = opened(open_page, f"?a={RUN}50&b={RUN}300%26schedule%3Dlinear%26sampler%3Dddim%26sampler_steps%3D7")
    for width, height in ((1024, 700), (1280, 800), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        for axis in ("time", "log_snr"):
            page.locator(".dv-picture-pair .dv-axis").select_option(axis)
            for share in (0, 0.3, 1):
                pair(page, f"(p.go(Math.round({share} * (p.clock.frames - 1))), 0)")
                read = ".dv-chart-note, .dv-when, .dv-time, .dv-own, .dv-apart, .dv-chart-title"
                cut = pair(page, f"[...p.root.querySelectorAll('{read}')].filter({CUT}).map((e) => e.innerText)")
                assert cut == [], (width, axis, share)
        page.wait_for_timeout(200)
        assert pair(page, "p.panels.every((q) => !q.canvas.offsetParent || (q.width > 60 && q.height > 40))")


def test_what_is_measured_is_shared_by_both_sides(open_page):
    given = "dataset%3Ddigits%26particles%3D9%26steps%3D6%26measurement%3Dinpaint%26test_image%3D5"
    page = opened(open_page, f"?a={given}&b={given}%26condition%3Dreplace%26resamples%3D2")
    expect(page.locator(".dv-picture-pair .dv-given-title")).to_have_text("Posterior p(x0|y)")
    page.locator("#dvp-a-mask").get_by_role("button", name="Lower half").click()
    page.wait_for_function("() => document.body.classList.contains('dv-changed')")
    page.locator("#dvp-sets").get_by_role("tab", name="B", exact=True).click()
    page.wait_for_selector("#dvp-b-condition.dv-differs")  # told when the side is first opened
    page.wait_for_function("() => document.querySelector('#dvp-b-mask-text :is(textarea, input)')?.value.startsWith('8x8.b')")
    press_run(page)
    queries = pair(page, "p.sides.map((s) => s.run.query)")
    assert [Experiment.from_query(query).mask for query in queries] == ["8x8.rAIYI"] * 2
    page.locator("#dvp-stage").get_by_role("button", name="Figures", exact=True).click()
    assert "with a picture given no bound holds" in page.locator(".dv-picture-pair .dv-figures").inner_text()
