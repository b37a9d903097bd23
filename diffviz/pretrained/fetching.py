"""What may be fetched from the Hugging Face hub, and who waits for it.

On the command line whoever names something fetches it and waits. Where a page is served, visitors name it: then only what the
host lists is fetched, in a thread of its own, so that no request waits for a network; they are told that it is on its way. A
failure is remembered for a while, and what does not come within a deadline is one. The environment's DIFFVIZ_HUB=0 forbids both.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

HUB_VARIABLE = "DIFFVIZ_HUB"  # 0: nothing is fetched
HUB_MODELS, HUB_DATA = "DIFFVIZ_HUB_MODELS", "DIFFVIZ_HUB_DATA"  # lists of names on the hub, with spaces between them
AT_ONCE = 2
FAILED_SECONDS = 300.0  # in which what failed is not tried again
DEADLINE_SECONDS = 900.0  # after which something that does not come keeps nothing else from being fetched


def listed(variable: str) -> list[str]:
    """The names in a list of the host."""
    return os.environ.get(variable, "").split()


class _Fetching:
    """One name, in a thread of its own."""

    def __init__(self, fetch: Callable[[], Path]) -> None:
        self.path: Path | None = None
        self.error: Exception | None = None
        self.ended: float | None = None
        self.began = time.monotonic()
        self._fetch = fetch
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self.path = self._fetch()
        except Exception as error:  # told to whoever asks next
            self.error = error
        self.ended = time.monotonic()

    def is_late(self) -> bool:
        """Has it not come by its deadline? Its thread, which cannot be ended, may still wait for the network."""
        return self.ended is None and time.monotonic() - self.began > DEADLINE_SECONDS

    def is_stale(self) -> bool:
        """Has it failed a while ago, or was what came removed since?"""
        if self.ended is None:
            return time.monotonic() - self.began > DEADLINE_SECONDS + FAILED_SECONDS
        if self.path is None:
            return time.monotonic() - self.ended > FAILED_SECONDS
        return not self.path.exists()


class Fetcher:
    """shared: visitors of a page name what is fetched."""

    def __init__(self) -> None:
        self.shared = False
        self._lock = threading.Lock()
        self._known: dict[str, _Fetching] = {}

    def check(self, name: str, variable: str, error: type[Exception]) -> None:
        """Raises the error, with one sentence, for a name that may not be fetched here. variable: of the host's list."""
        if os.environ.get(HUB_VARIABLE) == "0":
            raise error(f"nothing is fetched from the hub here: the environment says {HUB_VARIABLE}=0.")
        if self.shared and name not in listed(variable):
            raise error(f"this page fetches from the hub only what its host lists in {variable}, and {name} is not in that list.")

    def get(self, name: str, fetch: Callable[[], Path], error: type[Exception]) -> Path:
        """What fetch returns: on a shared page once it has come. Raises what fetch does, and the error with one sentence for what
        is not there yet."""
        if not self.shared:
            return fetch()
        with self._lock:
            found = self._known.get(name)
            if found is None or found.is_stale():
                if sum(each.ended is None and not each.is_late() for each in self._known.values()) >= AT_ONCE:
                    raise error(f"{name} waits for others to be fetched from the hub; try again in a minute.")
                found = self._known[name] = _Fetching(fetch)
        if found.path is not None:
            return found.path
        if found.error is not None:
            raise error(str(found.error))
        if found.is_late():
            raise error(f"{name} does not come from the hub.")
        raise error(f"{name} is being fetched from the hub; try again in a minute.")


FETCHER = Fetcher()
