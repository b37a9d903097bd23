"""What the page's script asks for, and what it is told."""

import json
import math
import re
from dataclasses import replace

import gradio as gr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffviz import Experiment
from diffviz.domains.pictures.hub_pictures import DataError
from diffviz.ui import broadcast, instrument
from diffviz.ui.instrument import link_asked, run_asked, stop_asked, sweep_asked, waits_for, word
from diffviz.ui.limits import QUICK_SECONDS, estimated_seconds
from tests.ui.events import asked

SMALL = Experiment(steps=8, particles=20)
LONG = Experiment(dataset="spiral", denoiser="learned", steps=1000)


def ask(event, data):
    """(player's messages, page's words) of all outputs, in order."""
    player, page = [], []
    for text, said in event(gr.EventData(None, data)):
        if isinstance(text, str):
            messages = json.loads(text)["messages"]
            player += messages if isinstance(messages, list) else [messages]
        if isinstance(said, str):
            page.append(json.loads(said))
    return player, page


def run(*experiments, asked=True):
    return ask(run_asked, {"runs": [e.to_dict() for e in experiments], "asked": asked})


def test_one_run_is_one_side_and_two_are_two():
    player, page = run(SMALL)
    assert {(m["side"], m["sides"]) for m in player} == {(0, 1)}
    assert "final" in player[-1]
    assert page[0]["notices"] == []
    player, _ = run(SMALL, replace(SMALL, schedule="linear"))
    assert {(m["side"], m["sides"]) for m in player if "run" in m} == {(0, 2), (1, 2)}
    assert player[-1]["comparison"]["table"]


@pytest.mark.parametrize("asked", [True, False])
def test_a_quick_run_needs_no_asking(asked):
    assert estimated_seconds(SMALL) < QUICK_SECONDS
    assert "final" in run(replace(SMALL, seed=3 + asked), asked=asked)[0][-1]


def test_a_long_run_waits_until_it_is_asked_for(monkeypatch):
    assert estimated_seconds(LONG) > QUICK_SECONDS
    player, page = run(LONG, asked=False)
    assert player == []
    assert page[0]["waits"]["seconds"] == pytest.approx(estimated_seconds(LONG))
    assert page[-1]["ended"]
    monkeypatch.setattr(instrument, "is_known", lambda experiment: True)
    monkeypatch.setattr(instrument, "broadcast", lambda experiment: iter(['{"run": "known"}']))
    assert run(LONG, asked=False)[0] == [{"run": "known"}]  # what is kept need not be computed


def test_of_two_runs_the_sum_counts():
    half = Experiment(dataset="spiral", denoiser="learned", particles=2000)
    assert QUICK_SECONDS / 2 < estimated_seconds(half) < QUICK_SECONDS
    assert "waits" in run(half, replace(half, seed=2), asked=False)[1][0]


def test_an_error_names_its_control_as_the_form_does():
    data = {"runs": [{**SMALL.to_dict(), "steps": 1}], "asked": True}
    player, page = ask(run_asked, data)
    assert player == [] or player[0]["stopped"]
    [told] = page[0]["notices"]
    assert told["field"] == "steps"
    assert told["message"].startswith("Diffusion steps T must be")
    assert told["side"] is None
    data = {"runs": [SMALL.to_dict(), {**SMALL.to_dict(), "eta": 7}], "asked": True}
    [told] = ask(run_asked, data)[1][0]["notices"]
    assert (told["field"], told["side"]) == ("eta", 1)
    assert "eta" not in told["message"]


def test_a_fault_of_ours_is_told_as_one_and_the_page_does_not_stay_busy(monkeypatch):
    monkeypatch.setattr(instrument, "broadcast", lambda experiment: (_ for _ in ()).throw(RuntimeError("a detail")))
    player, page = run(SMALL)
    assert player[0]["stopped"]
    assert page[-1]["ended"]
    assert "a reason of ours" in page[-1]["notices"][0]["message"]
    assert "detail" not in json.dumps(page)


@pytest.mark.parametrize("event", [run_asked, sweep_asked])
def test_a_fault_before_anything_was_computed_is_told_as_well(monkeypatch, event):
    def broken(*experiments):
        raise DataError("a detail")

    monkeypatch.setattr(instrument, "is_known", broken)
    monkeypatch.setattr(instrument, "view_of", broken)
    _, page = ask(event, {"runs": [SMALL.to_dict()], "asked": False})
    assert page[-1]["ended"]
    assert "a reason of ours" in page[-1]["notices"][0]["message"]


@pytest.mark.parametrize("values", [{"dataset": "mnist"}, {"dataset": "digits", "denoiser": "hub:someone/network"}])
def test_what_may_have_to_be_fetched_waits_and_every_word_is_json(monkeypatch, values):
    monkeypatch.setattr(instrument, "estimated_seconds", lambda experiment: math.inf)
    player, page = ask(run_asked, {"runs": [{**SMALL.to_dict(), "particles": 4, **values}], "asked": False})
    assert player == []
    assert page[0]["waits"] == {"seconds": None}
    assert page[-1]["ended"]
    with pytest.raises(ValueError, match="JSON"):
        word(waits=math.inf)


def test_whether_a_run_waits_is_told_without_running_it():
    asked = [waits_for(json.dumps({"runs": [run.to_dict()]})) for run in (SMALL, LONG)]
    assert json.loads(asked[0]) == {"waits": None}
    assert json.loads(asked[1])["waits"]["seconds"] == pytest.approx(estimated_seconds(LONG))
    assert json.loads(waits_for("nothing")) == {"waits": None}


def test_every_answer_has_the_number_of_its_request():
    outputs = [*run_asked(asked(replace(SMALL, seed=21), page="numbers", request=7))]
    told = [json.loads(text)["request"] for output in outputs for text in output if isinstance(text, str)]
    assert len(told) > 2
    assert set(told) == {7}


@pytest.mark.parametrize("newer", [lambda event: stop_asked(event), lambda event: next(run_asked(event))])
def test_what_is_older_than_the_newest_request_ends_without_a_word(newer):
    page = str(id(newer))

    def request(number):
        return asked(replace(SMALL, seed=22), page=page, request=number)

    older = run_asked(request(1))
    assert next(older)
    newer(request(2))
    assert [*older] == []
    assert [*run_asked(request(1))] == []  # though it comes late
    assert "final" in [*run_asked(request(2))][-2][0]


def test_requests_of_one_page_do_not_end_those_of_another():
    one = run_asked(asked(replace(SMALL, seed=23), page="one", request=1))
    next(one)
    stop_asked(asked(page="other", request=9))
    assert "final" in [*one][-2][0]


def test_a_link_fills_the_form_with_what_is_run():
    player, page = ask(link_asked, {"query": "?steps=9&particles=30&eta=5&t=2"})
    opened = Experiment(steps=9, particles=30)
    assert page[0]["form"] == [opened.to_dict()]
    assert [told["field"] for told in page[0]["notices"]] == ["eta"]
    assert player[-1]["query"] == opened.to_query()
    assert [said.get("ended", False) for said in page] == [False, True]
    assert page[1] == {**page[0], "id": page[1]["id"], "ended": True}  # a page that sees only the last word knows all of it


def test_a_link_that_is_too_long_for_the_page_is_run_with_as_many_particles_as_there_may_be():
    player, page = ask(link_asked, {"query": "?particles=20000&steps=400&denoiser=learned"})
    [told] = page[-1]["notices"]
    most = page[-1]["form"][0]["particles"]
    assert told["field"] == "particles"
    allowed = int(re.search(r"must be at most (\d+) ", told["message"])[1])
    assert allowed // 2 < most <= allowed  # a round number
    assert f"has {most}." in told["message"]
    assert "final" in player[-1]


def test_of_a_link_to_runs_that_cannot_be_compared_the_first_is_opened():
    player, page = ask(link_asked, {"query": "?a=dataset%3Ddigits%26particles%3D4%26steps%3D5&b=steps%3D5"})
    assert [run["dataset"] for run in page[-1]["form"]] == ["digits"]
    [told] = page[-1]["notices"]
    assert told["field"] == "dataset"
    assert told["message"].endswith("as in A, not Eight Gaussians. A is shown alone.")
    assert "final" in player[-1]


names = st.sampled_from(["runs", "asked", "steps", "query"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["runs", "asked", "steps", "query"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=40)
@given(anything)
def test_whatever_is_sent_there_is_an_answer_and_no_traceback(data):
    for event in (run_asked, link_asked, sweep_asked):
        next(event(gr.EventData(None, data)))


@settings(max_examples=40)
@given(st.sampled_from(sorted(SMALL.to_dict())), anything)
def test_whatever_a_control_sends_is_a_run_or_one_sentence(name, value):
    _, said = next(run_asked(gr.EventData(None, {"runs": [{**SMALL.to_dict(), name: value}], "asked": True})))
    for notice in json.loads(said)["notices"]:
        assert "\n" not in notice["message"]


def test_what_is_kept_is_known():
    experiment = replace(SMALL, seed=11)
    assert not broadcast.is_known(experiment)
    broadcast.complete(experiment)
    assert broadcast.is_known(experiment)


def test_a_network_that_gives_no_numbers_midway_ends_the_run_in_a_sentence_and_the_server_goes_on(monkeypatch, caplog):
    """What came before it stays with the page."""

    def denoiser(setup):
        usual = setup.free_denoiser
        return lambda x_t, alpha, sigma: replace(usual(x_t, alpha, sigma), x0_hat=usual(x_t, alpha, sigma).x0_hat / (sigma > 0.5))

    e = replace(SMALL, seed=41)
    with monkeypatch.context() as patched:
        patched.setattr(broadcast.Setup, "denoiser", property(denoiser))
        player, page = run(e)
    (notice,) = page[-1]["notices"]
    assert re.search(r"not finite in the step from t = [1-7]: the run stops there\.$", notice["message"])
    assert notice["field"] == "denoiser"
    assert any(block["name"] == "reverse" for m in player for block in m.get("blocks", []))
    assert player[-1]["stopped"]
    assert caplog.records == []
    assert "final" in run(e)[0][-1]  # a failed run is not kept
