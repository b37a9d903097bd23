"""A later request of one visitor ends an earlier one; others are left alone."""

from types import SimpleNamespace
from uuid import uuid4

import gradio as gr

from diffviz.ui.turns import by_turns, end_turn


@by_turns
def counting(event):
    yield from range(5)


def asked(turn, visitor=None):
    return gr.EventData(None, {"turn": turn}), SimpleNamespace(session_hash=visitor)


def test_a_later_turn_ends_an_earlier_one():
    visitor = uuid4().hex
    first = counting(*asked(1, visitor))
    assert [next(first), next(first)] == [0, 1]
    second = counting(*asked(2, visitor))
    assert next(second) == 0
    assert list(first) == []
    assert list(second) == [1, 2, 3, 4]


def test_stop_ends_what_came_before_it_but_not_what_comes_after_even_if_it_arrives_late():
    visitor = uuid4().hex
    run, replacing = counting(*asked(1, visitor)), counting(*asked(3, visitor))
    assert [next(run), next(replacing)] == [0, 0]
    end_turn(*asked(2, visitor))  # was sent before the third, and is served after it
    assert list(run) == []
    assert list(replacing) == [1, 2, 3, 4]
    end_turn(*asked(4, visitor))
    assert list(counting(*asked(3, visitor))) == []


def test_visitors_do_not_end_one_another():
    one, other = counting(*asked(1, uuid4().hex)), counting(*asked(9, uuid4().hex))
    assert [next(one), next(other)] == [0, 0]
    assert list(one) == list(other) == [1, 2, 3, 4]


def test_who_has_no_session_is_served():
    assert list(counting(gr.EventData(None, "nothing"))) == list(range(5))
    end_turn(gr.EventData(None, None))
