"""What a person does on the Explore page."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from diffviz import Experiment, run
from diffviz.player.protocol import LEVELS, RANGE
from diffviz.telling.glossary import glossary_json
from diffviz.views import view
from tests.browser.hands import choose, pause, pixels, player, press_run, scrub, take, time_shown, wait, wait_for_run

PRESETS = [question for question in view("plane").questions if question.b is None]

TERMS = glossary_json()["terms"]


def test_opens_with_a_run_already_playing(open_page):
    page = open_page()
    wait(page, "p.clock.frame > 2")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    first = time_shown(page)
    page.wait_for_function("(t) => !document.querySelector('.dv-time').textContent.includes(`t = ${t} `)", arg=first)
    wait_for_run(page)


def test_the_story_goes_to_noise_on_the_left_then_both_come_back(open_page):
    page = open_page()
    wait(page, "p.clock.frame > 5 && p.waiting()")
    assert player(page, "p.frameOf(p.panels[1])") == player(page, "p.run.frames - 1")  # the right panel waits at noise
    expect(page.locator(".dv-note")).to_have_text("waits at t = 100")
    wait(page, "!p.waiting() && p.clock.frame < p.run.frames - 3")
    left, right = player(page, "p.panels.map((panel) => p.frameOf(panel))")
    assert left == right


@pytest.mark.parametrize(("direction", "waits"), [("forward", True), ("reverse", False)])
def test_a_person_can_hold_either_direction(open_page, direction, waits):
    page = open_page()
    wait_for_run(page)
    page.get_by_label("Direction").select_option(direction)
    page.get_by_label("Speed").select_option("4")
    seen = []
    for _ in range(60):
        seen.append(player(page, "p.clock.frame"))
        assert player(page, "p.waiting()") is waits
        page.wait_for_timeout(50)
    moves = np.sign(np.diff(seen))
    assert abs(moves.sum()) > 5
    forth, back = (moves > 0).sum(), (moves < 0).sum()  # the one in the other direction is the jump to start again
    assert (forth > 5 * back) if direction == "forward" else (back > 5 * forth)


def test_the_scrubber_moves_everything_without_a_request(open_page):
    page = open_page()
    wait_for_run(page)
    pause(page)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    captions, cursors = set(), set()
    for t in range(0, 100, 5):
        scrub(page, t)
        assert time_shown(page) == t
        captions.add(page.locator(".dv-caption").inner_text())
        cursors.add(page.locator(".dv-chart-kl .dv-cursor").evaluate("(e) => e.style.transform"))
    assert len(captions) == len(cursors) == 20
    assert requests == []


def test_steps_and_keys(open_page):
    page = open_page()
    wait_for_run(page)
    pause(page)
    scrub(page, 50)
    page.get_by_role("button", name="Step forward", exact=True).click()
    assert time_shown(page) == 51
    page.get_by_role("button", name="Step back", exact=True).click()
    page.get_by_role("button", name="Step back", exact=True).click()
    assert time_shown(page) == 49
    page.locator(".dv-forward canvas").click()
    page.evaluate("document.activeElement.blur()")
    for key, t in (
        ("ArrowRight", 50),
        ("Shift+ArrowRight", 60),
        ("ArrowLeft", 59),
        ("Shift+ArrowLeft", 49),
        ("End", 100),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        assert time_shown(page) == t, key
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_the_scrubber_itself_takes_keys_and_typing_in_a_field_does_not_move_the_clock(open_page):
    page = open_page()
    wait_for_run(page)
    pause(page)
    scrub(page, 30)
    page.get_by_label("Diffusion time", exact=True).focus()
    page.keyboard.press("ArrowRight")
    assert time_shown(page) == 31
    page.get_by_label("number input for Diffusion steps T").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    assert time_shown(page) == 31


def test_what_is_drawn_is_what_the_engine_computed(open_page):
    page = open_page("?dataset=pinwheel&steps=12&particles=70&denoiser=learned")
    wait_for_run(page)
    trajectory = run(Experiment(dataset="pinwheel", steps=12, particles=70, denoiser="learned"))
    step = 2 * RANGE / LEVELS
    for name, expected in (
        ("forward", trajectory.forward),
        ("reverse", trajectory.reverse[::-1]),
        ("x0_hat", trajectory.x0_hat[::-1]),
    ):
        drawn = np.array(player(page, f"Array.from(p.run.arrays.{name})")).reshape(expected.shape)
        np.testing.assert_allclose(drawn, np.clip(expected, -RANGE, RANGE), atol=0.51 * step + 1e-3)


def test_density_in_the_browser_is_the_mixture(open_page):
    page = open_page("?dataset=two_moons")
    wait_for_run(page)
    from diffviz.domains.plane.datasets import make_dataset
    from diffviz.schedules import make_schedule

    t, side, reach = 40, 20, 4.0
    schedule, mixture = make_schedule("cosine", 100), make_dataset("two_moons")
    alpha, sigma = float(schedule.alpha[t]), float(schedule.sigma[t])
    drawn = np.array(player(page, f"Array.from(p.run.mixture.density(p.run.alpha[{t}], p.run.sigma[{t}], {side}, {reach}))"))
    centres = reach * ((2 * np.arange(side) + 1) / side - 1)
    x, y = np.meshgrid(centres, -centres)
    import torch

    points = torch.from_numpy(np.stack([x, y], -1).reshape(-1, 2))
    exact = mixture.log_density(points, alpha, sigma).exp().numpy()
    np.testing.assert_allclose(drawn / drawn.max(), exact / exact.max(), atol=1e-4)
    px, py = 0.7, -1.1
    mean = player(page, f"p.run.mixture.posteriorMean({px}, {py}, p.run.alpha[{t}], p.run.sigma[{t}])")
    expected, _ = mixture.posterior(torch.tensor([[px, py]], dtype=torch.float64), alpha, sigma)
    np.testing.assert_allclose(mean, expected[0].numpy(), atol=1e-4)


@pytest.mark.parametrize("overlay", ["Density", "Score", "Trails", "x̂0"])
def test_overlays_can_be_switched(open_page, overlay):
    page = open_page("?dataset=spiral&denoiser=learned&particles=300")
    wait_for_run(page)
    pause(page)
    scrub(page, 40)
    button = page.locator(".dv-overlays button", has_text=overlay.replace("x̂0", "x̂"))
    before, pressed = pixels(page, "reverse"), button.get_attribute("aria-pressed")
    button.click()
    assert button.get_attribute("aria-pressed") != pressed
    assert pixels(page, "reverse") != before
    button.click()
    assert pixels(page, "reverse") == before


def test_hovering_a_particle_shows_its_path_in_both_panels(open_page):
    page = open_page()
    wait_for_run(page)
    pause(page)
    scrub(page, 30)
    before = [pixels(page, name) for name in ("forward", "reverse")]
    x, y = player(page, "[p.panels[0].x(p.visible(p.panels[0])[14]), p.panels[0].y(p.visible(p.panels[0])[15])]")
    page.locator(".dv-forward canvas").hover(position={"x": x, "y": y})
    assert player(page, "p.hover") >= 0
    assert all(pixels(page, name) != old for name, old in zip(("forward", "reverse"), before, strict=True))
    page.locator(".dv-time").hover()
    assert player(page, "p.hover") == -1


def test_changing_the_schedule_and_running_shows_another_run(open_page):
    page = open_page()
    wait_for_run(page)
    alpha = player(page, "p.run.alpha[50]")
    choose(page, "Noise schedule", "Linear")
    press_run(page)
    assert "schedule=linear" in page.url
    assert player(page, "p.run.alpha[50]") < 0.8 * alpha
    assert player(page, "p.charts.every((c) => c.drawn)")


def test_clicking_a_chart_sets_the_clock_and_its_cursor_follows(open_page):
    page = open_page()
    wait_for_run(page)
    for name in ("schedule", "snr", "kl"):
        axis = page.locator(f".dv-chart-{name} .nsewdrag").first
        box = axis.bounding_box()
        page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
        assert time_shown(page) == pytest.approx(25, abs=1)
        cursor = page.locator(f".dv-chart-{name} .dv-cursor").bounding_box()
        assert cursor["x"] == pytest.approx(box["x"] + 0.25 * box["width"], abs=4)
        expect(page.locator(f".dv-chart-{name} .dv-reading")).not_to_be_empty()
        page.wait_for_timeout(400)  # a second click within the double-click time would reset the zoom
        scrub(page, 80)


def test_zooming_a_chart_keeps_the_cursor_on_the_axis(open_page):
    page = open_page()
    wait_for_run(page)
    pause(page)
    scrub(page, 30)
    box = page.locator(".dv-chart-snr .nsewdrag").first.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], y, steps=5)
    page.mouse.up()
    page.wait_for_timeout(600)
    low, high = player(page, "p.charts[1].axis.range")
    assert high - low < 60
    scrub(page, 30)
    cursor = page.locator(".dv-chart-snr .dv-cursor").bounding_box()
    assert cursor["x"] == pytest.approx(box["x"] + box["width"] * (30 - low) / (high - low), abs=4)


def test_stop_ends_a_long_run_and_keeps_what_came(open_page):
    page = open_page()
    wait_for_run(page)
    before = player(page, "p.run.id")
    choose(page, "Data distribution", "Checkerboard")
    steps = page.get_by_label("number input for Diffusion steps T")
    steps.fill("1000")
    steps.press("Enter")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Particles", exact=True).fill("1900")
    page.get_by_role("button", name="Run", exact=True).click()
    wait(page, f"p.run.id !== '{before}' && p.run.have.reverse.some(Boolean)")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    expect(page.locator(".dv-summary")).to_contain_text("stopped after")
    page.wait_for_timeout(500)
    share = player(page, "p.run.share")
    page.wait_for_timeout(700)
    assert player(page, "p.run.share") == share < 1
    scrub(page, 0)
    assert time_shown(page) == 0
    steps.fill("20")
    steps.press("Enter")
    page.get_by_role("button", name="Run", exact=True).click()
    wait(page, "p.run.steps === 20")
    wait_for_run(page)


def test_frames_come_while_they_are_computed(open_page):
    page = open_page()
    wait_for_run(page)
    page.evaluate("""() => {
      const p = document.querySelector('.dv').player, receive = p.receive.bind(p);
      window.shares = [];
      p.receive = (text) => { receive(text); window.shares.push(p.run.share); };
    }""")
    choose(page, "Data distribution", "Rings")
    steps = page.get_by_label("number input for Diffusion steps T")
    steps.fill("400")
    steps.press("Enter")
    press_run(page)
    shares = page.evaluate("window.shares")
    assert len([s for s in shares if 0.5 < s < 1]) >= 3  # the reverse path arrives in parts
    assert all(a <= b for a, b in itertools.pairwise(shares))


def test_a_lost_message_is_asked_for_again(open_page):
    page = open_page()
    wait_for_run(page)
    page.evaluate("""() => {
      const p = document.querySelector('.dv').player, receive = p.receive.bind(p);
      let lost = 0;
      p.receive = (text) => { if (text.includes('"blocks"') && !text.includes('"init"') && lost++ === 1) return; receive(text); };
    }""")
    choose(page, "Data distribution", "Smiley")
    steps = page.get_by_label("number input for Diffusion steps T")
    steps.fill("300")
    steps.press("Enter")
    press_run(page)
    assert player(page, "p.run.complete")


def test_a_link_reproduces_the_run(open_page):
    page = open_page()
    wait_for_run(page)
    choose(page, "Data distribution", "Grid of 25")
    choose(page, "Sampler", "DDIM")
    press_run(page)
    there = open_page(page.url.split("/", 3)[3])
    wait_for_run(there)
    expect(there.get_by_label("Data distribution", exact=True)).to_have_value("Grid of 25")
    expect(there.get_by_label("Sampler", exact=True)).to_have_value("DDIM")
    assert player(there, "Array.from(p.run.arrays.reverse)") == player(page, "Array.from(p.run.arrays.reverse)")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?steps=0", "steps must be a whole number from 2 to 4000"),
        ("?schedule=nope", "schedule must be one of"),
        ("?steps=1e9", "steps must be"),
        ("?eta=nan", "eta must be"),
        ("?particles=-5", "particles must be"),
        ("?particles=20000&steps=1000", "particles must be at most"),
        ("?colour=red", "experiment has no field 'colour'"),
    ],
)
def test_a_bad_link_is_told_in_a_sentence_and_the_page_works(open_page, query, sentence):
    page = open_page(query)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    wait_for_run(page)


def test_a_bad_value_is_told_beside_its_control_and_nothing_is_lost(open_page):
    page = open_page()
    wait_for_run(page)
    shown = player(page, "p.run.id")
    choose(page, "Data distribution", "Spiral")
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Particles", exact=True).fill("-3")
    page.get_by_role("button", name="Run", exact=True).click()
    error = page.locator("#dv-particles [role=alert]")
    expect(error).to_have_text("particles must be a whole number from 1 to 20000, not -3.")
    assert player(page, "p.run.id") == shown
    expect(page.get_by_label("Data distribution", exact=True)).to_have_value("Spiral")
    page.get_by_label("Particles", exact=True).fill("50")
    press_run(page)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_far_from_noise_is_a_warning(open_page):
    page = open_page("?schedule=linear&steps=50&scale_betas=false")
    wait_for_run(page)
    expect(page.locator(".dv-warning")).to_contain_text("still far from noise")
    fine = open_page("?schedule=linear&steps=50")
    wait_for_run(fine)
    expect(fine.locator(".dv-warning")).to_be_hidden()


def test_every_question_runs_with_one_click(open_page):
    page = open_page("?steps=5&particles=20")
    wait_for_run(page)
    for preset in PRESETS:
        page.get_by_role("button", name=preset.question).click()
        page.wait_for_function("(q) => location.search === (q ? '?' + q : '')", arg=preset.a.to_query())
        wait_for_run(page)
        expect(page.locator("#dv-look")).to_contain_text(preset.watch[:30])
        assert sorted(k for k, on in player(page, "p.overlays").items() if on) == sorted(preset.layers)


def test_controls_that_change_nothing_are_hidden(open_page):
    page = open_page()
    wait_for_run(page)
    page.get_by_text("More", exact=True).click()
    expect(page.get_by_label("β₁")).to_have_count(0)
    choose(page, "Noise schedule", "Linear")
    expect(page.get_by_label("β₁")).to_be_visible()
    choose(page, "Data distribution", "Gaussian")
    expect(page.locator("#dv-data_std")).to_be_visible()


def luminance(page, selector: str) -> float:
    image = Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("L")
    return float(np.median(np.asarray(image)))


def test_light_dark_and_the_button_between(open_page):
    light = open_page(color_scheme="light")
    dark = open_page(color_scheme="dark")
    for page in (light, dark):
        wait_for_run(page)
        pause(page)
    assert luminance(light, ".dv-forward canvas") > 180
    assert luminance(dark, ".dv-forward canvas") < 90
    light.get_by_role("button", name="Theme", exact=True).click()
    assert luminance(light, ".dv-forward canvas") < 90
    assert luminance(light, ".dv-chart-kl") < 90


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_everything_is_visible_without_scrolling(open_page, width, height):
    page = open_page(width=width, height=height)
    wait_for_run(page)
    assert page.evaluate("document.documentElement.scrollHeight") <= height + 1
    for selector in (".dv-forward canvas", ".dv-chart-kl", ".dv-scrubber", ".dv-summary", "#dv-run", "#dv-sampler"):
        box = page.locator(selector).bounding_box()
        assert box["y"] >= 0, selector
        assert box["y"] + box["height"] <= height, selector
        assert box["x"] + box["width"] <= width, selector


def test_a_narrow_window_folds_the_controls_above_the_player(open_page):
    page = open_page(width=700, height=900)
    wait_for_run(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    controls, stage = page.locator("#dv-controls").bounding_box(), page.locator("#dv-stage").bounding_box()
    assert controls["y"] + controls["height"] <= stage["y"] + 1
    assert page.locator(".dv-forward canvas").bounding_box()["height"] > 200


def test_the_player_follows_the_window(open_page):
    page = open_page()
    wait_for_run(page)
    before = player(page, "p.panels[0].width")
    page.set_viewport_size({"width": 1700, "height": 1000})
    wait(page, f"p.panels[0].width > {before} + 100 && p.charts[2].axis._length > 300")


def test_reduced_motion_opens_at_rest(open_page):
    page = open_page(reduced_motion="reduce")
    wait_for_run(page)
    page.wait_for_timeout(500)
    assert player(page, "p.clock.playing") is False
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_snippet_and_command_reproduce_the_run(open_page, capsys):
    page = open_page("?dataset=rings&steps=7&particles=20&seed=3")
    wait_for_run(page)
    page.get_by_role("button", name="Python", exact=True).click()
    snippet = page.locator("dialog pre").inner_text()
    page.get_by_role("button", name="Close").click()
    names: dict = {}
    exec(snippet, names)
    drawn = np.array(player(page, "Array.from(p.run.points('reverse', 0))")).reshape(-1, 2)
    np.testing.assert_allclose(drawn, names["trajectory"].reverse[-1], atol=RANGE / LEVELS + 1e-3)
    page.get_by_role("button", name="Command", exact=True).click()
    expect(page.locator("dialog pre")).to_have_text(
        "python -m diffviz run --dataset rings --steps 7 --particles 20 --seed 3 --out run.npz"
    )
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.locator("dialog pre")).to_have_text(page.url)


def test_arrays_and_animation_can_be_taken_away(open_page):
    page = open_page("?dataset=two_moons&steps=6&particles=40")
    wait_for_run(page)
    with page.expect_download() as download:
        take(page, "NPZ")
    arrays = np.load(download.value.path())
    expected = run(Experiment(dataset="two_moons", steps=6, particles=40))
    np.testing.assert_allclose(arrays["reverse"], expected.reverse, atol=1e-5)
    assert arrays["forward"].shape == (7, 40, 2)
    with page.expect_download(timeout=60_000) as download:
        take(page, "GIF")
    animation = Image.open(download.value.path())
    assert animation.format == "GIF"
    assert animation.n_frames > 10
    assert page.locator("#dv-header .dv-files-menu button").count() == 6
    with page.expect_download(timeout=60_000) as download:
        take(page, "PNG")
    with_density = np.asarray(Image.open(download.value.path()).convert("L"))
    page.get_by_role("button", name="Density", exact=True).click()  # the overlays that are on are drawn
    with page.expect_download(timeout=60_000) as download:
        take(page, "PNG")
    without = np.asarray(Image.open(download.value.path()).convert("L"))
    assert (with_density < 250).sum() > 1.5 * (without < 250).sum()
    assert download.value.suggested_filename == "diffviz-two_moons-cosine.png"


def test_every_word_that_is_underlined_explains_itself(open_page):
    page = open_page()
    wait_for_run(page)
    words = page.locator(".dv [data-term]")
    assert words.count() >= 7
    for index in range(words.count()):
        words.nth(index).click()
        term = TERMS[words.nth(index).get_attribute("data-term")]
        expect(page.get_by_role("dialog", name=term["title"])).to_contain_text(term["sources"][0]["text"])
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.parametrize("clicked", ["Score", "Loop", "Step forward", "Must the reverse process be random?"])
def test_keys_move_the_clock_after_any_button(open_page, clicked):
    page = open_page()
    wait_for_run(page)
    pause(page)
    page.get_by_role("button", name=clicked, exact=True).click()
    page.wait_for_timeout(1500)
    wait_for_run(page)
    page.keyboard.press("Home")
    assert time_shown(page) == 0
    page.keyboard.press("ArrowRight")
    assert time_shown(page) == player(page, "p.run.times[1]")


def test_a_held_direction_stays_held_after_scrubbing(open_page):
    page = open_page()
    wait_for_run(page)
    pause(page)
    page.get_by_label("Direction").select_option("forward")
    scrub(page, 50)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(800)
    assert player(page, "p.waiting()") is True
    assert 50 < time_shown(page) < 100


def test_a_late_word_of_an_older_run_changes_nothing(open_page):
    page = open_page()
    wait_for_run(page)
    page.evaluate("""() => {
      const p = document.querySelector('.dv').player, receive = p.receive.bind(p);
      window.finals = [];
      p.receive = (text) => { if (text.includes('"final"')) window.finals.push(text); receive(text); };
    }""")
    choose(page, "Data distribution", "Rings")
    press_run(page)
    late = page.evaluate("window.finals[0]")
    choose(page, "Data distribution", "Spiral")
    press_run(page)
    shown = player(page, "p.run.id")
    page.evaluate("(text) => document.querySelector('.dv').player.receive(text)", late)
    page.wait_for_timeout(1500)
    assert player(page, "p.run.id") == shown
    assert "dataset=spiral" in page.url


def test_a_double_click_on_a_chart_leaves_the_clock_where_it_was(open_page):
    page = open_page()
    wait_for_run(page)
    pause(page)
    scrub(page, 70)
    page.locator(".dv-chart-snr .nsewdrag").first.dblclick()
    assert time_shown(page) == 70


def test_an_error_beside_a_menu_covers_nothing(open_page):
    page = open_page("?dataset=nope")
    error = page.locator("#dv-dataset [role=alert]")
    expect(error).to_be_visible()
    box, following = error.bounding_box(), page.locator("#dv-schedule").bounding_box()
    assert box["y"] + box["height"] <= following["y"] + 1


def test_a_schedule_is_drawn_by_hand(open_page):
    page = open_page("?schedule=drawn&steps=20&particles=50")
    wait_for_run(page)
    points = page.locator("#dv-points :is(textarea, input)")
    dots = page.locator("#dv-fields .dv-drawer circle")
    assert dots.count() == 7
    dots.nth(3).focus()
    page.keyboard.press("ArrowUp")
    assert points.input_value() == "9 5 2 0.5 -2 -5 -9"
    box = dots.nth(1).bounding_box()
    page.mouse.move(box["x"] + 6, box["y"] + 6)
    page.mouse.down()
    page.mouse.move(box["x"] + 6, box["y"] + 300, steps=4)  # far below its neighbour, where it may not go
    page.mouse.up()
    assert points.input_value() == "9 2.1 2 0.5 -2 -5 -9"
    press_run(page)
    assert "points=9+2.1+2+0.5+-2+-5+-9" in player(page, "p.run.query")


def test_points_that_do_not_fall_are_told_beside_the_field(open_page):
    page = open_page("?schedule=drawn&steps=20&particles=50")
    wait_for_run(page)
    page.locator("#dv-points :is(textarea, input)").fill("1 2 3")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_selector("#dv-points .dv-error")
    assert "points must be 2 to 12 falling values of log SNR" in page.locator("#dv-points .dv-error").inner_text()
