"""Lessons on the page: their table, the answers, and runs that are computed ahead."""

import json
import threading
import time

import pytest

from diffviz.lessons import LESSONS
from diffviz.ui import lessons
from diffviz.ui.broadcast import is_known

SHORT = next(step for step in LESSONS["noise"].steps if step.predict and len(step.runs) == 1)


def asked(**changed):
    return json.dumps({"lesson": "noise", "step": SHORT.name, "seeds": [0], **changed})


def test_the_table_holds_every_step_and_no_answer():
    table = json.loads(lessons.table())
    assert [each["name"] for each in table] == list(LESSONS)
    for each, lesson in zip(table, LESSONS.values(), strict=True):
        assert [step["name"] for step in each["steps"]] == [step.name for step in lesson.steps]
        for step in each["steps"]:
            assert not {"reveal", "why", "formula", "right", "place"} & set(step)
            assert step["predict"] is None or not {"right", "place"} & set(step["predict"])


def test_an_answer_has_the_numbers_of_the_run_on_screen():
    answer, other = (json.loads(lessons.reveal_step(asked(seeds=[seed]))) for seed in (0, 5))
    assert answer["right"] == other["right"] == SHORT.predict.right
    assert "" != answer["text"] != other["text"]  # a student's seed has numbers of its own
    assert [source["url"].startswith("http") for source in answer["sources"]].count(True) == len(SHORT.sources) > 0


@pytest.mark.parametrize(
    "what",
    [
        "",
        "null",
        "[]",
        "{}",
        '"noise"',
        asked(lesson="none"),
        asked(step="none"),
        asked(lesson=[]),
        asked(seeds=None),
        asked(seeds=[]),
        asked(seeds=[0, 1]),
        asked(seeds=[-1]),
        asked(seeds=["0"]),
        asked(seeds=[1e99]),
        "[" * 100_000,
    ],
)
def test_what_is_no_step_has_no_answer(what):
    assert lessons.reveal_step(what) == ""


def test_a_step_is_printed_with_its_answer():
    shown = lessons.printed({"lesson": "noise", "step": SHORT.name}, [SHORT.a])
    assert (len(shown["answers"]), bool(shown["question"])) == (len(SHORT.predict.answers), True)
    assert json.loads(lessons.reveal_step(asked()))["text"] in shown["answer"]
    assert lessons.printed(None, [SHORT.a]) is None
    assert lessons.printed({"lesson": "noise", "step": "none"}, [SHORT.a]) is None


def test_the_runs_of_a_lesson_are_computed_ahead_one_lesson_at_a_time(monkeypatch):
    begun, going = [], threading.Event()

    def slow(run):
        begun.append(run)
        going.wait(10)

    monkeypatch.setattr(lessons, "complete", slow)
    monkeypatch.setattr(lessons, "is_known", lambda run: False)
    for name in ("noise", "noise", "back"):
        assert lessons.warm_lesson(json.dumps({"lesson": name})) == "null"
    time.sleep(0.1)
    assert begun == [LESSONS["noise"].steps[0].a]
    going.set()
    runs = [run for step in LESSONS["noise"].steps for run in step.runs]
    for _ in range(100):
        if len(begun) == len(runs):
            break
        time.sleep(0.05)
    assert begun == runs


@pytest.mark.parametrize("what", ["", "null", "[]", '{"lesson": []}', '{"lesson": "none"}', "[" * 100_000])
def test_nothing_is_computed_for_what_is_no_lesson(what, monkeypatch):
    monkeypatch.setattr(lessons, "complete", lambda run: pytest.fail("computed"))
    assert lessons.warm_lesson(what) == "null"


def test_a_revealed_run_is_kept():
    lessons.reveal_step(asked())
    assert is_known(SHORT.a)
