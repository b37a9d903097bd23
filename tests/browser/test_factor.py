"""A factor r(x) in the plane: its lines in the panels, its fields in the form, and the law that the reverse panel shows."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from diffviz import Experiment, run
from diffviz.engine import Setup
from tests.browser.hands import address, choose, opened, player, press_run, scrub, unfold
from tests.browser.test_energy import WRITTEN, label

ANGLE, OFFSET, STD = 50.0, 1.1, 0.3
NORMAL = np.array([math.cos(math.radians(ANGLE)), math.sin(math.radians(ANGLE))])
ACROSS = np.array([-NORMAL[1], NORMAL[0]])
AT_REST = "?dataset=gaussian&steps=5&particles=1&playing=0&at=3&back=1&layers="
FIELDS = f"&angle={ANGLE}&offset={OFFSET}&measure_noise={STD}"
AWAY = 0.15  # in units of the data, from a line to where there is none
N = 100_000  # draws of the exact posterior
DASHED, DOTTED = 7 / 11, 2 / 6  # of a line is drawn


def _straight(offset: float) -> np.ndarray:
    return offset * NORMAL + np.linspace(-1.8, 1.8, 700)[:, None] * ACROSS


def _circle(centre: np.ndarray, radius: float) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, 900)
    return centre + radius * np.stack([np.cos(turn), np.sin(turn)], 1)


def _lines(kind: str, shift: float) -> list[np.ndarray]:
    """The lines of a factor, the dashed one first, all moved outwards by so much."""
    if kind == "observation":
        return [_circle(OFFSET * NORMAL, k * STD + shift) for k in (1, 2)]
    of = (lambda place: _circle(np.zeros(2), place)) if kind == "ring" else _straight
    return [of(place + shift) for place in (OFFSET, OFFSET - STD, OFFSET + STD)]


def _share(page: Page, panel: int, line: np.ndarray) -> float:
    """Of the points of a line within a panel, below its title and above its legend, those where it is dark within a pixel."""
    return page.evaluate(
        """([panel, line]) => {
          const at = document.querySelector('.dv').player.panels.list[panel];
          const { canvas, context } = at, ratio = canvas.width / at.width;
          const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
          let all = 0, dark = 0;
          for (const [px, py] of line) {
            const x = at.x(px), y = at.y(py);
            if (x < 4 || x > at.width - 4 || y < 44 || y > at.height - 44) continue;
            all++;
            let least = 765;
            for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++) {
              const o = 4 * (Math.round(y * ratio + j) * width + Math.round(x * ratio + i));
              least = Math.min(least, data[o] + data[o + 1] + data[o + 2]);
            }
            if (least < 300) dark++;
          }
          return all > 100 ? dark / all : -1;
        }""",
        [panel, line.tolist()],
    )


@pytest.mark.parametrize("kind", ["half_plane", "ring", "strip", "observation"])
def test_the_lines_of_a_factor_are_drawn_in_both_panels_where_it_is_and_nowhere_else(visit, kind):
    page = visit(f"{AT_REST}&measurement={kind}{FIELDS}")
    for panel in (0, 1):
        for k, line in enumerate(_lines(kind, 0.0)):
            drawn = DOTTED if k else DASHED
            assert drawn - 0.12 < _share(page, panel, line) < drawn + 0.45, (panel, k)  # a pixel aside counts as well
        for line in _lines(kind, AWAY):
            assert 0 <= _share(page, panel, line) < 0.12, panel


def test_without_a_factor_there_are_no_such_lines(visit):
    page = visit(AT_REST)
    for line in _lines("half_plane", 0.0):
        assert 0 <= _share(page, 0, line) < 0.12


def test_the_fold_of_what_is_measured_opens_for_a_link_that_says_it_and_not_for_others(open_page):
    page = opened(open_page, f"{AT_REST}&measurement=ring{FIELDS}")
    fold = page.locator("details", has=page.locator("summary", has_text="Inverse problems"))
    expect(fold).to_have_attribute("open", "")
    expect(page.get_by_label("Conditioning method", exact=True)).to_have_value("exact")
    page.get_by_role("button", name="Next question", exact=True).click()
    expect(fold).not_to_have_attribute("open", "")
    plain = opened(open_page, AT_REST)
    expect(plain.locator("details", has=plain.locator("summary", has_text="Inverse problems"))).not_to_have_attribute("open", "")


def test_a_measurement_that_is_chosen_in_the_form_is_conditioned_exactly(open_page):
    page = opened(open_page, "?steps=10&particles=50&playing=0")
    unfold(page, "Inverse problems")
    choose(page, "Measurement", "Ring")
    press_run(page)
    assert player(page, "p.run.experiment.condition") == "exact"
    assert address(page)["condition"] == "exact"
    expect(page.get_by_label("Conditioning method", exact=True)).to_have_value("exact")


def test_the_reverse_panel_is_drawn_over_the_exact_posterior_s_process_and_says_so(open_page):
    e = Experiment(dataset="two_moons", steps=20, particles=200, measurement="half_plane", offset=0.3, measure_noise=0.3)
    page = opened(open_page, f"?{e.to_query()}&playing=0&at=8&back=1&layers=energy+marginals")
    page.evaluate(WRITTEN)
    scrub(page, 3)
    setup, trajectory = Setup(e), run(e)
    level = float(setup.schedule.alpha[3]), float(setup.schedule.sigma[3])
    laws = {"forward": setup.distribution, "reverse": setup.task.tilted}
    paths = {"forward": trajectory.forward[3], "reverse": trajectory.reverse[::-1][3]}
    for panel, law in laws.items():
        said = re.search(r"particles are at (-?[\d.]+) kT on average", label(page, panel))
        energy = -law.log_density(torch.from_numpy(paths[panel].copy()).double(), *level).mean()
        assert float(said[1]) == pytest.approx(float(energy), abs=0.06)
    found = re.search(r"of the exact marginals ([\d.]+) and (\d+\.\d+)", label(page, "reverse"))
    draw = torch.Generator().manual_seed(0)
    uniform, normal = torch.rand(N, generator=draw).double(), torch.randn(N, 2, generator=draw).double()
    exact = setup.task.tilted.sample(uniform, normal)
    spread = (level[0] ** 2 * exact.var(0) + level[1] ** 2).sqrt()
    assert [float(found[1]), float(found[2])] == pytest.approx(spread.tolist(), abs=0.02)
    page.evaluate("document.body.classList.toggle('dark')")  # everything is written anew
    page.wait_for_function("window.written.has('exact posterior: q(xₜ) h(xₜ)/Z')")
    assert "U = -log [q(xₜ) h(xₜ)/Z]" in label(page, "reverse")
