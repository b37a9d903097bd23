"""What is known to all that is computed while it is open: values of a ContextVar."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
Value = TypeVar("Value")
Result = TypeVar("Result")
Context = Callable[[], AbstractContextManager[Any]]


@contextmanager
def holding(variable: ContextVar[Value], value: Value) -> Iterator[None]:
    """The variable has the value within."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def each_within(items: Generator[T, None, Result], within: Context, between: Context = nullcontext) -> Generator[T, None, Result]:
    """A generator's items and result, each computed within a context, whichever thread asks for it; between two of them another
    one is entered."""
    try:
        while True:
            with within():
                try:
                    item = next(items)
                except StopIteration as end:
                    return end.value
            with between():
                yield item
    finally:
        items.close()
