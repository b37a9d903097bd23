"""Shares by address and page, and who listens: as objects, and on a server with several addresses of the loopback network."""

import asyncio
import os
import threading
import time

import pytest

from diffviz.deadline import check_time
from diffviz.ui import turns
from diffviz.ui.page import launch
from diffviz.ui.turns import TURNS
from diffviz.ui.visitors import Pace, Places, Recent, Shares, Streams, Visit, network
from tests.finish import finish
from tests.load.serving import Server
from tests.load.visitor import Refused, Visitor

HEAVY = {
    "denoiser": "learned",
    "dataset": "spiral",
    "sampler": "langevin",
    "corrector_steps": 5,
    "steps": 1000,
    "particles": 1900,
}


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("192.0.2.7:5678", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:80", "192.0.2.7"),
        ("[2001:db8:1:2::9]:80", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::80", "2001:db8:1:2::/64"),
        ("192.0.2.7:", "192.0.2.7"),
        ("[testclient]:80", "[testclient]:80"),
        ("[]:80", "[]:80"),
    ],
)
def test_an_address_is_counted_without_its_port_and_one_of_ipv6_as_its_network(host, counted):
    assert network(host) == counted


def test_an_address_has_no_more_places_than_are_free_and_the_next_one_finds_some():
    places, held = Places(64), {}
    for address in "abcd":
        held[address] = 0
        while places.take(Visit(address)):
            held[address] += 1
    assert held == {"a": 32, "b": 16, "c": 8, "d": 4}
    assert places.take(Visit("e"))


def test_a_class_behind_one_address_is_not_refused():
    places = Places(turns.EVENTS, turns.EVENTS_OF_PAGE)
    assert all(places.take(Visit("school", f"student {number}")) for number in range(200))
    assert places.take(Visit("home", "another"))


def test_what_a_page_no_longer_wants_takes_no_place_of_what_it_asks_now():
    places = Places(64, 3)
    visits = [Visit("somewhere", "page") for _ in range(3)]
    assert all(map(places.take, visits))
    assert not places.take(Visit("somewhere", "page"))
    assert places.take(Visit("somewhere", "other page"))
    visits[0].also = lambda: False
    assert places.take(Visit("somewhere", "page"))
    places.give_back(visits[1])
    assert places.take(Visit("somewhere", "page"))


def test_places_that_are_given_back_are_free_again():
    places = Places(4)
    for _ in range(3):
        visits = [Visit("a"), Visit("a")]
        assert all(map(places.take, visits))
        assert not places.take(Visit("a"))
        for visit in visits:
            places.give_back(visit)
    assert all(places.take(Visit()) for _ in range(4))  # the server's own are not counted by address
    assert not places.take(Visit())


def test_an_address_that_asks_without_end_waits_and_another_one_does_not():
    now = [100.0]
    pace = Pace(10, 5.0, 60.0, lambda: now[0])
    assert [pace.delay("a") for _ in range(11)] == pytest.approx([0.0] * 11)
    assert [pace.delay("a") for _ in range(3)] == pytest.approx([0.2, 0.4, 0.6])
    assert pace.delay("b") == 0.0
    now[0] += 1.0
    assert pace.delay("a") == 0.0
    now[0] += 100.0  # no more than so many at once, however long it was quiet
    assert sum(pace.delay("a") == 0.0 for _ in range(30)) == 11


def test_an_address_that_would_wait_too_long_is_refused_and_that_does_not_count():
    now = [100.0]
    pace = Pace(10, 5.0, 2.1, lambda: now[0])
    delays = [pace.delay("a") for _ in range(1000)]
    assert delays[20] == pytest.approx(2.0)
    assert delays[21:] == [None] * 979
    assert pace.delay("b") == 0.0
    now[0] += 0.2
    assert pace.delay("a") == pytest.approx(2.0)


def test_of_what_is_shared_out_an_address_has_as_much_as_is_free_besides():
    shares = Shares(100)
    assert shares.take("a", 50)
    assert not shares.take("a", 1)
    assert not shares.take("b", 51)
    assert shares.take("b", 25)
    assert shares.take("", 25)  # the server's own
    assert not shares.take("", 1)
    shares.give_back("b", 25)
    assert shares.take("c", 25)


def test_of_what_is_asked_lately_each_address_has_its_share_and_the_past_is_forgotten():
    recent = Recent(40, 0.2)
    assert sum(recent.take(Visit("a")) for _ in range(50)) == 20
    assert sum(recent.take(Visit("b")) for _ in range(50)) == 10
    time.sleep(0.25)
    assert sum(recent.take(Visit("a")) for _ in range(50)) == 20


def test_a_stream_that_its_listener_ends_takes_with_it_what_was_asked_and_one_that_the_server_ends_does_not():
    streams, visit = Streams(), Visit("a", "page")
    with streams.attended(visit, {"page", "event"}):
        assert not visit.listener.is_set()
        streams.opened("page")
        assert visit.listener.is_set()
        streams.closed("page", left=False)
        assert visit.wanted()
        streams.opened("page")
        streams.opened("page")
        streams.closed("page", left=True)
        assert visit.wanted()  # another stream of it is open
        streams.closed("page", left=True)
        assert not visit.wanted()
    later = Visit("a", "page")
    streams.opened("page")
    with streams.attended(later, {"page"}):
        assert later.listener.is_set()


# on a server


@pytest.fixture(scope="module")
def server():
    page = launch("127.0.0.1", prevent_thread_lock=True, quiet=True)
    yield Server(page.server_port, os.getpid())
    page.close(verbose=False)


def until(true, seconds=5.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


async def settled(true, seconds=10.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def held():
    return len(turns._EVENTS._held)


async def holding(server, count, page, **more):
    """So many pages that have asked for something heavy and listen; tasks."""
    visitors = [Visitor(server) for _ in range(count)]
    tasks = [asyncio.create_task(each.run(page, {**HEAVY, "seed": seed, **more})) for seed, each in enumerate(visitors)]
    return visitors, tasks


async def leave(visitors, tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for visitor in visitors:
        await visitor.http.close()


def test_heavy_runs_of_one_visitor_do_not_hold_up_another_and_leave_when_he_does(server):
    async def scene():
        async with Visitor(server, "127.0.0.2") as other:
            page = await other.configuration()
            await other.run(page, {"seed": 1})
            visitors, tasks = await holding(server, 8, page)
            await settled(lambda: held() == 8)
            await asyncio.sleep(1.0)
            heard = await other.run(page, {"seed": 2})
            assert heard.final
            assert not any(task.done() for task in tasks)  # in seconds: tests/load/starvation.py
            await leave(visitors, tasks)
            await settled(lambda: not held(), 2.0)  # an item that is being computed ends first

    finish(scene())


def test_of_joins_that_nobody_listens_to_nothing_is_computed_and_nobody_is_locked_out(server, monkeypatch):
    monkeypatch.setattr(turns, "LISTEN_SECONDS", 1.5)
    monkeypatch.setattr(turns, "_EVENTS", Places(32, 3))
    computed = []
    over = TURNS.over
    monkeypatch.setattr(TURNS, "over", lambda *args, **named: computed.append(1) or over(*args, **named))

    async def scene():
        async with Visitor(server) as greedy, Visitor(server, "127.0.0.2") as other:
            page = await other.configuration()

            async def join(number):
                greedy.session = f"forged {number}"
                await greedy.join(page, "run_asked", {"runs": [{**HEAVY, "seed": number}], "asked": True})

            for number in range(40):
                await join(number)
            assert held() <= 16
            heard = await other.run(page, {"seed": 3})
            assert heard.final
            assert len(computed) == 1

    finish(scene())
    until(lambda: held() == 0)


def test_a_page_that_asks_for_too_much_is_refused_in_a_sentence(server):
    async def scene():
        async with Visitor(server) as one:
            page = await one.configuration()
            number = []
            for seed in range(turns.EVENTS_OF_PAGE):
                number.append(await one.join(page, "run_asked", {"runs": [{**HEAVY, "seed": seed}], "asked": True}))
            await settled(lambda: held() == turns.EVENTS_OF_PAGE)
            with pytest.raises(Refused, match="Run cannot be computed now, as too many wait"):
                await one.run(page, {"seed": 4})
        until(lambda: held() == 0)

    finish(scene())


@pytest.mark.parametrize("name", ["run", "thermo"])
def test_a_client_of_the_api_that_leaves_frees_its_place(server, name, monkeypatch):
    def endless(setup, paths):
        while True:
            check_time()
            time.sleep(0.01)

    monkeypatch.setattr("diffviz.ui.api.thermo_report", endless)

    async def scene():
        async with Visitor(server) as one:
            data = {"run": [HEAVY], "thermo": [{}, 100]}
            async with one.http.post(f"gradio_api/call/{name}", json={"data": data[name]}) as answer:
                number = (await answer.json())["event_id"]
            stream = await one.http.get(f"gradio_api/call/{name}/{number}")
            await settled(lambda: held() == 1)
            await asyncio.sleep(0.5)
            assert held() == 1
            stream.close()
            await settled(lambda: not held(), 2.0)  # 0.5 on a quiet machine

    finish(scene())


def test_a_lost_message_is_repaired_from_what_is_kept_and_nothing_is_computed_for_it(server):
    async def scene():
        async with Visitor(server) as one, Visitor(server, "127.0.0.2") as other:
            page = await other.configuration()
            started = time.monotonic()
            answers = await asyncio.gather(
                *(one.asks(page, "repair_run", f"dataset=spiral&denoiser=learned&steps=1000&seed={seed}") for seed in range(45))
            )
            assert all('"stopped"' in answer for answer in answers)
            assert time.monotonic() - started < 3.0
            await other.run(page, {"seed": 5})
            assert '"final"' in await other.asks(page, "repair_run", "seed=5")

    finish(scene())


def test_a_call_beside_the_queue_whose_client_left_ends(server, monkeypatch):
    seen = threading.Event()

    def waiting(what):
        with turns.called(turns.LONG):
            visit = turns.open_visit()
            until(lambda: not visit.wanted())
            seen.set()
        return "null"

    monkeypatch.setattr("diffviz.ui.instrument.is_known", lambda experiment: waiting(""))

    async def scene():
        async with Visitor(server) as one:
            page = await one.configuration()
            task = asyncio.create_task(one.asks(page, "repair_run", "seed=6"))
            await asyncio.sleep(0.5)
            assert not seen.is_set()
            task.cancel()
        until(seen.is_set, 1.0)

    finish(scene())
