"""Networks saved by diffusers answer here as they do there, at their own times, between them and along whole chains."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMPipeline, DDPMScheduler, DPMSolverMultistepScheduler, PNDMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

from diffviz.gaussian.denoisers.base import eps_hat
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.samplers.ancestral import Ancestral
from diffviz.gaussian.samplers.ddim import DDIM
from diffviz.gaussian.samplers.heun import Heun
from diffviz.pretrained.denoiser import SNAP, load
from diffviz.process import reverse_process
from diffviz.schedules import SCHEDULES, make_schedule
from diffviz.spacings import visited_times
from tests.gaussian.denoisers import networks
from tests.gaussian.denoisers.networks import STEPS, pictures

ROOT = Path(__file__).parents[2]
PREDICTIONS = ["epsilon", "sample", "v_prediction"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return networks.save(tmp_path_factory.mktemp("saved") / "tiny-net")


@pytest.fixture(scope="module")
def unet(folder):
    return UNet2DModel.from_pretrained(folder / "unet").eval().requires_grad_(False)


@pytest.fixture(scope="module")
def denoiser(folder):
    return load(folder)


def levels(denoiser, t):
    """alpha, sigma of diffusers' time t."""
    return float(denoiser.schedule.alpha[t + 1]), float(denoiser.schedule.sigma[t + 1])


def refuse_noise(t, draw):
    raise AssertionError("noise was drawn")


def test_it_says_what_it_is(denoiser, unet):
    assert denoiser.title == "tiny-net"
    assert denoiser.shape == (2, 8, 4)
    assert denoiser.parameters == sum(value.numel() for value in unet.parameters())
    assert 2 * denoiser.parameters < denoiser.flops < 2 * 32 * denoiser.parameters + 1e6  # each weight at 1 to all of 32 places
    assert (denoiser.prediction_type, denoiser.clip) == ("epsilon", 1.0)
    assert denoiser.schedule.steps == STEPS
    assert not denoiser.network.training
    assert not any(value.requires_grad for value in denoiser.network.parameters())


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"beta_schedule": "scaled_linear"},
        {"beta_schedule": "squaredcos_cap_v2"},
        {"beta_schedule": "sigmoid"},
        {"trained_betas": [0.01, 0.02, 0.3, 0.04], "num_train_timesteps": 4},
        {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"},
        {"num_train_timesteps": 4000, "beta_end": 0.005},
    ],
    ids=str,
)
def test_the_schedule_is_diffusers_own(tmp_path, settings):
    theirs = DDPMScheduler(**(networks.BETAS | settings)).alphas_cumprod.double().numpy()
    schedule = load(networks.save(tmp_path / "net", **settings)).schedule
    np.testing.assert_allclose(schedule.alpha_bar, np.concatenate([[1.0], theirs]), rtol=1e-15)
    np.testing.assert_allclose(schedule.alpha**2 + schedule.sigma**2, 1.0, rtol=1e-15)


@pytest.mark.parametrize("t", range(STEPS))
def test_at_a_time_of_training_it_is_the_network_bit_for_bit(denoiser, unet, t):
    x, (alpha, sigma) = pictures(), levels(denoiser, t)
    assert denoiser.level(alpha, sigma)[0] == t
    assert torch.equal(denoiser.output(x, alpha, sigma), unet(x, t).sample)


def test_its_answer_depends_on_the_time(denoiser):
    """Else the test above would pass for any time."""
    x = pictures()
    answers = torch.stack([denoiser.output(x, *levels(denoiser, t)) for t in range(STEPS)])
    assert (answers.diff(dim=0).abs().amax((1, 2, 3, 4)) > 1e-4).all()


@pytest.mark.parametrize("weight", [0.1, 0.5, 0.75])
@pytest.mark.parametrize("t", [0, 7, 30, STEPS - 2])
def test_between_times_it_is_asked_at_a_real_one(denoiser, unet, t, weight):
    (a0, s0), (a1, s1) = levels(denoiser, t), levels(denoiser, t + 1)
    angle = (1 - weight) * math.atan2(s0, a0) + weight * math.atan2(s1, a1)
    time, x = denoiser.level(math.cos(angle), math.sin(angle))[0], pictures()
    assert time == pytest.approx(t + weight, abs=1e-9)
    expected = unet(x, torch.tensor(t + weight)).sample
    torch.testing.assert_close(denoiser.output(x, math.cos(angle), math.sin(angle)), expected, rtol=0, atol=1e-6)


def test_more_noise_is_a_later_time(denoiser):
    angles = np.linspace(1e-4, math.pi / 2, 5000)
    times = np.array([denoiser.level(math.cos(angle), math.sin(angle))[0] for angle in angles])
    assert (np.diff(times) >= 0).all()
    assert (times[0], times[-1]) == (0, STEPS - 1)


@pytest.mark.parametrize("scale", [1e-3, 0.5, 80.0])
@pytest.mark.parametrize("prediction_type", PREDICTIONS)
def test_only_the_share_of_noise_matters(denoiser, prediction_type, scale):
    """(scale x_t, scale alpha, scale sigma) is the same question: variance exploding and rectified flow are answered."""
    asked, x, (alpha, sigma) = replace(denoiser, prediction_type=prediction_type, clip=None), pictures(), levels(denoiser, 20)
    expected = asked(x, alpha, sigma).x0_hat
    torch.testing.assert_close(asked(scale * x, scale * alpha, scale * sigma).x0_hat, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("prediction_type", PREDICTIONS)
def test_beyond_its_training_it_answers_as_at_the_nearest_end(denoiser, prediction_type):
    asked, x = replace(denoiser, prediction_type=prediction_type, clip=None), pictures()
    for beyond, t in [((1.0, 1e-6), 0), ((0.0, 1.0), STEPS - 1), ((1e-9, 1.0), STEPS - 1)]:
        answer = asked(x, *beyond).x0_hat
        assert torch.isfinite(answer).all()
        torch.testing.assert_close(answer, asked(x, *levels(denoiser, t)).x0_hat, rtol=1e-5, atol=1e-5)


def test_tables_of_the_same_betas_are_its_own_times(tmp_path):
    """This house's linear schedule is computed in float64, diffusers' in float32: the times agree to SNAP."""
    trained = load(networks.save(tmp_path / "net", num_train_timesteps=1000, beta_end=0.02))
    schedule = make_schedule("linear", 1000)
    times = [trained.level(float(a), float(s))[0] for a, s in zip(schedule.alpha[1:], schedule.sigma[1:], strict=True)]
    assert times == list(range(1000))
    assert SNAP <= 1e-3


@pytest.mark.parametrize("clip", [None, 0.3])
@pytest.mark.parametrize("prediction_type", PREDICTIONS)
def test_x0_hat_is_that_of_diffusers_step(denoiser, unet, prediction_type, clip):
    settings = {"prediction_type": prediction_type, "clip_sample": clip is not None, "clip_sample_range": clip or 1.0}
    scheduler, x = DDPMScheduler(**(networks.BETAS | settings)), pictures()
    asked = replace(denoiser, prediction_type=prediction_type, clip=clip)
    for t in (0, 1, 20, STEPS - 1):
        theirs = scheduler.step(unet(x, t).sample, t, x).pred_original_sample
        answer = asked(x, *levels(denoiser, t))
        assert answer.variance is None
        torch.testing.assert_close(answer.x0_hat, theirs, rtol=1e-6, atol=2e-6)
        if clip is not None:
            assert answer.x0_hat.abs().max() <= clip
        elif prediction_type == "epsilon":
            implied = eps_hat(x, answer.x0_hat, *levels(denoiser, t))
            torch.testing.assert_close(implied, unet(x, t).sample, rtol=0, atol=2e-5 if t else 2e-4)  # 1/sigma at t = 0


def test_double_precision_comes_back_as_it_came(denoiser):
    x, (alpha, sigma) = pictures(), levels(denoiser, 9)
    answer = denoiser(x.double(), alpha, sigma).x0_hat
    assert answer.dtype == torch.float64
    torch.testing.assert_close(answer.float(), denoiser(x, alpha, sigma).x0_hat, rtol=0, atol=1e-6)


def test_many_pictures_are_looked_at_in_parts(denoiser, monkeypatch):
    x, (alpha, sigma) = pictures(7), levels(denoiser, 9)
    whole = denoiser(x, alpha, sigma).x0_hat
    monkeypatch.setattr("diffviz.pretrained.denoiser.PLACES", 3 * 32)
    torch.testing.assert_close(denoiser(x, alpha, sigma).x0_hat, whole, rtol=0, atol=1e-5)


def chain(denoiser, timesteps, x, to_data=True):
    """Our DDIM along diffusers' timesteps (falling), whose t is ours minus 1; to data, or left at the last of them."""
    times = np.concatenate([[0], np.asarray(timesteps)[::-1] + 1])
    *_, last, end = reverse_process(denoiser, DDIM(), denoiser.schedule, times, x, refuse_noise)
    return end.x if to_data else last.x


@pytest.mark.parametrize(
    ("prediction_type", "spacing", "count", "others"),
    [
        ("epsilon", "leading", 50, {}),
        ("epsilon", "leading", 7, {}),  # 50 // 7 = 7: their chain begins below T
        ("epsilon", "leading", 10, {"set_alpha_to_one": False}),
        ("epsilon", "trailing", 10, {}),
        ("sample", "leading", 10, {}),
        ("sample", "trailing", 25, {"beta_schedule": "squaredcos_cap_v2"}),
        ("v_prediction", "trailing", 5, {}),
        ("v_prediction", "trailing", 10, {"rescale_betas_zero_snr": True}),
    ],
)
def test_ddim_takes_the_steps_of_diffusers(tmp_path, unet, prediction_type, spacing, count, others):
    settings = {"prediction_type": prediction_type, "clip_sample": False} | others
    scheduler = networks.ddim(settings, timestep_spacing=spacing)
    ours = load(networks.save(tmp_path / "net", unet, scheduler))
    assert ours.clip is None
    scheduler.set_timesteps(count)
    x = x_T = pictures()
    for t in scheduler.timesteps:
        x = scheduler.step(unet(x, t).sample, t, x, eta=0.0).prev_sample
    reached = chain(ours, scheduler.timesteps, x_T, scheduler.config.set_alpha_to_one)
    assert float((reached - x).abs().max()) < 1e-4
    assert float((reached - x_T).abs().max()) > 0.1


@pytest.mark.parametrize("count", [5, 50])
def test_ddim_makes_the_pictures_of_diffusers_pipeline(tmp_path, unet, count):
    """With x0_hat clipped their DDIM keeps the network's own eps unless told to derive it from what was clipped, as here."""
    scheduler = networks.ddim({"clip_sample": True})
    ours, pipeline = load(networks.save(tmp_path / "net", unet, scheduler)), DDIMPipeline(unet, scheduler)
    assert ours.clip == 1.0
    pipeline.set_progress_bar_config(disable=True)
    x_T = pictures(2, seed=5)
    theirs = pipeline(
        2,
        torch.Generator().manual_seed(5),
        num_inference_steps=count,
        use_clipped_model_output=True,
        output_type="np",
    ).images
    picture = (chain(ours, pipeline.scheduler.timesteps, x_T) / 2 + 0.5).clamp(0, 1)
    np.testing.assert_allclose(picture.permute(0, 2, 3, 1), theirs, rtol=0, atol=1e-4)


def test_ancestral_takes_the_steps_of_diffusers_with_its_clipping(monkeypatch, denoiser, unet):
    scheduler, x_T = DDPMScheduler(**networks.BETAS), pictures()
    x, times = x_T, np.arange(STEPS + 1)

    def noise(t, draw=0):
        return pictures(seed=100 + t)

    for t in scheduler.timesteps.tolist():
        monkeypatch.setattr("diffusers.schedulers.scheduling_ddpm.randn_tensor", lambda *_, t=t, **__: noise(t + 1))
        x = scheduler.step(unet(x, t).sample, t, x).prev_sample
    sampler = Ancestral(reverse_variances("posterior", denoiser.schedule, times, None), times)
    *_, end = reverse_process(denoiser, sampler, denoiser.schedule, times, x_T, noise)
    assert float((end.x - x).abs().max()) < 1e-4


@pytest.mark.parametrize("name", SCHEDULES)
def test_it_denoises_along_every_schedule(denoiser, name):
    schedule = make_schedule(name, 12)
    for sampler in (DDIM(), Heun()):
        frames = reverse_process(denoiser, sampler, schedule, visited_times(schedule, 6, "trailing"), pictures(), refuse_noise)
        *_, end = frames
        assert end.x.shape == (3, 2, 8, 4)
        assert float(end.x.abs().max()) <= 1.0 + 1e-5  # the last step is into x0_hat, which is clipped


def same(a, b):
    x = pictures()
    return torch.equal(a.output(x, 0.8, 0.6), b.output(x, 0.8, 0.6))


def test_a_bare_model_is_the_same_network(folder, denoiser, tmp_path):
    bare = load(networks.bare(folder, tmp_path / "bare"))
    assert same(bare, denoiser)
    np.testing.assert_array_equal(bare.schedule.alpha, denoiser.schedule.alpha)
    (tmp_path / "bare" / "scheduler").mkdir()
    (tmp_path / "bare" / "scheduler_config.json").rename(tmp_path / "bare" / "scheduler" / "scheduler_config.json")
    np.testing.assert_array_equal(load(tmp_path / "bare").schedule.alpha, denoiser.schedule.alpha)


def test_without_a_scheduler_the_training_was_ddpms(folder, tmp_path):
    (networks.bare(folder, tmp_path / "bare") / "scheduler_config.json").unlink()
    bare = load(tmp_path / "bare", title="a\nname")
    theirs = DDPMScheduler().alphas_cumprod.double().numpy()
    np.testing.assert_allclose(bare.schedule.alpha_bar[1:], theirs, rtol=1e-15)
    assert (bare.prediction_type, bare.clip, bare.title) == ("epsilon", 1.0, "aname")


def test_a_pipeline_with_all_beside_it_is_read(folder, denoiser, tmp_path):
    """As the first repositories have it (google/ddpm-cifar10-32)."""
    mixed = networks.bare(folder, tmp_path / "mixed")
    (mixed / "model_index.json").write_text((folder / "model_index.json").read_text())
    assert same(load(mixed), denoiser)


@pytest.mark.parametrize("clips", [True, False])
def test_schedulers_that_cannot_clip_do_not(tmp_path, unet, clips):
    scheduler = DDPMScheduler(**networks.BETAS) if clips else PNDMScheduler(**networks.BETAS)
    assert load(networks.save(tmp_path / "net", unet, scheduler)).clip == (1.0 if clips else None)
    solver = DPMSolverMultistepScheduler(**networks.BETAS)
    assert load(networks.save(tmp_path / "other", unet, solver)).clip is None


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_becomes_single(folder, tmp_path, unet, dtype):
    half = load(networks.save(tmp_path / "half", networks.network().to(dtype)))
    assert {value.dtype for value in half.network.state_dict().values()} == {torch.float32}
    for name, value in half.network.state_dict().items():
        assert torch.equal(value, unet.state_dict()[name].to(dtype).float())
    path = tmp_path / "half" / "unet" / "diffusion_pytorch_model.safetensors"
    variant = {torch.float16: "fp16", torch.bfloat16: "bf16"}[dtype]
    path.rename(path.with_name(f"diffusion_pytorch_model.{variant}.safetensors"))
    assert same(load(tmp_path / "half"), half)


def test_of_several_variants_the_most_precise_is_read(denoiser, tmp_path, unet):
    """Whole precision before half, and float16, of ten bits, before bfloat16, of seven."""
    mixed = networks.save(tmp_path / "mixed", unet)
    for dtype, variant in ((torch.bfloat16, "bf16"), (torch.float16, "fp16")):
        networks.save(tmp_path / "half", networks.network().to(dtype))
        half = tmp_path / "half" / "unet" / "diffusion_pytorch_model.safetensors"
        half.rename(mixed / "unet" / f"diffusion_pytorch_model.{variant}.safetensors")
    assert same(load(mixed), denoiser)
    (mixed / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    name, value = next(iter(unet.state_dict().items()))
    assert torch.equal(load(mixed).network.state_dict()[name], value.half().float())


def test_attention_by_its_old_names_is_read(folder, denoiser, tmp_path):
    """diffusers reads them too, and answers the same."""
    old = networks.bare(folder, tmp_path / "old")
    path = old / "diffusion_pytorch_model.safetensors"
    names = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}
    weights = load_file(path)
    for new, before in names.items():
        weights = {name.replace(new, before): value for name, value in weights.items()}
    assert not any(".to_q." in name for name in weights)
    save_file(weights, path)
    assert same(load(old), denoiser)
    theirs = UNet2DModel.from_pretrained(old).eval()
    with torch.no_grad():
        assert torch.equal(theirs(pictures(), 3).sample, denoiser.output(pictures(), *levels(denoiser, 3)))


@pytest.mark.parametrize(
    "changed",
    [
        {"down_block_types": ("ResnetDownsampleBlock2D",) * 2, "up_block_types": ("ResnetUpsampleBlock2D",) * 2},
        {"downsample_type": "resnet", "upsample_type": "resnet", "resnet_time_scale_shift": "scale_shift"},
        {"attention_head_dim": None, "downsample_padding": 0, "freq_shift": 1, "flip_sin_to_cos": False, "norm_eps": 1e-6},
        {"mid_block_type": None, "center_input_sample": True, "act_fn": "gelu"},
        {"add_attention": False, "time_embedding_dim": 12, "layers_per_block": 2},
    ],
    ids=str,
)
def test_other_kinds_of_the_network_answer_as_in_diffusers(tmp_path, changed):
    theirs = networks.network(**changed)
    ours, x = load(networks.save(tmp_path / "net", theirs)), pictures()
    for t in (0, 13, STEPS - 1):
        assert torch.equal(ours.output(x, *levels(ours, t)), theirs(x, t).sample)


def test_libraries_that_are_slow_to_import_wait_until_they_are_needed():
    code = "import sys, diffviz.pretrained.hub as hub; print(*({'diffusers', 'huggingface_hub'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_fields_that_only_remember_where_it_came_from_are_passed_over(folder, denoiser, tmp_path):
    bare = networks.bare(folder, tmp_path / "bare")
    config = json.loads((bare / "config.json").read_text())
    (bare / "config.json").write_text(json.dumps(config | {"_name_or_path": "../elsewhere", "_diffusers_version": "0.0.4"}))
    assert same(load(bare), denoiser)
