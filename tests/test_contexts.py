"""What is open while something is computed, and what a generator that is computed there keeps."""

from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from diffviz.contexts import each_within, holding

VALUE = ContextVar("value", default="none")


def test_a_value_is_held_within_and_what_was_there_before_returns_whatever_happens():
    def fail():
        with holding(VALUE, "inner"):
            seen.append(VALUE.get())
            raise ZeroDivisionError

    seen = []
    with holding(VALUE, "outer"):
        with pytest.raises(ZeroDivisionError):
            fail()
        assert VALUE.get() == "outer"
    assert seen == ["inner"]
    assert VALUE.get() == "none"


def test_every_item_and_the_result_are_computed_within_and_what_comes_between_is_not():
    seen, closed = [], []

    def items():
        try:
            for number in range(2):
                seen.append(VALUE.get())
                yield number
            seen.append(VALUE.get())
            return "result"
        finally:
            closed.append(VALUE.get())

    @contextmanager
    def between():
        seen.append("between")
        yield

    def asked():
        return (yield from each_within(items(), lambda: holding(VALUE, "open"), between))

    asking = asked()
    for number in range(2):
        assert next(asking) == number
        assert VALUE.get() == "none"
    with pytest.raises(StopIteration) as end:
        next(asking)
    assert end.value.value == "result"
    assert seen == ["open", "between", "open", "between", "open"]
    assert closed == ["open"]


def test_a_generator_that_is_left_is_closed():
    closed = []

    def items():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    asking = each_within(items(), lambda: holding(VALUE, "open"))
    next(asking)
    asking.close()
    assert closed == [True]
