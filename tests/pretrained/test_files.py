"""What is wrong with a folder is said in one sentence, before it can cost memory or time, and nothing in it is run."""

import inspect
import json
import os
import re
import shutil
import struct
import sys
import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from diffviz.pretrained import denoiser
from diffviz.pretrained.config import SCHEDULER_RULES, UNET_RULES
from diffviz.pretrained.denoiser import MAX_FLOPS, MAX_PARAMETERS, PretrainedError, load
from diffviz.pretrained.folder import MAX_CONFIG_BYTES, MAX_HEADER_BYTES
from tests.gaussian.denoisers import networks

WEIGHTS, CONFIG = "unet/diffusion_pytorch_model.safetensors", "unet/config.json"
SCHEDULER, INDEX = "scheduler/scheduler_config.json", "model_index.json"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return networks.save(tmp_path_factory.mktemp("saved") / "net")


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "net")


def change(folder, file, **values):
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refused(folder, *words):
    with pytest.raises(PretrainedError) as error:
        load(folder)
    message = str(error.value)
    assert message.isprintable()
    assert re.search(r"\.$", message)
    assert len(message) < 400
    for word in words:
        assert word in message, message
    return message


def test_the_folder_these_begin_with_is_good(folder):
    assert load(folder).shape == (2, 8, 4)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("sample_size", None, "a whole number from 1 to 256, or a list of 2 items"),
        ("sample_size", 257, "a whole number from 1 to 256"),
        ("sample_size", [8], "a list of 2 items"),
        ("sample_size", 10**400, "from 1 to 256"),
        ("in_channels", 17, "a whole number from 1 to 16"),
        ("in_channels", True, "a whole number"),
        ("in_channels", 2.0, "a whole number"),
        ("out_channels", 4, "out_channels must be in_channels"),
        ("block_out_channels", [8, 4096], "a list of 1 to 8 items, each a whole number from 4 to 2048"),
        ("block_out_channels", [8] * 9, "a list of 1 to 8 items"),
        ("block_out_channels", 8, "a list"),
        ("block_out_channels", "88", "a list"),
        ("layers_per_block", 10**6, "from 1 to 8"),
        ("layers_per_block", -1, "from 1 to 8"),
        ("down_block_types", ["DownBlock2D", "os.system"], "DownBlock2D, AttnDownBlock2D"),
        ("down_block_types", ["DownBlock2D", ["x"]], "DownBlock2D, AttnDownBlock2D"),
        ("up_block_types", ["CrossAttnUpBlock2D", "UpBlock2D"], "UpBlock2D, AttnUpBlock2D"),
        ("mid_block_type", "Other", "must be UNetMidBlock2D, or null"),
        ("time_embedding_type", "fourier", "must be positional"),
        ("time_embedding_type", "learned", "must be positional"),
        ("class_embed_type", "timestep", "must be null"),
        ("num_class_embeds", 10, "must be null"),
        ("act_fn", "__import__", "one of silu"),
        ("norm_eps", float("nan"), "a number from 1e-12 to 1"),
        ("dropout", float("inf"), "a number from 0 to 1"),
        ("center_input_sample", "yes", "true or false"),
        ("norm_num_groups", {"a": 1}, "a whole number"),
    ],
)
def test_fields_of_the_network_are_of_a_list_and_within_limits(folder, field, value, allowed):
    change(folder, CONFIG, **{field: value})
    refused(folder, "unet/config.json", field, allowed)


@pytest.mark.parametrize(
    "values",
    [
        {"block_out_channels": [8, 16, 32]},  # for two blocks
        {"norm_num_groups": 3},  # does not divide 8
        {"attention_head_dim": 512},  # more than there are channels
        {"attention_head_dim": 3},
        {"sample_size": [7, 3]},  # cannot be halved and doubled
    ],
    ids=str,
)
def test_fields_that_do_not_fit_together_are_refused(folder, values):
    change(folder, CONFIG, **values)
    assert refused(folder).startswith(("config.json: ", "unet/config.json: ", WEIGHTS))


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("num_train_timesteps", 10**9, "a whole number from 2 to 4000"),
        ("num_train_timesteps", 1, "a whole number from 2 to 4000"),
        ("beta_start", 0.0, "a number from 1e-07 to 0.999"),
        ("beta_end", "0.02", "a number from"),
        ("beta_schedule", "laplace", "one of linear, scaled_linear, squaredcos_cap_v2, sigmoid"),
        ("trained_betas", [0.1, 0.2], "one for each of the 50 times, not 2"),
        ("trained_betas", [0.1] * 49 + [1.5], "each a number from 1e-07 to 1"),
        ("trained_betas", [0.1] * 20 + [1.0] + [0.1] * 29, "less of the data at every time"),
        ("prediction_type", "flow_prediction", "one of epsilon, sample, v_prediction"),
        ("thresholding", True, "must be false"),
        ("rescale_betas_zero_snr", True, "must not be epsilon"),
        ("clip_sample_range", -1, "a number from 0.001 to 1000"),
        ("_class_name", "ScoreSdeVeScheduler", "one of DDPMScheduler"),
        ("_class_name", ["my_scheduler", "Mine"], "one of DDPMScheduler"),
    ],
)
def test_fields_of_the_training_are_within_limits(folder, field, value, allowed):
    change(folder, SCHEDULER, **{field: value})
    refused(folder, SCHEDULER, allowed)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"_class_name": "StableDiffusionPipeline"}, ["_class_name must be one of DDPMPipeline"]),
        ({"_class_name": ["pipeline", "Mine"]}, ["_class_name must be one of DDPMPipeline"]),
        ({"unet": ["diffusers", "UNet2DConditionModel"]}, ["unet must be diffusers' UNet2DModel"]),
        ({"unet": ["unet", "UNet2DModel"]}, ["unet must be diffusers' UNet2DModel"]),
        ({"unet": None}, ["unet must be diffusers' UNet2DModel"]),
        ({"scheduler": ["os", "system"]}, ["scheduler must be diffusers' DDPMScheduler or "]),
        ({"vqvae": ["diffusers", "VQModel"]}, ["the parts must be unet and scheduler"]),
    ],
    ids=str,
)
def test_other_pipelines_are_refused(folder, values, words):
    change(folder, INDEX, **values)
    refused(folder, INDEX, *words)


def test_another_models_configuration_is_refused(folder):
    change(folder, CONFIG, _class_name="AutoencoderKL")
    refused(folder, "_class_name must be UNet2DModel")
    change(folder, CONFIG, _class_name="UNet2DModel", cross_attention_dim=768)
    refused(folder, "'cross_attention_dim' is no field of an unconditional UNet2DModel")


@pytest.mark.parametrize("field", ["auto_map", "custom_pipeline", "_custom_pipeline", "trust_remote_code"])
@pytest.mark.parametrize("file", [CONFIG, SCHEDULER, INDEX])
def test_a_configuration_that_names_code_is_refused(folder, file, field):
    change(folder, file, **{field: "mine.Model"})
    refused(folder, file, field, "code of the folder's own")


def test_python_in_the_folder_is_never_run(folder, tmp_path, monkeypatch):
    """By no name that a loader might look for; the last line shows that the file would tell."""
    marker = tmp_path / "ran"
    code = f"open({str(marker)!r}, 'w').close()\nclass UNet2DModel: pass\n"
    names = ["__init__.py", "unet.py", "pipeline.py", "model.py", "scheduler.py", "diffusers.py", "sitecustomize.py", "setup.py"]
    for place in (folder, folder / "unet", folder / "scheduler"):
        for name in names:
            (place / name).write_text(code)
    monkeypatch.chdir(folder)
    load(folder)
    change(folder, INDEX, unet=["unet", "UNet2DModel"])
    refused(folder)
    assert not marker.exists()
    exec((folder / "unet.py").read_text())
    assert marker.exists()


def test_too_many_parameters_are_refused_before_they_take_memory(folder):
    change(folder, CONFIG, block_out_channels=[2048] * 2, layers_per_block=8)
    start = time.perf_counter()
    refused(folder, "parameters; at most 150000000 are allowed")
    assert time.perf_counter() - start < 5.0
    assert MAX_PARAMETERS == 150_000_000


def test_too_much_work_is_refused_before_it_takes_time(folder):
    """Few weights, but every place attends to every other of a large picture."""
    change(
        folder,
        CONFIG,
        sample_size=256,
        block_out_channels=[32] * 2,
        layers_per_block=2,
        **{f"{way}_block_types": [f"Attn{way.title()}Block2D"] * 2 for way in ("down", "up")},
    )
    start = time.perf_counter()
    refused(folder, "config.json asks for", "operations", f"at most {MAX_FLOPS:.2g}")
    assert time.perf_counter() - start < 5.0


@pytest.mark.parametrize("file", [CONFIG, SCHEDULER, INDEX])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 40_000, b'{"sample_size": ' + b"9" * 5000 + b"}"],
    ids=lambda content: repr(content)[:16],
)
def test_what_is_no_json_is_refused(folder, file, content):
    (folder / file).write_bytes(content)
    refused(folder, f"{file} cannot be read as JSON")


@pytest.mark.parametrize("content", ["[]", "null", "5", '"text"'])
def test_json_that_is_no_configuration_is_refused(folder, content):
    (folder / CONFIG).write_text(content)
    refused(folder, f"{CONFIG} must hold fields and values")


def test_a_configuration_too_large_to_be_one_is_not_read(folder):
    (folder / CONFIG).write_text((folder / CONFIG).read_text() + " " * MAX_CONFIG_BYTES)
    refused(folder, f"{CONFIG} is larger than {MAX_CONFIG_BYTES} bytes")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (CONFIG, "neither unet/config.json nor config.json"),
        (SCHEDULER, "scheduler/scheduler_config.json is missing"),
        (WEIGHTS, "the weights, unet/diffusion_pytorch_model.safetensors, are missing"),
    ],
)
def test_what_is_missing_is_named(folder, file, words):
    (folder / file).unlink()
    refused(folder, words)
    (folder / file).mkdir()  # a folder of that name is no file
    refused(folder, words)


@pytest.mark.parametrize(
    "name", ["nowhere", "a\0b", "net/model_index.json", "x" * 5000, "circle"], ids=lambda name: repr(name)[:12]
)
def test_what_is_no_folder_is_refused(folder, name):
    (folder.parent / "circle").symlink_to("circle")
    refused(folder.parent / name, "is no folder")


def test_pickled_weights_are_not_even_opened(folder):
    """torch.save's format runs code when it is loaded."""
    torch.save(load_file(folder / WEIGHTS), folder / "unet" / "diffusion_pytorch_model.bin")
    assert load(folder).shape == (2, 8, 4)  # beside safetensors it is passed over
    (folder / WEIGHTS).unlink()
    refused(folder, "weights must be safetensors", "diffusion_pytorch_model.bin")
    variant = folder / "unet" / "diffusion_pytorch_model.bf16.bin"
    (folder / "unet" / "diffusion_pytorch_model.bin").rename(variant)
    refused(folder, "weights must be safetensors", "diffusion_pytorch_model.bf16.bin")
    variant.rename(folder / WEIGHTS)
    refused(folder, "is damaged")


def test_weights_in_several_files_are_refused(folder):
    (folder / WEIGHTS).rename(folder / "unet" / "diffusion_pytorch_model-00001-of-00001.safetensors")
    (folder / f"{WEIGHTS}.index.json").write_text("{}")
    refused(folder, "the weights must be in one file")
    (folder / f"{WEIGHTS}.index.json").rename(folder / f"{WEIGHTS}.index.fp16.json")
    refused(folder, "the weights must be in one file", "index.fp16.json")
    (folder / f"{WEIGHTS}.index.fp16.json").unlink()
    refused(folder, "are missing", "fp16", "bf16")


@pytest.mark.parametrize("kept", [0.0, 0.3])
def test_weights_of_the_wrong_size_are_not_opened(folder, kept):
    """kept: of the bytes. Less than half is less than half precision takes."""
    size = int((folder / WEIGHTS).stat().st_size * kept)
    os.truncate(folder / WEIGHTS, size)
    refused(folder, f"has {size} bytes; its ")
    os.truncate(folder / WEIGHTS, 10 * MAX_HEADER_BYTES)
    refused(folder, f"has {10 * MAX_HEADER_BYTES} bytes; its ")


@pytest.mark.parametrize("content", ["truncated", "longer", "zeros", "text", "header"])
def test_damaged_weights_are_refused(folder, content):
    path = folder / WEIGHTS
    good = path.read_bytes()
    bad = {
        "truncated": good[:-1],
        "longer": good + b"\0",
        "zeros": bytes(len(good)),
        "text": b"<html>" * (len(good) // 6),
        "header": struct.pack("<Q", 2**63) + good[8:],
    }
    path.write_bytes(bad[content])
    refused(folder, f"{WEIGHTS} is damaged")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused(folder, value):
    weights = load_file(folder / WEIGHTS)
    weights["conv_in.weight"][3, 1, 0, 0] = value
    save_file(weights, folder / WEIGHTS)
    refused(folder, "not finite")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("rename", "lacks 'conv_out.weight'"),
        ("drop", "lacks 'conv_out.bias'"),
        ("add", "the network has no, 'extra'"),
        ("reshape", "must have the shape [8, 2, 3, 3]"),
        ("twice", "twice"),
        ("whole numbers", "must be of F32, F16, BF16, not I32"),
        ("double", "must be of F32, F16, BF16, not F64"),
    ],
)
def test_other_weights_than_the_configurations_are_refused(folder, fault, words):
    weights = load_file(folder / WEIGHTS)
    attention = "mid_block.attentions.0"
    if fault == "rename":
        weights["out.weight"] = weights.pop("conv_out.weight")
    elif fault == "drop":
        del weights["conv_out.bias"]
    elif fault == "add":
        weights["extra"] = torch.zeros(1)
    elif fault == "reshape":
        weights["conv_in.weight"] = weights["conv_in.weight"].permute(1, 0, 2, 3).contiguous()
    elif fault == "twice":
        weights[f"{attention}.query.bias"] = torch.zeros(16)
    elif fault == "whole numbers":
        weights["conv_in.bias"] = torch.zeros(8, dtype=torch.int32)
    else:
        weights["conv_in.bias"] = weights["conv_in.bias"].double()
    save_file(weights, folder / WEIGHTS)
    refused(folder, WEIGHTS, words)


@pytest.mark.parametrize("file", [WEIGHTS, CONFIG, SCHEDULER, INDEX, "unet"])
def test_links_that_lead_out_of_the_folder_are_refused(folder, file):
    outside = folder.parent / "outside"
    shutil.move(folder / file, outside)
    (folder / file).symlink_to(outside)
    refused(folder, "is a link that leads out of the folder")
    assert load(folder, within=folder.parent).shape == (2, 8, 4)  # where the hub's cache says so


def test_links_within_the_folder_are_followed(folder):
    (folder / WEIGHTS).rename(folder / "blob")
    (folder / WEIGHTS).symlink_to("../blob")
    assert load(folder).shape == (2, 8, 4)
    (folder.parent / "elsewhere").symlink_to(folder)
    assert load(folder.parent / "elsewhere").title == "net"


def test_without_diffusers_it_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    refused(folder, "diffusers", "pip install diffusers")


def test_what_the_table_allows_diffusers_knows(folder):
    """Every field of the tables is one of diffusers' own, so that none is passed in vain."""
    assert set(UNET_RULES) <= set(inspect.signature(denoiser.diffusers().UNet2DModel.__init__).parameters)
    kinds = [denoiser.diffusers().DDPMScheduler, denoiser.diffusers().DPMSolverMultistepScheduler]
    assert set(SCHEDULER_RULES) <= {name for kind in kinds for name in inspect.signature(kind.__init__).parameters}


WORDS = sorted({str(choice) for rule in [*UNET_RULES.values(), *SCHEDULER_RULES.values()] for choice in rule.choices})
PRIMITIVES = (
    st.none()
    | st.booleans()
    | st.integers(-2, 20)
    | st.sampled_from([32, 64, 1000, 2**31, 10**30, -(10**400)])
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
)
VALUES = PRIMITIVES | st.lists(PRIMITIVES, max_size=4) | st.dictionaries(st.text(max_size=3), PRIMITIVES, max_size=2)
NAMES = st.sampled_from([*UNET_RULES, *SCHEDULER_RULES, "_class_name", "unet", "scheduler"]) | st.text(max_size=8)


def try_to_load(saved, folder, file, values, dropped=frozenset()):
    """A sentence, or a denoiser that answers."""
    shutil.copytree(saved, folder)
    change(folder, file, **values)
    kept = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({name: value for name, value in kept.items() if name not in dropped}))
    message = ""
    try:
        denoiser = load(folder)
    except PretrainedError as error:
        message = str(error)
    else:
        answer = denoiser(torch.zeros(1, *denoiser.shape), 0.6, 0.8).x0_hat
        assert answer.shape == (1, *denoiser.shape)
        assert torch.isfinite(answer).all()
    assert not message or message.isprintable()
    assert len(message) < 400
    shutil.rmtree(folder)
    return message


@settings(max_examples=40)
@given(
    st.sampled_from([CONFIG, SCHEDULER, INDEX]),
    st.dictionaries(NAMES, VALUES, min_size=1, max_size=3),
    st.sets(NAMES, max_size=2),
)
def test_a_changed_configuration_is_read_or_refused_in_a_sentence(saved, tmp_path_factory, file, values, dropped):
    try_to_load(saved, tmp_path_factory.mktemp("changed") / "net", file, values, dropped)


def allowed(rule):
    """Values that the rule accepts, none large."""
    if rule.kind in (int, float):
        kind = st.integers if rule.kind is int else st.floats
        one = kind(int(rule.low) if rule.kind is int else rule.low, min(rule.kind(rule.high), rule.kind(64)))
    else:
        one = st.sampled_from(rule.choices or ((True, False) if rule.kind is bool else (None,)))
    values = st.lists(one, min_size=rule.length[0], max_size=min(rule.length[1], 4)) if rule.length else one
    return values | st.none() if rule.optional else values


@settings(max_examples=20)
@given(st.data())
def test_fields_each_allowed_make_a_network_or_a_sentence(saved, tmp_path_factory, data):
    names = data.draw(st.lists(st.sampled_from(sorted(UNET_RULES)), min_size=1, max_size=4, unique=True))
    values = {name: data.draw(allowed(UNET_RULES[name]), name) for name in names}
    assert all(UNET_RULES[name].accepts(value) for name, value in values.items())
    message = try_to_load(saved, tmp_path_factory.mktemp("changed") / "net", CONFIG, values)
    assert " must be " not in message or "out_channels" in message


@settings(max_examples=12)
@given(st.data())
def test_every_allowed_training_is_read_or_refused_in_a_sentence(saved, tmp_path_factory, data):
    names = data.draw(st.lists(st.sampled_from(sorted(SCHEDULER_RULES)), min_size=1, max_size=4, unique=True))
    values = {name: data.draw(allowed(SCHEDULER_RULES[name]), name) for name in names}
    assert all(SCHEDULER_RULES[name].accepts(value) for name, value in values.items())
    try_to_load(saved, tmp_path_factory.mktemp("changed") / "net", SCHEDULER, values)
