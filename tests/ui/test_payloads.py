"""What is no request of the page is answered with one sentence before Gradio reads it."""

import json
import logging

import pytest
from starlette.testclient import TestClient

from diffviz.ui.limits import MAX_DEPTH
from diffviz.ui.page import launch
from diffviz.ui.payloads import Malformed, read
from tests.load.fuzz import CORPUS, fuzz


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"[1]", "must be a JSON object"),
        (b'{"a": ' + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1) + b"}", "within one another"),
    ],
)
def test_what_cannot_be_read_is_refused(body, sentence):
    with pytest.raises(Malformed, match=sentence):
        read(body)


def test_what_can_be_read_is_read():
    assert read(b'{"a": ["\\ud83d\\ude00", 1]}') == {"a": ["😀", 1]}


@pytest.fixture(scope="module")
def client():
    page = launch("127.0.0.1", prevent_thread_lock=True, quiet=True)
    asked = TestClient(page.app, raise_server_exceptions=True)
    asked.template = next(number for number, block in page.blocks.items() if block.elem_id == "dv-page")
    yield asked
    page.close(verbose=False)


def call(client, **changed):
    """Of a function that the page's template serves; Gradio numbers components anew in each process, not in each page."""
    asked = {"component_id": client.template, "fn_name": "waits_for", "data": "{}", "session_hash": "one", **changed}
    return client.post("/gradio_api/component_server", content=json.dumps(asked), headers=HEADERS)


HEADERS = {"Content-Type": "application/json"}
JOIN = {"fn_index": 0, "data": [], "event_data": {}, "session_hash": "one", "trigger_id": None}


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("queue/join", {**JOIN, "fn_index": 99}, "There is no such event."),
        ("queue/join", {**JOIN, "fn_index": [0]}, "There is no such event."),
        ("queue/join", {**JOIN, "fn_index": True}, "There is no such event."),
        ("queue/join", {**JOIN, "data": [1]}, "data must be a list of 0 values."),
        ("queue/join", {**JOIN, "event_data": [1]}, "event_data must be an object."),
        ("queue/join", {**JOIN, "trigger_id": {}}, "trigger_id must be a whole number."),
        ("queue/join", {**JOIN, "session_hash": ["one"]}, "session_hash must be a text"),
        ("queue/join", {**JOIN, "session_hash": "s" * 65}, "session_hash must be a text"),
        ("call/run", {"data": []}, "data must be a list of 1 value."),
        ("call/run_asked", {"data": []}, "There is no such event."),
        ("call/v2/thermo", {"experiment": {}, "steps": 3}, "The values are not those of the function"),
        ("call/v2/run", {}, "The values are not those of the function"),
        ("run/run", {"data": [{}]}, "There is no such event."),
        ("reset", [], "The request must be a JSON object."),
        ("reset", {"more": float("inf")}, "event_id must be a text."),
        ("cancel", {"event_id": "a", "session_hash": "b", "fn_index": None}, "fn_index a whole number"),
    ],
)
def test_what_is_no_request_of_the_page_is_told_in_a_sentence(client, caplog, path, body, sentence):
    with caplog.at_level(logging.WARNING):
        answer = client.post(f"/gradio_api/{path}", content=json.dumps(body), headers=HEADERS)
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]
    assert not caplog.records


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"component_id": 10**9}, "There is no such function."),
        ({"component_id": []}, "There is no such function."),
        ({"fn_name": "preprocess"}, "There is no such function."),
        ({"fn_name": {}}, "There is no such function."),
        ({"data": {}}, "data must be a text."),
        ({"session_hash": {}}, "session_hash must be a text"),
    ],
)
def test_what_is_no_call_of_the_page_is_told_in_a_sentence(client, caplog, changed, sentence):
    with caplog.at_level(logging.WARNING):
        answer = call(client, **changed)
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]
    assert not caplog.records


def test_a_stream_of_nobody_ends_without_a_traceback(client, caplog):
    assert "session_not_found" in client.get("/gradio_api/queue/data?session_hash=nobody").text
    assert not [record for record in caplog.records if record.exc_info]


def test_what_a_page_does_not_send_is_not_passed_on(client):
    more = {"batched": float("inf"), "request": {}, "event_id": [1], "simple_format": {}, "oauth_token": 3}
    answer = client.post("/gradio_api/queue/join", content=json.dumps({**JOIN, "fn_index": 4, **more}), headers=HEADERS)
    assert answer.status_code == 200


def test_what_is_one_is_answered(client):
    assert call(client).json() == '{"waits": null}'
    assert client.post("/gradio_api/queue/join", json={**JOIN, "fn_index": 4}).status_code == 200


def test_no_payload_ends_the_server_or_leaves_a_traceback():
    found, wrong = fuzz(80, number=7, corpus=json.loads(CORPUS.read_text(encoding="utf-8")))
    assert not wrong, "\n".join(wrong)
    assert found.answers["completed"] > 2
    assert found.answers["200"] > 10
