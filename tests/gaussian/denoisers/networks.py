"""A tiny network with attention, saved by diffusers itself in its own layout."""

import shutil

import torch
from diffusers import DDIMScheduler, DDPMPipeline, DDPMScheduler, UNet2DModel

STEPS = 50
BETAS = {"num_train_timesteps": STEPS, "beta_end": 0.1}  # some of the data is left at T: a chain amplifies roundings by 1/alpha_T
TINY = {
    "sample_size": (8, 4),
    "in_channels": 2,
    "out_channels": 2,
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    "norm_num_groups": 4,
    "attention_head_dim": 4,
}


def network(**changed):
    """Weights of a size that makes what it answers depend on time, place and picture."""
    torch.manual_seed(0)
    made = UNet2DModel(**(TINY | changed)).eval().requires_grad_(False)
    for value in made.parameters():
        value.mul_(1.5)
    return made


def save(folder, unet=None, scheduler=None, **settings):
    """The pipeline's folder; settings are of the DDPM scheduler, beyond BETAS."""
    pipeline = DDPMPipeline(unet or network(), scheduler or DDPMScheduler(**(BETAS | settings)))
    pipeline.save_pretrained(folder)
    return folder


def bare(folder, target):
    """The network's own files and the scheduler's beside them."""
    shutil.copytree(folder / "unet", target)
    shutil.copy(folder / "scheduler" / "scheduler_config.json", target)
    return target


def ddim(denoiser_settings, **settings):
    return DDIMScheduler(**(BETAS | denoiser_settings | settings))


def pictures(count=3, seed=0):
    return torch.randn(count, 2, 8, 4, generator=torch.Generator().manual_seed(seed))
