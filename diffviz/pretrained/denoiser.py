"""Other people's networks: any unconditional DDPM UNet2DModel in diffusers' layout, as a denoiser for every schedule.

Such a network was trained on T levels of its own, whole times t = 0..T-1 with alpha_bar_t; diffusers' t is ours minus 1. A level
(alpha, sigma) of any schedule is brought there by its angle, tan(angle) = sigma/alpha, which is its log SNR said so that it
stays finite: log SNR = -2 log tan(angle).

    u     = x_t / sqrt(alpha^2 + sigma^2)
    time  = where the training's angle is that of (alpha, sigma); real-valued, linear in the angle between whole times
    out   = network(u, time)
    x0_hat = (u - sigma' out)/alpha',   out,   alpha' u - sigma' out     for epsilon, sample, v_prediction

with alpha', sigma' the cosine and sine of the angle. The sinusoidal embedding takes real times, though the network saw whole
ones alone: between them it interpolates as smoothly as it learned to.

Beyond the ends: a call cleaner or noisier than any level of training is answered as if it had come at the nearest one. Near the
data that takes noise of the cleanest level's size for granted (0.01 for DDPM's linear); at pure noise it keeps x0_hat finite
where an epsilon network, asked at alpha = 0, could say nothing.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from diffviz.caching import bounded
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.pretrained.config import PretrainedError, check_pipeline, diffusers, network_arguments, training
from diffviz.pretrained.folder import Folder
from diffviz.schedules import NoiseSchedule

MAX_PARAMETERS = 150_000_000  # DDPM's largest, for 256 x 256, has 114 million
MAX_FLOPS = 2_000_000_000_000  # of one function evaluation for one picture; that network's are 0.5e12
SNAP = 1e-3  # as near to a whole time as this it is that time: tables of the same betas differ in their roundings
PLACES = 1 << 17  # of all pictures evaluated together: two of 256 x 256, and so bounds memory

_X0_HAT: dict[str, Callable[[Tensor, Tensor, float, float], Tensor]] = {  # of u, the network's answer, alpha', sigma'
    "epsilon": lambda u, out, a, s: (u - s * out) / a,
    "sample": lambda u, out, a, s: out,
    "v_prediction": lambda u, out, a, s: a * u - s * out,
}


@dataclass(frozen=True, eq=False)
class PretrainedDenoiser:
    """A network and how it was trained.

    title: the folder's name or the hub's; network: (u [N, C, H, W] float32, t [1]) -> an object with .sample [N, C, H, W]
    shape: (C, H, W) of a picture, whose values are of [-1, 1]; parameters: how many; flops: of one function evaluation for one
    schedule: of its training, with T of its own; diffusers' t is this table's t minus 1
    clip: x0_hat is clipped to [-clip, clip], as diffusers' DDPM step does unless the scheduler's configuration says
        clip_sample: false; None: it is not. dataclasses.replace(denoiser, clip=None) lets it free. With it x0_hat is no longer
        the network's own, and eps_hat, which follows from it, neither: DDIM then is diffusers' with use_clipped_model_output.
    """

    title: str
    network: nn.Module
    shape: tuple[int, int, int]
    parameters: int
    flops: int
    schedule: NoiseSchedule
    prediction_type: str
    clip: float | None
    _angles: NDArray[np.float64] = field(init=False, repr=False)  # [T] of t = 1..T

    def __post_init__(self) -> None:
        levels = zip(self.schedule.sigma[1:], self.schedule.alpha[1:], strict=True)
        object.__setattr__(self, "_angles", np.array([math.atan2(sigma, alpha) for sigma, alpha in levels]))

    def level(self, alpha: float, sigma: float) -> tuple[float, float]:
        """The network's time, 0 to T-1, and the angle, both kept within what it was trained on."""
        angle = min(max(math.atan2(sigma, alpha), float(self._angles[0])), float(self._angles[-1]))
        time = float(np.interp(angle, self._angles, np.arange(len(self._angles))))
        return (float(round(time)) if abs(time - round(time)) < SNAP else time), angle

    def output(self, x_t: Tensor, alpha: float, sigma: float) -> Tensor:
        """[N, C, H, W] what the network itself answers: eps, x_0 or v, by prediction_type."""
        time = torch.tensor([self.level(alpha, sigma)[0]], device=x_t.device)
        u = (x_t / math.hypot(alpha, sigma)).float()
        together = max(1, PLACES // u[0, 0].numel())
        return torch.cat([self.network(part, time).sample for part in u.split(together)]).to(x_t.dtype)

    def features(self, x_t: Tensor, alpha: Tensor, sigma: Tensor) -> dict[str, Tensor]:
        """What the network makes of each picture on its way, by name, in order: after each block going down, in the middle, going
        up, and its answer; of x_t [N, C, H, W] at alpha, sigma [N], which may differ."""
        maps: dict[str, Tensor] = {}
        here = threading.get_ident()

        def keep(part: str) -> Callable[..., None]:
            def hook(module: nn.Module, given: Any, out: Any) -> None:
                h = out[0] if isinstance(out, tuple) else out
                if threading.get_ident() == here:  # the network is shared, and another may be looking
                    maps[f"{part} {h.shape[-2]}x{h.shape[-1]}"] = h

            return hook

        blocks = [("down", b) for b in self.network.down_blocks] + [("middle", self.network.mid_block)]
        blocks += [("up", b) for b in self.network.up_blocks]
        hooks = [block.register_forward_hook(keep(part)) for part, block in blocks if block is not None]
        try:
            times = [self.level(a, s)[0] for a, s in zip(alpha.tolist(), sigma.tolist(), strict=True)]
            u = (x_t / torch.hypot(alpha, sigma)[:, None, None, None]).float()
            out = self.network(u, torch.tensor(times, device=x_t.device)).sample
        finally:
            for hook in hooks:
                hook.remove()
        return {**maps, "prediction": out}

    def __call__(self, x_t: Tensor, alpha: float, sigma: float) -> Prediction:
        out, angle = self.output(x_t, alpha, sigma), self.level(alpha, sigma)[1]
        u, a, s = x_t / math.hypot(alpha, sigma), math.cos(angle), math.sin(angle)
        x0_hat = _X0_HAT[self.prediction_type](u, out, a, s)
        return Prediction(x0_hat if self.clip is None else x0_hat.clamp(-self.clip, self.clip))


@bounded(2**18, lambda network, arguments: json.dumps(arguments, sort_keys=True))
def _operations(network: nn.Module, arguments: dict[str, Any]) -> tuple[int, bool]:
    """Of one evaluation of a network without numbers, and whether it answers in the shape of what it is shown. It takes longer
    than all else that is done to read a small network, and the same one is read again and again."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        picture = torch.empty(1, network.config.in_channels, *arguments["sample_size"])
        fits = network(picture, torch.zeros(1)).sample.shape == picture.shape
    return counter.get_total_flops(), fits


def _sketch(arguments: dict[str, Any]) -> tuple[nn.Module, int, int]:
    """The network without numbers, its parameters and the operations of one evaluation, found without the memory or the time
    either would take. Raises PretrainedError if it cannot be built, does not run or is too large."""
    unet = diffusers().UNet2DModel
    try:
        with torch.device("meta"):
            network = unet(**arguments).eval().requires_grad_(False)
        parameters = sum(value.numel() for value in network.state_dict().values())
        flops, fits = _operations(network, arguments) if parameters <= MAX_PARAMETERS else (0, True)
    except Exception as error:  # whatever its constructor and its layers raise for numbers that do not fit
        raise PretrainedError("config.json: the fields do not fit together; no network can be made of them.") from error
    if parameters > MAX_PARAMETERS:
        raise PretrainedError(f"config.json asks for {parameters} parameters; at most {MAX_PARAMETERS} are allowed.")
    if not fits:
        raise PretrainedError("config.json: the network does not answer in the shape of the image it is shown.")
    if flops > MAX_FLOPS:
        raise PretrainedError(f"config.json asks for {flops:.2g} operations for an image; at most {MAX_FLOPS:.2g} are allowed.")
    return network, parameters, flops


def load(
    folder: Path | str, device: torch.device | str = "cpu", title: str | None = None, within: Path | None = None
) -> PretrainedDenoiser:
    """The denoiser in a folder of diffusers' layout.

    title: instead of the folder's name. within: where links may lead, if not only inside the folder.
    Raises PretrainedError, in one sentence, for whatever is missing, damaged, too large or not allowed; no code of the folder is
    run, and weights are safetensors only. Without a scheduler's configuration the training is DDPM's (linear, T = 1000, epsilon).
    """
    files = Folder(Path(folder), within)
    where = files.layout
    if where.index is not None:
        check_pipeline(where.index, files.json(where.index))
    arguments = network_arguments(where.config, files.json(where.config))
    scheduler = {"_class_name": "DDPMScheduler"} if where.scheduler is None else files.json(where.scheduler)
    trained = training(where.scheduler or "scheduler_config.json", scheduler)
    network, parameters, flops = _sketch(arguments)
    weights = files.weights({name: value.shape for name, value in network.state_dict().items()})
    network.load_state_dict(weights, assign=True)
    shape = (network.config.in_channels, *arguments["sample_size"])
    name = "".join(letter for letter in title or Path(folder).resolve().name if letter.isprintable())[:100]
    network.requires_grad_(False).to(device)
    return PretrainedDenoiser(name, network, shape, parameters, flops, trained.schedule, trained.prediction_type, trained.clip)
