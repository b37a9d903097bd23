import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from diffviz import Experiment, checkpoints, run
from diffviz.__main__ import main
from diffviz.domains.plane.datasets import DATASETS, make_dataset
from diffviz.engine import Setup
from diffviz.inverse.masks import mask_text
from diffviz.schedules import SCHEDULES

ROOT = Path(__file__).parents[1]
SMALL = ["--steps", "5", "--particles", "8"]


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_prints_the_table(ask, name):
    table = ask("schedule", "--schedule", name, "--steps", "1000")
    schedule = Setup(Experiment(schedule=name, steps=1000)).schedule
    assert set(table) == {"schedule", "steps", "alpha", "sigma", "alpha_bar", "beta", "log_snr"}
    assert (table["schedule"], table["steps"]) == (name, 1000)
    assert {len(table[key]) for key in ("alpha", "sigma", "alpha_bar", "log_snr")} == {1001}
    assert len(table["beta"]) == 1000
    assert table["log_snr"][0] is None
    assert (table["log_snr"][-1] is None) == (schedule.alpha[-1] == 0)
    for key in ("alpha", "sigma", "alpha_bar", "beta"):
        np.testing.assert_array_equal(table[key], getattr(schedule, key))
    np.testing.assert_array_equal(table["log_snr"][1:-1], schedule.log_snr[1:-1])


def test_schedule_reads_the_options_of_a_schedule(ask):
    options = ["--beta-start", "0.001", "--beta-end", "0.01", "--scale-betas", "false"]
    beta = ask("schedule", "--schedule", "linear", "--steps", "10", *options)["beta"]
    np.testing.assert_allclose(beta, np.linspace(0.001, 0.01, 10), rtol=1e-9)


@pytest.mark.parametrize("name", DATASETS)
def test_dataset_prints_the_mixture(ask, name):
    answer, mixture = ask("dataset", "--dataset", name), make_dataset(name)
    assert set(answer) == {"means", "weights", "std"}
    np.testing.assert_array_equal(answer["means"], mixture.means)
    np.testing.assert_array_equal(answer["weights"], mixture.weights)
    assert answer["std"] == mixture.std


def test_dataset_reads_the_width_of_the_gaussian(ask):
    assert ask("dataset", "--dataset", "gaussian", "--data-std", "0.5")["std"] == 0.5


def test_run_reports_what_each_step_cost(ask):
    report = ask("run", "--dataset", "rings", "--denoiser", "learned", "--sampler-steps", "3", *SMALL)
    experiment = Experiment(dataset="rings", denoiser="learned", steps=5, sampler_steps=3, particles=8)
    assert Experiment.from_dict(report["experiment"]) == experiment
    assert report["device"] in ("cpu", "cuda", "mps")
    assert report["seconds"] > 0
    assert report["evaluations"] == 3
    for name in ("entropy_nats", "bound_nats", "gap_nats"):
        value, stderr = report[name]
        assert np.isfinite(value)
        assert stderr > 0
    assert report["bound_nats"][0] - report["entropy_nats"][0] == pytest.approx(report["gap_nats"][0])
    assert len(report["kl_nats"]) == len(report["exact_kl_nats"]) == len(report["times"]) == 4
    assert len(report["dissipation_nats"]) == 3
    assert sum(report["dissipation_nats"]) + report["mismatch_nats"][0] == pytest.approx(report["gap_nats"][0], abs=1e-6)
    assert report["sliced_wasserstein"][0] > 0


def test_run_writes_its_arrays(ask, tmp_path):
    out = tmp_path / "run.npz"
    ask("run", "--sampler-steps", "3", "--seed", "4", "--out", str(out), *SMALL)
    expected = run(Experiment(steps=5, sampler_steps=3, particles=8, seed=4))
    with np.load(out) as archive:
        assert Experiment.from_json(str(archive["experiment"])) == Experiment(steps=5, sampler_steps=3, particles=8, seed=4)
        assert len(archive["kl_nats"]) == 4
        assert archive["forward"].shape == (6, 8, 2)
        assert archive["reverse"].shape == archive["x0_hat"].shape == (4, 8, 2)
        assert archive["t"].tolist() == [5, 3, 2, 0]
        assert archive["alpha"].shape == archive["sigma"].shape == (6,)
        np.testing.assert_array_equal(archive["reverse"], expected.reverse)


def test_run_measures_a_picture_and_turns_back_from_one(ask, tmp_path):
    digits, out = ["--dataset", "digits", "--steps", "4", "--particles", "3"], str(tmp_path / "run.npz")
    mask = mask_text(np.eye(8, dtype=bool))
    report = ask("run", *digits, "--measurement", "inpaint", "--mask", mask, "--condition", "exact", "--measure-noise", "0")
    assert (report["experiment"]["mask"], report["experiment"]["measure_noise"]) == (mask, 0.0)
    assert report["mean_to_truth_mse"][1] > 0
    ask("run", *digits, "--start", "picture", "--start-time", "0.5", "--picture", "9", "--out", out)
    with np.load(out) as archive:
        assert json.loads(str(archive["experiment"]))["test_image"] == 10  # --picture, of before, counted from 0
        assert archive["t"].tolist() == [2, 1, 0]
        assert archive["forward"].shape == (5, 3, 1, 8, 8)
        assert archive["reverse"].shape == archive["x0_hat"].shape == (3, 3, 1, 8, 8)


def test_run_writes_its_metrics_and_curves(ask, tmp_path):
    out = tmp_path / "run.csv"
    ask("run", "--out", str(out), *SMALL)
    lines = out.read_text().splitlines()
    assert lines[0] == "kind,name,unit,t,value,stderr,experiment"
    assert {line.split(",")[0] for line in lines[1:]} == {"metric", "curve"}


@pytest.mark.parametrize(
    ("name", "start"), [("run.gif", b"GIF8"), ("run.png", b"\x89PNG"), ("run.pdf", b"%PDF"), ("run.mp4", b"ftyp")]
)
def test_render_draws_a_picture(ask, tmp_path, name, start):
    out = tmp_path / name
    answer = ask("render", "--overlays", "density trails", "--out", str(out), *SMALL)
    assert Experiment.from_dict(answer["experiment"]) == Experiment(steps=5, particles=8)
    assert answer["out"] == str(out)
    assert answer["bytes"] == out.stat().st_size
    assert start in out.read_bytes()[:12]


def test_train_writes_a_checkpoint_and_what_it_measured(ask, tmp_path, kept_threads):
    size = ["--hidden", "8", "--layers", "1", "--features", "4", "--updates", "3", "--batch", "16"]
    answer = ask("train", "--dataset", "gaussian", *size, "--seed", "2", "--out", str(tmp_path / "tiny"))
    loaded = checkpoints.load("tiny", tmp_path)
    assert answer["out"] == str(tmp_path / "tiny")
    assert answer["measured"] == loaded.measured
    assert (loaded.recipe.dataset, loaded.recipe.hidden, loaded.recipe.updates, loaded.recipe.seed) == ("gaussian", 8, 3, 2)
    assert answer["measured"]["gap_nats"] > answer["measured"]["exact_gap_nats"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["run", "--steps", "0"], "steps"),
        (["run", "--steps", "1000000000"], "steps"),
        (["run", "--steps", "9" * 400], "steps"),
        (["run", "--steps", "9" * 5000], "steps"),
        (["run", "--steps", "ten"], "steps"),
        (["run", "--steps", ""], "steps"),
        (["run", "--steps"], "steps"),
        (["run", "--particles", "-5"], "particles"),
        (["run", "--particles", "20000", "--steps", "4000"], "particles"),
        (["run", "--eta", "nan"], "eta"),
        (["run", "--eta", "inf"], "eta"),
        (["run", "--scale-betas", "maybe"], "scale_betas"),
        (["run", "--dataset", "../../etc/passwd"], "dataset"),
        (["run", "--dataset", "a\nb"], "dataset"),
        (["run", "--denoiser", "nobody"], "denoiser"),
        (["run", "--sampler-steps", "200", "--steps", "100"], "sampler_steps"),
        (["run", "--dataset", "digits", "--measurement", "inpaint", "--mask", "8x8"], "mask"),
        (["run", "--dataset", "digits", "--start", "picture", "--test-image", "999", *SMALL], "test_image"),
        (["run", "--bogus", "1"], "bogus"),
        (["run", "extra"], "extra"),
        (["schedule", "--particles", "5"], "particles"),
        (["dataset", "--data-std", "0"], "data_std"),
        (["render"], "out"),
        (["train"], "dataset"),
        (["train", "--dataset", "nothing"], "dataset"),
        (["train", "--dataset", "rings", "--updates", "0"], "updates"),
        (["train", "--dataset", "rings", "--updates", "1e3"], "updates"),
        (["train", "--dataset", "rings", "--lr", "nan"], "lr"),
        (["train", "--dataset", "rings", "--hidden", "99999"], "hidden"),
        (["train", "--dataset", "digits", "--network-2015"], "dataset"),
        (["train", "--dataset", "digits", "--classifier", "--network-2015"], "classifier"),
        (["train", "--dataset", "heartbeat", "--network-2015", "--steps", "50"], "steps"),
        (["train", "--dataset", "rings", "--network-2015", "--ema", "0.9"], "ema"),
        (["nonsense"], "nonsense"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_exit_code_2(refused, arguments, names):
    message = refused(*arguments)
    assert names in message.replace("-", "_") or "--" + names in message


@pytest.mark.parametrize("command", ["run", "render", "train"])
@pytest.mark.parametrize("out", ["nowhere/run.npz", "nowhere/run.gif", "nowhere/deeper/new"])
def test_a_folder_that_is_not_there_is_refused_before_any_work(refused, tmp_path, monkeypatch, command, out):
    monkeypatch.chdir(tmp_path)
    more = ["--dataset", "rings", "--updates", "1"] if command == "train" else SMALL
    assert refused(command, "--out", out, *more).startswith("out ")


@pytest.mark.parametrize(("command", "out"), [("run", "run.txt"), ("run", "run"), ("render", "run.webm"), ("render", "run.npz")])
def test_another_ending_is_refused(refused, tmp_path, command, out):
    assert refused(command, "--out", str(tmp_path / out), *SMALL).startswith("out ")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("command", "out"), [("run", "is.npz"), ("render", "is.gif"), ("render", "is.png")])
def test_a_folder_in_the_place_of_the_file_is_refused(refused, tmp_path, command, out):
    (tmp_path / out).mkdir()
    refused(command, "--out", str(tmp_path / out), *SMALL)


def test_a_checkpoint_is_trained_under_a_name_that_finds_it(refused, tmp_path, kept_threads):
    told = refused("train", "--dataset", "gaussian", "--updates", "1", "--out", str(tmp_path / "ideal"))
    assert told.startswith("out must be a folder whose name is no other denoiser's")


def test_a_file_in_the_place_of_a_checkpoints_folder_is_refused(refused, tmp_path, kept_threads):
    (tmp_path / "taken").write_text("")
    small = ["--hidden", "4", "--layers", "1", "--features", "2", "--updates", "1", "--batch", "8"]
    refused("train", "--dataset", "gaussian", *small, "--out", str(tmp_path / "taken"))
    assert (tmp_path / "taken").read_text() == ""


def test_a_folder_with_other_files_is_refused_before_any_training(refused, tmp_path, kept_threads):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("mine")
    told = refused("train", "--dataset", "gaussian", "--updates", "1000000", "--out", str(tmp_path / "thesis"))
    assert told.startswith("out must be a folder of its own: ")
    assert told.endswith("holds 'thesis.tex'.")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["thesis.tex"]


def test_a_device_that_is_not_here_is_refused(refused, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert refused("run", "--device", "cuda", *SMALL).startswith("device ")


def test_a_damaged_checkpoint_is_refused(refused, monkeypatch, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    assert refused("run", "--denoiser", "broken", *SMALL).startswith("denoiser ")


def test_help_names_every_command_and_allowed_value(capsys):
    assert main(["--help"]) == 0
    page = capsys.readouterr().out
    assert all(command in page for command in ("schedule", "dataset", "run", "render", "train", "app"))


def test_help_of_a_run_has_every_field_with_its_default(capsys):
    assert main(["run", "--help"]) == 0
    page = " ".join(capsys.readouterr().out.replace("│", " ").split())  # without the table's borders
    for name, default in Experiment().to_dict().items():
        assert f"--{name.replace('_', '-')} " in page
        assert f"[default: {str(default).lower() if isinstance(default, bool) else default}]" in page
    assert "E[x₀|x_t]" in page  # brackets are no markup


def in_a_process(*arguments, cwd=ROOT):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "diffviz", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_as_a_process_only_json_is_on_standard_output(tmp_path):
    done = in_a_process("run", "--out", "run.npz", *SMALL, cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["experiment"]["steps"] == 5
    assert (tmp_path / "run.npz").is_file()
    assert "Traceback" not in done.stderr


def test_as_a_process_bad_input_is_one_line_and_exit_code_2():
    done = in_a_process("run", "--steps", "0")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "steps" in done.stderr


def test_compare_reports_both_sides(ask, tmp_path):
    a, b = "steps=5&particles=60&schedule=linear", json.dumps({"steps": 8, "particles": 60})
    report = ask("compare", "--a", a, "--b", b)
    assert (report["a"]["schedule"], report["b"]["steps"]) == ("linear", 8)
    assert report["metrics"]["gap_nats"]["better"] == "b"
    assert report["metrics"]["evaluations"]["a"] == [5, 0]
    assert len(report["mode_shares"]["a"]) == 8
    ask("compare", "--a", a, "--b", b, "--out", str(tmp_path / "table.csv"))
    assert (tmp_path / "table.csv").read_text().startswith("kind,name,unit,t,a,")
    ask("compare", "--a", a, "--b", b, "--out", str(tmp_path / "both.png"))
    assert Image.open(tmp_path / "both.png").format == "PNG"
    ask("compare", "--a", a, "--b", b, "--out", str(tmp_path / "both.npz"))
    arrays = np.load(tmp_path / "both.npz")
    assert [arrays[f"{side}_reverse"].shape for side in "ab"] == [(6, 60, 2), (9, 60, 2)]
    np.testing.assert_array_equal(arrays["a_forward"][0], arrays["b_forward"][0])


def test_compare_takes_two_runs_of_pictures(ask, tmp_path):
    a = "dataset=digits&steps=5&particles=6"
    report = ask("compare", "--a", a, "--b", f"{a}&sampler=ddim&sampler_steps=2")
    bound = report["metrics"]["bound_bits_per_dim"]
    assert bound["difference"][0] == pytest.approx(bound["a"][0] - bound["b"][0])
    assert report["metrics"]["evaluations"]["better"] == "b"
    ask("compare", "--a", a, "--b", f"{a}&schedule=linear", "--out", str(tmp_path / "table.csv"))
    assert "difference_stderr" in (tmp_path / "table.csv").read_text()
    ask("compare", "--a", a, "--b", f"{a}&schedule=linear", "--out", str(tmp_path / "both.png"))
    assert Image.open(tmp_path / "both.png").format == "PNG"


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ("dataset=digits&particles=4", "dataset=dead_leaves&particles=4", "b: dataset must be digits as in A, not dead_leaves"),
        ("dataset=digits&particles=4", "steps=5", "b: dataset must be of the kind of digits, as in A, not eight_gaussians"),
        ("steps=5", "dataset=digits&particles=4", "b: dataset must be of the kind of eight_gaussians, as in A, not digits"),
    ],
)
def test_compare_takes_no_pictures_with_others(a, b, told, capsys):
    assert main(["compare", "--a", a, "--b", b]) == 2
    assert told in capsys.readouterr().err


def test_thermo_reports_the_work_of_paths(ask):
    report = ask("thermo", "--dataset", "heartbeat", "--schedule", "linear", "--steps", "8", "--paths", "300", "--seed", "2")
    assert report["paths"] == 300
    assert report["experiment"]["seed"] == 2
    assert report["experiment"]["schedule"] == "linear"
    assert sum(report["work_forward_kT"]["counts"]) == 300
    assert len(report["entropy_production_nats"]) == 8


def test_thermo_prints_lines_that_can_be_read(capsys):
    assert main(["thermo", "--steps", "40", "--paths", "100", "--beta-start", "0.00012345678", "--schedule", "linear"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 100 or '": "' in line for line in lines)  # a sentence has a line of its own
    assert any(line.startswith('  "jarzynski": [') and line.endswith("],") for line in lines)
    numbers = re.findall(r"-?\d+\.\d+(?:e-?\d+)?", "\n".join(lines))
    digits = [re.sub(r"e.*|[-.]", "", text).lstrip("0") for text in numbers]
    assert sum(len(text) > 6 for text in digits) == 1  # that of the experiment, which is as it was given
    assert '"beta_start": 0.00012345678' in "\n".join(lines)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--paths", "1"], "paths must be a whole number from 2 to"),
        (["--paths", "ten"], "paths must be a whole number from 2 to 10000000, not 'ten'"),
        (["--paths", "9" * 5000], "paths must be a whole number from 2 to 10000000, not '999"),
        (["--paths", "9" * 4000], "paths must be a whole number from 2 to"),
        (["--paths", "2000000"], "paths must be"),
        (["--dataset", "digits"], "dataset must be points or bit sequences"),
        (["--sampler", "ddim", "--eta", "0.5", "--bug", "eta"], "bug must be none"),
    ],
)
def test_thermo_refuses_what_has_no_work(refused, arguments, named):
    assert refused("thermo", *arguments).startswith(named)
