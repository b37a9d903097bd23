"""The Images tab, as a person uses it."""

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from diffviz import Experiment, run
from diffviz.domains.pictures.images import make_images
from diffviz.domains.pictures.own_pictures import decode_picture, encode_picture
from diffviz.inverse.masks import mask_text, parse_mask
from diffviz.inverse.tasks import hole
from diffviz.views import view
from tests.browser.hands import take

PRESETS = [question for question in view("pictures").questions if question.b is None]

PLAYER = "document.querySelector('.dv-pictures').player"
SMALL = "?dataset=digits&denoiser=exact&steps=8&particles=16"


def images(page, expression):
    """The value of a JavaScript expression in which p is the tab's player."""
    return page.evaluate(f"(() => {{ const p = {PLAYER}; return {expression}; }})()")


def wait(page, expression, seconds=60):
    page.wait_for_function(
        f"() => {{ const d = document.querySelector('.dv-pictures'), p = d && d.player; return p && p.run && ({expression}); }}",
        timeout=1000 * seconds,
    )


def wait_for_run(page):
    wait(page, "p.run.done && p.charts.every((c) => c.drawn === c.chart)")


def opened(open_page, query=SMALL):
    page = open_page(query)
    wait_for_run(page)
    return page


def test_a_link_to_pictures_opens_their_tab_and_explore_is_there_as_well(open_page):
    page = opened(open_page)
    assert page.get_by_role("tab", name="Images", exact=True).get_attribute("aria-selected") == "true"
    assert images(page, "[p.run.particles, ...p.run.shape, p.run.steps]") == [16, 1, 8, 8, 8]
    assert "bits/dim" in page.locator(".dv-pictures .dv-summary").inner_text()
    page.get_by_role("tab", name="Explore", exact=True).click()
    page.wait_for_function("() => document.querySelector('#dv-page .dv').player.run?.done")
    page.wait_for_function("() => !location.search.includes('digits')")


def test_what_is_drawn_is_what_the_engine_computed(open_page):
    page = opened(open_page)
    trajectory = run(Experiment.from_query(SMALL))
    images(page, "(p.go(0), 0)")
    seen = images(
        page,
        """(() => {
          const panel = p.panels.find((q) => q.name === "reverse"), at = panel.layout(p.run);
          const c = panel.canvas, k = c.width / panel.width;
          const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height), out = [];
          for (let y = 0; y < 8; y++) for (let x = 0; x < 8; x++) {
            const px = Math.round((at.x + (9 + x + 0.5) * at.scale) * k), py = Math.round((at.y + (9 + y + 0.5) * at.scale) * k);
            out.push(pixels.data[4 * (py * c.width + px)]);
          }
          return [at.columns, out];
        })()""",
    )
    columns, grey = seen
    picture = trajectory.reverse[-1][columns + 1, 0].clip(-1, 1).ravel()
    assert max(abs(g - (127.5 + 127.5 * v)) for g, v in zip(grey, picture, strict=True)) <= 3  # of 255: a byte's half step
    noise = """(() => { const q = p.inside, at = q.layout(p.run), k = q.canvas.width / q.width;
      const data = q.context.getImageData(Math.round(at.x * k), Math.round(at.y * k), Math.round(at.w * at.scale * k), 20).data;
      return new Set(data).size; })()"""
    assert images(page, noise) < 5  # at t = 0 the denoiser is not asked, and so no noise is seen
    images(page, "(p.go(1), 0)")
    assert images(page, noise) > 20


def test_a_picture_is_chosen_by_hand_and_its_costs_are_drawn(open_page):
    page = opened(open_page)
    x, y = images(
        page,
        """(() => { const q = p.panels[0], at = q.layout(p.run);
          return [at.x + (2 * 9 + 4) * at.scale, at.y + (9 + 4) * at.scale]; })()""",
    )
    page.locator(".dv-pictures .dv-forward canvas").click(position={"x": x, "y": y})
    columns = images(page, "p.panels[0].layout(p.run).columns")
    assert images(page, "p.chosen") == columns + 2
    expect(page.get_by_label("Picture", exact=True)).to_have_value(str(columns + 3))
    costs = images(page, "p.run.costs[p.chosen].slice(1)")
    page.wait_for_function(f"() => {PLAYER}.charts[0].plot.data.at(-1).y[0] === {costs[0]}")
    number = page.get_by_label("Picture", exact=True)
    number.fill("2")
    assert images(page, "p.chosen") == 1
    for nonsense in ("1.5", "0", "999"):
        number.fill(nonsense)
        number.press("Tab")
        assert images(page, "p.chosen") == 1
        expect(number).to_have_value("2")


def test_forward_plays_first_then_all_come_back(open_page):
    page = opened(open_page)
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.locator(".dv-pictures .dv-direction").select_option("forward")
    expect(page.locator(".dv-pictures .dv-note")).to_have_text("waits at t = 8")
    page.keyboard.press("End")
    assert images(page, "p.clock.frame") == 8


def test_a_class_is_asked_for(open_page):
    page = opened(open_page, "?dataset=digits&denoiser=learned&steps=5&particles=4")
    page.get_by_label("Class", exact=True).locator("visible=true").click()
    page.get_by_role("option", name="7", exact=True).click()
    before = images(page, "p.run.id")
    page.locator("#dvi-run").click()
    wait(page, f"p.run.id !== '{before}'")
    wait_for_run(page)
    assert "label=7" in images(page, "p.run.query")
    assert "class 7" in page.locator("#dvi-brand").inner_text()


def test_a_run_of_pictures_can_be_taken_away(open_page):
    page = opened(open_page)
    starts = {"NPZ": b"PK", "GIF": b"GIF8", "MP4": b"ftyp", "PNG": b"\x89PNG", "PDF": b"%PDF", "CSV": b"kind,name,un"}
    for kind, start in starts.items():
        with page.expect_download(timeout=60_000) as download:
            take(page, kind)
        assert start in download.value.path().read_bytes()[:12]


def test_the_tab_opens_with_its_first_question_and_one_of_memory_answers(open_page):
    page = open_page()
    page.get_by_role("tab", name="Images", exact=True).click()
    wait(page, "p.run.have.forward.some(Boolean)")
    assert images(page, "p.run.query") == PRESETS[0].a.to_query()
    if not images(page, "p.run.done"):
        page.locator("#dvi-stop").click()
    memory = next(preset for preset in PRESETS if preset.a.denoiser == "exact")
    page.get_by_role("button", name=memory.question, exact=True).click()
    wait(page, f"p.run.query === '{memory.experiment.to_query()}' && p.run.done")
    assert page.locator("#dvi-look").inner_text().strip() == memory.watch


def test_bad_input_is_told_beside_its_control(open_page):
    page = opened(open_page)
    page.locator("#dvi-fields .dv-more > button >> nth=1").click()
    field = page.locator("#dvi-particles input")
    field.fill("0")
    field.press("Tab")
    page.locator("#dvi-run").click()
    expect(page.locator("#dvi-particles .dv-error")).to_contain_text("particles must be a whole number from 1")
    assert images(page, "p.run.particles") == 16


def test_nothing_that_is_read_is_cut(open_page):
    page = opened(open_page)
    for width, height in ((1024, 700), (1280, 800), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(400)
        cut = images(
            page,
            """[...p.root.querySelectorAll('.dv-chart-title, .dv-panel .dv-term, .dv-time, .dv-reading')]
            .filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText)""",
        )
        assert cut == [], width
        assert images(page, "p.panels.every((q) => !q.canvas.offsetParent || (q.width > 60 && q.height > 40))")


def test_a_picture_of_ones_own_dissolves_and_a_bad_file_is_told(open_page, tmp_path):
    page = opened(open_page, "?dataset=own&steps=6&particles=9")
    upload = page.locator("#dvi-own input[type=file]")
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    upload.set_input_files(bad)
    expect(page.locator("#dvi-own .dv-error")).to_have_text("own must be a PNG file that is whole; this one is damaged.")
    assert images(page, "p.run.shape") == [3, 32, 32]  # all is as it was
    good = tmp_path / "good.png"
    y, x = np.mgrid[0:90, 0:120]
    pixels = np.stack([2 * x, 2 * y, 255 - 2 * x], -1).astype(np.uint8)
    Image.fromarray(pixels).save(good)
    upload.set_input_files(good)
    expect(page.locator("#dvi-own img")).to_be_visible()
    expect(page.locator("#dvi-own .dv-error")).to_have_count(0)
    page.wait_for_function("() => document.body.classList.contains('dv-changed')")
    page.locator("#dvi-run").click()
    wait(page, "p.run.done && p.run.shape.join() === '3,64,64'")
    text = encode_picture(good.read_bytes(), 64)
    wanted = decode_picture(text).reshape(-1) / 127.5 - 1.0
    first, last, back = (
        np.array(images(page, f"[...p.run.points('{name}', {t})].slice(0, p.run.dim)")) * 6 / 255 - 3
        for name, t in (("forward", 0), ("forward", "p.run.times.length - 1"), ("reverse", 0))
    )
    assert np.abs(first - wanted).max() < 0.02
    assert np.abs(back - wanted).max() < 0.05
    assert abs(np.corrcoef(last, wanted)[0, 1]) < 0.1  # gone
    assert text in page.url
    assert images(page, "p.run.particles") == 1  # more would be shown in fewer frames


def test_an_edited_picture_waits_where_it_turns_back_beside_what_is_given(open_page):
    page = open_page(SMALL + "&start=picture&start_time=0.5")
    wait(page, "p.run.done")
    expect(page.locator(".dv-pictures .dv-reverse .dv-note")).to_have_text(
        "waits at t = 4", timeout=30_000
    )  # it plays, and loops
    expect(page.locator(".dv-pictures .dv-given-title")).to_have_text("Turned back (SDEdit)")
    expect(page.locator(".dv-pictures [data-chart=kl]")).to_be_hidden()  # there is no bound
    assert "noised to t₀ = 4" in page.locator(".dv-pictures .dv-summary").inner_text()
    page.get_by_role("button", name="How does a digit come out of noise?", exact=True).click()
    wait(page, "p.run.have.forward[0] && p.run.particles === 64")
    expect(page.locator(".dv-pictures .dv-given")).to_be_hidden()
    expect(page.locator(".dv-pictures [data-chart=kl]")).to_be_visible()


def test_the_mean_and_spread_of_samples_are_drawn_beside_the_exact_ones(open_page):
    query = SMALL + "&measurement=inpaint&test_image=5"
    page = opened(open_page, query)
    ends = run(Experiment.from_query(query)).reverse[-1]
    images(page, "(p.go(0), 0)")
    seen = images(
        page,
        """(() => {
          const panel = p.panels.find((q) => q.name === "given"), rows = [0, 1].map(() => [0, 1, 2]);
          const { scale, at } = panel.layout(p.run, rows), c = panel.canvas, k = c.width / panel.width;
          const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          return [[0, 0], [0, 1], [1, 0], [1, 1]].map(([row, column]) => {
            const [left, top] = at(row, column), out = [];
            for (let y = 0; y < 8; y++) for (let x = 0; x < 8; x++) {
              const px = Math.round((left + (x + 0.5) * scale) * k), py = Math.round((top + (y + 0.5) * scale) * k);
              out.push(data[4 * (py * c.width + px)]);
            }
            return out;
          });
        })()""",
    )
    truth, mean, measured, spread = (np.array(picture, float).reshape(8, 8) for picture in seen)
    picture = make_images("digits").held_out[4, 0].numpy()
    assert np.abs(truth - (127.5 + 127.5 * picture)).max() <= 3
    assert np.abs(mean - (127.5 + 127.5 * ends.mean(0)[0].clip(-1, 1))).max() <= 3
    known = hole(8, 8)
    assert np.abs(measured - (127.5 + 127.5 * picture))[known].mean() < 0.15 * 127.5  # noise of 0.1
    std = ends.std(0, ddof=1)[0]
    assert np.corrcoef(255 - spread.ravel(), std.ravel())[0, 1] > 0.99  # in light, more ink is darker
    assert std[~known].mean() > 2 * std[known].mean()


def test_a_mask_is_painted_on_the_picture_and_run(open_page):
    page = opened(open_page, SMALL + "&measurement=inpaint&test_image=5")
    canvas = page.locator("#dvi-mask canvas")
    canvas.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('#dvi-mask canvas').width > 200")
    box = canvas.bounding_box()
    pixel = box["width"] / 8

    def at(row, column):
        return box["x"] + (column + 0.5) * pixel, box["y"] + (row + 0.5) * pixel

    page.mouse.move(*at(0, 0))
    page.mouse.down()  # hides, since it is known
    page.mouse.move(*at(0, 7), steps=2)  # a fast hand
    page.mouse.up()
    page.mouse.move(*at(2, 2))
    page.mouse.down()  # shows, since it is hidden
    page.mouse.up()
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Space"):  # row 3, column 0, by keyboard
        page.keyboard.press(key)
    known = hole(8, 8)
    known[0], known[2, 2], known[3, 0] = False, True, False
    page.wait_for_function("() => document.body.classList.contains('dv-changed')")
    page.locator("#dvi-run").click()
    wait(page, "p.run.query.includes('mask=') && p.run.done")
    np.testing.assert_array_equal(parse_mask(Experiment.from_query(images(page, "p.run.query")).mask), known)
    page.locator("#dvi-mask").get_by_role("button", name="Invert").click()
    page.locator("#dvi-run").click()
    wait(page, f"p.run.query.includes('mask={mask_text(~known)}') && p.run.done")
    page.locator("#dvi-mask").get_by_role("button", name="Middle").click()
    page.locator("#dvi-run").click()
    wait(page, "!p.run.query.includes('mask=') && p.run.done")


def test_the_network_is_looked_into_while_t_moves(open_page):
    page = opened(open_page, "?dataset=digits&denoiser=learned&steps=8&particles=4")
    menu = page.get_by_label("Noise seen, or a look inside the network")
    menu.select_option("up 8x8")
    wait(page, "p.inside.maps")
    expect(page.locator(".dv-pictures .dv-inside-note")).to_have_text("32 maps")
    expect(page.locator(".dv-pictures .dv-eps_hat .dv-term")).to_have_text("inside")
    grids = []
    for frame in (8, 2):
        images(page, f"(p.go({frame}), 0)")
        grids.append(images(page, "[...p.inside.maps.points('', p.clock.frame)]"))
        drawn = images(
            page,
            """(() => { const q = p.inside, at = q.layout(q.maps), c = q.canvas, k = c.width / q.width;
              const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, out = [];
              for (let x = 0; x < 8; x++) {
                const px = Math.round((at.x + (x + 0.5) * at.scale) * k), py = Math.round((at.y + 0.5 * at.scale) * k);
                out.push(data[4 * (py * c.width + px)]);
              } return out; })()""",
        )
        assert np.abs(np.array(drawn) - grids[-1][:8]).max() <= 1
    assert np.abs(np.array(grids[0], float) - grids[1]).mean() > 5  # they move with t
    picture = images(page, "p.inside.asked")
    page.get_by_label("Picture", exact=True).fill("3")
    wait(page, f"p.inside.maps && p.inside.asked !== {picture!r}")
    menu.select_option("")
    expect(page.locator(".dv-pictures .dv-eps_hat .dv-term")).to_have_text("noise seen")
    page.get_by_role("button", name="Memorisation or generalisation?", exact=True).locator("visible=true").click()
    wait(page, "p.run.particles === 64")
    expect(menu).to_be_hidden()  # the exact denoiser has no inside


def test_what_is_given_leaves_every_picture_as_wide_as_high(open_page):
    """Rows are shared out anew when the posterior takes the place of costs: canvases follow their own boxes."""
    page = opened(open_page)
    page.get_by_role("button", name="What do four numbers tell?").click()
    page.wait_for_function("() => document.querySelector('.dv-pictures.dv-has-given')")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.dv-pictures canvas')].filter((c) => c.offsetParent).every((c) =>"
        " Math.abs(c.width / c.clientWidth - c.height / c.clientHeight) < 0.02)"
    )
