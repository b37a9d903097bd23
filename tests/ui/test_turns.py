import threading
import time

import pytest

from diffviz.ui import queueing, turns
from diffviz.ui.turns import ANSWERS, LONG, QUICK, Busy, Left, Turns, called
from diffviz.ui.visitors import Visit


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
    with gate.one(LONG):  # nobody can begin before all wait
        for number, name in enumerate("abcde"):
            crowd(gate.over(work(told, name, ANSWERS + rest)))
            wait_until(lambda number=number: gate.state()[0] == number + 1)
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
    with gate.one(LONG):
        monkeypatch.setattr(turns, "QUICK_SECONDS", 0.0)
        crowd(slow)
        wait_until(lambda: gate.state()[0] == 1)
        monkeypatch.undo()
        crowd(gate.over(work(told, "quick", ANSWERS)))
        wait_until(lambda: gate.state()[0] == 2)
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

    visit = Visit("somewhere")
    items = gate.over(closing(), visit)
    assert next(items) == 0
    visit.left = True
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
    with pytest.raises(ZeroDivisionError), gate.one(LONG):
        raise ZeroDivisionError
    assert list(gate.over(work([], "next", 2))) == [0, 1]


def test_a_first_picture_does_not_wait_for_long_ones(crowd):
    gate, go, told = Turns(2), threading.Event(), []

    def slow(name):
        told.append(name)
        assert go.wait(10.0)
        yield

    for name in "ab":
        crowd(gate.over(slow(name), long=True))
    wait_until(lambda: told and gate.state()[0])  # one computes, the other one waits
    assert list(gate.over(work([], "quick", ANSWERS))) == [0, 1, 2]
    assert told in (["a"], ["b"])
    go.set()
    wait_until(lambda: sorted(told) == ["a", "b"])


def test_a_long_computation_gives_way_between_its_parts_and_goes_on_before_other_long_ones(crowd):
    gate, told = Turns(1), []

    def later():
        long("b")
        yield

    def long(name):
        with gate.one(LONG):
            for part in gate.giving_way(range(2)):
                told.append((name, part))
                if (name, part) == ("a", 0):
                    crowd(later())
                    wait_until(lambda: gate.state()[0] == 1)
                    crowd(gate.over(work(told, "quick", 1)))
                    wait_until(lambda: gate.state()[0] == 2)

    long("a")
    wait_until(lambda: len(told) >= 5)
    assert told[:5] == [("a", 0), ("quick", 0), ("a", 1), ("b", 0), ("b", 1)]


def test_who_waits_for_something_else_puts_the_turn_aside(crowd):
    gate, told = Turns(1), []
    with gate.one(QUICK):
        with gate.aside():
            assert list(gate.over(work([], "other", 2))) == [0, 1]
        crowd(gate.over(work(told, "later", 1)))
        wait_until(lambda: gate.state()[0])
        assert not told  # the turn is here again
    wait_until(lambda: told)


def test_of_200_calls_all_but_so_many_are_refused_at_once(monkeypatch):
    monkeypatch.setattr(turns, "TURNS", Turns(1))
    refused, served = [], []

    def call():
        try:
            with called():
                served.append(1)
        except Busy:
            refused.append(1)

    threads = [threading.Thread(target=call) for _ in range(200)]
    with turns.TURNS.one(QUICK):
        for thread in threads:
            thread.start()
        wait_until(lambda: len(refused) == 200 - turns.CALLS)
        assert not served
    for thread in threads:
        thread.join(10.0)
    assert (len(served), len(refused)) == (turns.CALLS, 200 - turns.CALLS)
    call()
    assert len(served) == turns.CALLS + 1


def test_long_calls_leave_room_for_quick_ones(monkeypatch):
    monkeypatch.setattr(turns, "TURNS", Turns(2))
    refused, served, quick = [], [], []

    def call(rank=LONG, told=served):
        try:
            with called(rank):
                told.append(1)
        except Busy:
            refused.append(1)

    threads = [threading.Thread(target=call) for _ in range(2 * turns.CALLS)]
    with turns.TURNS.one(LONG):  # the only long turn
        for thread in threads:
            thread.start()
        wait_until(lambda: len(refused) == 2 * turns.CALLS - turns.LONG_CALLS)
        asked = threading.Thread(target=lambda: [call(QUICK, quick) for _ in range(3)])
        asked.start()
        asked.join(10.0)
        assert len(quick) == 3
        assert not served
    for thread in threads:
        thread.join(10.0)
    assert len(served) == turns.LONG_CALLS
    call()
    assert len(served) == turns.LONG_CALLS + 1


def test_who_gives_way_is_not_overtaken_by_others_of_its_rank(crowd):
    """It may hold what those wait for, such as the lock of drawings; turns are given back all the while."""
    gate, drawing, told, begin = Turns(2), threading.Lock(), [], threading.Event()

    def draw(name):
        with gate.one(LONG), drawing:
            begin.wait(10.0)
            for _ in range(300):
                gate.give_way()
            told.append(name)
        yield

    crowd(draw("first"))
    wait_until(drawing.locked)
    crowd(draw("second"))
    wait_until(lambda: gate.state()[0] == 1)
    for _ in range(4):
        crowd(gate.over(work([], "quick", 300)))
    begin.set()
    wait_until(lambda: told == ["first", "second"])


def test_a_turn_is_exchanged_for_a_place_in_one_step(crowd):
    """Another long one that waits gets none of what becomes free meanwhile."""
    gate, begun = Turns(2), []

    def long(name):
        with gate.one(LONG):
            begun.append(name)
            yield

    with gate.one(LONG):
        crowd(long("other"))
        wait_until(lambda: gate.state()[0] == 1)
        gate._again(gate._mine.place, instead=gate._mine.place)
        assert begun == []
    wait_until(lambda: begun == ["other"])


def test_an_address_that_has_computed_less_goes_first_however_much_another_one_asks(crowd, monkeypatch):
    gate, told = Turns(1), []

    def slow(name, count):
        for item in work(told, name, count):
            time.sleep(0.002)
            yield item

    with gate.one(LONG):
        for number in range(8):
            crowd(gate.over(slow(f"greedy {number}", 10), Visit("greedy")))
        wait_until(lambda: gate.state()[0] == 8)
        crowd(gate.over(slow("other", 10), Visit("other")))
        wait_until(lambda: gate.state()[0] == 9)
    wait_until(lambda: len(told) == 90)
    assert told.index(("other", 9)) <= 2 * 10 + 2  # every second turn, whatever waits


def test_an_address_is_not_owed_the_time_in_which_it_asked_for_nothing(crowd):
    gate, told = Turns(1), []
    gate._queue._used["busy"] = gate._queue._now = 100.0
    with gate.one(LONG):
        for name in ("new", "busy"):
            crowd(gate.over(work(told, name, 20), Visit(name)))
        wait_until(lambda: gate.state()[0] == 2)
    wait_until(lambda: len(told) == 40)
    assert min(gate._queue._used[name] for name in ("new", "busy")) >= 100.0


def test_long_ones_are_not_starved_by_quick_ones(crowd):
    gate, told = Turns(1), []
    with gate.one(LONG):
        for name in "ab":
            crowd(gate.over(work(told, name, 200)))
        crowd(gate.over(work(told, "long", 3), long=True))
        wait_until(lambda: gate.state()[0] == 3)
    wait_until(lambda: len(told) == 403)
    places = [told.index(("long", item)) for item in range(3)]
    assert places[0] >= 5
    assert places[2] <= 4 * (queueing.QUICK_BEFORE_LONG + 2)


def test_of_an_address_only_so_many_runs_hold_what_they_have_computed(crowd, monkeypatch):
    monkeypatch.setattr(queueing, "BEGUN", 3)
    gate, now, most = Turns(1), set(), []

    def counted(name):
        now.add(name)
        for _ in range(5):
            most.append(len(now))
            yield
        now.discard(name)

    with gate.one(LONG):
        for name in range(10):
            crowd(gate.over(counted(name), Visit("one")))
        wait_until(lambda: gate.state()[0] == 10)
    wait_until(lambda: len(most) == 50)
    assert max(most) == 3
    assert list(gate.over(work([], "another", 2), Visit("one"))) == [0, 1]


@pytest.mark.parametrize("ends", ["left", "also"])
def test_who_waits_for_a_turn_and_is_no_longer_wanted_goes_within_half_a_second(ends):
    gate, visit, told = Turns(1), Visit("somewhere"), []
    thread = threading.Thread(target=lambda: list(gate.over(work(told, "a", 5), visit)))
    with gate.one(LONG):
        thread.start()
        wait_until(lambda: gate.state()[0])
        if ends == "left":
            visit.left = True
        else:
            visit.also = lambda: False
        thread.join(0.6)
        assert not thread.is_alive()
        assert gate.state()[0] == 0
    assert told == []
    assert list(gate.over(work(told, "next", 1), Visit("somewhere"))) == [0]


def test_who_leaves_while_a_part_is_computed_gives_the_turn_back_after_it():
    """A part is not cut short, since others may follow the run: of one that is measured that is all that is measured."""
    gate, visit, told = Turns(1), Visit("somewhere"), []

    def parts():
        for item in range(10):
            visit.left = item == 2
            told.append((item, gate.state()[1]))
            yield item

    assert list(gate.over(parts(), visit)) == [0, 1, 2]
    assert told == [(0, 1), (1, 1), (2, 1)]
    assert gate.state()[1] == 0


def test_a_call_whose_client_left_gives_up_its_place_and_its_parts():
    gate, visit, told = Turns(1), Visit("somewhere"), []

    def parts():
        for item in range(10):
            visit.left = item == 2
            told.append(item)
            yield item

    with visit.open(), gate.one(LONG), pytest.raises(Left):
        list(gate.giving_way(parts()))
    assert told == [0, 1, 2]
    with visit.open(), gate.one(LONG):
        pass  # a turn that is free is taken without looking


def test_who_waits_for_long_is_told_how_many_are_before(crowd, monkeypatch):
    monkeypatch.setattr(turns, "NOTICE_SECONDS", 1.0)
    gate, heard = Turns(1), []
    with gate.one(LONG):
        for name in "ab":
            crowd(gate.over(work([], name, 1)))
        wait_until(lambda: gate.state()[0] == 2)
        last = gate.over(work([], "c", 1), notice=lambda before: f"{before} before")
        heard.append(next(last))
    heard += list(last)
    assert heard[0] == "2 before"
    assert heard[-1] == 0
    quick = gate.over(work([], "d", 2), notice=lambda before: "no")
    assert list(quick) == [0, 1]


def test_a_place_is_left_when_the_one_who_waits_in_it_is_closed(monkeypatch):
    monkeypatch.setattr(turns, "NOTICE_SECONDS", 0.9)
    gate = Turns(1)
    with gate.one(LONG):
        items = gate.over(work([], "a", 1), notice=lambda before: before)
        assert next(items) == 0
        items.close()
        assert gate.state()[0] == 0
    assert list(gate.over(work([], "b", 1))) == [0]
