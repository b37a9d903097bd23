"""Payloads that nobody would send, against every event and function of a running server, published and private.

Each is sent as it is to the process that users have. Nothing may end the process, take longer than its deadline, or write a
traceback to the client or to the log. Payloads that once failed are kept in corpus.json and sent first.

python -m tests.load.fuzz [--payloads 10000] [--seed 0]
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import random
import time
import warnings
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import aiohttp
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from diffviz.experiment import iter_specs
from diffviz.ui.limits import DEADLINE_SECONDS
from tests.finish import finish
from tests.load.serving import Server, served
from tests.load.visitor import Page, Visitor

CORPUS = Path(__file__).parent / "corpus.json"
JSON = {"Content-Type": "application/json", "Connection": "close"}  # one that is kept may end while it is used again
ADDRESSES = 2  # the server holds back one that sends more than a class does
TOGETHER = 24  # payloads under way
LEAVES = 0.25  # of those that ask for events do not wait for the answer
PATIENCE = 5.0  # seconds that the others wait for it, at most
Payload = dict[str, Any]  # path, body; event: whether an answer is to be listened to

_NUMBERS = [0, -1, 1, 2, 3, 7, 1e-300, -0.5, 1e308, 10**30, 2**63, float("nan"), float("inf")]
_TEXTS = [
    "",
    "nan",
    "../../etc",
    "\ud800",
    "<img src=x onerror=alert(1)>",
    "exact",
    "learned",
    "hub:a/b",
    "folder:../x",
    "a" * 999,
]
_ODD = st.sampled_from([None, True, False, *_NUMBERS, *_TEXTS, [], {}, [[]], {"a": {}}])
_VALUE = _ODD | st.recursive(
    _ODD | st.text(max_size=20) | st.integers() | st.floats(),
    lambda value: st.lists(value, max_size=3) | st.dictionaries(st.text(max_size=6), value, max_size=3),
    max_leaves=8,
)
_SPECS = {name: spec for name, spec, *_ in iter_specs()}


def _of_field(name: str) -> st.SearchStrategy[Any]:
    """Mostly a value that it may have, so that what is behind the first check is reached too."""
    spec = _SPECS[name]
    allowed: list[st.SearchStrategy[Any]] = [_VALUE]
    if getattr(spec, "choices", None):
        allowed += [st.sampled_from(list(spec.choices))] * 3
    elif name in ("steps", "particles", "sampler_steps"):
        allowed += [st.integers(1, 60)] * 4
    else:
        allowed += [st.integers(-3, 300), st.floats(0.0, 2.0), st.booleans(), st.just("")]
    return st.one_of(allowed)


_DATA = st.sampled_from(["eight_gaussians", "spiral", "digits", "heartbeat", "own_points", "own_mixture", "gaussian"])
_FIELDS = st.sets(st.sampled_from(sorted(_SPECS)), max_size=4).flatmap(
    lambda chosen: st.fixed_dictionaries({name: _of_field(name) for name in sorted(chosen)})
)
_RUN = _VALUE | st.builds(
    lambda data, size, fields: {"dataset": data, "steps": size, "particles": size, **fields}, _DATA, st.integers(2, 30), _FIELDS
)
_ANY_OF = {
    "runs": st.lists(_RUN, max_size=3),
    "run": _RUN,
    "query": st.one_of(st.text(max_size=60), st.builds(lambda a, b: f"?dataset={a}&steps={b}&particles=5", _DATA, _VALUE)),
    "asked": st.booleans(),
    "kind": st.sampled_from(["html", "gif", "mp4", "png", "pdf", "npz", "csv", "handout", "exe"]),
    "view": st.dictionaries(st.sampled_from(["layers", "charts", "only", "large", "chosen", "place", "at"]), _VALUE, max_size=4),
    "lesson": st.one_of(_VALUE, st.fixed_dictionaries({"lesson": st.sampled_from(["noise", "back", "cost"]), "step": _VALUE})),
    "step": _VALUE,
    "seeds": st.lists(_VALUE, max_size=3),
    "seed": _VALUE,
    "later": st.sampled_from(["thermo", "work", "symmetry", "speed", "memory", "cellar"]),
    "part": st.sampled_from(["path", "truth", "accuracy", "x"]),
    "recipes": st.lists(st.dictionaries(st.text(max_size=10), _VALUE, max_size=5), max_size=3),
    "updates": _VALUE,
    "reports": _VALUE,
    "job": _VALUE,
    "ids": _VALUE,
    "particles": _VALUE,
    "game": st.integers(-1, 9),
    "round": st.integers(-1, 12),
    "data": _VALUE,
    "page": _VALUE,
    "request": _VALUE,
}
_ASKED = st.sets(st.sampled_from(sorted(_ANY_OF)), max_size=7).flatmap(
    lambda names: st.fixed_dictionaries({name: _ANY_OF[name] for name in sorted(names)})
)
_RUNS = st.builds(lambda runs, asked: {**asked, "runs": runs, "asked": True}, st.lists(_RUN, min_size=1, max_size=2), _ASKED)


def _request(path: str, body: Any, listens: bool = False) -> Payload:
    return {"path": path, "body": body, "event": listens}


def payloads(page: Page) -> st.SearchStrategy[Payload]:
    """Requests by their address and body; most have the form of one of the page's."""
    asked = st.one_of(_ASKED, _RUNS, _RUNS)
    whole = st.builds(
        lambda name, asked: _request("queue/join", {**page.events[name], "event_data": asked, "data": []}, True),
        st.sampled_from([name for name in page.events if name.endswith("_asked")]),
        asked,
    )
    damaged = st.builds(
        lambda request, part, value: {**request, "body": {**request["body"], part: value}},
        whole,
        st.sampled_from(["fn_index", "trigger_id", "session_hash", "data", "event_data"]),
        _VALUE,
    )
    called = st.builds(
        lambda name, data: _request(f"call/{name}", {"data": data}),
        st.sampled_from([*page.events, "nothing"]),
        st.one_of(st.tuples(_RUN).map(list), st.tuples(_RUN, _VALUE).map(list), _VALUE),
    )
    of_server = st.builds(
        lambda name, what: _request("component_server", {"component_id": page.served[name], "fn_name": name, "data": what}),
        st.sampled_from(sorted(page.served)),
        st.one_of(_ASKED, _ASKED, _VALUE).map(json.dumps),
    )
    of_none = st.builds(
        lambda request, part, value: {**request, "body": {**request["body"], part: value}},
        of_server,
        st.sampled_from(["component_id", "fn_name", "session_hash", "data"]),
        _VALUE,
    )
    paths = ["queue/join", "component_server", "cancel", "reset", "run/predict", "run/run", "call/v2/run", "call/v2/thermo"]
    other = st.builds(_request, st.sampled_from(paths), _VALUE | st.builds(lambda run: {"experiment": run, "paths": 5}, _RUN))
    return st.one_of(whole, whole, whole, damaged, called, called, of_server, of_server, of_server, of_none, other)


def generated(page: Page, count: int, number: int) -> list[Payload]:
    """The same for the same seed."""
    found: list[Payload] = []

    @seed(number)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=False,
    )
    @given(payloads(page))
    def gather(payload: Payload) -> None:
        found.append(payload)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while len(found) < count:  # where few are different from one another hypothesis ends sooner
            gather()
    return found[:count]


class Fuzz:
    """answers: by what was answered, how many; failed: payloads with what went wrong; longest: seconds of an answer."""

    def __init__(self, server: Server) -> None:
        self._server, self._random = server, random.Random(0)
        self.answers: collections.Counter[str] = collections.Counter()
        self.failed: list[tuple[str, Payload]] = []
        self.longest = 0.0

    async def send(self, payload: Payload, visitor: Visitor) -> None:
        body = payload["body"]
        session = f"fuzz {self._random.random()}"
        if isinstance(body, dict) and "call/" not in payload["path"]:
            body = {"session_hash": session, **body}
        started = time.perf_counter()
        try:
            async with visitor.http.post(f"gradio_api/{payload['path']}", data=json.dumps(body), headers=JSON) as answer:
                text = await answer.text()
                self.answers[str(answer.status)] += 1
                if answer.status >= 500 and answer.status != 503:
                    self.failed.append((f"status {answer.status}", payload))
            if payload["event"] and answer.status == 200 and self._random.random() > LEAVES:
                text += await self._listened(visitor, body["session_hash"])
            if "Traceback" in text or 'File "' in text:
                self.failed.append(("a traceback for the client", payload))
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is one
            self.failed.append((f"no answer: {error!r}", payload))
        self.longest = max(self.longest, time.perf_counter() - started)

    async def _listened(self, visitor: Visitor, session: str) -> str:
        text = ""
        try:
            async with (
                asyncio.timeout(PATIENCE),
                visitor.http.get("gradio_api/queue/data", params={"session_hash": session}) as stream,
            ):
                async for line in stream.content:
                    text += line[:2000].decode(errors="replace")
                    if b'"process_completed"' in line:
                        self.answers["completed" if b'"success":true' in line else "failed"] += 1
                        return text
        except TimeoutError:
            self.answers["left"] += 1  # it is long; the server is to notice
        return text

    async def run(self, found: list[Payload]) -> None:
        waiting = collections.deque(found)

        async def work(address: str) -> None:
            async with Visitor(self._server, address) as visitor:
                while waiting:
                    await self.send(waiting.popleft(), visitor)

        await asyncio.gather(*(work(f"127.0.0.{1 + number % ADDRESSES}") for number in range(TOGETHER)))


async def _idle(server: Server, seconds: float) -> bool:
    """Does the server come to rest within so many seconds?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        worked = server.worked()
        await asyncio.sleep(1.0)
        if server.worked() - worked < 0.3:
            return True
    return False


def fuzz(count: int, number: int = 0, corpus: list[Payload] | None = None) -> tuple[Fuzz, list[str]]:
    """Send so many, after those of the corpus; what happened, and what is wrong."""
    with TemporaryFile("w+", encoding="utf-8") as log, served(log=log) as server:

        async def scene() -> tuple[Fuzz, list[str]]:
            async with Visitor(server) as visitor:
                page = await visitor.configuration()
            found, wrong = Fuzz(server), []
            await found.run([*(corpus or []), *generated(page, count, number)])
            if not await _idle(server, DEADLINE_SECONDS):
                wrong.append("the server still computes")
            try:
                async with Visitor(server, "127.0.0.2") as visitor:
                    await visitor.run(page, {"seed": 1})
            except (aiohttp.ClientError, RuntimeError, OSError) as error:
                wrong.append(f"the server does not answer: {error!r}")
            return found, wrong

        found, wrong = finish(scene())
        log.seek(0)
        told = log.read()
    if told.count("Traceback"):
        wrong.append(f"{told.count('Traceback')} tracebacks in the log, the first:\n{told[told.index('Traceback') :][:3000]}")
    if found.longest > DEADLINE_SECONDS:
        wrong.append(f"an answer took {found.longest:.0f} s")
    return found, wrong + [f"{why}: {json.dumps(payload)[:600]}" for why, payload in found.failed]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--payloads", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    started = time.perf_counter()
    found, wrong = fuzz(asked.payloads, asked.seed, json.loads(CORPUS.read_text(encoding="utf-8")))
    answers = ", ".join(f"{many} {what}" for what, many in found.answers.most_common())
    print(f"{asked.payloads} payloads in {time.perf_counter() - started:.0f} s: {answers}; longest answer {found.longest:.1f} s")
    for each in wrong[:20]:
        print(each)
    print(f"{len(wrong)} failures")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
