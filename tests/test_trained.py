"""Networks trained on the page: on the shelf, as denoisers of runs, and as files."""

import io
import struct
import zipfile

import pytest
import torch
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes

from diffviz import Experiment, run
from diffviz.checkpoints import CheckpointError
from diffviz.domains.plane.training import Recipe, begin
from diffviz.exports import command_line, title
from diffviz.fields import ExperimentError
from diffviz.trained import MAX_MODEL_BYTES, SHELF, Shelf, file_of, open_file
from diffviz.ui.limits import MAX_TRAINING_PARAMETERS

RECIPE = Recipe("two_moons", hidden=8, layers=2, features=4, updates=20, batch=16, ema=0.9)


@pytest.fixture
def training():
    made = begin(RECIPE)
    made.advance(10)
    return made


def zipped(how=zipfile.ZIP_DEFLATED, **parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "."), data)
    return buffer.getvalue()


def parts_of(training):
    with zipfile.ZipFile(io.BytesIO(file_of(training.average, RECIPE, {}, training.state()))) as archive:
        return {name.replace(".", "__"): archive.read(name) for name in archive.namelist()}


def test_a_run_with_a_network_from_the_shelf_is_that_network_s_and_stays_so(training):
    name = SHELF.put(training.average, RECIPE, {})
    experiment = Experiment(dataset="two_moons", denoiser=name, steps=4, particles=6)
    first = run(experiment).reverse
    training.advance(10)
    assert SHELF.put(training.average, RECIPE, {}) != name
    assert (run(experiment).reverse == first).all()
    assert "your network: v, Two moons, 20 updates" in title(experiment)
    assert command_line(experiment).startswith("# This network is on the page alone: save it")


def test_what_a_network_predicts_is_part_of_its_name(training):
    other = Recipe(**{**vars(RECIPE), "objective": "eps"})
    assert SHELF.put(training.average, RECIPE, {}) != SHELF.put(training.average, other, {})


def test_one_that_is_not_there_is_refused_in_a_sentence():
    with pytest.raises(ExperimentError, match="denoiser cannot be used: trained:0000000000000000 is not kept here any more"):
        run(Experiment(dataset="two_moons", denoiser="trained:" + "0" * 16))
    with pytest.raises(ExperimentError, match="denoiser must be"):
        Experiment(denoiser="trained:../../etc")


def test_the_least_recently_used_leave_first(training):
    shelf = Shelf(3 * len(parts_of(training)["model__safetensors"]))
    names = []
    for _ in range(4):
        names.append(shelf.put(training.average, RECIPE, {}))
        training.advance(1)
    assert not shelf.has(names[0])
    assert shelf.has(names[-1])


def test_who_keeps_most_loses_first_and_takes_the_room_of_nobody_else(training):
    shelf = Shelf(4 * len(parts_of(training)["model__safetensors"]))  # of three, with their configurations

    def put(owner):
        training.advance(1)
        return shelf.put(training.average, RECIPE, {}, owner)

    mine, first = put("me"), put("other")
    for _ in range(5):
        second = put("other")
        assert shelf.has(mine)
    assert not shelf.has(first)
    assert shelf.has(second)
    assert shelf.get(mine).recipe == RECIPE


def test_a_training_goes_on_from_its_file_to_the_same_weights(training):
    checkpoint, state = open_file(file_of(training.average, RECIPE, {}, training.state()))
    again = begin(checkpoint.recipe)
    again.restore(state)
    again.advance(10)
    training.advance(10)
    assert all(torch.equal(value, again.state()[name]) for name, value in training.state().items())


def test_a_file_without_a_state_is_a_network_alone(training):
    parts = parts_of(training)
    del parts["state__safetensors"]
    assert open_file(zipped(**parts))[1] is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model__safetensors": None}, "holds no model.safetensors"),
        ({"../evil__py": b"x"}, "and nothing else"),
        ({"model__safetensors": b"x" * 100}, "SHA-256"),
        ({"config__json": b"[" * 9999}, "cannot be read"),
        ({"config__json": b" " * 10**6}, "^the file: config.json is larger than"),
        ({"state__safetensors": b"\0" * (40 * 2**20)}, "state.safetensors is larger than"),
        ({"state__safetensors": b"x"}, "state.safetensors is damaged"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused_in_a_sentence(training, change, sentence):
    parts = {name: data for name, data in (parts_of(training) | change).items() if data is not None}
    with pytest.raises(CheckpointError, match=sentence):
        open_file(zipped(**parts))


@pytest.mark.parametrize("cut", [0, 10, 200, -30])
def test_a_file_that_was_cut_is_refused(training, cut):
    with pytest.raises(CheckpointError, match="no zip, or a damaged one"):
        open_file(file_of(training.average, RECIPE, {}, training.state())[:cut])


@pytest.mark.parametrize("how", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_part_that_is_packed_in_another_way_is_refused(training, how):
    data = zipped(how, **parts_of(training))
    for damaged in (data, data[:60] + b"\xff" * 9 + data[69:]):
        with pytest.raises(CheckpointError, match="must be stored or deflated"):
            open_file(damaged)


def with_state(training, change):
    parts = parts_of(training)
    state = from_bytes(parts["state__safetensors"])
    return zipped(**parts | {"state__safetensors": to_bytes(state | change(state))})


@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "float16", "bfloat16", "float64"])
def test_numbers_of_every_type_are_seen_to_be_finite(training, name):
    kind = getattr(torch, name)
    state = open_file(with_state(training, lambda _: {"more": torch.ones(3).to(kind)}))[1]
    assert state["more"].dtype == kind
    with pytest.raises(CheckpointError, match="numbers that are not finite"):
        open_file(with_state(training, lambda _: {"more": torch.full((3,), float("nan")).to(kind)}))


def twister(left, following, seeded=1):
    """The state of a generator, with another place in its words."""
    state = torch.Generator().manual_seed(1).get_state()
    state[8:24] = torch.frombuffer(bytearray(struct.pack("<iiq", left, seeded, following)), dtype=torch.uint8)
    return state


@pytest.mark.parametrize("name", ["generator", "inner"])
@pytest.mark.parametrize(
    "bad",
    [
        twister(624, 624),
        twister(2, 624),
        twister(1, 1),
        twister(0, 625),
        twister(-5, 630),
        twister(625, 0),
        twister(1, 0, seeded=0),
        torch.zeros(16, dtype=torch.uint8),
        torch.zeros(5056),
    ],
)
def test_a_generator_that_would_read_beyond_its_numbers_is_refused(training, name, bad):
    with pytest.raises(CheckpointError, match="generator of random numbers that is none"):
        open_file(with_state(training, lambda _: {name: bad}))


@pytest.mark.parametrize("drawn", [0, 1, 2, 623, 624, 625, 5000])
def test_every_state_of_a_generator_is_taken(training, drawn):
    generator = torch.Generator().manual_seed(5)
    torch.empty(drawn, dtype=torch.int32).random_(generator=generator)
    torch.randn(3, generator=generator)
    for state in (generator.get_state(), torch.Generator().manual_seed(7).get_state()):
        assert torch.equal(open_file(with_state(training, lambda _: {"generator": state}))[1]["generator"], state)  # noqa: B023


def test_the_largest_network_of_the_page_has_room_in_a_file():
    assert 4 * MAX_TRAINING_PARAMETERS < MAX_MODEL_BYTES < 8 * MAX_TRAINING_PARAMETERS
