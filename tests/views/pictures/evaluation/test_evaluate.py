"""The whole of an evaluation, small; and what the command refuses."""

import json
import math
import sys
import types

import numpy as np
import pytest
import torch

from diffviz.__main__ import main
from diffviz.domains.pictures.images import make_images
from diffviz.engine import Setup, run
from diffviz.experiment import Experiment
from diffviz.views.pictures.evaluation.evaluate import evaluate
from diffviz.views.pictures.evaluation.inception import inception
from diffviz.views.pictures.evaluation.request import Request
from diffviz.views.pictures.evaluation.sampling import draw, steps_for
from diffviz.views.pictures.evaluation.table import NONE, text, to_json

SMALL = {"steps": 20, "pictures": 20, "samples": 24, "passes": 6, "ode_steps": 4, "probes": 1, "inception": False}
OPTIONS = [part for name, value in SMALL.items() if name != "inception" for part in ("--" + name.replace("_", "-"), str(value))]


@pytest.fixture(scope="module")
def remembered():
    return evaluate(Request("exact", "digits", samplers="ddim ancestral", nfe="4 10", **SMALL))


def test_the_exact_denoiser_is_found_to_remember(remembered):
    memory = remembered.memory
    assert memory.copies.value > 0.9
    assert memory.held_out_copies.value < 0.1
    assert memory.ratio.value < 0.3
    seen, unseen = remembered.bound_train.bits_per_dim, remembered.bound.bits_per_dim
    assert unseen.value - seen.value > 4 * math.hypot(seen.stderr, unseen.stderr) + 1.0


def test_the_shipped_network_does_not_remember_and_its_samples_are_beside_data():
    found = evaluate(Request("digits", samplers="dpm_solver_2m", nfe="12", **SMALL))
    assert found.memory.copies.value < 0.2
    assert found.memory.ratio.value > 0.6
    assert found.main.precision.value > 0.6
    gap = found.bound.bits_per_dim.value - found.bound_train.bits_per_dim.value
    assert abs(gap) < 0.8
    floor = found.floor
    assert found.main.frechet.value < floor.value + 6 * floor.stderr


def test_the_table_and_the_json_hold_every_figure(remembered):
    page, document = text(remembered), json.loads(json.dumps(to_json(remembered), allow_nan=False))
    for word in ("negative ELBO", "rate", "distortion", "by the ODE", "Frechet", "precision", "recall", "ratio", "1.489"):
        assert word in page
    assert "FID" in page  # the sentence that there is none
    assert [(c["sampler"], c["nfe"]) for c in document["curves"]] == [
        ("ddim", 4),
        ("ddim", 10),
        ("ancestral", 4),
        ("ancestral", 10),
    ]
    assert document["samples"]["sampler"] == "ddim"
    bound = document["bound"]
    assert bound["bits_per_dim"][0] == pytest.approx(bound["rate_bits_per_dim"][0] + bound["distortion_bits_per_dim"][0])
    assert len(document["nearest"]["index"]) == 24
    assert np.isfinite(document["rate_distortion"]["rmse"]).all()


def test_the_density_is_that_of_pictures_of_variance_one(remembered):
    """White noise of variance 1 has -log2(2 pi e)/2: its bits per dimension are the entropy less log2 of the bin's width."""
    std, width = float(make_images("digits").train.double().std()), 0.125
    found = remembered.unit_variance_bits.value
    bits = remembered.bound.bits_per_dim.value
    assert found == pytest.approx(-(bits + math.log2(width / std)), abs=1e-9)


@pytest.mark.parametrize(("sampler", "nfe"), [("ddim", 7), ("heun", 7), ("dpm_solver_2s", 6), ("langevin", 9), ("heun", 1)])
def test_as_many_function_evaluations_are_made_as_allowed(sampler, nfe):
    request = Request("exact", "digits", samplers=sampler, nfe=str(nfe), **SMALL)
    count = steps_for(request.setup, sampler, nfe)
    _, cost = draw(request.setup(sampler, count), 2, lambda steps: steps)
    assert cost.nfe <= nfe
    _, more = draw(request.setup(sampler, count + 1), 2, lambda steps: steps)
    assert more.nfe > nfe


def test_samples_are_those_of_a_run():
    e = Experiment(
        dataset="digits", denoiser="digits", steps=6, sampler="ancestral", variance="learned", particles=3, device="cpu"
    )
    samples, cost = draw(Setup(e), 3, lambda steps: steps)
    np.testing.assert_allclose(samples, run(e).reverse[-1], atol=1e-5)
    assert cost.nfe == 6


def test_dead_leaves_have_no_classifier_and_say_so():
    tiny = {**SMALL, "pictures": 8, "samples": 8, "passes": 1}
    found = evaluate(Request("dead_leaves", samplers="ddim heun", nfe="2 3", **tiny))
    assert [quality.cost.nfe for quality in found.qualities] == [3]  # no curves of nothing
    assert found.main.frechet is None
    page = text(found)
    assert NONE in page
    assert "Quality against" not in page
    assert to_json(found)["samples"]["frechet"] is None
    assert found.bound.bits_per_dim.value < 9.0


def test_the_command_writes_json_and_figures(capsys, tmp_path):
    arguments = ["evaluate", "--checkpoint", "exact", "--dataset", "digits", *OPTIONS, "--samplers", "ddim", "--nfe", "3 5"]
    assert main([*arguments, "--json", str(tmp_path / "all.json"), "--figures", str(tmp_path / "drawn")]) == 0
    printed = capsys.readouterr()
    assert "negative ELBO" in printed.out
    assert "ddim, 5 function evaluations" in printed.err
    assert json.loads((tmp_path / "all.json").read_text())["request"]["checkpoint"] == "exact"
    drawn = {path.name for path in (tmp_path / "drawn").iterdir()}
    assert drawn == {f"{name}.{end}" for name in ("quality", "rate_distortion", "neighbours") for end in ("png", "pdf")}
    assert (tmp_path / "drawn" / "quality.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--checkpoint", "nobody"], "checkpoint"),
        (["--checkpoint", "swiss_roll"], "checkpoint"),
        (["--checkpoint", "../digits"], "checkpoint"),
        (["--checkpoint", "exact"], "dataset"),
        (["--checkpoint", "exact", "--dataset", "rings"], "dataset"),
        (["--checkpoint", "exact", "--dataset", "own"], "dataset"),
        (["--checkpoint", "digits", "--dataset", "dead_leaves"], "denoiser"),
        (["--checkpoint", "digits", "--steps", "1"], "steps"),
        (["--checkpoint", "digits", "--schedule", "steep"], "schedule"),
        (["--checkpoint", "digits", "--samplers", "nobody"], "sampler"),
        (["--checkpoint", "digits", "--samplers", " "], "samplers"),
        (["--checkpoint", "digits", "--samplers", "adaptive"], "samplers"),
        (["--checkpoint", "digits", "--nfe", "ten"], "nfe"),
        (["--checkpoint", "digits", "--nfe", "0 5"], "nfe"),
        (["--checkpoint", "digits", "--nfe", "5 2000"], "nfe"),
        (["--checkpoint", "digits", "--probes", "0"], "probes"),
        (["--checkpoint", "digits", "--ode-steps", "5"], "ode_steps"),
        (["--checkpoint", "digits", "--pictures", "2"], "pictures"),
        (["--checkpoint", "digits", "--json", "all.txt"], "json"),
        (["--checkpoint", "digits", "--figures", "nowhere/deeper"], "figures"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(capsys, arguments, word):
    assert main(["evaluate", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(word + " ")
    assert printed.err.count("\n") == 1


def test_without_torchmetrics_a_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", None)
    pictures = torch.zeros(2, 1, 8, 8)
    assert (
        inception(pictures, pictures)
        == "FID and Inception score need torchmetrics, which is not installed (pip install torchmetrics[image])."
    )


def test_without_weights_a_sentence_says_so_and_with_them_both_are_given(monkeypatch):
    """By stand-ins for torchmetrics' two classes: the real weights are not had here."""
    seen = []

    class Unreachable:
        def __init__(self, normalize):
            raise OSError("no\nnetwork")

    class Metric:
        def __init__(self, normalize):
            assert normalize

        def update(self, pictures, real=False):
            assert pictures.shape[1:] == (3, 299, 299)
            assert 0.0 <= float(pictures.min()) <= float(pictures.max()) <= 1.0
            seen.append((real, len(pictures)))

        def compute(self):
            return torch.tensor(7.0)

    class Score(Metric):
        def compute(self):
            return torch.tensor(2.0), torch.tensor(0.5)

    def provide(distance, score):
        for name, values in {"fid": {"FrechetInceptionDistance": distance}, "inception": {"InceptionScore": score}}.items():
            module = types.ModuleType(f"torchmetrics.image.{name}")
            module.__dict__.update(values)
            monkeypatch.setitem(sys.modules, module.__name__, module)

    for name in ("torchmetrics", "torchmetrics.image"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    provide(Unreachable, Unreachable)
    pictures = torch.linspace(-1.2, 1.2, 3 * 64).view(3, 1, 8, 8)
    said = inception(pictures, pictures)
    assert said == "FID and Inception score have no weights here: no network."
    provide(Metric, Score)
    fid, score = inception(pictures, pictures[:2])
    assert (fid.value, score.value, score.stderr) == (7.0, 2.0, pytest.approx(0.5 / math.sqrt(10)))
    assert seen == [(True, 2), (False, 3), (False, 3)]
