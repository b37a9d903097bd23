"""Wrong ways that shipped: mistakes of public libraries and repositories, each as it was made, to be priced beside the right way.

A row of BUGS says what is wrong, where it was reported, and in which runs it changes anything. What it changes is one small
function: where a step puts x_s, the variances or the kernel of p(x_s|x_t), or the sampler or what the denoiser answers, which
wrong_parts.py has. Three mistakes are settings that anybody may choose; their rows name the settings (fields) and change nothing
else.

t counts from 1 here, as everywhere in this project: the t of the code in question is ours less 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffviz.fields import named
from diffviz.gaussian.denoisers.base import Denoiser
from diffviz.gaussian.kernels import ReverseKernel, ReverseVariances, forward_kernel, reverse_kernel
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.samplers import ALL_SAMPLERS, SAMPLERS, Options
from diffviz.gaussian.wrong_parts import Churned, EtaUnsquared, FromNoise, PutAt
from diffviz.process import Sampler, Step
from diffviz.schedules import SCHEDULES, NoiseSchedule

Kernel = Callable[[NoiseSchedule, int, int], ReverseKernel]  # of the step from t to s: (schedule, s, t)


def _stride_level(step: Step, count: int) -> int:
    return max(step.t - step.schedule.steps // count, 0)


def _single_betas(schedule: NoiseSchedule, times: NDArray[np.int64], right: ReverseVariances) -> ReverseVariances:
    values = np.array([forward_kernel(schedule, t - 1, t).variance for t in times[1:].tolist()])
    return ReverseVariances(right.kind, values, np.append(0.0, values[1:]))


def _single_step(schedule: NoiseSchedule, s: int, t: int) -> ReverseKernel:
    return reverse_kernel(schedule, t - 1, t)


def _single_posteriors(schedule: NoiseSchedule, times: NDArray[np.int64], right: ReverseVariances) -> ReverseVariances:
    sampled = np.array([_single_step(schedule, s, t).variance for s, t in itertools.pairwise(times.tolist())])
    values = sampled.copy()
    if times[1] == 1:  # into data, where it is 0
        values[0] = right.values[0]
    return ReverseVariances(right.kind, values, sampled)


def _noise_at_the_end(schedule: NoiseSchedule, times: NDArray[np.int64], right: ReverseVariances) -> ReverseVariances:
    return replace(right, sampled=right.values)


def _skips(e: Any) -> bool:
    """Does a step skip times?"""
    return e.steps_taken < e.steps and (e.spacing != "leading" or e.steps // e.steps_taken > 1)


def _stride_differs(e: Any) -> bool:
    if e.steps_taken == e.steps:
        return False
    return (e.spacing == "linspace" and e.steps_taken > 1) or (e.spacing == "trailing" and e.steps % e.steps_taken > 0)


def _starts_from_pure_noise(e: Any) -> bool:
    ends = e.zero_snr or SCHEDULES[e.schedule].ends_in_noise
    return ends and (e.steps_taken == e.steps or e.spacing != "leading")


@dataclass(frozen=True)
class BugRow:
    """One row of BUGS.

    why: what is wrong, with the right formula beside it; source: owner/repository#number of public threads, and what they say
    bites: in which runs it changes something
    fields: of a mistake that ordinary fields of an Experiment name, their values; it is no value of the field bug
    samplers: names of SAMPLERS that make it; where: what else a run, an Experiment, must be for it to change anything
    level: where a step puts x_s (PutAt); variances, kernel: of p(x_s|x_t), from the right ones; sampler: in place of the right
        one; denoiser: from the exact one
    draws: its steps draw noise where the right ones draw none
    unpriced: why it has no ELBO; "" where its reverse process is a chain of Gaussian kernels, whose ELBO is then its own
    """

    title: str
    why: str
    source: str
    bites: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    samplers: tuple[str, ...] = ()
    where: Callable[[Any], bool] = lambda e: True
    level: Callable[[Step, int], int] | None = None
    variances: Callable[[NoiseSchedule, NDArray[np.int64], ReverseVariances], ReverseVariances] | None = None
    kernel: Kernel = reverse_kernel
    sampler: Callable[[Options], Sampler] | None = None
    denoiser: Callable[[Denoiser, GaussianMixture], Denoiser] | None = None
    unpriced: str = ""
    draws: bool = False


NO_KERNELS = "its steps are not the ancestral chain's Gaussian kernels"

BUGS: dict[str, BugRow] = {
    "leading": BugRow(
        "Leading times never reach T",
        "The times begin at 1 and count up in strides of T/K, so that the first of ten steps of T = 1000 leaves t = 901, not T. "
        "The sampler starts there from N(0, I), but x_901 still knows the data: q(x_901) is another distribution.",
        "huggingface/diffusers#2585: 50 steps begin at 981, not at 999; openai/improved-diffusion#44 and CompVis/"
        "stable-diffusion#686 report the same; Lin et al. 2024 is the paper on it.",
        "Where times are skipped, the more the fewer steps are taken: by the mismatch at the time it starts from. Of ten "
        "steps of cosine it is small, since the data have mean 0.",
        fields={"spacing": "leading"},
    ),
    "stride": BugRow(
        "The list of times and the stride disagree",
        "The denoiser is asked at the times of a list, 1000, 889, ..., 112, 1, while each step goes down by T // K = 100: "
        "x is put at the noise level of t − T // K, and the denoiser is then told the next time of the list.",
        "huggingface/diffusers#12633 (linspace: the list strides by 111, the step by 100); #9261 (trailing, 13 steps: from 999 "
        "to 923, where the next time is 922).",
        "With linspace times always, with trailing ones where K does not divide T, and never with leading ones.",
        samplers=("ddim",),
        where=_stride_differs,
        level=_stride_level,
        unpriced=NO_KERNELS,
    ),
    "betas_skipped": BugRow(
        "β of a single step, though times are skipped",
        "The variance of the step from t to s is β_t, that of a step from t to t − 1. It should be 1 − ᾱ_t/ᾱ_s, "
        "about as many times larger as times are skipped.",
        "huggingface/diffusers#3006: “when skipping timesteps, self.betas[t] is the wrong beta”; #5130 asks why the two differ.",
        "With the variance β, where times are skipped.",
        samplers=("ancestral",),
        where=lambda e: e.variance == "beta" and _skips(e),
        variances=_single_betas,
    ),
    "previous_step": BugRow(
        "The posterior of the wrong step",
        "Mean and variance are those of q(x_{t−1}|x_t, x̂₀), and the next step takes what comes for x_s, s < t − 1. "
        "So each step takes away the noise of one time where it should that of t − s.",
        "huggingface/diffusers#2076: “it uses the previous timestep as t − 1 to calculate the alphas, betas and variance”; fewer "
        "steps gave images of noise.",
        "With the variance β̃, where times are skipped.",
        samplers=("ancestral",),
        where=lambda e: e.variance == "posterior" and _skips(e),
        variances=_single_posteriors,
        kernel=_single_step,
    ),
    "first_variance": BugRow(
        "The variance of another step at the last one",
        "In the step into data β_1 is replaced by β̃_2, the posterior variance of the step from t = 2 to 1. It was chosen for the "
        "likelihood of grey levels; of a density it is too small, which lowers the ELBO.",
        "openai/guided-diffusion#69 asks for the reason; zoubohao/DenoisingDiffusionProbabilityModel-ddpm-#18 copies it.",
        "The ELBO alone: no noise is added in that step.",
        fields={"variance": "fixed_large"},
    ),
    "last_noise": BugRow(
        "Noise in the last step",
        "The step into data adds noise like every other, x₀ = mean + √Σ z. DDPM's algorithm 2 adds none there: z = 0 at t = 1.",
        "huggingface/diffusers#5681: LCMScheduler.step “no longer adds noise to prev_sample on the final timestep”.",
        "With a fixed variance, the more the longer the last step is. The ELBO does not see it: its p(x₀|x₁) is a "
        "Gaussian either way.",
        samplers=("ancestral",),
        where=lambda e: e.variance not in ("optimal", "learned"),
        variances=_noise_at_the_end,
    ),
    "eta": BugRow(
        "η without its square",
        "The direction to x_t has the factor √(1 − ᾱ_s − η β̃), while the noise added has the variance η² β̃. "
        "It should be √(1 − ᾱ_s − η² β̃): each step loses the variance (η − η²) β̃.",
        "inbarhub/DDPM_inversion#12.",
        "With DDIM and η between 0 and 1; at 0 and at 1 the two are equal.",
        samplers=("ddim",),
        where=lambda e: 0.0 < e.eta < 1.0 and e.steps_taken > 1,
        sampler=lambda options: EtaUnsquared(options.eta),
        unpriced=NO_KERNELS,
    ),
    "final_sigma": BugRow(
        "The final σ is not zero",
        "The last step ends at the noise level of t = 1: α_1 x̂₀ + σ_1 ε̂ is taken for data. It should end at σ = 0, which is x̂₀.",
        "huggingface/diffusers#5689 (DPM++ leaves noise in images), mended in #6477; lllyasviel/ControlNet#587 and "
        "Stability-AI/stablediffusion#345 on DDIM, whose last ᾱ is not 1.",
        "By σ_1, so the more the fewer diffusion steps there are. x̂₀ is too concentrated by as much: the solvers of first and "
        "second order err that way, and the noise left over hides it from the excess NLL.",
        samplers=("ddim", "dpm_solver_2m", "adaptive"),
        level=lambda step, count: max(step.s, 1),
        unpriced=NO_KERNELS,
    ),
    "alpha_bar": BugRow(
        "ᾱ off by one",
        "A step to s puts x at the noise level of s − 1, √ᾱ_{s−1} x̂₀ + √(1 − ᾱ_{s−1}) ε̂, and the denoiser is then told s: at "
        "every step there is less noise in x than it is told.",
        "lucidrains/denoising-diffusion-pytorch#81: alphas_cumprod_prev where alphas_cumprod is meant; mended in #83.",
        "With DDIM and η = 0 in more than one step; the more the fewer diffusion steps there are.",
        samplers=("ddim",),
        where=lambda e: e.eta == 0.0 and e.steps_taken > 1,
        level=lambda step, count: max(step.s - 1, 0),
        unpriced=NO_KERNELS,
    ),
    "eps_at_zero_snr": BugRow(
        "ε prediction at zero terminal SNR",
        "At T there is no signal, α_T = 0, and x̂₀ = (x_T − σ_T ε̂)/α_T divides a rounding error by 0. Clipping hides "
        "it: x̂₀ is a corner of the data's range, drawn at random. A prediction of v or x₀ has no such division: x̂₀ = E[x₀].",
        "huggingface/diffusers#3851: infinite at the first step, and clip_sample=True “hides the issue”.",
        "Where α_T = 0; the more the fewer steps are taken.",
        samplers=("ancestral", "ddim"),
        where=_starts_from_pure_noise,
        denoiser=FromNoise,
    ),
    "unscaled": BugRow(
        "A schedule left unscaled",
        "β from 0.0001 to 0.02 is made for T = 1000. With T = 50 and the same β, 60 % of the variance of x_T is signal, but "
        "the sampler starts from noise. β should be multiplied by 1000/T.",
        "zoubohao/DenoisingDiffusionProbabilityModel-ddpm-#14, huggingface/diffusers#12341; NVlabs/I2SB#11: scaled at one end.",
        "With schedules made of β, and T other than 1000. It costs the mismatch at T; the steps then cover fewer noise levels, "
        "and cost less.",
        fields={"scale_betas": False},
    ),
    "max_churn": BugRow(
        "max for min in the churn",
        "γ = max(S_churn/N, √2 − 1) where EDM has min(S_churn/N, √2 − 1): without any churn asked for, S_churn = 0, every step "
        "first raises σ by 41 % with new noise. The sampler is no longer deterministic, and its steps are longer.",
        "Koishi-Star/Euler-Smea-Dyn-Sampler#11, and Comfy-Org/ComfyUI#13820, a review of the same lines.",
        "With Euler's method in σ/α, which is DDIM with η = 0.",
        samplers=("ddim",),
        where=lambda e: e.eta == 0.0,
        sampler=lambda options: Churned(),
        draws=True,
        unpriced=NO_KERNELS,
    ),
}

RIGHT = BugRow("None", "No mistake.", "", "Nowhere.")
CHOICES = {"none": RIGHT, **{name: row for name, row in BUGS.items() if not row.fields}}
AFFECTED = tuple(name for name in SAMPLERS if any(name in row.samplers for row in CHOICES.values()))


@dataclass(frozen=True)
class BugFields:
    """The section of an Experiment that makes a mistake on purpose."""

    bug: str = named(
        "none", "Wrong on purpose", "A mistake that shipped in a public library, made here to see what it costs.", CHOICES, True
    )


def bites(e: Any) -> bool:
    """Does the Experiment's bug change anything? Bugs are priced with the exact denoiser, and made with no other, nor where
    something is measured."""
    row = CHOICES[e.bug]
    return e.denoiser == "exact" and e.measurement == "none" and e.sampler in row.samplers and row.where(e)


def bug_of(e: Any) -> BugRow:
    """The mistake that an Experiment's run makes; RIGHT if it makes none."""
    return CHOICES[e.bug] if bites(e) else RIGHT


def unpriced(e: Any) -> str:
    """Why an Experiment's run has no ELBO: its mistake or its sampler says so; "" if it has one."""
    return bug_of(e).unpriced or ALL_SAMPLERS[e.sampler].unpriced


def asks_the_truth(e: Any) -> bool:
    """Does the run go by what the exact denoiser says?"""
    return e.denoiser == "exact" and bug_of(e).denoiser is None


def chain_variances(e: Any, schedule: NoiseSchedule, times: NDArray[np.int64], right: ReverseVariances) -> ReverseVariances:
    """Of the Experiment's p(x_s|x_t) along times [K+1], from the right ones of the same times."""
    change = bug_of(e).variances
    return right if change is None else change(schedule, times, right)


def with_bug(e: Any, sampler: Callable[[Options], Sampler], options: Options) -> Sampler:
    """The Experiment's sampler, which makes its mistake if it has one. sampler: makes the right one."""
    row = bug_of(e)
    made = (row.sampler or sampler)(options)
    return made if row.level is None else PutAt(made, row.level, len(options.times) - 1)
