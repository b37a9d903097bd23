"""What is kept in memory to save work, bounded in bytes: results by their arguments, the least recently used leaving first."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from threading import Condition
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, TypeVar

import numpy as np
import torch
from cachetools import LRUCache, cached
from cachetools.keys import hashkey

Function = TypeVar("Function", bound=Callable[..., Any])
Key = TypeVar("Key", bound=Hashable)

_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, torch.dtype, torch.device)  # code, not data


def _parts(thing: Any) -> tuple[int, list[Any]]:
    """The bytes of a thing without what it refers to, and what it refers to."""
    if isinstance(thing, torch.Tensor):
        return thing.untyped_storage().nbytes(), []  # a view keeps the whole storage
    if isinstance(thing, np.ndarray):
        return (thing.nbytes, []) if thing.base is None else (0, [thing.base])  # a view keeps its base
    if isinstance(thing, dict):
        return sys.getsizeof(thing), [*thing.keys(), *thing.values()]
    if isinstance(thing, (list, tuple, set, frozenset)):
        return sys.getsizeof(thing), list(thing)
    return sys.getsizeof(thing), [vars(thing)] if hasattr(thing, "__dict__") else []


def size_of(thing: Any) -> int:
    """Bytes of memory that a thing keeps occupied: its arrays and tensors, texts, numbers and containers, each counted once."""
    seen: dict[int, Any] = {}  # by address; the things themselves, so that no address is used again meanwhile
    size, waiting = 0, [thing]
    while waiting:
        part = waiting.pop()
        address = part.untyped_storage().data_ptr() if isinstance(part, torch.Tensor) else id(part)
        if address in seen or part is None or isinstance(part, _SHARED):
            continue
        seen[address] = part
        own, inner = _parts(part)
        size += own
        waiting += inner
    return size


def largest_holder_s(kept: Mapping[Key, tuple[str, int]], may: Callable[[Key], bool] = lambda key: True) -> Key | None:
    """What leaves when there is no room: of what may, the first that is kept for whoever has most bytes there, so that one person
    who keeps much takes the room of nobody else. kept: for whom and bytes, the least recently used first; None if nothing may."""
    held: Counter[str] = Counter()
    for owner, nbytes in kept.values():
        held[owner] += nbytes
    return max(filter(may, kept), key=lambda key: held[kept[key][0]], default=None)


def of_mixture(mixture: Any, *rest: Hashable, **named: Hashable) -> Hashable:
    """The key of a function of a mixture: its fingerprint in its place, so that the cache does not keep the mixture itself."""
    return hashkey(mixture.fingerprint, *rest, **named)


def bounded(most_bytes: int, key: Callable[..., Hashable] = hashkey) -> Callable[[Function], Function]:
    """Decorator: results are kept by key (of the arguments), at most so many bytes of them.

    Two threads that ask for the same at once compute it once. A result larger than the bound is returned and not kept.
    """

    def decorate(function: Function) -> Function:
        return cached(LRUCache(most_bytes, getsizeof=size_of), key=key, condition=Condition(), info=True)(function)

    return decorate


def is_kept(function: Any, *arguments: Any) -> bool:
    """Is the result of a bounded function kept already?"""
    return function.cache_key(*arguments) in function.cache
