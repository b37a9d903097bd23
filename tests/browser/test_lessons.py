"""Lessons as a class uses them: by keyboard and clicker, by link, with a prediction first; and what a teacher takes away."""

import math
import re

import pytest

from diffviz.lessons import LESSONS
from diffviz.lessons.base import Choice, Place
from tests.browser.hands import MOVING, address, download, opened, pixels, player, wait, wait_for_run

NOISE = LESSONS["noise"]
FIRST = NOISE.steps[0]
LESSON, STEP = next((name, step) for name, lesson in LESSONS.items() for step in lesson.steps if isinstance(step.predict, Place))


def heading(page):
    return page.locator(".dv-lesson h2").inner_text()


def answered(page):
    page.locator(".dv-answer .dv-told").wait_for(timeout=30_000)


def test_a_lesson_is_chosen_in_the_contents_and_left_with_its_run(open_page):
    page = opened(open_page)
    page.get_by_role("button", name="Lessons", exact=True).click()
    entries = page.locator(".dv-lesson-start")
    entries.nth(len(LESSONS) - 1).wait_for()  # the table of contents is fetched with the first lesson
    assert entries.count() == len(LESSONS)
    text = entries.first.inner_text()
    assert f"{NOISE.minutes} minutes" in text
    assert f"{len(NOISE.steps)} steps" in text
    with page.expect_request(lambda request: "warm_lesson" in (request.post_data or "")):  # its runs are to be computed ahead
        entries.first.click()
    wait(page, f"p.run.experiment.dataset === '{FIRST.a.dataset}'")
    wait_for_run(page)
    assert page.locator(".dv-form").is_hidden()
    assert address(page)["lesson"] == "noise"
    page.get_by_role("button", name="Explore this run with all controls").click()
    assert page.locator(".dv-form").is_visible()
    assert player(page, "p.run.experiment.dataset") == FIRST.a.dataset
    page.wait_for_function("() => !location.search.includes('lesson')")


def test_a_whole_lesson_by_keyboard_alone(open_page):
    page = opened(open_page, "?lesson=noise")
    seen = []
    for number, step in enumerate(NOISE.steps):
        page.wait_for_function(
            f"() => document.querySelector('.dv-lesson-count').textContent.endsWith('{number + 1} of {len(NOISE.steps)}')"
        )
        seen.append(heading(page))
        if isinstance(step.predict, Choice):
            assert page.locator("body.dv-predicting").count() == 1
            assert page.locator(".dv-summary").evaluate("e => getComputedStyle(e).visibility") == "hidden"
            page.keyboard.press(str(step.predict.right + 1))
            answered(page)
            assert "As you predicted" in page.locator(".dv-verdict").inner_text()
        elif step.predict:
            page.keyboard.press("PageDown")  # shows the answer without a prediction
            answered(page)
        page.keyboard.press("PageDown")
    page.locator(".dv-contents[open]").wait_for()
    assert f"is finished. Now you can {NOISE.able[0].lower()}" in page.locator(".dv-finished").inner_text()
    assert len(set(seen)) == len(NOISE.steps)


def test_a_wrong_prediction_is_told_and_the_right_answer_shown(open_page):
    page = opened(open_page, f"?lesson=noise&step={FIRST.name}")
    wrong = next(i for i in range(len(FIRST.predict.answers)) if i != FIRST.predict.right)
    choices = page.locator(".dv-choices button")
    choices.nth(wrong).click()
    answered(page)
    assert page.locator(".dv-verdict").inner_text() == "✗ Not as you predicted."
    assert "dv-right" in choices.nth(FIRST.predict.right).get_attribute("class")
    assert re.search(r"\d ± 0\.\d", page.locator(".dv-told").inner_text())  # measured on this run
    assert choices.nth(0).is_disabled()


def test_a_place_is_predicted_by_a_click_and_by_keys(open_page):
    page = opened(open_page, f"?lesson={LESSON}&step={STEP.name}")
    canvas = page.locator(f"figure.dv-{STEP.predict.panel} canvas").first
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    answered(page)
    marks = player(page, "p.panels.places.marks")
    assert [mark["right"] for mark in marks] == [True, False]
    assert marks[1]["at"] == pytest.approx([0.0, 0.0], abs=0.05)
    assert (
        "away from it" in page.locator(".dv-verdict").inner_text()
        or "As you predicted" in page.locator(".dv-verdict").inner_text()
    )
    page.reload()
    wait_for_run(page)
    canvas.focus()
    panel = f"p.panels.list.find(({{ name }}) => name === '{STEP.predict.panel}')"
    first = player(page, f"(panel => panel.at(0.3 * panel.width, 0.3 * panel.height))({panel})")
    for key in ("Enter", "ArrowRight", "ArrowRight", "ArrowUp", "Enter"):  # the first shows the cross
        page.keyboard.press(key)
    answered(page)
    marked = player(page, "p.panels.places.marks[1].at")
    assert marked == pytest.approx([round(first[0], 1) + 0.2, round(first[1], 1) + 0.1], abs=0.051)
    assert math.hypot(*marked) > 0.3  # not the middle, which may be what is asked for


@pytest.mark.parametrize("number", [0, list(LESSONS).index("schedules")])
def test_a_step_begins_at_its_start_whatever_played_before(open_page, number):
    page = opened(open_page, **MOVING)
    wait(page, "p.clock.playing && p.clock.frame > 10")
    page.get_by_role("button", name="Lessons", exact=True).click()
    page.locator(".dv-lesson-start").nth(number).click()
    wait(page, f"p.run.experiment.dataset === '{[*LESSONS.values()][number].steps[0].a.dataset}'")
    wait_for_run(page)
    assert player(page, "[p.clock.frame, p.clock.phase, p.clock.playing]") == [0, "forward", False]
    page.keyboard.press("PageDown")  # the answer
    answered(page)
    wait(page, "p.clock.playing && p.clock.frame > 0")


def test_nothing_on_screen_answers_a_question_that_is_open(open_page):
    step = next(step for step in NOISE.steps if step.name == "snr")
    page = opened(open_page, f"?lesson=noise&step={step.name}&layers=trails&playing=1")  # as a link copied beside the answer
    mark, head = page.locator(".dv-mark"), ".dv-reverse .dv-paused"
    assert (mark.count(), mark.is_visible(), page.locator(head).count()) == (1, False, 0)
    canvas = page.locator(".dv-reverse canvas")
    assert "shown with the answer" in canvas.get_attribute("aria-label")
    assert player(page, "[p.clock.playing, ...p.layers.on]") == [False, *step.layers]
    page.keyboard.press("PageDown")
    answered(page)
    assert mark.is_visible()
    page.wait_for_function("(head) => document.querySelector(head)", arg=head)
    page.wait_for_function("() => /particles/.test(document.querySelector('.dv-reverse canvas').getAttribute('aria-label'))")


def test_the_denoised_estimate_of_the_chosen_image_waits_for_the_answer(open_page):
    page = opened(open_page, "?lesson=pictures&step=first")
    asked = pixels(page, "chosen")
    page.keyboard.press("PageDown")
    answered(page)
    page.keyboard.press("Home")  # the clock's
    page.keyboard.press("End")
    wait(page, "!p.clock.playing && p.clock.frame === p.clock.frames - 1")
    assert pixels(page, "chosen") != asked


def test_notes_of_particles_keep_away_while_a_place_is_asked_for_and_marked(open_page):
    page = opened(open_page, f"?lesson={LESSON}&step={STEP.name}")
    assert "arrow keys and Enter" in page.locator(".dv-predict .dv-hint-line").inner_text()
    panel = f"p.panels.list.find(({{ name }}) => name === '{STEP.predict.panel}')"
    points = "p.run.array(panel.name, p.clock.frame)"
    x, y = player(page, f"(panel => [panel.x({points}[0]), panel.y({points}[1])])({panel})")
    canvas = page.locator(f"figure.dv-{STEP.predict.panel} canvas").first
    canvas.hover(position={"x": x, "y": y})
    assert player(page, "p.panels.hovered") == -1
    canvas.click(position={"x": x, "y": y})
    answered(page)
    canvas.hover(position={"x": x + 1, "y": y})
    assert player(page, "p.panels.hovered") == -1


def test_back_and_forward_go_through_the_steps(open_page):
    page = opened(open_page, f"?lesson=noise&step={NOISE.steps[0].name}")
    for _ in range(2):
        page.keyboard.press("PageDown")
    page.wait_for_function(f"() => location.search.includes('step={NOISE.steps[1].name}')")
    page.go_back()
    page.wait_for_function(f"() => document.querySelector('.dv-lesson-count').textContent.endsWith('1 of {len(NOISE.steps)}')")
    page.go_forward()
    page.wait_for_function(f"() => document.querySelector('.dv-lesson-count').textContent.endsWith('2 of {len(NOISE.steps)}')")


def test_a_link_to_a_moment_of_a_step_opens_there_and_paused(open_page):
    page = opened(open_page, f"?lesson=noise&step={FIRST.name}&at=30&playing=0")
    assert heading(page) == FIRST.title
    assert player(page, "p.run.times[p.sides[0].index[p.clock.frame]]") == 30
    assert not player(page, "p.clock.playing")


def test_a_lesson_that_is_not_there_opens_the_page(open_page):
    page = opened(open_page, "?lesson=none&step=none")
    assert page.locator(".dv-form").is_visible()
    assert player(page, "p.run.experiment.dataset") == "eight_gaussians"


def test_every_student_has_a_draw_of_his_own(open_page):
    page = opened(open_page, "?student=7&steps=10&particles=50")
    assert player(page, "p.run.experiment.seed") == 7
    assert page.locator(".dv-student").inner_text() == "student 7: seed 7"
    page.get_by_role("button", name="Next question").click()
    wait(page, "p.run.experiment.steps !== 10")
    assert player(page, "p.run.experiment.seed") == 7
    assert address(page)["student"] == "7"


def test_a_run_in_one_file_plays_without_server_or_network(open_page, browser, tmp_path):
    page = opened(open_page, "?steps=10&particles=50")
    path = download(page, "HTML", tmp_path)
    context = browser.new_context(offline=True)
    alone, problems = context.new_page(), []
    alone.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    alone.on("pageerror", lambda error: problems.append(str(error)))
    alone.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else problems.append(r.url))
    alone.goto(path.as_uri())
    wait(alone, "p.complete && p.charts.complete && p.charts.visible.length === 3")
    assert player(alone, "p.run.query") == player(page, "p.run.query")
    alone.locator(".dv-scrubber").evaluate("e => { e.value = '4'; e.dispatchEvent(new Event('input', {bubbles: true})); }")
    assert "t = 4" in alone.locator(".dv-time").inner_text()
    context.close()
    assert problems == []


def test_a_step_of_a_lesson_in_one_file_has_its_text_and_the_answer_folded(open_page, browser, tmp_path):
    page = opened(open_page, f"?lesson=noise&step={FIRST.name}")
    path = download(page, "HTML", tmp_path)
    context = browser.new_context(offline=True)
    alone = context.new_page()
    alone.goto(path.as_uri())
    wait(alone, "p.complete")
    aside = alone.locator(".dv-file-lesson")
    assert FIRST.title in aside.inner_text()
    assert aside.locator("ol li").count() == len(FIRST.predict.answers)
    assert not aside.locator("details div").is_visible()
    aside.locator("summary").click()
    assert re.search(r"\d ± 0\.\d", aside.locator("details div").inner_text())
    context.close()


@pytest.mark.parametrize("query", ["?embed=1", "?__theme=dark", "?__theme=light", "?embed=1&__theme=dark", "?playing=0"])
def test_an_address_that_names_no_run_opens_the_usual_one(open_page, query):
    page = opened(open_page, query)
    assert player(page, "p.run.experiment.dataset") == "eight_gaussians"
    assert page.locator("body.dv-embed").count() == ("embed" in query)


def test_the_player_stands_alone_in_a_frame_of_another_page(open_page, server):
    page = opened(open_page)
    page.set_content(f'<iframe src="{server}?embed=1&steps=10&particles=50" width="900" height="560"></iframe>')
    frame = page.frame_locator("iframe")
    frame.locator(".dv[data-state]").wait_for(timeout=30_000)
    inner = page.frames[1]
    inner.wait_for_function("() => document.querySelector('.dv')?.player?.complete", timeout=30_000)
    assert frame.locator(".dv-top").is_hidden()
    assert not any(aside.is_visible() for aside in frame.locator(".dv-aside").all())
    box = frame.locator(".dv-buttons").bounding_box()
    assert box["y"] + box["height"] < 580
    words, link = (frame.locator(name).bounding_box() for name in (".dv-words", ".dv-whole"))
    assert words["y"] + words["height"] <= link["y"] + 2
    way = frame.locator(".dv-whole")
    way.focus()
    assert "steps=10" in way.get_attribute("href")
    assert "embed" not in way.get_attribute("href")


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("?lesson=schedules&step=cosine", (853, 533)),  # a page of 1280 x 800 at 150 %
        ("?lesson=schedules&step=cosine", (960, 600)),
        ("?lesson=noise&step=shape", (853, 533)),
        ("?embed=1&steps=10&particles=50", (620, 460)),
    ],
)
def test_the_clock_can_be_moved_in_a_low_and_narrow_window(open_page, visit, query, size):
    page = opened(open_page, query, width=size[0], height=size[1]) if "embed" in query else visit(query, *size)
    track, time, menus = (page.locator(name).bounding_box() for name in (".dv-track", ".dv-time", ".dv-menus"))
    assert track["width"] > 120
    assert track["x"] + track["width"] <= time["x"]
    assert page.locator(".dv-time").evaluate("e => e.scrollWidth <= e.clientWidth")
    assert time["x"] + time["width"] <= menus["x"]


def test_what_was_predicted_is_in_sight_beside_the_answer(open_page):
    page = opened(open_page, f"?lesson=noise&step={FIRST.name}", width=1280, height=640)
    page.keyboard.press(str(FIRST.predict.right + 1))
    answered(page)
    page.wait_for_timeout(300)
    body, chosen = (page.locator(name).bounding_box() for name in (".dv-lesson-body", ".dv-choices .dv-right"))
    assert page.locator(".dv-lesson-body").evaluate("e => e.scrollTop") > 0
    assert chosen["y"] >= body["y"]


def test_a_question_mark_lists_all_keys(open_page):
    page = opened(open_page)
    page.keyboard.press("?")
    rows = page.locator(".dv-keys tr")
    assert rows.count() >= 8
    assert "Page Down" in page.locator(".dv-keys").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_present_keeps_the_lesson_beside_the_panels_in_larger_letters(open_page):
    page = opened(open_page, f"?lesson=noise&step={FIRST.name}", width=1920, height=1080)
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    before = page.locator(".dv-lesson-body").evaluate(size)
    page.get_by_role("button", name="Present", exact=True).click()
    page.wait_for_function("() => document.body.classList.contains('dv-present')")
    assert page.locator(".dv-lesson-body").evaluate(size) >= 1.5 * before
    for small in (".dv-lesson-count", ".dv-lesson-next", ".dv-lesson-back", ".dv-summary"):
        assert page.locator(small).evaluate(size) >= 18
    page.keyboard.press("PageDown")
    answered(page)


def test_next_and_back_in_haste_leave_the_step_and_its_run_together(open_page):
    page = opened(open_page, "?lesson=schedules")
    lesson = LESSONS["schedules"]
    page.evaluate(
        """() => {
          const press = (name) => document.querySelector(name).click();
          press('.dv-lesson-next'); press('.dv-lesson-next'); press('.dv-lesson-back');
        }"""
    )
    page.wait_for_timeout(1500)
    assert heading(page) == lesson.steps[0].title
    assert player(page, "p.sides.length") == 1
    assert address(page)["step"] == lesson.steps[0].name


def test_a_step_shows_its_charts_where_the_table_of_metrics_was_chosen(open_page):
    step = next(step for step in LESSONS["schedules"].steps if step.b and step.charts)
    page = opened(open_page, "?a=steps%3D5&b=steps%3D6&charts=metrics")
    assert page.locator(".dv-metrics").is_visible()
    page.evaluate(f"() => history.pushState(null, '', '?lesson=schedules&step={step.name}')")
    page.evaluate("() => window.dispatchEvent(new PopStateEvent('popstate'))")
    # the runs before have these charts, too, and are shown until the step's come
    for number, run in enumerate(step.runs):
        wait(page, f"p.sides[{number}].run?.query === {run.to_query()!r}")
    wait(page, f"p.pair && p.complete && p.charts.visible.map((c) => c.name).join() === '{','.join(step.charts)}'")
    assert page.locator(".dv-metrics").is_hidden()
    page.get_by_role("button", name=re.compile("^Compare")).click()  # leaves the lesson with A, and all charts
    wait(page, "!p.pair && p.complete && p.charts.visible.length === 3")
    assert page.locator(".dv-form").is_visible()
