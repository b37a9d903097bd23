"""Lessons on the page: their table, the answers, and runs that are computed ahead."""

import json
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from diffviz.lessons import LESSONS
from diffviz.ui import lessons
from diffviz.ui.broadcast import is_known
from diffviz.ui.runs import Runs

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


def test_lessons_are_computed_ahead_one_after_another_with_the_seed_of_the_page(monkeypatch):
    begun, going = [], threading.Event()

    def slow(run):
        begun.append(run)
        assert going.wait(10)
        yield ""

    monkeypatch.setattr(lessons, "broadcast", slow)
    monkeypatch.setattr(lessons, "is_known", lambda run: False)
    wanted = [("noise", None), ("noise", None), ("back", 7), ("noise", 1), ("noise", 2), ("noise", 3)]
    for name, seed in wanted:
        assert lessons.warm_lesson(json.dumps({"lesson": name, "seed": seed})) == "null"
    assert list(lessons._ahead) == [("noise", None), ("back", 7), ("noise", 1), ("noise", 2)]  # no more may wait
    going.set()
    end = time.monotonic() + 10
    while lessons._ahead:
        assert time.monotonic() < end
        time.sleep(0.01)
    runs = {name: [run for step in LESSONS[name].steps for run in step.runs] for name in ("noise", "back")}
    expected = [*runs["noise"], *(replace(run, seed=7) for run in runs["back"])]
    assert begun == expected + [replace(run, seed=seed) for seed in (1, 2) for run in runs["noise"]]


def test_a_class_that_asks_at_once_gets_one_computation(monkeypatch):
    begun, going, answers = [], threading.Event(), []

    def slow(step, measured):
        begun.append(step)
        assert going.wait(10)
        return {"text": "told"}

    monkeypatch.setattr(lessons, "reveal", slow)
    monkeypatch.setattr(lessons, "measured_of", lambda run: None)
    monkeypatch.setattr(lessons, "_ANSWERS", Runs(2**20))
    threads = [threading.Thread(target=lambda: answers.append(lessons.reveal_step(asked(seeds=[3])))) for _ in range(30)]
    for thread in threads:
        thread.start()
    going.set()
    for thread in threads:
        thread.join(10)
    assert answers == ['{"text": "told"}'] * 30
    assert begun == [SHORT]
    lessons.reveal_step(asked(seeds=[4]))
    assert begun == [SHORT, SHORT]


@pytest.mark.parametrize(
    "what", ["", "null", "[]", '{"lesson": []}', '{"lesson": "none"}', '{"lesson": "noise", "seed": -1}', "[" * 100_000]
)
def test_nothing_is_computed_for_what_is_no_lesson(what, monkeypatch):
    monkeypatch.setattr(lessons, "broadcast", lambda run: pytest.fail("computed"))
    assert lessons.warm_lesson(what) == "null"


def test_a_revealed_run_is_kept():
    lessons.reveal_step(asked())
    assert is_known(SHORT.a)


ENDS = """
import json, threading, time
from diffviz.ui import lessons
def call():
    for name in ("samplers", "pictures"):
        lessons.warm_lesson(json.dumps({"lesson": name}))
threading.Thread(target=call, daemon=True).start()
time.sleep(1.0)
print(len(lessons._ahead))
"""  # the page's server calls it in such threads


def test_a_server_that_ends_ends_what_is_computed_ahead_without_a_crash():
    """Each of these lessons takes seconds; the process is gone before one of them is done."""
    done = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "2", "")
