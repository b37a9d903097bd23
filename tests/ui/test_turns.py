import threading
import time

import pytest

from diffviz.ui import turns
from diffviz.ui.turns import ANSWERS, Turns


@pytest.fixture
def crowd():
    """Makes threads that read generators to their end, and joins them."""
    threads = []

    def read(items):
        thread = threading.Thread(target=lambda: list(items))
        threads.append(thread)
        thread.start()
        return thread

    yield read
    for thread in threads:
        thread.join(10.0)
        assert not thread.is_alive()


def wait_until(true):
    end = time.monotonic() + 10.0
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


def work(told, name, count):
    for item in range(count):
        told.append((name, item))
        yield item


def test_first_pictures_go_before_the_rest_of_others_and_equals_are_finished_as_they_came(crowd):
    gate, told, rest = Turns(1), [], 20
    with gate.long():  # nobody can begin before all wait
        for number, name in enumerate("abcde"):
            crowd(gate.over(work(told, name, ANSWERS + rest)))
            wait_until(lambda number=number: len(gate._waiting) == number + 1)
    wait_until(lambda: len(told) == 5 * (ANSWERS + rest))
    pictures = [told.index((name, ANSWERS - 1)) for name in "abcde"]
    ends = [told.index((name, ANSWERS + rest - 1)) for name in "abcde"]
    assert pictures == sorted(pictures)
    assert ends == sorted(ends)
    assert pictures[-1] < 2 * 5 * ANSWERS  # while an answer is taken, another one may be computed
    assert pictures[-1] < ends[0]


def test_a_long_run_lets_quick_ones_pass(crowd, monkeypatch):
    monkeypatch.setattr(turns, "QUICK_SECONDS", 0.0)
    gate, told = Turns(1), []
    slow = gate.over(work(told, "slow", 2 * ANSWERS))
    next(slow)  # it has taken more than QUICK_SECONDS by now
    monkeypatch.undo()
    with gate.long():
        monkeypatch.setattr(turns, "QUICK_SECONDS", 0.0)
        crowd(slow)
        wait_until(lambda: len(gate._waiting) == 1)
        monkeypatch.undo()
        crowd(gate.over(work(told, "quick", ANSWERS)))
        wait_until(lambda: len(gate._waiting) == 2)
    wait_until(lambda: len(told) == 3 * ANSWERS)
    assert told[1] == ("quick", 0)


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_no_more_than_so_many_compute_at_once(crowd, at_once):
    gate, now, most = Turns(at_once), [], []

    def counted():
        for _ in range(20):
            now.append(1)
            most.append(len(now))
            time.sleep(0.0005)
            now.pop()
            yield

    for _ in range(12):
        crowd(gate.over(counted()))
    wait_until(lambda: len(most) == 240)
    assert max(most) == at_once


def test_what_is_no_longer_wanted_is_not_computed_and_is_closed():
    gate, told, closed = Turns(1), [], []

    def closing():
        try:
            yield from work(told, "a", 5)
        finally:
            closed.append(True)

    wanted = [True]
    items = gate.over(closing(), lambda: wanted[0])
    assert next(items) == 0
    wanted[0] = False
    assert list(items) == []
    assert (told, closed) == ([("a", 0)], [True])


def test_an_error_gives_the_turn_back_and_is_raised():
    gate = Turns(1)

    def failing():
        yield 1
        raise ValueError("no")

    items = gate.over(failing())
    assert next(items) == 1
    with pytest.raises(ValueError, match="no"):
        next(items)
    assert list(gate.over(work([], "next", 2))) == [0, 1]
    with pytest.raises(ZeroDivisionError), gate.long():
        raise ZeroDivisionError
    assert list(gate.over(work([], "next", 2))) == [0, 1]
