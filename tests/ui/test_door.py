"""What the running server lets in over HTTP, and what its answers tell a browser."""

import asyncio
import json
import re
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from diffviz.ui import door
from diffviz.ui.door import FRAME_VARIABLE, Door, content_policy
from diffviz.ui.limits import MAX_BODY_BYTES
from diffviz.ui.visitors import Pace
from tests.finish import finish
from tests.ui.asgi import JOIN, coming, part, posted, taking
from tests.ui.conftest import ask

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "path",
    [
        *("monitoring", "monitoring/summary", "openapi.json", "gradio_api/openapi.json", "docs", "redoc", "login_check"),
        *("gradio_api/dev/reload", "gradio_api/queue/status", "gradio_api/upload_progress?upload_id=1", "gradio_api/runs"),
        *("gradio_api/vibe-code", "gradio_api/token", "gradio_api/deep_link?session_hash=a"),
        *("gradio_api/proxy=http://127.0.0.1/", "gradio_api/file=http://127.0.0.1/", "gradio_api/file=/etc/passwd"),
        *("gradio_api/file=app.py", "gradio_api/file/app.py", "custom_component/1/client/component/a"),
    ],
)
def test_what_nothing_asks_for_is_not_there(served, path):
    status, _, text = ask(served, path)
    assert status == 404
    assert "detail" in json.loads(text)


def test_a_download_s_address_leads_nowhere_else(served):
    folder = next(served.temporary.iterdir())
    for path in (f"{folder}/../../said", f"{folder}/nothing", f"{folder}"):
        assert ask(served, f"gradio_api/file={path}")[0] in (403, 404)
    assert ask(served, "assets/%2e%2e/%2e%2e/app.py")[0] in (403, 404)


def test_uploads_are_not_taken_and_leave_no_file(served):
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n' + b"a" * 1000
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for path in ("gradio_api/upload", "gradio_api/component_server", JOIN):
        assert ask(served, path, part, **kind)[0] in (404, 415)
    assert [path for path in served.temporary.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused_in_one_sentence_before_it_is_parsed(served, chunked):
    body = b"[" + b" " * 50_000_000 + b"]"
    parts = (body[start : start + 2**20] for start in range(0, len(body), 2**20)) if chunked else body
    started = time.monotonic()
    status, _, text = ask(served, JOIN, parts, **JSON)
    assert status == 413
    assert json.loads(text)["detail"] == f"What is sent here must be at most {MAX_BODY_BYTES} bytes."
    assert time.monotonic() - started < 10


def test_a_body_as_large_as_may_be_reaches_gradio(served):
    body = b"{}".ljust(MAX_BODY_BYTES)
    assert ask(served, JOIN, body, **JSON)[0] == 400  # for what is in it (payloads.py)
    assert ask(served, JOIN, body + b" ", **JSON)[0] == 413


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5000, b'["\\ud800"]', b'{"\\udfff": 1}'])
def test_what_is_no_text_or_no_json_is_refused_in_one_sentence(served, body):
    status, _, text = ask(served, JOIN, body, **JSON)
    assert status == 400
    assert re.fullmatch(r"What is sent here must be [^.]*\.", json.loads(text)["detail"])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(served, method):
    asking = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    status, headers, _ = ask(served, JOIN, method=method, **asking)
    assert status == 405
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("host", [None, "diffviz.example"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost"])
def test_another_site_s_page_may_read_nothing_and_send_nothing(served, host, origin):
    named = {"Origin": origin, **({"Host": host} if host else {})}
    for path in ("", "config", "gradio_api/info"):
        status, headers, _ = ask(served, path, **named)
        assert status == 200
        assert not [name for name in headers if name.lower().startswith("access-control")]
    # what a form or a script of another site can send without asking first
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert ask(served, JOIN, b"{}", **named, **{"Content-Type": kind})[0] == 415


def test_answers_tell_a_browser_what_it_may_do(served):
    for path in ("", "config", "theme.css", "nothing"):
        _, headers, _ = ask(served, path)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "object-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors *" in headers["Content-Security-Policy"]


def test_scripts_in_the_page_are_known_by_a_nonce_of_this_answer(served):
    nonces = []
    for _ in range(2):
        _, headers, text = ask(served, "")
        nonce = re.search(r"'nonce-([\w-]{20,})'", headers["Content-Security-Policy"])[1]
        assert "'unsafe-inline'" not in re.search("script-src ([^;]*)", headers["Content-Security-Policy"])[1]
        assert set(re.findall(r"<script(?: nonce=\"([^\"]*)\")?", text)) == {nonce}
        nonces.append(nonce)
        assert headers["Cache-Control"] == "no-store"
        nonces.append(re.search(r"'nonce-([\w-]{20,})'", ask(served, "", method="HEAD")[1]["Content-Security-Policy"])[1])
    assert len(set(nonces)) == 4


def test_no_text_of_the_page_s_tables_looks_like_an_element(served):
    text = re.search(r'id="dv-tables">(.*?)</script>', ask(served, "")[2])[1]
    assert "<" in json.dumps(json.loads(text))  # there are some
    assert "<" not in text


def test_a_host_names_the_sites_that_may_frame_the_page(monkeypatch):
    assert content_policy().endswith("frame-ancestors *")
    monkeypatch.setenv(FRAME_VARIABLE, "'self'  https://*.school.example")
    assert content_policy().endswith("frame-ancestors 'self' https://*.school.example")
    monkeypatch.setenv(FRAME_VARIABLE, "a; script-src *")
    assert "; script-src *" not in content_policy()


def test_neither_page_nor_configuration_shows_a_path_of_the_machine(served):
    shown = "".join(ask(served, path)[2] for path in ("", "config", "gradio_api/info", "manifest.json"))
    for path in (Path(door.__file__).parents[2], Path(json.__file__).parent, served.temporary, Path.home()):
        assert str(path) == "/" or str(path) not in shown
    assert "site-packages" not in shown


def test_files_and_addresses_named_in_arguments_are_neither_read_nor_asked_for(served, tmp_path):
    """As gradio_client names files to a server, in every argument that an end point takes."""
    secret = tmp_path / "secret"
    secret.write_text("a word that nobody may see")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        for named in ({"path": str(secret)}, {"path": "app.py"}, {"url": address, "path": address}):
            file = {**named, "meta": {"_type": "gradio.FileData"}}
            for given in (file, {"own_points": file}, {"dataset": file}):
                for path in (JOIN, "gradio_api/call/run", "gradio_api/component_server"):
                    body = {"data": [given], "fn_index": 0, "session_hash": "a", "event_data": given}
                    status, _, text = ask(served, path, json.dumps(body).encode(), **JSON)
                    assert (status, json.loads(text)["detail"]) == (400, "Files are not taken here.")
        with pytest.raises(TimeoutError):
            listener.accept()
    client = Client(served.url, verbose=False)
    with pytest.raises(Exception, match="404"):
        client.predict(handle_file(secret), api_name="/run")


def test_gradio_client_and_scripts_are_served(served):
    found = Client(served.url, verbose=False).predict({"steps": 4}, api_name="/schedule")
    assert len(found["alpha"]) == 5
    _, _, text = ask(served, "gradio_api/call/schedule", b'{"data": [{"steps": 4}]}', **JSON)
    _, _, text = ask(served, f"gradio_api/call/schedule/{json.loads(text)['event_id']}")
    assert json.loads(text.partition("data: ")[2])[0] == found


def test_nothing_is_asked_of_another_machine_for_a_visitor(served):
    """The server started without a network; now visitors name networks and data that would be fetched."""
    client = Client(served.url, verbose=False)
    page = client.config["components"]
    for fields in ({"denoiser": "hub:google/ddpm-cifar10-32", "dataset": "digits"}, {"dataset": "mnist"}, {"dataset": "cifar10"}):
        for end_point in ("/run", "/schedule", "/thermo"):
            arguments = [{**fields, "steps": 4}, *([10] if end_point == "/thermo" else [])]
            with suppress(AppError):
                client.predict(*arguments, api_name=end_point)
        query = "&".join(f"{name}={value}" for name, value in fields.items())
        server_functions = [(part["id"], name) for part in page for name in part["props"].get("server_fns", [])]
        assert len(server_functions) > 5
        for number, name in server_functions:
            for data in (query, json.dumps({"query": query, "runs": [fields], "later": ["work"]})):
                body = {"component_id": number, "fn_name": name, "session_hash": "a", "data": data}
                ask(served, "gradio_api/component_server", json.dumps(body).encode(), **JSON)
        for index, each in enumerate(client.config["dependencies"]):
            told = {"runs": [fields], "query": query, "asked": True, "page": "a", "request": index + 1, "kind": "npz"}
            body = {"data": [], "event_data": told, "fn_index": each["id"], "session_hash": "abc", "trigger_id": 1}
            taken = 400 if each["inputs"] else 200
            assert ask(served, JOIN, json.dumps(body).encode(), **JSON)[0] == taken
    _, _, said = ask(served, "gradio_api/call/schedule", b'{"data": [{"steps": 5}]}', **JSON)  # those before it have ended
    ask(served, f"gradio_api/call/schedule/{json.loads(said)['event_id']}")
    assert served.outward.read_text() == ""


def test_an_address_that_posts_without_end_is_refused_before_its_bodies_are_read_and_another_one_is_not():
    async def scene():
        guard, started = Door(taking, Path("/nowhere")), time.monotonic()
        guard._paces["posts"] = Pace(5, 10.0, 0.55, lambda: 100.0)
        asked = [posted(coming([part(b"{}", False)]), guard) for _ in range(11)]  # six, and those of half a second
        statuses = await asyncio.gather(*asked, *(posted(coming([]), guard) for _ in range(20)))
        assert statuses == [200] * 11 + [429] * 20
        assert 0.4 < time.monotonic() - started < 5
        assert await posted(coming([part(b"{}", False)]), guard, client="192.0.2.2") == 200

    finish(scene())


def test_an_address_that_opens_the_page_without_end_is_refused_and_another_one_and_other_files_are_not(monkeypatch):
    monkeypatch.setattr(door, "PACE", (5, 10.0, 0.55, lambda: 100.0))

    async def scene():
        guard, empty = Door(taking, Path("/nowhere")), {"type": "http.request", "body": b"", "more_body": False}

        async def opened(path, client="192.0.2.1"):
            return await posted(coming([empty]), guard, path, client, "GET")

        for path in ("/", "/config"):
            assert await asyncio.gather(*(opened(path) for _ in range(31))) == [200] * 11 + [429] * 20
            assert await opened(path, "192.0.2.2") == 200
        assert await asyncio.gather(*(opened("/gradio_api/app_id") for _ in range(31))) == [200] * 31
        assert await asyncio.gather(*(opened("/theme.css") for _ in range(31))) == [200] * 31

    finish(scene())


def test_who_leaves_while_he_waits_for_the_pace_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(door, "PACE", (1, 0.01, 1e6))
    leaves = [part(b"{}", False), {"type": "http.disconnect"}]

    async def scene():
        guard = Door(taking, Path("/nowhere"))
        asked = [asyncio.create_task(posted(coming(leaves), guard)) for _ in range(300)]
        done, waiting = await asyncio.wait(asked, timeout=10)
        for task in waiting:
            task.cancel()
        assert len(done) == 300
        assert sorted(task.result() for task in done)[-298:] == [400] * 298

    finish(scene())
