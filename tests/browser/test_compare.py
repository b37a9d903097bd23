"""The Compare tab, as a person uses it."""

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from diffviz.telling.glossary import glossary_json
from diffviz.views import view
from tests.browser.hands import take

PAIR_PRESETS = [question for question in view("plane").questions if question.b is not None]

TERMS = glossary_json()["terms"]

PAIR = "document.querySelector('.dv-pair').player"


def pair(page, expression):
    """The value of a JavaScript expression in which p is the pair's player."""
    return page.evaluate(f"(() => {{ const p = {PAIR}; return {expression}; }})()")


def wait(page, expression, seconds=40):
    page.wait_for_function(
        f"() => {{ const d = document.querySelector('.dv-pair'), p = d && d.player; return p && p.running && ({expression}); }}",
        timeout=1000 * seconds,
    )


def wait_for_both(page):
    """Until both runs, their charts and their figures are there."""
    wait(
        page,
        "p.comparison && p.comparison.table && p.charts.every((c) => c.drawn === c.chart) && p.sides.every((s) => s.run.done)",
    )


def open_compare(open_page, query=""):
    page = open_page(query)
    if not query:
        page.get_by_role("tab", name="Compare", exact=True).click()
    wait_for_both(page)
    return page


def press_run(page):
    before = pair(page, "p.sides[1].run.id")
    page.locator("#dvc-run").click()
    wait(page, f"p.sides[1].run.id !== '{before}'")
    wait_for_both(page)


def test_every_question_is_answered(open_page):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D20&b=steps%3D6%26particles%3D20")
    for preset in PAIR_PRESETS:
        page.get_by_role("button", name=preset.question, exact=True).locator("visible=true").click()
        a, b = json.dumps(preset.a.to_query()), json.dumps(preset.b.to_query())
        wait(page, f"p.sides[0].run.query === {a} && p.sides[1].run.query === {b}")
        wait_for_both(page)
        assert page.locator(".dv-pair .dv-summary").inner_text().startswith("Changed: ")
        assert page.locator("#dvc-look").inner_text().strip() == preset.watch
        assert pair(page, "p.sides.every((s) => s.run.have.forward.every(Boolean) && s.run.have.reverse.every(Boolean))")
        assert pair(page, "Object.keys(p.overlays).filter((o) => p.overlays[o])") == list(preset.layers)


def test_both_sides_share_the_clock_and_what_was_not_changed(open_page):
    page = open_compare(open_page, "?a=schedule%3Dlinear%26steps%3D40%26particles%3D100&b=steps%3D20%26particles%3D100")
    pair(page, "(p.go(20), 0)")
    assert pair(page, "p.sides.map((s) => s.run.times[s.index[20]])") == [20, 10]
    assert page.locator(".dv-pair .dv-time").inner_text() == "t/T = 0.50"
    # the same x_T and the same data
    assert pair(page, "p.sides[0].run.points('reverse', 40).every((v, i) => v === p.sides[1].run.points('reverse', 20)[i])")
    assert pair(page, "p.sides[0].run.points('forward', 0).every((v, i) => v === p.sides[1].run.points('forward', 0)[i])")


def test_the_clock_can_run_in_log_snr(open_page):
    page = open_compare(open_page, "?a=schedule%3Dlinear%26particles%3D50&b=particles%3D50")
    page.locator(".dv-axis").select_option("log_snr")
    pair(page, "(p.seek(0), 0)")
    levels = pair(
        page, "p.sides.map((s) => 2 * Math.log(s.run.alpha[s.index[p.clock.frame]] / s.run.sigma[s.index[p.clock.frame]]))"
    )
    assert all(abs(level) < 0.15 for level in levels)
    times = pair(page, "p.sides.map((s) => s.run.times[s.index[p.clock.frame]])")
    assert times[1] - times[0] > 15  # linear is there much earlier
    assert "log10 SNR" in page.locator(".dv-pair .dv-time").inner_text()
    wait(page, "p.charts.every((c) => c.drawn === c.chart)")
    page.locator(".dv-axis").select_option("time")
    assert pair(page, "p.sides[0].run.times[p.sides[0].index[p.clock.frame]]") == times[0]


def test_the_clock_of_noise_levels_reaches_both_ends(open_page):
    """Rectified flow ends at SNR 0, which lies on no finite axis; a single step has nothing but its ends."""
    page = open_compare(open_page, "?a=schedule%3Drectified_flow%26steps%3D10%26particles%3D20&b=steps%3D10%26particles%3D20")
    page.locator(".dv-axis").select_option("log_snr")
    page.keyboard.press("End")
    assert pair(page, "p.sides.map((s) => s.run.times[s.index[p.clock.frame]])") == [10, 10]
    page.keyboard.press("Home")
    assert pair(page, "p.sides.map((s) => s.run.times[s.index[p.clock.frame]])") == [0, 0]
    one = "schedule%3Drectified_flow%26steps%3D6%26sampler_steps%3D1%26particles%3D20"
    page = open_compare(open_page, f"?a={one}&b={one}%26seed%3D1")
    page.locator(".dv-axis").select_option("log_snr")
    page.keyboard.press("End")
    assert pair(page, "p.sides.map((s) => s.run.times[s.index[p.clock.frame]])") == [6, 6]


UNSCALED = "steps%3D50%26particles%3D50%26schedule%3Dlinear%26scale_betas%3Dfalse"


def test_a_side_without_such_a_noise_level_says_so_and_its_cursor_stays(open_page):
    """Unscaled linear ends at log10 SNR 0.2, scaled at -5.1; at the left end both are at the data, where nothing is finite."""
    page = open_compare(open_page, f"?a={UNSCALED}&b={UNSCALED.replace('false', 'true')}")
    page.locator(".dv-axis").select_option("log_snr")
    wait(page, "p.charts.every((c) => c.drawn === c.chart)")
    page.keyboard.press("End")
    said = page.locator(".dv-pair .dv-when")
    assert [said.nth(i).inner_text() for i in (0, 1)] == ["ended at 0.2", "log10 SNR −5.1"]
    bound = "p.charts.find((c) => c.name === 'bound')"
    assert pair(page, f"{bound}.values") == pytest.approx([0.181, -5.111], abs=0.01)
    page.keyboard.press("Home")
    assert page.locator(".dv-pair .dv-time").inner_text() == "log10 SNR = ∞"
    left = pair(page, f"{bound}.plot._fullLayout.xaxis.range[0]")
    assert pair(page, f"{bound}.values") == pytest.approx([left, left])
    # what is read there is where the line ends
    read = re.findall(r"−?[0-9.]+", page.locator(".dv-pair .dv-chart-bound .dv-chart-note").inner_text())
    lines = pair(
        page,
        f"{bound}.plot._fullData.filter((d) => Math.abs(d.x[d.x.length - 1] - {left}) < 1e-4).map((d) => d.y[d.y.length - 1])",
    )
    assert [float(text.replace("−", "-")) for text in read] == pytest.approx(lines, rel=0.03)


def test_changed_controls_are_marked_copied_and_swapped(open_page):
    page = open_compare(open_page, "?a=steps%3D6%26particles%3D20&b=steps%3D6%26particles%3D20")
    assert "Nothing differs" in page.locator(".dv-pair .dv-summary").inner_text()
    page.locator("#dvc-sets").get_by_role("tab", name="B", exact=True).click()
    page.locator("#dvc-b-schedule input").click()
    page.get_by_role("option", name="Linear", exact=True).click()
    page.wait_for_selector("#dvc-b-schedule.dv-differs")
    press_run(page)
    assert pair(page, "p.sides.map((s) => s.run.query.includes('linear'))") == [False, True]
    expect(page.locator("body")).not_to_have_class(re.compile("dv-changed"))
    page.get_by_role("button", name="Swap", exact=True).click()
    expect(page.locator("body")).to_have_class(re.compile("dv-changed"))  # the picture is of the old sides until Run
    page.wait_for_function("() => document.querySelector('#dvc-b-schedule input').value === 'Cosine'")
    press_run(page)
    assert pair(page, "p.sides.map((s) => s.run.query.includes('linear'))") == [True, False]
    page.get_by_role("button", name="Copy A to B", exact=True).click()
    page.wait_for_function("() => document.querySelector('#dvc-b-schedule input').value === 'Linear'")
    page.wait_for_function("() => !document.querySelector('.dv-differs')")
    press_run(page)
    assert pair(page, "p.sides[0].run.query === p.sides[1].run.query")
    assert pair(page, "p.sides[0].run.arrays.reverse.every((v, i) => v === p.sides[1].run.arrays.reverse[i])")


def test_the_link_brings_both_back(open_page):
    page = open_compare(open_page, "?a=dataset%3Drings%26steps%3D7&b=dataset%3Drings%26steps%3D9")
    query = page.evaluate("location.search")
    again = open_compare(open_page, query)
    assert pair(again, "p.sides.map((s) => s.run.steps)") == [7, 9]
    assert again.locator("#dvc-a-steps input[type=number]").input_value() == "7"
    again.get_by_role("tab", name="Explore", exact=True).click()
    again.wait_for_function("() => !location.search.includes('a=')")


def test_the_figures_and_the_table_as_a_file(open_page):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D200&b=steps%3D50%26particles%3D200")
    page.get_by_role("button", name="Figures", exact=True).click()
    table = page.locator(".dv-figures table")
    assert table.is_visible()
    text = table.inner_text()
    assert all(
        name in text for name in ("Gap, nats", "Gap, bits/dim", "Excess NLL", "Sliced W2", "Exact W2", "Energy distance", "Modes")
    )
    assert page.evaluate("() => { const f = document.querySelector('.dv-figures'); return f.scrollWidth <= f.clientWidth; }")
    assert "✓" in table.locator("tr", has_text="Gap, nats").inner_text().split("\t")[2]
    with page.expect_download(timeout=60_000) as download:
        take(page, "CSV")
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("kind,name,unit,t,a,a_stderr,b,b_stderr,")
    assert sum(line.startswith("curve,beta,") for line in lines) == 50  # the longer run's


@pytest.mark.parametrize(
    ("kind", "start"), [("GIF", b"GIF8"), ("PNG", b"\x89PNG"), ("PDF", b"%PDF"), ("MP4", b"ftyp"), ("NPZ", b"PK")]
)
def test_the_comparison_as_a_file(open_page, kind, start):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D50&b=steps%3D8%26particles%3D50")
    with page.expect_download(timeout=60_000) as download:
        take(page, kind)
    assert start in download.value.path().read_bytes()[:12]


def test_the_gap_against_t(open_page):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D50&b=steps%3D8%26particles%3D50")
    page.get_by_role("button", name="Gap against T", exact=True).click()
    plot = page.locator("dialog .dv-dialog-plot .legend")
    plot.wait_for(timeout=60_000)
    legend = plot.text_content()
    assert "slope of the last 3 points, T = 100 to 500" in legend
    for name in ("Optimal for this T", "Least dissipation", "Cosine"):
        assert -1.1 < float(re.search(rf"{name}, slope −([0-9.]+)", legend)[1]) * -1 < -0.9


def test_a_sweep_shows_how_far_it_is_and_can_be_stopped(open_page):
    page = open_compare(
        open_page, "?a=steps%3D5%26particles%3D50%26dataset%3Dpinwheel&b=steps%3D8%26particles%3D50%26dataset%3Dpinwheel"
    )
    page.locator("#dvc-sweep").click()
    note = page.locator("#dvc-actions .dv-sweep-note")
    expect(note).to_have_text(re.compile(r"ELBO gap vs T: [1-9]\d* of \d+ chains"))
    assert 0 < note.locator("progress").evaluate("(e) => e.position") < 1
    page.locator("#dvc-stop").click()
    expect(note).to_have_count(0)
    expect(page.locator("#dvc-run")).to_be_visible()
    page.wait_for_timeout(1500)
    assert page.locator("dialog").count() == 0
    page.locator("#dvc-sweep").click()  # and asked for again
    page.locator("dialog .dv-dialog-plot .legend").wait_for(timeout=60_000)
    expect(note).to_have_count(0)


def lose_server(page, guarded):
    """No request that asks for it is answered any more; what the console says of that is not the page's fault."""
    page.route("**/gradio_api/app_id", lambda route: route.abort())
    expect(page.locator(".dv-error").locator("visible=true")).to_have_text(
        re.compile("The server no longer answers"), timeout=30_000
    )
    guarded.problems[:] = [problem for problem in guarded.problems if "ERR_FAILED" not in problem]


def test_a_server_that_is_lost_is_told(open_page):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D50&b=steps%3D8%26particles%3D50")
    pair(page, "(p.forgetComparison(), p.report(), p.update(), 0)")  # as long as the figures are awaited
    expect(page.locator(".dv-pair .dv-summary")).to_have_text("measuring …")
    expect(page.locator("#dvc-stop")).to_be_visible()
    page.wait_for_timeout(5000)
    assert page.locator(".dv-error").count() == 0  # it is still there
    lose_server(page, open_page)
    expect(page.locator(".dv-pair .dv-summary")).to_have_text("stopped before it was measured")
    expect(page.locator("#dvc-run")).to_be_visible()


def test_files_can_be_asked_for_with_the_keyboard(open_page):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D50&b=steps%3D8%26particles%3D50")
    page.keyboard.press("Home")
    opener = page.locator("#dvc-header .dv-files-open")
    opener.focus()
    page.keyboard.press("Enter")
    assert opener.get_attribute("aria-expanded") == "true"
    focused = "document.activeElement.textContent.trim()"
    assert page.evaluate(focused) == "GIF, film"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "CSV, figures and curves"
    with page.expect_download(timeout=60_000) as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "diffviz-comparison.csv"
    opener.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert opener.get_attribute("aria-expanded") == "false"
    assert page.evaluate(focused) == "Files"
    assert pair(page, "p.clock.frame") == 0  # the arrows were the menu's


def test_bad_input_on_one_side_is_told_there_and_nothing_is_lost(open_page):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D50&b=steps%3D8%26particles%3D50")
    page.locator("#dvc-sets").get_by_role("tab", name="B", exact=True).click()
    page.locator("#dvc-sets .dv-more button").locator("visible=true").first.click()
    field = page.locator("#dvc-b-particles input")
    field.fill("-3")
    field.press("Tab")
    page.locator("#dvc-run").click()
    page.wait_for_selector("#dvc-b-particles .dv-error")
    assert "particles must be a whole number from 1 to 20000" in page.locator("#dvc-b-particles .dv-error").inner_text()
    assert pair(page, "p.sides[1].run.particles") == 50
    field.fill("60")
    field.press("Tab")
    expect(page.locator(".dv-error")).to_have_count(0)  # what was told of the old value no longer holds
    press_run(page)
    assert pair(page, "p.sides[1].run.particles") == 60


def test_a_long_pair_can_be_stopped_midway_and_what_came_can_be_played(open_page):
    long = "steps%3D1000%26particles%3D1900%26sampler%3Dlangevin%26corrector_steps%3D5"
    page = open_page(f"?a={long}&b={long}%26schedule%3Dlinear")
    wait(page, "p.share > 0.51 && p.share < 0.95 && p.sides.every((s) => s.run.steps === 1000)")
    page.locator("#dvc-stop").click()
    expect(page.locator("#dvc-run")).to_be_visible()
    expect(page.locator(".dv-pair .dv-summary")).to_have_text(re.compile(r"^stopped after \d+ %$"))
    share = pair(page, "p.share")
    page.wait_for_timeout(500)
    assert pair(page, "p.share") == share < 1
    frame = pair(page, "p.clock.frame")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    wait(page, f"p.clock.frame > 3 && p.clock.frame !== {frame}")
    page.get_by_role("button", name="Command", exact=True).locator("visible=true").click()
    assert "diffviz compare --a" in page.locator("dialog pre").inner_text()  # of both, though nothing was compared


READ = ".dv-chart-note, .dv-when, .dv-time"
CUT = "(e) => e.offsetParent && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 3)"


def test_nothing_that_is_read_is_cut(open_page):
    page = open_compare(open_page, "?a=schedule%3Dlinear%26steps%3D50&b=steps%3D1000%26sampler_steps%3D7")
    for width, height in ((1024, 700), (1280, 800), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        for axis in ("time", "log_snr"):
            page.locator(".dv-axis").select_option(axis)
            for share in (0, 0.02, 0.3, 0.97, 1):
                pair(page, f"(p.go(Math.round({share} * (p.clock.frames - 1))), 0)")
                cut = pair(page, f"[...p.root.querySelectorAll('{READ}')].filter({CUT}).map((e) => e.innerText)")
                assert cut == [], (width, axis, share)


OVERLAPS = """() => [...document.querySelectorAll('.dv-pair .dv-plot')].flatMap((plot) => {
  const found = [];
  for (const [axis, low, high] of [['x', 'left', 'right'], ['y', 'top', 'bottom']]) {
    const boxes = [...plot.querySelectorAll(`.${axis}tick text`)].map((text) => text.getBoundingClientRect());
    boxes.sort((a, b) => a[low] - b[low]);
    const collide = boxes.slice(1).some((box, i) => box[low] < boxes[i][high] - 1);
    if (collide) found.push(`${plot.closest('.dv-chart').dataset.chart} ${axis}`);
  }
  return found;
})"""


def test_no_ticks_collide_and_what_sets_the_sides_apart_is_whole(open_page):
    preset = next(preset for preset in PAIR_PRESETS if not preset.a.scale_betas)
    a, b = quote(preset.a.to_query()), quote(preset.b.to_query() + "&sampler=dpm_solver_2m&sampler_steps=10&spacing=log_snr")
    page = open_compare(open_page, f"?a={a}&b={b}")
    for width, height in ((1920, 1080), (1280, 800), (1024, 700)):
        page.set_viewport_size({"width": width, "height": height})
        for axis in ("time", "log_snr"):
            page.locator(".dv-axis").select_option(axis)
            page.wait_for_timeout(500)
            assert page.evaluate(OVERLAPS) == [], (width, axis)
        head, own = page.locator("#dvc-brand span"), page.locator("#dvc-brand .dv-own-parts")
        assert "Linear unscaled" in own.inner_text()
        assert "10 of 30 steps, Even in log SNR" in own.inner_text()
        box, place = own.bounding_box(), head.bounding_box()
        assert box["y"] + box["height"] <= place["y"] + place["height"] + 1, width
        assert own.evaluate("(e) => e.scrollWidth <= e.clientWidth")
        assert "Two moons" in head.get_attribute("title")


def test_each_side_says_where_it_is_and_what_sets_it_apart(open_page):
    page = open_compare(open_page, "?a=schedule%3Dlinear%26steps%3D40%26particles%3D100&b=steps%3D3%26particles%3D100")
    pair(page, "(p.go(20), 0)")
    said = page.locator(".dv-pair .dv-when")
    assert [said.nth(i).inner_text() for i in (0, 1)] == ["t = 20", "t = 2"]  # the nearest step of each one's own
    own = page.locator(".dv-pair .dv-forward")
    assert [own.nth(i).get_attribute("data-own") for i in (0, 1)] == ["Linear · 40 steps", "Cosine · 3 steps"]
    page.locator(".dv-pair .dv-play").click()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(page.locator(".dv-pair .dv-note").first).to_have_text("waits at t = 40")


def test_a_bad_link_is_told_and_the_first_question_shown(open_page):
    page = open_compare(open_page, "?a=steps%3D0&b=steps%3D8")
    assert "steps must be a whole number from 2" in page.locator(".dv-error").inner_text()
    assert pair(page, "p.sides[0].run.query") == PAIR_PRESETS[0].a.to_query()


def test_keys_move_the_player_that_is_seen(open_page):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D50&b=steps%3D8%26particles%3D50")
    page.keyboard.press("End")
    assert pair(page, "p.clock.frame") == 8
    page.keyboard.press("ArrowLeft")
    assert pair(page, "p.clock.frame") == 7
    assert pair(page, "p.clock.playing") is False


def test_every_word_that_is_underlined_explains_itself(open_page):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D50&b=steps%3D8%26particles%3D50")
    words = page.locator(".dv-charts [data-term]").locator("visible=true")
    assert words.count() == 6
    for index in range(words.count()):
        term = TERMS[words.nth(index).get_attribute("data-term")]
        words.nth(index).click()
        expect(page.get_by_role("dialog", name=term["title"])).to_contain_text(re.split("[<&]", term["formula"])[0])
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)


def test_every_explanation_belongs_to_a_word_on_some_tab(open_page):
    page = open_compare(open_page, "?a=steps%3D5%26particles%3D50&b=steps%3D8%26particles%3D50")
    page.wait_for_function("() => document.querySelector('#dv-page .dv-summary [data-term]')")
    terms = "[...document.querySelectorAll('[data-term]')].map((e) => e.dataset.term)"
    names = set(page.evaluate(terms))
    done = "() => document.querySelector('#dvi-page .dv')?.player?.run?.done"
    for given in ("", "&start=picture", "&start=between&sampler=ddim", "&measurement=denoise"):
        pictures = open_page(f"?dataset=digits&denoiser=learned&steps=3&particles=2{given}")
        pictures.wait_for_function(done)
        names |= set(pictures.evaluate(terms))
    pictures.get_by_label("Noise seen, or a look inside the network").select_option("middle 4x4")
    assert names | set(pictures.evaluate(terms)) <= set(TERMS)


def test_on_a_phone_every_chart_has_its_plot(open_page):
    page = open_compare(open_page, "?a=steps%3D10%26particles%3D50&b=steps%3D20%26particles%3D50")
    page.set_viewport_size({"width": 390, "height": 844})
    wait(page, "p.charts.every((c) => c.drawn === c.chart && c.plot.clientHeight > 90 && c.plot._fullLayout.height > 90)")
