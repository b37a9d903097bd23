"""Runs that visitors share: computed once, however many ask at once, and kept when they are done, up to so many bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Hashable
from contextlib import nullcontext, suppress
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from cachetools import LRUCache

from diffviz.caching import size_of
from diffviz.deadline import check_time, open_deadline
from diffviz.ui.turns import TURNS

Part = TypeVar("Part")
Result = TypeVar("Result")


def _again(error: BaseException) -> BaseException:
    """The same error without its traceback, whose frames hold all that was being computed."""
    copy = type(error).__new__(type(error), *error.args)
    vars(copy).update(vars(error))
    return copy


class Run(Generic[Part, Result]):
    """A computation that several threads follow part by part; result: None until it is done.

    Whoever needs the next part first computes it while the others wait. So a visitor who leaves leaves the rest to those who
    stay, and where nobody is left nothing more is computed. Its deadline is that of the request which began it.
    """

    def __init__(self, parts: Generator[Part, None, Result] | None, result: Result | None = None) -> None:
        self._source, self._deadline = parts, open_deadline()
        self._parts: list[Part] = []
        self._changed, self._computing = threading.Condition(), False
        self.result, self.error = result, None

    def follow(self) -> Generator[list[Part], None, Result]:
        """The parts, from the first on: those that are there already together, then each as it is computed.

        Raises to every follower what was raised in computing, and OutOfTime to one whose own deadline passes.
        """
        seen = 0
        while self._has_more_than(seen):
            parts = self._parts[seen:]
            seen += len(parts)
            yield parts
            check_time()
        return self.result

    def _has_more_than(self, seen: int) -> bool:
        """Is there a part after so many? If nobody knows, it is computed here, unless it is being computed elsewhere."""
        deadline = open_deadline()
        while not self._begins(seen):
            if len(self._parts) > seen or self.result is not None:
                return len(self._parts) > seen
            with TURNS.aside(), self._changed:  # only whoever computes needs a turn
                if not self._changed.wait_for(lambda: not self._waits(seen), None if deadline is None else deadline.left):
                    raise deadline.error()
        try:
            self._compute_part()
        finally:
            with self._changed:
                self._computing = False
                self._changed.notify_all()
        return len(self._parts) > seen

    def _waits(self, seen: int) -> bool:
        return len(self._parts) == seen and self.result is None and self._computing

    def _begins(self, seen: int) -> bool:
        """Is the part after so many to be computed here? Raises what was raised in computing."""
        with self._changed:
            if self._computing or len(self._parts) > seen or self.result is not None:
                return False
            if self.error is not None:
                raise _again(self.error)
            self._computing = True
            return True

    def _compute_part(self) -> None:
        try:
            with self._deadline.open() if self._deadline else nullcontext():
                self._parts.append(next(self._source))
        except StopIteration as end:
            self.result = end.value
        except BaseException as error:
            self.error = _again(error)
            raise


class Runs(Generic[Part, Result]):
    """The runs being computed, as long as somebody follows them, and results, the least recently used leaving first.

    hits, misses: how often one was there already, and how often it was not
    """

    def __init__(self, most_bytes: int) -> None:
        self._kept: LRUCache[Hashable, Result] = LRUCache(most_bytes, getsizeof=size_of)
        self._live: WeakValueDictionary[Hashable, Run[Part, Result]] = WeakValueDictionary()
        self._lock = threading.Lock()
        self.hits = self.misses = 0

    @property
    def nbytes(self) -> int:
        """Of the results that are kept."""
        return int(self._kept.currsize)

    def has(self, key: Hashable) -> bool:
        """Is its result kept?"""
        with self._lock:
            return key in self._kept

    def join(self, key: Hashable, parts: Callable[[], Generator[Part, None, Result]]) -> Run[Part, Result]:
        """The run of that key: done, if its result is kept; the one being computed, unless it has failed; else a new one."""
        with self._lock:
            result = self._kept.get(key)
            if result is not None:
                self.hits += 1
                return Run(None, result)
            run = self._live.get(key)
            if run is None or run.error is not None:
                self.misses += 1
                run = self._live[key] = Run(self._keeping(key, parts))
            else:
                self.hits += 1
            return run

    def _keeping(self, key: Hashable, parts: Callable[[], Generator[Part, None, Result]]) -> Generator[Part, None, Result]:
        result = yield from parts()
        with self._lock, suppress(ValueError):  # a result larger than all that may be kept
            self._kept[key] = result
        return result
