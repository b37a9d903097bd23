"""What a person does with the page, for tests to say in a line."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from playwright.sync_api import Page

PLAYER = "document.querySelector('#dv-player .dv').player"


MOVING = {"reduced_motion": "no-preference"}  # for open_page: the run plays as soon as it is there


def player(page: Page, expression: str) -> Any:
    """The value of a JavaScript expression in which p is the player."""
    return page.evaluate(f"(() => {{ const p = {PLAYER}; return {expression}; }})()")


def wait(page: Page, expression: str, seconds: float = 30.0) -> None:
    """Until an expression in p, the player, is true."""
    page.wait_for_function(
        f"() => {{ const p = document.querySelector('#dv-player .dv')?.player; return p && p.run && ({expression}); }}",
        timeout=1000 * seconds,
        polling=50,
    )


def wait_for_run(page: Page) -> None:
    """Until the run on screen is complete, costs and charts included."""
    wait(page, "p.complete && p.charts.complete")


def opened(open_page: Any, query: str = "", **options: object) -> Page:
    """A page whose run is complete."""
    page = open_page(query, **options)
    wait_for_run(page)
    return page


def address(page: Page) -> dict[str, str]:
    """The fields of the page's address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query, keep_blank_values=True).items()}


def choose(page: Page, label: str, option: str) -> None:
    """Pick an option of a menu in the form."""
    page.get_by_label(label, exact=True).select_option(label=option)


def press_run(page: Page) -> None:
    """Run, and wait until the new run is complete."""
    before = player(page, "p.run.id")
    page.get_by_role("button", name="Run", exact=True).click()
    wait(page, f"p.run.id !== '{before}'")
    wait_for_run(page)


def take(page: Page, entry: str) -> None:
    """Choose an entry of the menu Share, such as a kind of file."""
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("menuitem", name=re.compile(rf"^{entry} ")).click()


def download(page: Page, kind: str, folder: Path) -> Path:
    """A file of that kind of what is shown."""
    with page.expect_download(timeout=60_000) as waiting:
        take(page, kind)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def text_of(page: Page, entry: str) -> str:
    """What Share shows as text: Link, Python or Command."""
    take(page, entry)
    text = page.locator("dialog pre").inner_text()
    page.get_by_role("button", name="Close", exact=True).locator("visible=true").click()
    return text


def side(page: Page, letter: str) -> None:
    """Show A's or B's controls."""
    page.get_by_role("group", name="Whose controls are shown").get_by_role("button", name=letter, exact=True).click()


def unfold(page: Page, title: str) -> None:
    """Open a fold of the form, unless it is open."""
    fold = page.locator("details", has=page.locator("summary", has_text=title))
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()


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


AXE = Path(__file__).parents[1] / "scripts" / "node_modules" / "axe-core" / "axe.min.js"


def run_button(page):
    return page.locator(".dv-run")


PAIR = "?a=schedule%3Dlinear%26steps%3D40%26particles%3D200&b=steps%3D20%26particles%3D200"
UNSCALED = "steps%3D50%26particles%3D50%26schedule%3Dlinear%26scale_betas%3Dfalse"


def at_rest(open_page, query: str = "", **options: object) -> Page:
    """A page at rest whose run is complete."""
    page = open_page(query, **options)
    wait_for_run(page)
    pause(page)
    return page


def plot_box(page: Page, chart: str) -> dict[str, float]:
    return page.locator(f".dv-chart-{chart} .nsewdrag").first.bounding_box()


def visible_charts(page: Page) -> list[str]:
    return player(page, "p.charts.visible.map((c) => c.name)")


def colours(png: bytes) -> set[tuple[int, ...]]:
    return set(Image.open(io.BytesIO(png)).convert("RGB").getdata())
