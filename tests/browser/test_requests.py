"""What is asked of the server: ended midway, refused, lost, and asked for again."""

from __future__ import annotations

import re
import threading
from contextlib import ExitStack
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from diffviz import Experiment
from diffviz.ui import instrument, turns
from diffviz.ui.broadcast import measured_of
from diffviz.ui.limits import WORKERS
from tests.browser.hands import (
    opened,
    player,
    scrub,
    side,
    text_of,
    time_shown,
    unfold,
    wait,
    wait_for,
    wait_for_run,
)

SLOW = "dataset=spiral&denoiser=learned&sampler=langevin&corrector_steps=5"
LONG = f"{SLOW}&steps=1000&particles=1900"
SMALL = "?a=steps%3D5%26particles%3D50&b=steps%3D8%26particles%3D50"


def button(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def number(page: Page, name: str):
    return page.get_by_role("spinbutton", name=name)


def error(page: Page, field: str):
    return page.locator(f"[data-field={field}] .dv-error")


# Stop


def test_a_run_stopped_midway_keeps_what_came_and_the_next_one_runs(open_page):
    page = opened(open_page, f"?{SLOW}&steps=20&particles=30")
    number(page, "Diffusion steps T").fill("1000")
    unfold(page, "Advanced")
    number(page, "Particles").fill("1900")
    button(page, "Run").click()
    wait(page, "p.run.steps === 1000 && p.run.share > 0.51")
    button(page, "Stop").click()
    expect(button(page, "Run")).to_be_visible()
    expect(page.locator(".dv-summary")).to_have_text(re.compile(r"^stopped after \d+ %$"))
    share = player(page, "p.run.share")
    page.wait_for_timeout(700)
    assert player(page, "p.run.share") == share < 1  # nothing comes any more
    told = int(re.search(r"\d+", page.locator(".dv-summary").inner_text())[0])
    assert told == pytest.approx(100 * share, abs=0.6)
    below = player(page, "p.run.times[p.run.times.findIndex((_, i) => p.run.has('reverse', i)) >> 1]")
    scrub(page, below)  # further than the reverse process came
    assert time_shown(page) == below
    assert player(page, "p.panels.list.map((panel) => panel.name)") == ["forward", "reverse"]
    number(page, "Diffusion steps T").fill("20")
    button(page, "Run").click()
    wait(page, "p.run.steps === 20")
    wait_for_run(page)
    expect(page.locator(".dv-summary")).to_contain_text("ELBO gap")


def test_a_pair_stopped_midway_can_be_played_and_named_and_the_next_one_is_compared(open_page):
    page = open_page(f"?a={quote(LONG)}&b={quote(LONG + '&schedule=linear')}")
    wait(page, "p.running && p.share > 0.51 && p.sides.every((s) => s.run.steps === 1000)")
    button(page, "Stop").click()
    expect(button(page, "Run")).to_be_visible()
    expect(page.locator(".dv-summary")).to_have_text(re.compile(r"^stopped after \d+ %$"))
    share = player(page, "p.share")
    page.wait_for_timeout(500)
    assert player(page, "p.share") == share < 1
    assert page.get_by_label("Charts", exact=True).input_value() == "metrics"
    expect(page.locator(".dv-metrics")).to_contain_text("stopped before it was measured")
    expect(page.locator(".dv-pending:visible")).to_have_count(0)  # no place is kept for what does not come
    page.locator(".dv-time").click()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    wait(page, "p.clock.playing && p.clock.frame > 3")
    assert text_of(page, "Command").startswith(f"python -m diffviz compare --a '{Experiment.from_query(LONG).to_query()}'")
    for letter in "AB":
        side(page, letter)
        number(page, "Diffusion steps T").fill("6")
        number(page, "Diffusion steps T").press("Tab")
    button(page, "Run").click()
    wait(page, "p.sides.map((s) => s.run.steps).join() === '6,6' && p.complete")
    expect(page.locator(".dv-metrics")).to_contain_text("ELBO gap")


# the sweep


def test_the_gap_against_t_is_stopped_midway_then_finished_and_taken_away(open_page, tmp_path):
    page = opened(open_page, "?dataset=pinwheel&steps=5&particles=50")
    shown = player(page, "p.run.id")
    page.locator(".dv-sweep").click()
    box = page.get_by_role("dialog", name="ELBO gap vs T", exact=True)
    note = box.locator(".dv-sweep-note")
    box.get_by_role("button", name="Compute").click()
    expect(note).to_have_text(re.compile(r"^[1-9]\d* of 42 chains, about \d+ s left$"))
    assert 0 < note.locator("progress").evaluate("(e) => e.position") < 1
    box.get_by_role("button", name="Stop").click()
    expect(note).to_have_text("Stopped before the figure was complete.")
    page.wait_for_timeout(1200)
    expect(note).to_have_text("Stopped before the figure was complete.")  # nothing comes any more
    expect(box.locator(".dv-dialog-plot")).to_be_hidden()
    assert player(page, "p.run.id") == shown
    box.get_by_role("button", name="Compute").click()
    expect(note).to_contain_text("ELBO gap vs T: Pinwheel", timeout=60_000)
    box.locator(".legend").wait_for()
    lines = box.locator(".dv-dialog-plot").evaluate("(e) => e.data.map(({ name, x, y }) => ({ name, x: [...x], y: [...y] }))")
    own = next(line for line in lines if line["name"].startswith("A = B: Cosine"))
    assert own["x"] == [5, 10, 20, 50, 100, 200, 500]
    gap = measured_of(Experiment(dataset="pinwheel", steps=20, particles=1)).estimate("gap_nats").value
    assert own["y"][2] == pytest.approx(gap, rel=1e-6)
    with page.expect_download() as waiting:
        box.get_by_role("button", name="PNG").click()
    waiting.value.save_as(tmp_path / "gap.png")
    assert waiting.value.suggested_filename == "diffviz-gap.png"
    from PIL import Image

    with Image.open(tmp_path / "gap.png") as picture:
        assert picture.size == (2400, 1400)
        assert len(picture.convert("RGB").getcolors(1 << 22)) > 20  # something is drawn
    box.get_by_role("button", name="Close").click()
    expect(box).to_have_count(0)
    expect(button(page, "Run")).to_be_visible()


# bad input


def test_bad_input_on_one_side_of_a_pair_is_told_there_and_the_others_result_stays(open_page):
    page = opened(open_page, SMALL)
    runs = player(page, "p.sides.map((s) => s.run.id)")
    side(page, "B")
    unfold(page, "Advanced")
    for field, label, typed in (
        ("particles", "Particles", "0"),
        ("particles", "Particles", "1.5"),
        ("steps", "Diffusion steps T", "5000"),
    ):
        before = number(page, label).input_value()
        number(page, label).click()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
        expect(error(page, field)).to_contain_text("must be a whole number from")
        assert number(page, label).input_value() == typed
        button(page, "Run").click()
        expect(error(page, field)).to_be_visible()
        side(page, "A")  # what was typed wrong is left, and goes with its sentence
        expect(page.locator(".dv-error:visible")).to_have_count(0)
        side(page, "B")
        expect(number(page, label)).to_have_value(before)
    assert player(page, "p.sides.map((s) => s.run.id)") == runs
    number(page, "Particles").fill("60")
    number(page, "Particles").press("Tab")
    wait(page, "p.sides[1].run.particles === 60 && p.complete")
    assert player(page, "p.sides[0].run.particles") == 50
    number(page, "Diffusion steps T").fill("4000")  # too long for this page, which the server says
    number(page, "Particles").fill("20000")
    button(page, "Run").click()
    expect(error(page, "particles")).to_contain_text("Particles must be at most")
    side(page, "A")
    expect(page.locator("[data-field=particles] .dv-error")).to_be_hidden()


def test_a_link_with_one_bad_side_tells_the_side_and_shows_both(open_page):
    page = opened(open_page, "?a=steps%3D5%26particles%3D50&b=steps%3D0%26particles%3D50%26schedule%3Dlinear&particles=1e999")
    told = page.locator(".dv-notice p")
    expect(told).to_contain_text("B: Diffusion steps T must be a whole number from 2 to 4000, not 0.")
    assert player(page, "p.sides.map((s) => s.run.query).join(' ')") == "steps=5&particles=50 schedule=linear&particles=50"
    side(page, "B")
    expect(number(page, "Diffusion steps T")).to_have_value("100")


def test_text_in_a_field_of_numbers_and_no_number_at_all_are_told(open_page):
    page = opened(open_page, "?steps=5&particles=50")
    unfold(page, "Advanced")
    for label, field in (("Diffusion steps T", "steps"), ("Particles", "particles"), ("Seed", "seed")):
        for typed in ("e", "-", "1e999", ""):
            number(page, label).click()
            page.keyboard.press("ControlOrMeta+a")
            page.keyboard.press("Delete")
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
            expect(error(page, field)).to_contain_text("must be a whole number from")
            button(page, "Reset").click()
            expect(error(page, field)).to_be_hidden()


# the server


def test_a_lost_server_is_told_while_something_is_awaited_and_one_that_is_back_is_used(open_page):
    page = opened(open_page, SMALL)
    page.wait_for_timeout(4500)
    assert page.locator(".dv-error:visible").count() == 0  # asked for, it is there
    side(page, "A")
    page.route("**/gradio_api/**", lambda route: route.abort())
    number(page, "Diffusion steps T").fill("9")
    expect(page.locator(".dv-notice")).to_contain_text("The server no longer answers", timeout=30_000)
    assert player(page, "p.sides.map((s) => s.run.steps).join()") == "5,8"  # what came is still there
    scrub(page, 3)
    assert player(page, "p.clock.frame") == 3  # and is played
    expect(button(page, "Run")).to_be_visible()
    with page.expect_navigation(timeout=30_000):  # the page loads itself again when the server is back
        page.unroute("**/gradio_api/**")
    open_page.problems[:] = [problem for problem in open_page.problems if "ERR_FAILED" not in problem]  # of what was aborted
    changed = "p.sides.map((s) => s.run?.steps).join() === '9,8' && p.complete"
    for attempt in range(3):  # on a busy machine Gradio may load the page once more, and what was typed is lost with it
        wait(page, "p.sides.map((s) => s.run?.steps).join() === '5,8' && p.complete")
        side(page, "A")
        number(page, "Diffusion steps T").fill("9")
        page.wait_for_timeout(4000)
        if player(page, changed) or attempt == 2:
            break
    wait(page, changed)
    expect(page.locator(".dv-notice")).to_be_hidden()


def test_a_lost_message_is_asked_for_again(open_page):
    page = opened(open_page, "?steps=20&particles=30")
    page.evaluate("""() => {
      const p = document.querySelector('.dv').player, receive = p.receive.bind(p);
      window.lost = 0;
      p.receive = (text) => {
        if (!window.lost && text.includes('"blocks"') && !text.includes('"init"')) window.lost = 1;
        else receive(text);
      };
    }""")
    page.locator(".dv-data").click()
    page.locator(".dv-card", has_text="Smiley").click()
    wait_for(page, "dataset=smiley&steps=20&particles=30")
    number(page, "Diffusion steps T").fill("400")
    wait_for(page, "dataset=smiley&steps=400&particles=30")
    assert page.evaluate("window.lost") == 1
    assert player(page, "p.run.complete && p.run.done")


def test_a_run_that_the_server_no_longer_has_is_asked_for_anew(open_page, monkeypatch):
    page = opened(open_page, "?steps=20&particles=30")
    monkeypatch.setattr(instrument, "is_known", lambda experiment: False)
    page.evaluate("""() => {
      const p = document.querySelector('.dv').player, receive = p.receive.bind(p);
      window.lost = 0;
      p.receive = (text) => {
        if (!window.lost && text.includes('"blocks"') && !text.includes('"init"')) window.lost = 1;
        else receive(text);
      };
    }""")
    number(page, "Diffusion steps T").fill("400")
    wait(page, "window.lost === 1")
    wait_for(page, "steps=400&particles=30")
    assert player(page, "p.run.complete && p.run.done")


def test_who_waits_for_a_busy_server_is_told_how_many_are_before(open_page, monkeypatch):
    page = opened(open_page, "?steps=20&particles=30")
    hint = page.locator(".dv-actions .dv-hint-line")
    usual = hint.inner_text()
    monkeypatch.setattr(turns, "NOTICE_SECONDS", 1.0)
    with ExitStack() as busy:
        for _ in range(WORKERS):
            thread = HeldTurn()
            busy.callback(thread.end)
        number(page, "Diffusion steps T").fill("30")
        expect(hint).to_have_text("The server is busy: you are next.")
        expect(button(page, "Stop")).to_be_visible()
    wait_for(page, "steps=30&particles=30")
    expect(hint).to_have_text(usual)


class HeldTurn:
    """A turn that a thread of its own has until it is told to end."""

    def __init__(self):
        self._end, begun = threading.Event(), threading.Event()

        def hold():
            with turns.TURNS.one(turns.FIRST_PICTURE):
                begun.set()
                self._end.wait(30.0)

        self._thread = threading.Thread(target=hold)
        self._thread.start()
        assert begun.wait(10.0)

    def end(self):
        self._end.set()
        self._thread.join()


# warnings


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            "?schedule=linear&steps=50&scale_betas=false&particles=30",
            ["xT is still far from noise", "starts from pure noise all the same"],
        ),
        ("?schedule=optimal&steps=6&particles=30", ["still far from noise", "ends here on purpose"]),
        ("?dataset=heartbeat&schedule=linear&steps=20&scale_betas=false&particles=30", ["still far from noise"]),
        ("?dataset=digits&schedule=linear&steps=20&scale_betas=false&particles=4", ["still far from noise"]),
    ],
)
def test_far_from_noise_is_a_warning_that_is_seen(visit, query, words):
    page = visit(query)
    warning = page.locator(".dv-warning")
    expect(warning).to_be_visible()
    for text in words:
        expect(warning).to_contain_text(text)
    box = warning.bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 800


def test_a_warning_goes_with_its_cause_and_names_its_side(open_page):
    page = opened(open_page, "?schedule=linear&steps=50&scale_betas=false&particles=30")
    unfold(page, "Advanced")
    page.get_by_label("Zero terminal SNR", exact=True).check()
    wait(page, "p.complete && p.run.query.includes('zero_snr')")
    expect(page.locator(".dv-warning")).to_be_hidden()
    button(page, "Compare").click()
    wait(page, "p.sides.length === 2 && p.complete")
    page.get_by_label("Zero terminal SNR", exact=True).uncheck()
    wait(page, "p.complete && !p.sides[1].run.query.includes('zero_snr')")
    expect(page.locator(".dv-warning")).to_be_visible()
    assert page.locator(".dv-warning .dv-badge").all_inner_texts() == ["B"]
