"""What the configuration of somebody else's network may say: names from a list, numbers within limits, nothing else.

The fields are those of diffusers' UNet2DModel and of its schedulers. Of a scheduler only how the network was trained is read
(its betas, what it predicts, whether x0_hat is clipped); how the reverse process is sampled is the business of this house's
samplers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from diffviz.messages import show
from diffviz.schedules import MAX_STEPS, MIN_STEPS, NoiseSchedule

MAX_SAMPLE_SIZE, MAX_CHANNELS = 256, 16  # of a picture
MAX_WIDTH, MAX_LAYERS, MAX_BLOCKS = 2048, 8, 8  # of the network
CODE_FIELDS = ("auto_map", "custom_pipeline", "trust_remote_code")

NETWORK = "UNet2DModel"
PIPELINES = ("DDPMPipeline", "DDIMPipeline", "PNDMPipeline")
CLIPPING = ("DDPMScheduler", "DDIMScheduler")  # these clip x0_hat unless told not to; the others cannot
SCHEDULERS = (
    *CLIPPING,
    "PNDMScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "DEISMultistepScheduler",
    "UniPCMultistepScheduler",
)
BLOCKS = ("{}Block2D", "Attn{}Block2D", "Resnet{}sampleBlock2D", "UNetRes{}Block2D", "UNetResAttn{}Block2D")


class PretrainedError(ValueError):
    """A network that cannot be used; the message is one sentence that says why."""


def diffusers() -> ModuleType:
    """The library, imported only when it is needed: it takes seconds. Raises PretrainedError if it is not there."""
    try:
        import diffusers
    except ImportError as error:
        raise PretrainedError("diffusers, which reads such networks, is not installed: pip install diffusers.") from error
    return diffusers


@dataclass(frozen=True)
class Rule:
    """What a field may be: a kind with limits or choices, None where optional, a list of so many where length is given (alone: or
    one that stands for all)."""

    kind: type
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Any, ...] = ()
    optional: bool = False
    length: tuple[int, int] | None = None
    alone: bool = False

    def accepts(self, value: Any) -> bool:
        if value is None:
            return self.optional
        if not isinstance(value, list):
            return (self.length is None or self.alone) and self._one(value)
        return self.length is not None and self.length[0] <= len(value) <= self.length[1] and all(map(self._one, value))

    def _one(self, value: Any) -> bool:
        if type(value) is not self.kind and not (self.kind is float and type(value) is int):
            return False
        if self.choices:
            return value in self.choices
        return self.kind is bool or self.low <= value <= self.high  # NaN is in no range

    def __str__(self) -> str:
        number = "a whole number" if self.kind is int else "a number"
        text = f"{number} from {self.low:.10g} to {self.high:.10g}"
        if self.kind is type(None):
            return "null"
        if self.choices:
            names = ["false" if name is False else name for name in self.choices]
            text = f"one of {', '.join(names)}" if len(names) > 1 else names[0]
        elif self.kind is bool:
            text = "true or false"
        if self.length is not None:
            low, high = self.length
            listed = f"a list of {low}{f' to {high}' if high > low else ''} items, each {text}"
            text = f"{text}, or {listed}" if self.alone else listed
        return text + (", or null" if self.optional else "")


def _choice(*names: str, optional: bool = False) -> Rule:
    return Rule(str, choices=names, optional=optional)


def _blocks(way: str) -> Rule:
    return Rule(str, choices=tuple(name.format(way) for name in BLOCKS), length=(1, MAX_BLOCKS))


# Left out on purpose: networks that are told a class, or that can be asked at whole times only (learned embeddings).
UNET_RULES: dict[str, Rule] = {
    "sample_size": Rule(int, 1, MAX_SAMPLE_SIZE, length=(2, 2), alone=True),
    "in_channels": Rule(int, 1, MAX_CHANNELS),
    "out_channels": Rule(int, 1, MAX_CHANNELS),
    "center_input_sample": Rule(bool),
    "time_embedding_type": _choice("positional"),
    "time_embedding_dim": Rule(int, 1, 4 * MAX_WIDTH, optional=True),
    "freq_shift": Rule(int, 0, 1),
    "flip_sin_to_cos": Rule(bool),
    "down_block_types": _blocks("Down"),
    "mid_block_type": _choice("UNetMidBlock2D", optional=True),
    "up_block_types": _blocks("Up"),
    "block_out_channels": Rule(int, 4, MAX_WIDTH, length=(1, MAX_BLOCKS)),
    "layers_per_block": Rule(int, 1, MAX_LAYERS),
    "mid_block_scale_factor": Rule(float, 1e-3, 1e3),
    "downsample_padding": Rule(int, 0, 1),
    "downsample_type": _choice("conv", "resnet"),
    "upsample_type": _choice("conv", "resnet"),
    "dropout": Rule(float, 0.0, 1.0),  # without effect: it is only asked, never trained
    "act_fn": _choice("silu", "swish", "mish", "gelu", "relu"),
    "attention_head_dim": Rule(int, 1, MAX_WIDTH, optional=True),
    "norm_num_groups": Rule(int, 1, MAX_WIDTH),
    "attn_norm_num_groups": Rule(int, 1, MAX_WIDTH, optional=True),
    "norm_eps": Rule(float, 1e-12, 1.0),
    "resnet_time_scale_shift": _choice("default", "scale_shift"),
    "add_attention": Rule(bool),
    "class_embed_type": Rule(type(None), optional=True),
    "num_class_embeds": Rule(type(None), optional=True),
    "num_train_timesteps": Rule(int, 1, MAX_STEPS, optional=True),
}

SCHEDULER_RULES: dict[str, Rule] = {
    "num_train_timesteps": Rule(int, MIN_STEPS, MAX_STEPS),
    "beta_start": Rule(float, 1e-7, 0.999),
    "beta_end": Rule(float, 1e-7, 0.999),
    "beta_schedule": _choice("linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"),
    "trained_betas": Rule(float, 1e-7, 1.0, optional=True, length=(MIN_STEPS, MAX_STEPS)),
    "rescale_betas_zero_snr": Rule(bool),
    "prediction_type": _choice("epsilon", "sample", "v_prediction"),
    "clip_sample": Rule(bool),
    "clip_sample_range": Rule(float, 1e-3, 1e3),
    "thresholding": Rule(bool, choices=(False,)),
    "use_flow_sigmas": Rule(bool, choices=(False,)),
}


def _refuse_code(file: str, values: Mapping[str, Any]) -> None:
    for name in values:
        if name.removeprefix("_") in CODE_FIELDS:
            raise PretrainedError(f"{file}: {name} asks for code of the folder's own, and none is ever run.")


def _checked(file: str, name: str, value: Any, rule: Rule) -> Any:
    if not rule.accepts(value):
        raise PretrainedError(f"{file}: {name} must be {rule}, not {show(value)}.")
    return value


def check_pipeline(file: str, values: Mapping[str, Any]) -> None:
    """model_index.json: a known pipeline of a known network and a known scheduler, all of them diffusers' own."""
    _refuse_code(file, values)
    _checked(file, "_class_name", values.get("_class_name"), _choice(*PIPELINES))
    known = {"unet": [NETWORK], "scheduler": SCHEDULERS}
    parts = {name: value for name, value in values.items() if not name.startswith("_")}
    if set(parts) != set(known):
        raise PretrainedError(f"{file}: the parts must be unet and scheduler, not {show(sorted(parts))}.")
    for name, value in parts.items():
        if not (isinstance(value, list) and len(value) == 2 and value[0] == "diffusers" and value[1] in known[name]):
            raise PretrainedError(f"{file}: {name} must be diffusers' {' or '.join(known[name])}, not {show(value)}.")


def network_arguments(file: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of UNet2DModel that config.json gives; sample_size is always (height, width)."""
    _refuse_code(file, values)
    _checked(file, "_class_name", values.get("_class_name"), _choice(NETWORK))
    arguments = {"sample_size": None} | {name: value for name, value in values.items() if not name.startswith("_")}
    for name, value in arguments.items():
        if name not in UNET_RULES:
            raise PretrainedError(f"{file}: {show(name)} is no field of an unconditional {NETWORK}.")
        _checked(file, name, value, UNET_RULES[name])
    if arguments.get("in_channels", 3) != arguments.get("out_channels", 3):
        raise PretrainedError(f"{file}: out_channels must be in_channels; networks that learn a variance too are not read.")
    size = arguments["sample_size"]
    arguments["sample_size"] = size if isinstance(size, list) else [size, size]
    return {name: tuple(value) if isinstance(value, list) else value for name, value in arguments.items()}


@dataclass(frozen=True)
class Training:
    """schedule: of T = num_train_timesteps, its t = 1 being diffusers' t = 0; prediction_type: what the network answers;
    clip: to what range [-clip, clip] diffusers clips x0_hat, None if it does not."""

    schedule: NoiseSchedule
    prediction_type: str
    clip: float | None


def training(file: str, values: Mapping[str, Any]) -> Training:
    """How the network was trained, from scheduler_config.json; the alpha_bar are those that diffusers computes, in float32."""
    _refuse_code(file, values)
    kind = _checked(file, "_class_name", values.get("_class_name"), _choice(*SCHEDULERS))
    given = {name: _checked(file, name, values[name], rule) for name, rule in SCHEDULER_RULES.items() if name in values}
    steps, betas = given.get("num_train_timesteps", 1000), given.get("trained_betas")
    if betas is not None and len(betas) != steps:
        raise PretrainedError(f"{file}: trained_betas must be one for each of the {steps} times, not {len(betas)}.")
    table = {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas", "rescale_betas_zero_snr"}
    scheduler = diffusers().DDPMScheduler(**{name: value for name, value in given.items() if name in table})
    alpha_bar = np.concatenate([[1.0], scheduler.alphas_cumprod.double().numpy()])
    prediction_type = given.get("prediction_type", "epsilon")
    if not (np.diff(alpha_bar) < 0.0).all() or alpha_bar[-1] < 0.0:
        raise PretrainedError(f"{file}: the betas must leave less of the data at every time, and nothing at the last one only.")
    if alpha_bar[-1] == 0.0 and prediction_type == "epsilon":
        raise PretrainedError(f"{file}: prediction_type must not be epsilon where nothing of the data is left at the last time.")
    clip = float(given.get("clip_sample_range", 1.0)) if given.get("clip_sample", kind in CLIPPING) else None
    return Training(NoiseSchedule("trained", np.sqrt(alpha_bar), np.sqrt(1.0 - alpha_bar)), prediction_type, clip)
