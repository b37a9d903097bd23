"""Bodies of requests, as a Door reads them: in time, of bounded size, and with room for everybody's."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from diffviz.ui import bodies
from diffviz.ui.door import Door
from diffviz.ui.limits import BODIES_BYTES, DRAINED_BYTES, MAX_BODY_BYTES, MAX_NETWORK_BYTES
from tests.finish import finish
from tests.ui.asgi import coming, part, posted, taking

NETWORKS = "/gradio_api/component_server"


def network(size, name="train_load", data="A"):
    """A request of so many bytes that sends one."""
    frame = json.dumps({"fn_name": name, "data": "?"}).encode()
    return frame.replace(b"?", (data * (size // len(data) + 1)).encode()[: size + 1 - len(frame)])


def through(requests, **more):
    """The status that a Door gives a request whose body comes in these messages, and the body that is passed on."""
    passed = []

    async def app(scope, receive, send):
        passed.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    return finish(posted(coming(requests), Door(app, Path("/nowhere")), **more)), passed


def test_a_body_that_does_not_come_in_time_is_refused(monkeypatch):
    assert through([part(b"[1,"), part(b" 2]", False)]) == (200, [b"[1, 2]"])
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    assert through([part(b"[1,"), None]) == (408, [])
    assert through([part(b"[1,"), {"type": "http.disconnect"}]) == (400, [])


def test_of_a_body_without_end_only_so_much_is_read():
    pieces = 0

    def endless():
        nonlocal pieces
        while True:
            pieces += 1
            yield part(b" " * 2**20)

    assert through(endless()) == (413, [])
    assert pieces <= DRAINED_BYTES / 2**20 + 1


def test_a_body_of_two_lengths_is_refused():
    assert through([part(b"{}", False)], transfer_encoding="chunked") == (200, [b"{}"])
    assert through([part(b"{}", False)], transfer_encoding="chunked", content_length="2") == (400, [])


def test_a_body_in_many_parts_is_read_in_the_time_of_its_bytes():
    body = network(MAX_NETWORK_BYTES)
    parts = [part(body[start : start + 100]) for start in range(0, len(body), 100)]
    started = time.monotonic()
    assert through([*parts, part(b"", False)], path=NETWORKS) == (200, [body])
    assert time.monotonic() - started < 10  # 0.3 on a quiet machine; minutes if what came is copied with each part


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (network(MAX_BODY_BYTES + 1), 200),
        (network(MAX_BODY_BYTES + 1, "train_asked"), 413),
        (network(MAX_BODY_BYTES, "train_asked"), 200),
        (network(MAX_BODY_BYTES + 1, data="A,"), 400),
        (b"[" + b"[]," * 10**6 + b"[]]", 400),
        (b"[" + b"{}," * 10**6 + b"[]]", 400),
        (b"[" + b'"' + b"A" * MAX_BODY_BYTES + b'"]', 413),
    ],
)
def test_of_what_is_large_only_a_network_is_taken_and_nothing_of_many_values_is_parsed(body, status, monkeypatch):
    parsed, parse = [], json.loads
    monkeypatch.setattr(bodies.json, "loads", lambda text: parsed.append(len(text)) or parse(text))
    assert through([part(body, False)], path=NETWORKS)[0] == status
    assert bool(parsed) == (status != 400)


def test_room_for_bodies_is_shared_out_by_address_and_large_ones_leave_some_for_small_ones():
    large = network(MAX_NETWORK_BYTES)

    async def scene():
        guard, tasks = Door(taking, Path("/nowhere")), []

        async def hold(client, body, **headers):
            """All has come of a body but its end."""
            asked = posted(coming([part(body), None]), guard, client=client, path=NETWORKS, **headers)
            tasks.append(asyncio.create_task(asked))
            await asyncio.sleep(0.01)

        def status(client, body):
            return posted(coming([part(body, False)]), guard, client=client, path=NETWORKS)

        for _ in range(50):
            await hold("192.0.2.1", b"{", content_length=str(MAX_NETWORK_BYTES))  # what is only announced takes nothing
        assert await status("192.0.2.1", large) == 200
        for _ in range(BODIES_BYTES // MAX_NETWORK_BYTES // 2):
            await hold("192.0.2.1", large)
        assert await status("192.0.2.1", large) == 503
        assert await status("192.0.2.1", b"{}") == 200
        assert await status("192.0.2.2", large) == 200
        for number in range(3, 9):
            await hold(f"192.0.2.{number}", large)
        assert await status("192.0.2.20", large) == 503
        assert await status("192.0.2.20", network(MAX_BODY_BYTES)) == 200
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await status("192.0.2.1", large) == 200

    finish(scene())


def test_one_address_cannot_take_the_room_of_small_bodies():
    async def scene():
        guard = Door(taking, Path("/nowhere"))
        body = network(MAX_BODY_BYTES)
        asked = [posted(coming([part(body), None]), guard, path=NETWORKS) for _ in range(200)]
        tasks = [asyncio.create_task(each) for each in asked]
        await asyncio.sleep(0.1)
        assert await posted(coming([part(body, False)]), guard, path=NETWORKS) == 503
        assert await posted(coming([part(body, False)]), guard, client="192.0.2.2", path=NETWORKS) == 200
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    finish(scene())
