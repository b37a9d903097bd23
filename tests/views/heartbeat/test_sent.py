"""What the browser is told of bit sequences."""

import base64

import numpy as np
import pytest

from diffviz.engine import Setup, run, stream
from diffviz.experiment import Experiment
from diffviz.player import protocol
from diffviz.views.heartbeat import sent
from diffviz.views.heartbeat.domain import VIEW
from diffviz.views.heartbeat.sweep import NAMES, gap_nats, gap_sweep
from diffviz.views.heartbeat.thumbnail import thumbnail
from diffviz.views.teller import Teller

E = Experiment(dataset="heartbeat", steps=8, particles=300)


def test_every_array_is_what_init_says():
    setup = Setup(E)
    teller = Teller(VIEW, setup)
    init = teller.init()
    assert init.view == "heartbeat"
    assert init.data == {"rate": 0.2, "period": 5}
    assert init.particles == sent.MAX_ROWS < init.total == 300
    seen = set()
    for frame in stream(E):
        for name, values in teller.arrays(frame):
            array = init.arrays[name]
            assert values.shape == array.shape
            assert values.dtype == {"bit": np.bool_, "uint8": np.uint8}[array.type]
            seen.add(name)
    assert seen == set(init.arrays) == {"forward", "reverse", "x0_hat"}


def test_bits_and_probabilities_arrive_as_they_are():
    setup, trajectory = Setup(E), run(E)
    frame = next(frame for frame in stream(E) if frame.direction == "reverse" and frame.t == 4)
    arrays = dict(sent.frame_arrays(setup, frame))
    index = int(np.flatnonzero(trajectory.t == 4)[0])
    packed = np.frombuffer(base64.b64decode(protocol.pack(arrays["reverse"][None])), np.uint8)
    bits = np.unpackbits(packed)[: sent.MAX_ROWS * 20].reshape(-1, 20)
    assert np.array_equal(bits, trajectory.reverse[index][: sent.MAX_ROWS])
    assert arrays["x0_hat"] / 255 == pytest.approx(trajectory.x0_hat[index][: sent.MAX_ROWS], abs=0.5 / 255)


def test_the_sweep_falls_like_one_over_t(monkeypatch):
    monkeypatch.setattr("diffviz.views.sweep.STEPS", (10, 50, 100, 200))
    *progress, last = gap_sweep(E, Experiment(dataset="heartbeat", schedule="linear"))
    assert progress[-1]["done"] == progress[-1]["all"] - 1
    assert last["title"] == "ELBO gap vs T: Binary heartbeat, exact denoiser, all T steps"
    assert len(last["figure"]["data"]) == 2 + len(NAMES) - 2  # A's and B's are among the others
    for line in last["figure"]["data"]:
        slope = float(line["name"].rsplit(" ", 1)[1].replace("−", "-"))
        assert slope == pytest.approx(-1.0, abs=0.2), line["name"]
    assert gap_nats(Experiment(dataset="heartbeat", schedule="sohl_dickstein")) == pytest.approx(0.0346, abs=1e-4)


def test_a_sweep_draws_no_particles_and_is_done_however_many_there_are(monkeypatch):
    monkeypatch.setattr("diffviz.views.sweep.STEPS", (5, 10, 20, 500))
    many = Experiment(dataset="heartbeat", steps=100, particles=9000)
    assert "figure" in list(gap_sweep(many, many))[-1]


def test_the_thumbnail_is_a_raster():
    picture = thumbnail("heartbeat", 96)
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 4
    assert 80 <= picture.shape[0] <= 96
    cell = picture.shape[0] // 20
    shown = picture[::cell, ::cell, 3] > 0
    assert (shown.reshape(20, 4, 5) == shown.reshape(20, 4, 5)[:, :1]).all()
    assert (shown.sum(1) == 4).all()
