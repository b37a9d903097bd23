"""The energy landscape as a map and as a surface, in the plane: by click and by link, turned, compared, in a file."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from diffviz import Experiment, run
from diffviz.engine import Setup
from tests.browser.hands import download, opened, pixels, player, scrub, wait

RUN = Experiment(dataset="two_moons", steps=20, particles=200)
AT_REST = f"?{RUN.to_query()}&playing=0&at=8&back=1"

# every text that is drawn on a canvas
WRITTEN = """(() => {
  window.written = new Set();
  const { fillText } = OffscreenCanvasRenderingContext2D.prototype;
  OffscreenCanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.written.add(text);
    return fillText.call(this, text, ...rest);
  };
})()"""


def written(page: Page) -> str:
    return page.evaluate("[...window.written].join('\\n')")


def label(page: Page, panel: str) -> str:
    """What is said of a panel once it is quiet."""
    page.wait_for_timeout(500)
    return page.locator(f".dv-{panel} canvas").get_attribute("aria-label").replace("−", "-")


def energies(t: int, direction: str) -> np.ndarray:
    """U_t of all particles at t."""
    setup, trajectory = Setup(RUN), run(RUN)
    path = trajectory.forward if direction == "forward" else trajectory.reverse[::-1]
    level = float(setup.schedule.alpha[t]), float(setup.schedule.sigma[t])
    return -setup.distribution.log_density(torch.from_numpy(path[t]).double(), *level).numpy()


def toggle(page: Page, layer: str) -> None:
    if not page.locator(f"[data-layer={layer}]").is_visible():
        page.get_by_role("button", name="Layers").click()
    page.locator(f"[data-layer={layer}]").click()


def drag(page: Page, panel: str, dx: int, dy: int) -> None:
    box = page.locator(f".dv-{panel} canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2)
    page.mouse.move(x + dx, y + dy)
    page.mouse.up()
    page.mouse.move(2, 2)  # away from any particle


@pytest.mark.parametrize("layer", ["energy", "surface"])
def test_a_click_shows_the_landscape_with_its_scale_and_it_moves_with_the_clock(open_page, layer):
    page = opened(open_page, AT_REST)
    page.evaluate(WRITTEN)
    before = pixels(page, "forward")
    toggle(page, layer)
    assert player(page, f"p.layers.on.has('{layer}') && !p.layers.on.has('density')")  # one of three
    assert pixels(page, "forward") != before
    assert re.search(r"energy U = −log q\(xₜ\): 0 to 7 kT \(nats\), a line each kT", written(page))
    assert "4" in written(page).split("\n")  # heights are written
    seen = set()
    for t in (0, 8, 14, 20):
        scrub(page, t)
        seen.add(tuple(pixels(page, "forward")))
    scrub(page, 3)
    for panel in ("forward", "reverse"):
        said = re.search(r"from (-?\d) to 7 kT; particles are at (-?[\d.]+) kT on average", label(page, panel))
        assert float(said[2]) == pytest.approx(energies(3, panel).mean(), abs=0.06)
    assert len(seen) == 4
    page.wait_for_function(f"location.search.includes('{layer}')")
    toggle(page, layer)
    assert not player(page, f"p.layers.on.has('{layer}') || p.layers.on.has('density')")  # none of the three
    scrub(page, 8)
    toggle(page, "density")
    assert pixels(page, "forward") == before


def test_a_surface_turns_by_mouse_and_keys_in_all_panels_and_the_address_holds_it(open_page):
    page = opened(open_page, f"{AT_REST}&layers=surface")
    straight = [pixels(page, panel) for panel in ("forward", "reverse")]
    zoom = player(page, "p.panels.scale.state")
    drag(page, "forward", 80, -30)
    turned = [pixels(page, panel) for panel in ("forward", "reverse")]
    assert all(a != b for a, b in zip(straight, turned, strict=True))
    assert player(page, "p.panels.scale.state") == zoom  # it is turned, not moved
    yaw, pitch = -35 - 32, 58 - 12
    page.wait_for_function(
        "([yaw, pitch]) => new URLSearchParams(location.search).get('turn') === `${yaw} ${pitch}`", arg=[yaw, pitch]
    )  # on a busy machine the address has had half of the drag before

    again = opened(open_page, page.url[page.url.index("?") :])
    assert player(again, "[p.panels.camera.yaw, p.panels.camera.pitch]") == [yaw, pitch]
    seen = pixels(again, "forward")
    player(again, "(p.panels.camera.reset(), p.panels.paint(), 0)")
    assert pixels(again, "forward") != seen

    page.locator(".dv-reverse canvas").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert player(page, "[p.panels.camera.yaw, p.panels.camera.pitch, p.run.times[p.clock.frame]]") == [yaw + 5, pitch + 5, 8]
    page.keyboard.press("Shift+ArrowLeft")
    assert player(page, "p.panels.chosen") >= 0
    page.keyboard.press("Escape")
    page.locator(".dv-reverse canvas").dblclick(position={"x": 8, "y": 60})  # where nothing is
    assert [pixels(page, panel) for panel in ("forward", "reverse")] == straight
    page.wait_for_function("!location.search.includes('turn=')")


def test_a_finger_turns_a_surface(open_page):
    page = opened(open_page, f"{AT_REST}&layers=surface", width=390, height=844, has_touch=True, is_mobile=True)
    before = player(page, "p.panels.camera.yaw")
    canvas = page.locator(".dv-forward canvas")
    canvas.scroll_into_view_if_needed()
    assert canvas.evaluate("(e) => getComputedStyle(e).touchAction") == "pan-y"  # upwards it scrolls the page
    box = canvas.bounding_box()
    session = page.context.new_cdp_session(page)
    points = [{"x": box["x"] + box["width"] / 2 + dx, "y": box["y"] + box["height"] / 2} for dx in (0, 20, 50)]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    for point in points[1:]:
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait(page, f"p.panels.camera.yaw < {before}")


def test_a_click_on_the_surface_chooses_the_particle_that_stands_there(open_page):
    page = opened(open_page, f"{AT_REST}&layers=surface&turn=0+90")
    page.evaluate(WRITTEN)
    place = player(  # from above a surface is the map, in its own scale
        page,
        "(() => { const b = p.panels.list[0], x = p.run.array('forward', p.clock.frame), high = b.height - 67; "
        "const k = Math.min((b.width - 44) / (Math.SQRT2 * 2), high / (Math.SQRT2 * 2)) / p.panels.scale.reach; "
        "return { x: b.width / 2 + k * x[14], y: 40 + high / 2 - k * x[15] }; })()",
    )
    page.locator(".dv-forward canvas").click(position=place)
    chosen = player(page, "p.panels.chosen")
    at = player(page, f"[...p.run.array('forward', p.clock.frame)].slice({2 * chosen}, {2 * chosen + 2})")
    wanted = player(page, "[...p.run.array('forward', p.clock.frame)].slice(14, 16)")
    assert np.hypot(*np.subtract(at, wanted)) < 0.1  # another may lie nearer to the pixel
    height = re.search(r"U = (−?[\d.]+) kT", written(page))[1]
    assert float(height.replace("−", "-")) == pytest.approx(energies(8, "forward")[chosen], abs=0.12)


def test_what_is_drawn_in_the_plane_is_not_offered_on_a_surface_and_comes_back(open_page):
    page = opened(open_page, f"{AT_REST}&layers=density+score")
    toggle(page, "surface")
    expect(page.locator("[data-layer=score]")).to_be_hidden()
    assert not player(page, "p.layers.on.has('score')")
    toggle(page, "energy")
    expect(page.locator("[data-layer=score]")).to_be_visible()
    assert player(page, "p.layers.on.has('score')")


def test_two_runs_have_one_scale_and_one_camera_in_the_dark(open_page):
    a, b = "dataset%3Deight_gaussians%26steps%3D12%26particles%3D60", "dataset%3Dtwo_moons%26steps%3D12%26particles%3D60"
    page = opened(open_page, f"?a={a}&b={b}&playing=0&at=6&back=1&layers=surface", color_scheme="dark")
    rows = ["row-a .dv-forward", "row-b .dv-forward"]
    assert all("from -1 to 7 kT" in label(page, row) for row in rows)  # of eight Gaussians, the deeper ones
    before = [pixels(page, row) for row in rows]
    drag(page, "row-a .dv-forward", 60, 20)
    assert all(pixels(page, row) != seen for row, seen in zip(rows, before, strict=True))


def test_a_file_shows_the_surface_without_server_or_network(open_page, browser, tmp_path):
    page = opened(open_page, f"{AT_REST}&layers=surface&turn=20+40")
    path = download(page, "HTML", tmp_path)
    context = browser.new_context(offline=True)
    alone, problems = context.new_page(), []
    alone.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    alone.on("pageerror", lambda error: problems.append(str(error)))
    alone.goto(path.as_uri())
    wait(alone, "p.complete && p.charts.complete")
    assert player(alone, "[p.panels.camera.yaw, p.panels.camera.pitch]") == [20, 40]
    assert player(alone, "p.layers.on.has('surface')")
    before = pixels(alone, "forward")
    drag(alone, "forward", 50, 0)
    assert pixels(alone, "forward") != before
    context.close()
    assert problems == []
