"""What a person does with the page, for tests to say in a line."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

PLAYER = "document.querySelector('.dv').player"


def player(page: Page, expression: str) -> Any:
    """The value of a JavaScript expression in which p is the player."""
    return page.evaluate(f"(() => {{ const p = {PLAYER}; return {expression}; }})()")


def wait(page: Page, expression: str, seconds: float = 30.0) -> None:
    """Until an expression in p, the player, is true."""
    page.wait_for_function(
        f"() => {{ const d = document.querySelector('.dv'), p = d && d.player; return p && p.run && ({expression}); }}",
        timeout=1000 * seconds,
    )


def wait_for_run(page: Page) -> None:
    """Until the run on screen is complete, costs and charts included."""
    wait(page, "p.complete && p.charts.complete")


def choose(page: Page, label: str, option: str) -> None:
    """Pick an option of a menu in the form."""
    page.get_by_label(label, exact=True).select_option(label=option)


def press_run(page: Page) -> None:
    """Run, and wait until the new run is complete."""
    before = player(page, "p.run.id")
    page.get_by_role("button", name="Run", exact=True).click()
    wait(page, f"p.run.id !== '{before}'")
    wait_for_run(page)


def take(page: Page, kind: str) -> None:
    """Ask for a file of that kind."""
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("menuitem", name=re.compile(rf"^{kind} ")).click()


def choose_data(page: Page, title: str) -> None:
    """Pick a data set in the gallery."""
    page.locator(".dv-data").click()
    page.locator(".dv-card", has_text=title).click()


def ask(page: Page, question: str) -> None:
    """Pick a question in the drawer of all."""
    page.get_by_role("button", name="All questions", exact=True).click()
    page.locator(".dv-drawer-of-questions li button", has_text=question).first.click()


def wait_for(page: Page, query: str, side: int = 0) -> None:
    """Until the run that this query names is complete on its side."""
    wait(page, f"p.sides[{side}]?.run?.query === {query!r}")
    wait_for_run(page)


def pause(page: Page) -> None:
    """Stop the clock, if it runs."""
    button = page.get_by_role("button", name="Pause", exact=True)
    if button.count():
        button.click()


def time_shown(page: Page) -> int:
    """t, as the page prints it."""
    return int(page.locator(".dv-time").inner_text().split("/")[0].replace("t =", ""))


def scrub(page: Page, t: int) -> None:
    """Move the scrubber to t."""
    page.get_by_label("Diffusion time", exact=True).evaluate(
        "(e, t) => { e.value = t; e.dispatchEvent(new Event('input', { bubbles: true })); }", t
    )


def pixels(page: Page, panel: str) -> list[int]:
    """A fingerprint of a panel's canvas: the sums of its colour channels over a coarse grid."""
    return page.evaluate(
        """(panel) => {
          const c = document.querySelector(`.dv-${panel} canvas`);
          const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          const sums = new Array(64).fill(0);
          for (let i = 0; i < d.length; i += 4) {
            const column = (i / 4) % c.width, row = Math.floor(i / 4 / c.width);
            sums[8 * Math.floor((8 * row) / c.height) + Math.floor((8 * column) / c.width)] += d[i] + d[i + 1] + d[i + 2];
          }
          return sums;
        }""",
        panel,
    )
