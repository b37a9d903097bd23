"""The named end points, as gradio_client sees them."""

from __future__ import annotations

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from diffviz import Experiment
from diffviz.engine import Setup
from diffviz.views.plane.measure import analyse


@pytest.fixture(scope="module")
def client(server) -> Client:
    return Client(server, verbose=False)


def test_run_takes_an_experiment_and_gives_its_report(client):
    fields = {"dataset": "two_moons", "steps": 12, "particles": 60}
    report = client.predict(fields, api_name="/run")
    information = analyse(Setup(Experiment(**fields)))
    assert report["experiment"] == Experiment(**fields).to_dict()
    assert report["gap_nats"][0] == pytest.approx(information.gap.value)
    assert len(report["kl_nats"]) == 13
    assert (
        client.predict('{"dataset": "two_moons", "steps": 12, "particles": 60}', api_name="/run")["kl_nats"] == report["kl_nats"]
    )


def test_schedule_gives_the_table(client):
    table = client.predict({"schedule": "rectified_flow", "steps": 4}, api_name="/schedule")
    assert table["alpha"] == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert table["log_snr"][0] is None
    assert table["log_snr"][4] is None


def test_thermo_gives_the_work_of_paths(client):
    report = client.predict({"dataset": "heartbeat", "steps": 10}, 200, api_name="/thermo")
    assert (report["paths"], sum(report["work_forward_kT"]["counts"])) == (200, 200)
    assert set(report["reasons"]) >= {"commit", "speed_accuracy", "neural_entropy"}


@pytest.mark.parametrize(("paths", "fields"), [(1, {}), ("ten", {}), (20_000, {"steps": 1000})])
def test_paths_that_cannot_be_are_refused(client, paths, fields):
    with pytest.raises(AppError, match=r"^paths must be"):
        client.predict(fields, paths, api_name="/thermo")


def test_only_these_are_offered(client):
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/run", "/schedule", "/thermo"}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"schedule": "nope"}, "schedule"),
        ({"steps": 0}, "steps"),
        ({"steps": 10**9}, "steps"),
        ({"steps": "100"}, "steps"),
        ({"steps": True}, "steps"),
        ({"steps": 3.7}, "steps"),
        ({"particles": -1}, "particles"),
        ({"particles": 20000, "steps": 1000}, "particles"),
        ({"seed": 10**400}, "seed"),
        ({"eta": None}, "eta"),
        ({"dataset": ["rings"]}, "dataset"),
        ({"denoiser": "../../etc"}, "denoiser"),
        ({"colour": "red"}, "colour"),
        ([1, 2], "experiment"),
        ("{", "experiment"),
        ('{"eta": NaN}', "eta"),
        (None, "experiment"),
    ],
    ids=str,
)
def test_bad_input_is_one_sentence_and_the_server_goes_on(client, fields, named):
    with pytest.raises(AppError) as caught:
        client.predict(fields, api_name="/run")
    text = str(caught.value)
    assert named in text
    assert "Traceback" not in text
    assert len(text) < 400
    assert client.predict({"steps": 2}, api_name="/schedule")["steps"] == 2
