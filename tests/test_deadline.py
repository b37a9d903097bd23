import threading

import pytest

from diffviz import deadline
from diffviz.deadline import Deadline, OutOfTime, check_time, open_deadline, turn
from diffviz.fields import ExperimentError


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test lets pass."""
    now = [0.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    return now


def test_where_none_is_open_time_is_not_limited():
    check_time()
    assert open_deadline() is None


def test_one_that_has_passed_is_told_in_a_sentence(clock):
    with Deadline(5.0).open():
        clock[0] = 4.9
        check_time()
        clock[0] = 5.0
        with pytest.raises(
            ExperimentError, match=r"^steps need more than 5 seconds here; take fewer steps or particles\.$"
        ) as told:
            check_time()
    assert told.value.field == "steps"
    check_time()


def test_the_inner_one_counts_and_then_the_outer_one_again(clock):
    outer, inner = Deadline(1.0), Deadline(10.0)
    with outer.open():
        with inner.open():
            clock[0] = 5.0
            check_time()
        with pytest.raises(OutOfTime):
            check_time()


def test_it_holds_in_a_generator_whichever_thread_goes_on_with_it(clock):
    """A page asks for each item from another thread."""

    def work():
        for item in range(3):
            clock[0] += 0.9
            check_time()
            yield item
        return "done"

    items, got = Deadline(2.0).over(work()), []

    def ask():
        try:
            got.append(next(items))
        except OutOfTime:
            got.append("late")

    for _ in range(3):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        assert open_deadline() is None
    assert got == [0, 1, "late"]


def test_a_generator_under_it_returns_what_it_returned_and_is_closed_with_it():
    ended = []

    def work():
        try:
            yield 1
            yield 2
        finally:
            ended.append(True)
        return "done"

    def collect():
        yield (yield from Deadline(60.0).over(work()))

    assert list(collect()) == [1, 2, "done"]
    items = Deadline(60.0).over(work())
    next(items)
    ended.clear()
    items.close()
    assert ended == [True]


@pytest.mark.parametrize("make", [threading.Lock, threading.Semaphore])
def test_who_waits_for_a_turn_waits_no_longer_than_the_deadline(make):
    lock = make()
    with turn(lock), Deadline(0.05).open(), pytest.raises(OutOfTime), turn(lock):
        pytest.fail("held by two")
    with Deadline(60.0).open(), turn(lock):
        assert not lock.acquire(blocking=False)
    with turn(lock):  # no deadline: as long as need be
        pass
    assert lock.acquire(blocking=False)


def test_what_passes_between_two_items_does_not_count(clock):
    def work():
        for item in range(3):
            clock[0] += 0.9
            check_time()
            yield item

    items = Deadline(2.0).over(work())
    assert next(items) == 0
    clock[0] += 100.0  # others have their turn
    assert next(items) == 1
    with pytest.raises(OutOfTime):
        next(items)
