"""One particle chosen: by click and by keys, with the numbers of the engine; conditional beside marginal; marginals."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from diffviz import Experiment, run
from diffviz.binomial.kernels import redrawing
from diffviz.domains.heartbeat.data import RATE
from diffviz.engine import Setup
from diffviz.gaussian.point import posterior_mixture
from diffviz.ui.inside import look_inside
from diffviz.views import view_of
from tests.browser.hands import pause, pixels, player, scrub, wait, wait_for_run

RUN = Experiment(dataset="two_moons", steps=40, particles=200, denoiser="learned")


def opened(open_page, view: str = "", **options: object) -> Page:
    """A page at rest whose run is complete."""
    page = open_page(f"?{RUN.to_query()}{view}", **options)
    wait_for_run(page)
    pause(page)
    return page


def label(page: Page, panel: str) -> str:
    """What is said of a panel once it is quiet."""
    page.wait_for_timeout(500)
    return page.locator(f".dv-{panel} canvas").get_attribute("aria-label").replace("−", "-")


def click_particle(page: Page, particle: int) -> None:
    """Where it is in the forward panel."""
    place = player(
        page,
        f"(() => {{ const b = p.panels.list[0], x = p.run.array('forward', p.clock.frame); "
        f"return {{ x: b.x(x[{2 * particle}]), y: b.y(x[{2 * particle + 1}]) }}; }})()",
    )
    page.locator(".dv-forward canvas").click(position=place)


def test_a_click_shows_the_posterior_and_the_step_with_the_engines_numbers(open_page):
    page = opened(open_page, "&playing=0")
    scrub(page, 20)
    click_particle(page, 7)
    chosen = player(page, "p.panels.chosen")  # another may lie nearer to the pixel
    wait(page, "p.run.kept.answers.get(p.panels.chosen)?.before")
    told = json.loads(look_inside(json.dumps({"query": RUN.to_query(), "particle": chosen})))
    trajectory, setup = run(RUN), Setup(RUN)
    for panel, path in (("forward", trajectory.forward[20]), ("reverse", trajectory.reverse[::-1][20])):
        x = torch.from_numpy(path[chosen]).double()
        posterior = posterior_mixture(setup.distribution, x, float(setup.schedule.alpha[20]), float(setup.schedule.sigma[20]))
        mean = posterior.weights @ posterior.means
        said = re.search(r"particle (\d+) have mean \((.*?), (.*?)\)", label(page, panel))
        assert said[1] == str(chosen + 1)
        np.testing.assert_allclose([float(said[2]), float(said[3])], mean, atol=0.006)
    nats = re.search(r"p\(xₛ \| xₜ\) is ([\d.]+) nats, and of q\(xₛ \| xₜ, x₀\) ([\d.]+) nats", label(page, "forward"))
    assert float(nats[1]) == pytest.approx(told["forward"]["exact"][19], rel=0.05)
    assert float(nats[2]) == pytest.approx(told["forward"]["given"][19], rel=0.05)
    formula = page.locator(".dv-worked").inner_text().replace("−", "-")
    found = [float(value) for value in re.findall(r"-?\d+\.\d+", formula)[-2:]]
    np.testing.assert_allclose(found, trajectory.reverse[::-1][19, chosen], atol=1e-3)


def test_scrubbing_with_a_particle_chosen_asks_for_nothing(open_page):
    page = opened(open_page, "&playing=0&chosen=5&at=10&back=1")
    wait(page, "p.run.kept.answers.get(4)?.before")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    seen = set()
    for t in range(2, 40, 4):
        scrub(page, t)
        seen.add(page.locator(".dv-worked").inner_text())
    assert len(seen) == 10
    assert requests == []
    scrub(page, 0)
    expect(page.locator(".dv-worked")).to_have_count(0)  # no step leaves t = 0


def test_while_the_reverse_process_waits_no_step_of_its_particle_is_told(visit):
    page = visit(f"?{RUN.to_query()}&playing=0&chosen=5&at=10&back=1")
    expect(page.locator(".dv-worked")).to_contain_text("This particle")
    for query in ("&playing=0&chosen=5&at=10", "&playing=0&chosen=5&at=10&charts=one_point"):
        page = visit(f"?{RUN.to_query()}{query}")
        wait(page, "p.run.kept.answers.get(4)?.reverse")
        expect(page.locator(".dv-paused")).to_be_visible()  # at x_T, while the forward process is at t = 10
        expect(page.locator(".dv-worked")).to_have_count(0)


def test_keys_choose_and_let_go_and_the_address_holds_the_choice(open_page):
    page = opened(open_page, "&playing=0&at=20&back=1")
    before = pixels(page, "forward")
    page.locator(".dv-forward canvas").focus()
    page.keyboard.press("ArrowRight")
    assert player(page, "p.panels.chosen") >= 0
    expect(page.locator(".dv-worked")).to_be_visible()
    expect(page.locator(".dv-announced")).to_contain_text("Given xₜ, the data of particle")
    page.wait_for_function("location.search.includes('chosen=')")
    assert int(re.search(r"chosen=(\d+)", page.url)[1]) == player(page, "p.panels.chosen") + 1
    assert pixels(page, "forward") != before
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('chosen=')")
    assert pixels(page, "forward") == before


def test_each_side_of_a_pair_has_its_own_answer(open_page):
    a, b = "steps%3D20%26particles%3D60", "steps%3D10%26particles%3D60%26schedule%3Dlinear"
    page = open_page(f"?a={a}&b={b}&playing=0&chosen=3", color_scheme="dark")
    wait_for_run(page)
    wait(page, "p.sides.every((side) => side.run.kept.answers.get(2)?.before)")
    scrub(page, 10)
    assert player(page, "p.sides.map((side) => side.run.kept.answers.get(2).before.length)") == [20, 10]
    assert "to t = 9" in page.locator(".dv-row-a .dv-forward canvas").get_attribute("aria-label") or "to t = 9" in label(
        page, "row-a .dv-forward"
    )
    assert "to t = 4" in label(page, "row-b .dv-forward")


def test_conditional_paths_of_one_few_and_all(open_page):
    page = open_page("?dataset=two_moons&schedule=rectified_flow&sampler=ddim&steps=40&particles=100&playing=0&at=20&back=1")
    wait_for_run(page)
    page.get_by_role("button", name="Layers").click()
    expect(page.locator("[data-layer=of_1]")).to_be_hidden()
    page.locator("[data-layer=conditional]").click()
    bends = {}
    for name in ("of_1", "of_2", "of_20", "of_all"):
        page.locator(f"[data-layer={name}]").click()
        bends[name] = float(re.search(r"would be ([\d.]+) times", label(page, "reverse"))[1])
    assert bends["of_1"] == 1.0
    assert max(bends.values()) > 1.01
    assert player(page, "[...p.layers.on].includes('of_all') && ![...p.layers.on].includes('of_1')")
    page.locator("[data-layer=conditional]").click()
    assert not player(page, "[...p.layers.on].some((name) => name.startsWith('of_'))")


def test_marginals_are_drawn_and_told(open_page):
    page = opened(open_page, "&playing=0&at=40&layers=density")
    before = pixels(page, "reverse")
    player(page, "(p.layers.toggle('marginals'), 0)")
    assert pixels(page, "reverse") != before
    said = re.search(r"x and y are ([\d.]+) and ([\d.]+), of the exact marginals ([\d.]+) and ([\d.]+)", label(page, "forward"))
    np.testing.assert_allclose([float(said[1]), float(said[2])], run(RUN).forward[40].std(0), atol=0.011)
    assert float(said[3]) == pytest.approx(1.0, abs=0.02)  # at T nearly N(0, I)


def test_python_knows_what_the_page_alone_lays_over(open_page):
    page = opened(open_page)
    layers = view_of(RUN).layers
    assert set(player(page, "[...p.layers.list.children].map((b) => b.dataset.layer)")) == {*layers.names, *layers.page}


def test_the_phases_of_a_sequence_have_the_exact_weights(open_page):
    experiment = Experiment(dataset="heartbeat", steps=30, particles=20)
    page = open_page(f"?{experiment.to_query()}&playing=0&at=12&back=1")
    wait_for_run(page)
    before = pixels(page, "forward")
    page.locator(".dv-forward canvas").focus()
    page.keyboard.press("ArrowDown")
    assert pixels(page, "forward") != before
    setup = Setup(experiment)
    noise = setup.schedule.signal_lost[12]
    chosen = player(page, "p.panels.chosen")
    x = torch.from_numpy(run(experiment).forward[12, chosen]).double()[None]
    weights = setup.distribution.log_joint(x, redrawing(noise, RATE)).softmax(1)[0]
    ones = setup.distribution.states.argmax(1)  # the phase of each state
    said = re.search(r"5 phases are (.*) %\.", label(page, "forward"))[1].replace("< ", "").split(" %, ")
    np.testing.assert_allclose([float(share) for share in said], 100 * weights[ones.argsort()], atol=1.0)


def test_training_images_beside_the_chosen_one_and_the_posterior_of_a_pixel(open_page):
    experiment = Experiment(dataset="digits", particles=6, steps=20)
    page = open_page(f"?{experiment.to_query()}&playing=0&at=9&back=1&chosen=3&layers=x_t")
    wait_for_run(page)
    before = pixels(page, "chosen")
    player(page, "(p.layers.toggle('training'), 0)")
    wait(page, "p.run.kept.training.get(2)?.count")
    assert pixels(page, "chosen") != before
    told = json.loads(look_inside(json.dumps({"query": experiment.to_query(), "picture": 2, "training": True})))
    said = label(page, "chosen")
    spread = [float(value) for value in re.findall(r"spread over ([\d.]+) of 1500", said)]
    np.testing.assert_allclose(spread, [told[name]["effective"][9] for name in ("forward", "reverse")], rtol=0.06)
    assert f"{told['distance']:.3f} from the nearest one" in said
    corner = player(
        page, "(({ corners: [{ x, y }], scale }) => ({ x: x + 3.5 * scale, y: y + 2.5 * scale }))(p.run.kept.room.pixel)"
    )
    page.locator(".dv-chosen canvas").click(position=corner)
    wait(page, "p.run.kept.pixels.get('2 19')?.edges")
    pixel = json.loads(look_inside(json.dumps({"query": experiment.to_query(), "picture": 2, "pixel": 19})))
    means = [float(value) for value in re.findall(r"the pixel has mean (-?[\d.]+)", label(page, "chosen"))]
    np.testing.assert_allclose(means, [pixel[name]["mean"][9] for name in ("forward", "reverse")], atol=0.0051)
    page.locator(".dv-chosen canvas").focus()
    page.keyboard.press("ArrowRight")
    wait(page, "p.run.kept.pixels.get('2 20')?.edges")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    scrub(page, 3)
    assert "spread over" in label(page, "chosen")
    assert requests == []
    page.locator(".dv-chosen canvas").focus()
    page.keyboard.press("Escape")
    assert "the pixel has" not in label(page, "chosen")


def test_two_runs_are_weighed_by_the_same_training_images(open_page):
    a, b = "dataset%3Ddigits%26steps%3D10%26particles%3D4", "dataset%3Ddigits%26steps%3D10%26particles%3D4%26denoiser%3Dlearned"
    page = open_page(f"?a={a}&b={b}&playing=0&layers=x_t+training&at=0&back=1")
    wait_for_run(page)
    wait(page, "p.sides.every((side) => side.run.kept.training.get(0)?.count)")
    near = [float(value) for value in re.findall(r"the sample is ([\d.]+) from", label(page, "chosen"))]
    assert len(near) == 2
    assert near[0] < near[1]  # the exact denoiser returns training images
