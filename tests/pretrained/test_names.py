"""Other people's networks named by an experiment: run as diffusers runs them, kept ready, and refused in one sentence."""

import io
import json

import numpy as np
import pytest
import torch
from diffusers import DDIMPipeline, DDIMScheduler, DDPMScheduler
from PIL import Image
from safetensors.torch import load_file, save_file

from diffviz import Experiment, ExperimentError, run
from diffviz.domains.pictures.own_pictures import encode_picture
from diffviz.engine import Setup
from diffviz.pretrained import names
from diffviz.pretrained.config import PretrainedError
from diffviz.pretrained.fetching import FETCHER, HUB_VARIABLE
from diffviz.ui import limits
from diffviz.ui.limits import check_budget
from tests.gaussian.denoisers import networks

LINEAR = {"num_train_timesteps": 1000, "beta_start": 1e-4, "beta_end": 0.02, "clip_sample": False}
_FILE = io.BytesIO()
Image.fromarray(np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)).save(_FILE, "PNG")
COLOUR = encode_picture(_FILE.getvalue(), 16)
RUN = {"dataset": "own", "own": COLOUR, "denoiser": "folder:tiny", "schedule": "linear", "steps": 1000, "device": "cpu"}


def colour_network(**changed):
    return networks.network(sample_size=16, in_channels=3, out_channels=3, **changed)


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The directory of models, with one in it."""
    monkeypatch.setenv(names.MODELS_VARIABLE, str(tmp_path))
    monkeypatch.setattr(names, "_SHELF", names._Shelf())
    monkeypatch.setattr(FETCHER, "shared", False)
    networks.save(tmp_path / "tiny", colour_network(), DDPMScheduler(**LINEAR))
    return tmp_path


def refused(**fields):
    with pytest.raises(ExperimentError) as error:
        Setup(Experiment(**{**RUN, "steps": 10, "particles": 1, **fields})).denoiser  # noqa: B018
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")
    return str(error.value)


def test_ddim_is_diffusers_own_pipeline(models, monkeypatch):
    """The same x_T, 20 of the 1000 times, the schedule the network's own: pictures to 1e-4."""
    trajectory = run(Experiment(**RUN, sampler="ddim", sampler_steps=20, particles=2))
    x_T = torch.from_numpy(trajectory.reverse[0])
    scheduler = DDIMScheduler(**LINEAR, timestep_spacing="trailing")
    pipeline = DDIMPipeline(colour_network(), scheduler)
    pipeline.set_progress_bar_config(disable=True)
    monkeypatch.setattr("diffusers.pipelines.ddim.pipeline_ddim.randn_tensor", lambda *a, **k: x_T.clone())
    theirs = pipeline(batch_size=2, num_inference_steps=20, eta=0.0, output_type="np").images
    ours = (trajectory.reverse[-1] / 2 + 0.5).clip(0, 1).transpose(0, 2, 3, 1)
    assert trajectory.evaluations == 20
    assert ours.std() > 0.05
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    scaled = np.abs(trajectory.reverse[-1]).max()
    direct = scheduler_loop(pipeline, x_T)
    np.testing.assert_allclose(trajectory.reverse[-1], direct, atol=1e-4 * max(1.0, scaled))


def scheduler_loop(pipeline, x):
    """As the pipeline goes, but without cutting off what is beyond black and white."""
    pipeline.scheduler.set_timesteps(20)
    for t in pipeline.scheduler.timesteps:
        x = pipeline.scheduler.step(pipeline.unet(x, t).sample, t, x).prev_sample
    return x.numpy()


@pytest.mark.parametrize("variance", ["optimal", "learned", "posterior"])
def test_it_is_taken_at_its_word(models, variance):
    """No error of its own is known: the variances that would add it are the posterior's."""
    fields = {**RUN, "steps": 6, "particles": 2}
    ours = run(Experiment(**fields, variance=variance))
    plain, noisier = (run(Experiment(**fields, variance=name)).reverse for name in ("posterior", "beta"))
    np.testing.assert_allclose(ours.reverse, plain, rtol=1e-4, atol=2e-3)
    assert np.abs(ours.reverse - noisier).max() > 0.1


HUB_NAMES = ["", "noowner", "a/b/c", "../x", "a/..", "a/b?x", "a b/c", "a" * 99 + "/b", "a/b\n"]
FOLDER_NAMES = ["", ".", "..", "ti.ny", "../tiny", "a/b", "a\\b", "/etc", "tiny\n", "x" * 65]


@pytest.mark.parametrize("name", [*map("hub:{}".format, HUB_NAMES), *map("folder:{}".format, FOLDER_NAMES)])
def test_other_names_are_refused_before_anything_is_touched(models, monkeypatch, name):
    monkeypatch.setattr(names, "_load", lambda name: pytest.fail("was loaded"))
    assert refused(denoiser=name).startswith("denoiser ")


def test_what_does_not_go_with_it_is_refused(models):
    assert refused(dataset="rings").startswith("denoiser must be exact, learned or the name of a checkpoint")
    assert refused(dataset="digits", label=3).startswith("label must be none")
    assert refused(dataset="digits") == "denoiser must be for images of 1 × 8 × 8; folder:tiny is for 3 × 16 × 16."
    assert "folder of that name" in refused(denoiser="folder:nobody")


def test_without_a_directory_or_the_hub_it_is_said(models, monkeypatch):
    monkeypatch.delenv(names.MODELS_VARIABLE)
    assert names.MODELS_VARIABLE in refused()
    monkeypatch.setenv(HUB_VARIABLE, "0")
    monkeypatch.setattr(names, "load_from_hub", lambda name: pytest.fail("was fetched"))
    assert "DIFFVIZ_HUB=0" in refused(denoiser="hub:google/ddpm-cifar10-32")


def test_the_hub_is_asked_for_the_name_and_its_answer_kept(models, monkeypatch):
    asked = []

    def fetched(name):
        asked.append(name)
        return names.load(models / "tiny", title=name)

    monkeypatch.setattr(names, "load_from_hub", fetched)
    for _ in range(3):
        run(Experiment(**{**RUN, "denoiser": "hub:owner/some.name", "steps": 3, "particles": 1}))
    assert asked == ["owner/some.name"]


def test_few_are_kept_by_their_size_and_one_saved_again_is_read_again(models, monkeypatch):
    for name in ("b", "c"):
        networks.save(models / name, colour_network(), DDPMScheduler(**LINEAR))
    first = names.load_other("folder:tiny")
    assert names.load_other("folder:tiny") is first
    monkeypatch.setattr(names, "KEPT_BYTES", 2 * 4 * first.parameters)
    names.load_other("folder:b")
    assert names.load_other("folder:tiny") is first
    names.load_other("folder:c")  # b was asked for longest ago
    assert list(names._SHELF._kept) == ["folder:tiny", "folder:c"]
    networks.save(models / "tiny", colour_network(), DDPMScheduler(**LINEAR))
    assert names.load_other("folder:tiny") is not first


def _python(folder):
    config = json.loads((folder / "unet" / "config.json").read_text())
    (folder / "unet" / "evil.py").write_text("raise SystemExit")
    (folder / "unet" / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "evil.Model"}}))


def _pickle(folder):
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))


def _truncated(folder):
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def _changed(folder, change):
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    name = next(iter(weights))
    save_file(weights | {name: change(weights[name]).contiguous()}, path)


BAD = {
    "code": (_python, "asks for code"),
    "pickle": (_pickle, "must be safetensors"),
    "truncated": (_truncated, "damaged"),
    "shapes": (lambda folder: _changed(folder, lambda value: value[..., None]), "must have the shape"),
    "nan": (lambda folder: _changed(folder, lambda value: value * np.nan), "not finite"),
    "empty": (lambda folder: [path.unlink() for path in folder.rglob("*.json")], "config.json"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_folder_is_one_sentence_and_the_engine_goes_on(models, kind):
    spoil, message = BAD[kind]
    spoil(networks.save(models / "bad", colour_network(), DDPMScheduler(**LINEAR)))
    complaint = refused(denoiser="folder:bad")
    assert complaint.startswith("denoiser cannot be used: ")
    assert message in complaint
    run(Experiment(**{**RUN, "steps": 3, "particles": 1}))


def test_a_run_for_the_page_counts_the_operations_of_a_function_evaluation(models, monkeypatch):
    experiment = Experiment(**{**RUN, "steps": 10, "particles": 3})
    check_budget(experiment)
    flops = names.load_other("folder:tiny").flops
    monkeypatch.setattr(limits, "MAX_FLOPS", flops * 10 * 2 * 2.5)  # the sampler's and the bound's
    with pytest.raises(ExperimentError, match="particles must be at most 2 for folder:tiny on this page"):
        check_budget(experiment)
    with pytest.raises(ExperimentError, match="particles must be at most 1 "):
        check_budget(Experiment(**{**RUN, "steps": 10, "particles": 2, "sampler": "heun"}))
    monkeypatch.setattr(limits, "MAX_FLOPS", flops * 10)
    with pytest.raises(ExperimentError, match="take fewer steps"):
        check_budget(experiment)
    with pytest.raises(ExperimentError, match="denoiser cannot be used"):
        check_budget(Experiment(**{**RUN, "steps": 10, "particles": 3, "denoiser": "folder:nobody"}))


def test_names_that_are_none_are_refused_here_too(models):
    with pytest.raises(PretrainedError, match="the name must be"):
        names.load_other("folder:../tiny")
