"""What is wrong with a folder is said in one sentence, before it can cost memory or time, and nothing in it is run."""

import inspect
import shutil
import sys
import time

import pytest

from diffviz.pretrained import denoiser
from diffviz.pretrained.config import SCHEDULER_RULES, UNET_RULES
from diffviz.pretrained.denoiser import MAX_FLOPS, MAX_PARAMETERS, load
from diffviz.pretrained.folder import MAX_CONFIG_BYTES
from tests.pretrained.folders import CONFIG, INDEX, SCHEDULER, WEIGHTS, change, refused


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
