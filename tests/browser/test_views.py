"""What the views draw and what a person can do with it: points, pictures."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from diffviz import Experiment, run
from diffviz.domains.pictures.images import make_images
from diffviz.engine import Setup
from diffviz.inverse.tasks import hole
from diffviz.views.pictures.packed import PIXEL_RANGE
from tests.browser.hands import PLAYER, pixels, player, wait_for_run

POINTS = "?dataset=two_moons&steps=20&particles=200"
DIGITS = "?dataset=digits&steps=8&particles=16"

# of the page's scripts, one by the end of its name
SCRIPT = "(end) => import(performance.getEntriesByType('resource').map((e) => e.name).find((n) => n.endsWith(end)))"

# how bright a panel's canvas is at places in its own pixels
READ = """(q, places) => {
  const d = q.context.getImageData(0, 0, q.canvas.width, q.canvas.height).data;
  return places.map(([x, y]) => d[4 * (Math.floor(y * q.ratio) * q.canvas.width + Math.floor(x * q.ratio))]);
}"""

# the brightness of every pixel of picture i in a grid
GRID = f"""async ([name, i]) => {{
  const p = {PLAYER}, q = p.panels.list.find((e) => e.name === name), shape = p.run.arrays.reverse.shape.slice(1);
  const {{ gridOf }} = await ({SCRIPT})('/views/pictures/drawing.js'), [, high, wide] = shape;
  const {{ columns, scale, x, y }} = gridOf(q, {{ shape, count: p.run.particles }}), places = [];
  const left = x + (i % columns) * (wide + 1) * scale, top = y + Math.floor(i / columns) * (high + 1) * scale;
  for (let r = 0; r < high; r++) for (let c = 0; c < wide; c++) places.push([left + (c + 0.5) * scale, top + (r + 0.5) * scale]);
  return ({READ})(q, places);
}}"""

# the same of each of the framed pictures that stand in rows
ROWS = f"""async ([name, rows, below = 0]) => {{
  const p = {PLAYER}, q = p.panels.list.find((e) => e.name === name), [, high, wide] = p.run.arrays.reverse.shape.slice(1);
  const {{ placeRows, titleHeight }} = await ({SCRIPT})('/views/pictures/drawing.js');
  const {{ scale, places }} = placeRows(rows, [wide, high], q.width, q.height - below, titleHeight({{ present: false }}));
  const out = {{}};
  for (const {{ what, x, y }} of places) {{
    const all = [];
    for (let r = 0; r < high; r++) for (let c = 0; c < wide; c++) all.push([x + (c + 0.5) * scale, y + (r + 0.5) * scale]);
    out[what] = ({READ})(q, all);
  }}
  return out;
}}"""


def opened(open_page, query: str, **options: object) -> Page:
    """A page at rest whose run is complete."""
    page = open_page(query, **options)
    wait_for_run(page)
    player(page, "(p.go(0), 0)")
    return page


def layers(page: Page, *names: str) -> None:
    player(page, f"(p.restore({{ layers: {list(names)} }}, true), 0)")


def grey(values: np.ndarray) -> np.ndarray:
    """What is shown of pixel values."""
    return 127.5 + 127.5 * np.clip(values, -1, 1)


LINES = 2 * 17 + 6  # pixels below the given pictures, of the two lines that say how they are read


def numbers(text: str) -> list[float]:
    return [float(found.replace("−", "-")) for found in re.findall(r"[−]?\d+\.\d\d", text)]


# points


def pixel_of(page: Page, panel: str, particle: int, frame: int) -> tuple[float, float]:
    """Where a particle is in its panel."""
    at = f"p.run.array('{panel}', {frame})"
    view = f"p.panels.list.find((q) => q.name === '{panel}')"
    x, y = player(page, f"[{view}.x({at}[{2 * particle}]), {view}.y({at}[{2 * particle + 1}])]")
    return x, y


def test_the_density_is_a_shade_below_the_points_and_ends_in_the_background(open_page):
    page = opened(open_page, "?dataset=gaussian&data_std=0.5&steps=10&particles=1")
    at = [(0.02, -0.3), (0.6, 0.6), (2.3, 2.3)]  # points of the plane: dense, thin and empty
    read = f"""(() => {{ const q = p.panels.list.find((e) => e.name === 'forward');
      return ({READ})(q, {[list(place) for place in at]}.map(([x, y]) => [q.x(x), q.y(y)])); }})()"""
    layers(page, "density")
    dense, thin, empty = player(page, read)
    assert dense < thin < empty
    layers(page)
    assert player(page, read) == [empty] * 3
    layers(page, "density")
    x, y = pixel_of(page, "forward", 0, 0)
    read_point = f"(() => {{ const q = p.panels.list.find((e) => e.name === 'forward'); return ({READ})(q, [[{x}, {y}]]); }})()"
    assert player(page, read_point)[0] < dense - 40  # forward is blue: little red


def test_every_layer_draws_and_goes_away_again(open_page):
    page = opened(open_page, POINTS)
    player(page, "(p.go(5), 0)")
    layers(page)
    before = pixels(page, "reverse")
    for name in ("density", "score", "trails", "x0_hat", "marginals", "conditional"):
        layers(page, name)
        assert pixels(page, "reverse") != before, name
        layers(page)
        assert pixels(page, "reverse") == before, name
    expect(page.locator("[data-layer=error]")).to_have_count(0)  # the exact denoiser has none


def test_the_error_of_the_score_is_offered_for_a_network_and_drawn(open_page):
    page = opened(open_page, POINTS + "&denoiser=learned")
    player(page, "(p.go(4), 0)")
    layers(page)
    before = pixels(page, "forward"), pixels(page, "reverse")
    page.get_by_role("button", name="Layers").click()
    page.get_by_role("button", name="Error", exact=True).click()
    assert (pixels(page, "forward"), pixels(page, "reverse")) != before
    assert player(page, "[...p.layers.on]") == ["error"]


def test_a_particle_is_picked_by_pointer_and_by_keys_and_its_numbers_are_told(open_page):
    page = opened(open_page, POINTS + "&denoiser=learned")
    player(page, "(p.go(8), 0)")
    experiment = Experiment.from_query(POINTS[1:] + "&denoiser=learned")
    trajectory, setup = run(experiment), Setup(experiment)
    x, y = pixel_of(page, "reverse", 3, 8)
    page.locator(".dv-reverse canvas").click(position={"x": x, "y": y})
    picked = player(page, "p.panels.chosen")
    assert picked >= 0
    x_t = trajectory.reverse[::-1][8, picked]
    np.testing.assert_allclose(x_t, trajectory.reverse[::-1][8, 3], atol=0.1)  # it, or one that lies over it
    page.locator(".dv-reverse canvas").focus()
    page.keyboard.press("ArrowRight")
    other = player(page, "p.panels.chosen")
    x_t = trajectory.reverse[::-1][8, other]
    assert x_t[0] > trajectory.reverse[::-1][8, picked, 0]
    noise = float(setup.schedule.alpha[8]), float(setup.schedule.sigma[8])
    mean, _ = setup.distribution.posterior(torch.from_numpy(x_t[None]).double(), *noise)
    told = page.locator(".dv-announced").text_content()
    wanted = [*x_t, *trajectory.x0_hat[::-1][8, other], *mean[0].tolist()]
    assert told.startswith(f"Particle {other + 1} of 200: xₜ = ")
    assert numbers(told.split(" Given ")[0]) == pytest.approx(wanted, abs=0.0075)  # two digits, of positions sent in 12 bits
    before = pixels(page, "reverse")
    page.keyboard.press("Escape")
    assert player(page, "p.panels.chosen") == -1
    assert pixels(page, "reverse") != before


def test_what_is_seen_of_points_is_told_to_those_who_do_not_see_it(open_page):
    page = opened(open_page, "?dataset=eight_gaussians&steps=20&particles=200")
    canvas = page.locator(".dv-reverse canvas")
    expect(canvas).to_have_attribute(
        "aria-label", re.compile(r"Reverse process.* at t = 0 of 20: 200 particles.* in 8 separate regions")
    )
    player(page, "(p.go(20), 0)")
    expect(canvas).to_have_attribute("aria-label", re.compile("at t = 20 of 20.* in one region"))


# pictures


def test_what_is_drawn_of_pictures_is_what_the_engine_computed(open_page):
    page = opened(open_page, DIGITS)
    trajectory = run(Experiment.from_query(DIGITS[1:]))
    assert (
        np.abs(page.evaluate(GRID, ["reverse", 5]) - grey(trajectory.reverse[-1][5, 0]).ravel()).max() <= 3
    )  # of 255: half a step
    player(page, "(p.go(4), 0)")
    assert np.abs(page.evaluate(GRID, ["forward", 2]) - grey(trajectory.forward[4, 2, 0]).ravel()).max() <= 3
    layers(page, "x0_hat")
    assert np.abs(page.evaluate(GRID, ["reverse", 2]) - grey(trajectory.x0_hat[::-1][4, 2, 0]).ravel()).max() <= 3
    expect(page.locator(".dv-reverse .dv-hint")).to_contain_text("denoised estimate")
    layers(page, "eps_hat")
    assert len(set(page.evaluate(GRID, ["reverse", 0]))) > 20
    player(page, "(p.go(0), 0)")
    assert len(set(page.evaluate(GRID, ["reverse", 0]))) < 5  # at t = 0 the denoiser is not asked, and no noise is predicted


def test_a_picture_is_chosen_by_hand_and_its_costs_are_drawn(open_page):
    page = opened(open_page, DIGITS)
    expect(page.locator(".dv-chosen select")).to_be_hidden()  # the exact denoiser has no feature maps
    box = page.locator(".dv-forward canvas").bounding_box()
    page.locator(".dv-forward canvas").click(position={"x": box["width"] / 2 + 4, "y": box["height"] / 2 + 4})
    chosen = player(page, "p.panels.chosen")
    assert chosen > 0
    number = page.get_by_label("Number of the enlarged image")
    expect(number).to_have_value(str(chosen + 1))
    cost = player(page, f"p.run.data.costs[{chosen}][1]")
    page.wait_for_function(f"() => document.querySelector('.dv-chart[data-chart=kl] .dv-plot').data.at(-1).y[0] === {cost}")
    page.locator(".dv-forward canvas").focus()
    page.keyboard.press("ArrowLeft")
    assert player(page, "p.panels.chosen") == chosen - 1
    expect(page.locator(".dv-announced")).to_contain_text(f"Image {chosen} of 16 at t = 0: pixel values of mean")
    number.fill("2")
    assert player(page, "p.panels.chosen") == 1
    for nonsense in ("1.5", "0", "999"):
        number.fill(nonsense)
        number.press("Tab")
        assert player(page, "p.panels.chosen") == 1
        expect(number).to_have_value("2")


def test_the_feature_maps_of_a_network_move_with_t(open_page):
    page = opened(open_page, "?dataset=digits&denoiser=learned&steps=8&particles=4")
    menu = page.get_by_label("Estimate and noise, or feature maps of a level of the network")
    menu.select_option("up 8x8")
    expect(page.locator(".dv-chosen .dv-hint")).to_have_text("32 feature maps")
    seen = []
    for frame in (8, 2):
        player(page, f"(p.go({frame}), 0)")
        seen.append(pixels(page, "chosen"))
    assert seen[0] != seen[1]
    page.get_by_label("Number of the enlarged image").fill("3")
    page.wait_for_timeout(100)
    expect(page.locator(".dv-chosen .dv-hint")).to_have_text("32 feature maps")
    assert pixels(page, "chosen") != seen[1]
    expect(page.locator(".dv-chosen canvas")).to_have_attribute(
        "aria-label", "Feature maps of image 3 at level up 8x8: 32 feature maps."
    )
    menu.select_option("")
    expect(page.locator(".dv-chosen .dv-hint")).to_have_text("")


def test_mean_and_spread_of_samples_are_drawn_beside_the_exact_ones(open_page):
    query = DIGITS + "&measurement=inpaint&test_image=5"
    page = opened(open_page, query)
    ends = run(Experiment.from_query(query[1:])).reverse[-1]
    rows = [["truth", "mean", "exact_mean"], ["measured", "std", "exact_std"]]
    seen = {name: np.array(values, float).reshape(8, 8) for name, values in page.evaluate(ROWS, ["given", rows, LINES]).items()}
    picture = make_images("digits").held_out[4, 0].numpy()
    assert np.abs(seen["truth"] - grey(picture)).max() <= 3
    assert np.abs(seen["mean"] - grey(ends.mean(0)[0])).max() <= 3
    known = hole(8, 8)
    assert np.abs(seen["measured"] - grey(picture))[known].mean() < 0.15 * 127.5  # noise of 0.1
    std = ends.std(0, ddof=1)[0]
    assert np.corrcoef(255 - seen["std"].ravel(), std.ravel())[0, 1] > 0.99  # in light, more ink is darker
    assert std[~known].mean() > 2 * std[known].mean()
    expect(page.locator(".dv-given .dv-term")).to_have_text(re.compile("Posterior"))


def test_an_edited_picture_waits_at_its_start_time_beside_what_is_given(open_page):
    page = open_page(DIGITS + "&start=picture&start_time=0.5")
    wait_for_run(page)
    expect(page.locator(".dv-reverse .dv-paused")).to_have_text("waiting at x4", timeout=30_000)
    expect(page.locator(".dv-given .dv-term")).to_have_text("SDEdit")
    assert player(page, "p.run.times.at(-1)") == 4


def test_one_picture_of_both_runs_is_enlarged_beside_their_difference(open_page):
    sides = [f"dataset=digits&steps=8&particles=16&schedule={schedule}" for schedule in ("cosine", "linear")]
    a, b = (run(Experiment.from_query(side)) for side in sides)
    page = opened(
        open_page,
        "?" + "&".join(f"{name}={side.replace('=', '%3D').replace('&', '%26')}" for name, side in zip("ab", sides, strict=True)),
    )
    player(page, "(p.go(4), 0)")
    page.get_by_label("Number of the enlarged image").fill("3")
    for layer, of in (("x_t", "reverse"), ("x0_hat", "x0_hat")):
        layers(page, layer)
        shown = [np.clip(getattr(t, of)[4, 2, 0], -PIXEL_RANGE, PIXEL_RANGE) for t in (a, b)]
        text = page.locator(".dv-chosen .dv-hint").inner_text()
        assert float(text.split("=")[1]) == pytest.approx(np.abs(shown[0] - shown[1]).mean(), abs=0.02)
        seen = page.evaluate(ROWS, ["chosen", [["a", "b", "apart"]]])
        for name, values in zip("ab", shown, strict=True):
            assert np.abs(np.array(seen[name]) - grey(values).ravel()).max() <= 3
        apart = np.abs(shown[0] - shown[1]).ravel()
        assert np.corrcoef(255 - np.array(seen["apart"], float), apart.clip(0, 1))[0, 1] > 0.99
    layers(page, "eps_hat")
    player(page, "(p.go(0), 0)")
    expect(page.locator(".dv-chosen .dv-hint")).to_have_text("")  # at t = 0 the denoiser is not asked


def test_pictures_are_as_wide_as_high_whatever_the_window(open_page):
    page = opened(open_page, DIGITS + "&measurement=inpaint")
    for width, height in ((1280, 800), (1024, 700), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            "() => [...document.querySelectorAll('.dv-panel canvas')].filter((c) => c.offsetParent).every((c) =>"
            " Math.abs(c.width / c.clientWidth - c.height / c.clientHeight) < 0.02)"
        )
