"""Runs that several threads follow at once."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest

from diffviz import ExperimentError
from diffviz.deadline import Deadline, OutOfTime, check_time
from diffviz.ui import runs as shared
from diffviz.ui.runs import Runs
from diffviz.ui.turns import Turns

SECONDS = 20  # for threads that should be done at once


class Work:
    """Parts 0, 1, ... of a computation; each waits until it may be computed. started: how often it was begun."""

    def __init__(self, parts=4, fails_at=None, free=False):
        self.started, self.closed, self.computing = 0, 0, threading.Event()
        self._parts, self._fails_at = parts, fails_at
        self._gates = [threading.Event() for _ in range(parts + 1)]
        if free:
            self.let(parts + 1)

    def let(self, count):
        """The first so many parts may be computed; the one after the last is the result."""
        for gate in self._gates[:count]:
            gate.set()

    def __call__(self):
        self.started += 1
        try:
            for part in range(self._parts):
                self.computing.set()
                assert self._gates[part].wait(SECONDS)
                if part == self._fails_at:
                    raise ExperimentError("steps", "went wrong.")
                yield part
            assert self._gates[-1].wait(SECONDS)
            return "result"
        finally:
            self.closed += 1


class Visitor(threading.Thread):
    """Follows a run to its end. got: the parts; end: the result or the error."""

    def __init__(self, runs, work, key="key"):
        super().__init__(daemon=True)
        self._runs, self._work, self._key = runs, work, key
        self.got, self.end = [], None
        self.start()

    def run(self):
        run = self._runs.join(self._key, self._work)
        try:
            for parts in run.follow():
                self.got += parts
            self.end = run.result
        except ExperimentError as error:
            self.end = error


def done(*threads):
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive(), "it hangs"


def wait_for(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it hangs"
        time.sleep(0.002)


def test_many_who_ask_at_once_get_all_of_one_computation():
    runs, work = Runs(10**6), Work()
    visitors = [Visitor(runs, work) for _ in range(8)]
    for count in range(1, 6):
        work.let(count)
        time.sleep(0.01)
    done(*visitors)
    assert work.started == 1
    assert all(v.got == [0, 1, 2, 3] and v.end == "result" for v in visitors)


def test_who_comes_later_gets_what_there_was_at_once_and_then_follows():
    runs, work = Runs(10**6), Work()
    work.let(2)
    first = runs.join("key", work).follow()
    assert [next(first), next(first)] == [[0], [1]]
    second = runs.join("key", work).follow()
    assert next(second) == [0, 1]
    work.let(5)
    assert list(second) == [[2], [3]]
    assert list(first) == [[2, 3]]
    assert work.started == 1


def test_when_the_first_leaves_another_goes_on():
    runs, work = Runs(10**6), Work()
    work.let(1)
    first = runs.join("key", work).follow()
    next(first)
    second = Visitor(runs, work)
    wait_for(lambda: second.got == [0])
    first.close()
    del first
    work.let(5)
    done(second)
    assert (work.started, second.got, second.end) == (1, [0, 1, 2, 3], "result")


def test_when_all_leave_nothing_more_is_computed_and_the_next_one_begins_anew():
    runs, work = Runs(10**6), Work(free=True)
    follower = runs.join("key", work).follow()
    next(follower)
    follower.close()
    del follower
    assert work.closed == 1
    assert list(runs.join("key", work).follow()) == [[0], [1], [2], [3]]
    assert work.started == 2


def test_an_error_reaches_all_who_follow_and_the_next_one_tries_again():
    runs, work = Runs(10**6), Work(fails_at=2)
    visitors = [Visitor(runs, work) for _ in range(4)]
    work.let(2)
    wait_for(lambda: all(v.got == [0, 1] for v in visitors))
    work.let(5)
    done(*visitors)
    assert work.started == 1
    assert all(str(v.end) == "steps went wrong." and v.end.field == "steps" for v in visitors)
    again = Work(free=True)
    assert list(runs.join("key", again).follow()) == [[0], [1], [2], [3]]


def test_what_failed_keeps_nothing_of_what_was_computed():
    class Large:
        pass

    found = []

    def parts():
        large = Large()
        found.append(weakref.ref(large))
        yield 0
        raise ExperimentError("steps", "went wrong.")

    run = Runs(10**6).join("key", parts)
    gc.disable()  # at once, not when somebody looks for circles
    try:
        with pytest.raises(ExperimentError):
            list(run.follow())
        assert found[0]() is None
    finally:
        gc.enable()
    with pytest.raises(ExperimentError, match=r"^steps went wrong\.$"):
        list(run.follow())


def test_the_deadline_of_who_began_ends_the_run_for_all():
    def parts():
        while True:
            check_time()
            yield 0

    with Deadline(0.05).open():
        run = Runs(10**6).join("key", parts)
    for _ in range(2):
        with pytest.raises(OutOfTime):
            list(Deadline(60.0).over(run.follow()))


def test_who_is_out_of_time_leaves_the_run_to_those_who_are_not():
    runs, work = Runs(10**6), Work(free=True)
    run = runs.join("key", work)

    def slowly():
        for parts in run.follow():
            yield parts
            time.sleep(0.06)  # in its own time: what others take does not count

    first, second = Deadline(0.05).over(slowly()), Deadline(60.0).over(run.follow())
    assert [next(first), next(second)] == [[0], [0]]
    with pytest.raises(OutOfTime):
        next(first)
    assert list(second) == [[1], [2], [3]]


def test_who_waits_for_another_waits_no_longer_than_his_own_deadline():
    runs, work = Runs(10**6), Work()
    first = Visitor(runs, work)
    assert work.computing.wait(SECONDS)
    started = time.monotonic()
    with pytest.raises(OutOfTime), Deadline(0.1).open():
        list(runs.join("key", work).follow())
    assert time.monotonic() - started < SECONDS / 2
    work.let(5)
    done(first)
    assert first.end == "result"


def test_one_thread_may_follow_twice():
    """As a comparison of a run with itself does."""
    runs, work = Runs(10**6), Work(free=True)
    followers = [runs.join("key", work).follow() for _ in range(2)]
    assert list(zip(*followers, strict=True)) == [([part], [part]) for part in range(4)]
    assert work.started == 1


def array(size):
    def parts():
        yield 0
        return np.zeros(size, np.uint8)

    return parts


def test_results_are_kept_up_to_so_many_bytes_and_the_least_recently_used_leaves():
    runs, made = Runs(3_500_000), []

    def get(key):
        def parts():
            made.append(key)
            yield from array(1_000_000)()
            return np.zeros(1_000_000, np.uint8)

        run = runs.join(key, parts)
        list(run.follow())
        return run.result

    for key in "abcabcadab":  # d pushes b out
        assert get(key).nbytes == 1_000_000
    assert "".join(made) == "abcdb"
    assert 3_000_000 <= runs.nbytes <= 3_500_000


def test_who_follows_has_the_result_though_others_push_it_out_or_it_is_too_large():
    runs = Runs(1_500_000)
    run = runs.join("key", array(1_000_000))
    list(run.follow())
    list(runs.join("other", array(1_000_000)).follow())
    assert run.result.nbytes == 1_000_000
    large = runs.join("large", array(2_000_000))
    list(large.follow())
    assert large.result.nbytes == 2_000_000
    assert runs.nbytes < 1_100_000


def test_many_threads_and_few_bytes():
    """Every visitor gets the result of the key that he asked for, while all push one another out."""
    runs, wrong = Runs(250_000), []

    def visit(seed):
        for key in np.random.default_rng(seed).integers(0, 6, 60).tolist():

            def parts(key=key):
                yield key
                yield key
                return np.full(100_000, key, np.uint8)

            run = runs.join(key, parts)
            got = [part for parts in run.follow() for part in parts]
            if (run.result != key).any() or got not in ([key, key], []):
                wrong.append((key, got))

    threads = [threading.Thread(target=visit, args=(seed,), daemon=True) for seed in range(8)]
    for thread in threads:
        thread.start()
    done(*threads)
    assert not wrong
    assert runs.nbytes <= 250_000


def test_who_waits_for_another_s_part_leaves_the_turn_to_third_ones(monkeypatch):
    turns, runs, work = Turns(2), Runs(10**6), Work(parts=1)
    monkeypatch.setattr(shared, "TURNS", turns)
    got = []
    followers = [
        threading.Thread(target=lambda: got.extend(turns.over(runs.join("key", work).follow())), daemon=True) for _ in range(3)
    ]
    for thread in followers:
        thread.start()
    assert work.computing.wait(SECONDS)
    wait_for(lambda: turns.state()[1] == 1)
    assert list(turns.over(iter_of("third"))) == ["third"]
    work.let(2)
    done(*followers)
    assert (got, work.started) == ([[0]] * 3, 1)


def iter_of(*items):
    yield from items
