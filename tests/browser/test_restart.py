"""The server's process is killed and another one begins on its port, with pages open in three tabs."""

import os
import signal
from contextlib import ExitStack

from playwright.sync_api import expect

from tests.browser.conftest import Guarded
from tests.browser.hands import player, scrub, wait, wait_for_run
from tests.browser.test_requests import SMALL, button, number
from tests.browser.trainer import go, made, shown, small, trainer
from tests.load.serving import served

SLOW = 90_000
GONE = "The server no longer answers. What has come can be played"


def test_open_tabs_say_that_the_server_is_gone_keep_what_came_and_go_on_with_the_next_one(profile, browser):
    with ExitStack() as ends:
        first = ends.enter_context(served())
        open_page = Guarded(profile, browser, first.url)
        ends.callback(open_page.close)
        run, pair = open_page("?steps=20&particles=50&playing=0"), open_page(f"{SMALL}&playing=0")
        wait_for_run(run)
        wait_for_run(pair)
        training = small(open_page, updates=50_000)
        go(training).click()
        training.wait_for_function("() => /^[1-9]/.test(document.querySelector('#dv-train .dv-time').textContent)", timeout=SLOW)
        os.kill(first.pid, signal.SIGKILL)

        # it is told where something is awaited; what came is there and is played
        error = training.locator(".dv-train-error")
        expect(error).to_have_text("The server does not answer.", timeout=SLOW)
        seen = made(training)
        assert 0 < shown(training) <= seen
        for page in (run, pair):
            number(page, "Diffusion steps T").fill("9")
            number(page, "Diffusion steps T").press("Tab")
        for page in (run, pair):
            expect(page.locator(".dv-notice")).to_contain_text(GONE, timeout=SLOW)
            scrub(page, 3)
            assert player(page, "p.clock.frame") == 3
            expect(button(page, "Run")).to_be_visible()
        assert player(run, "p.run.steps") == 20
        assert player(pair, "p.sides.map((s) => s.run.steps).join()") in ("5,8", "8,5")

        # the next one: pages load themselves again with the runs of their addresses
        ends.enter_context(served(port=first.port))
        wait(run, "p.complete && p.run.steps === 20", 90)
        expect(run.locator(".dv-notice")).to_be_hidden(timeout=SLOW)
        wait(pair, "p.complete && p.sides.map((s) => s.run.steps).join() === '5,8'", 90)
        expect(pair.locator(".dv-notice")).to_be_hidden(timeout=SLOW)
        number(run, "Diffusion steps T").fill("12")
        number(run, "Diffusion steps T").press("Tab")
        wait(run, "p.complete && p.run.steps === 12", 90)

        # the training is not there: it is told, what was seen stays until another one begins
        go(training).click()
        expect(error).to_contain_text("This training is no longer on the server", timeout=SLOW)
        assert shown(training) > 0
        expect(training.locator(".dv-train-aside").get_by_role("button", name="Save")).to_be_disabled()
        go(training).click()
        expect(error).to_be_hidden(timeout=SLOW)
        training.wait_for_function("() => /^[1-9]/.test(document.querySelector('#dv-train .dv-time').textContent)", timeout=SLOW)
        go(training).click()
        assert trainer(training).locator(".dv-time").is_visible()
        mistakes = [each for each in open_page.problems if "ERR_" not in each and "Failed to load resource" not in each]
        assert mistakes == []
