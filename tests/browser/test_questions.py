"""Every question of every kind of data, opened as a person opens it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from diffviz.domains import DOMAINS, domain_of
from diffviz.ui.limits import estimated_seconds
from diffviz.ui.questions import key
from diffviz.ui.speech import typeset
from diffviz.views import questions
from tests.browser.hands import address, opened, player, text_of, wait

LONG = 1.0  # second: of a longer run the first estimates of the denoiser are awaited, and it is left
BEGUN = "p.sides.every(({ run }) => run.times.some((_, i) => run.has('x0_hat', i)))"


def is_long(question) -> bool:
    return sum(estimated_seconds(run) for run in question.runs) > LONG


def wait_for_its_runs(page: Page, question) -> None:
    queries = "|".join(run.to_query() for run in question.runs)
    wait(page, f"p.sides.map(({{ run }}) => run?.query).join('|') === {queries!r}", 60)


def bare(text: str) -> str:
    """A text as it is read, without its marks."""
    return re.sub("<[^>]*>", "", typeset(text))


def check_texts(page: Page, question) -> None:
    expect(page.locator(".dv-question h2")).to_have_text(bare(question.question))
    expect(page.locator(".dv-watch")).to_have_text(bare(question.watch))
    expect(page.locator(".dv-error:visible")).to_have_count(0)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_question_of_the_drawer_is_answered(visit, domain):
    page = visit("?steps=4&particles=5")
    for question in (each for each in questions() if domain_of(each.a.dataset).name == domain):
        page.get_by_role("button", name="All questions", exact=True).click()
        page.locator(f".dv-drawer-of-questions [data-key='{key(question)}']").click()
        wait_for_its_runs(page, question)
        if is_long(question):
            wait(page, BEGUN, 60)
        else:
            wait(page, "p.complete", 60)
            assert player(page, "p.sides.every(({ run }) => run.complete)")
            if question.b:
                shown = player(page, "[...p.charts.place.children].map((chart) => chart.dataset.chart)")
                assert shown[: len(question.charts)] == list(question.charts)
        check_texts(page, question)
        assert set(question.layers) <= set(player(page, "[...p.layers.on]"))
        page.wait_for_function("(name) => new URLSearchParams(location.search).get('question') === name", arg=key(question))


def test_next_and_previous_go_round_through_all_questions(open_page):
    page = opened(open_page)
    forth, back = (page.get_by_role("button", name=f"{name} question", exact=True) for name in ("Next", "Previous"))
    rows = questions()
    for button, place in [(forth, 1), (back, 0), (back, -1), (back, -2), (forth, -1), (forth, 0)]:
        button.click()
        check_texts(page, rows[place])
    wait_for_its_runs(page, rows[0])
    page.wait_for_function("(name) => new URLSearchParams(location.search).get('question') === name", arg=key(rows[0]))


def test_the_address_of_a_question_opens_it(open_page):
    question = next(each for each in questions() if each.b and each.charts)
    page = opened(
        open_page,
        f"?question={key(question)}&"
        + "&".join(
            f"{name}={run.to_query().replace('=', '%3D').replace('&', '%26')}"
            for name, run in zip("ab", question.runs, strict=True)
        ),
    )
    check_texts(page, question)
    assert address(page)["question"] == key(question)
    assert f"question={key(question)}" in text_of(page, "Link")
