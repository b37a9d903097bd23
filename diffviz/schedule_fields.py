"""The section of an Experiment that says how its data become noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffviz.fields import Called, Condition, Rule, named, number, plain
from diffviz.messages import show
from diffviz.schedules import (
    BETA_END,
    BETA_START,
    DRAWN_POINTS,
    EVEN,
    HELD_BY,
    MAX_BETA,
    MAX_STEPS,
    MIN_STEPS,
    REFERENCE_STEPS,
    SCHEDULES,
    NoiseSchedule,
    Table,
    make_schedule,
    parse_points,
)


@dataclass(frozen=True)
class ScheduleFields:
    """The noise schedule and its number of steps."""

    rules = (
        Rule(
            ("scale_betas",),
            (
                Condition("schedule", tuple(name for name, row in SCHEDULES.items() if "beta_start" in row.uses)),
                Condition("steps", (REFERENCE_STEPS,), among=False),
            ),
        ),
    )

    schedule: str = named("cosine", "Noise schedule", "How much noise each step of the forward process adds.", SCHEDULES)
    steps: int = number(
        100,
        "Diffusion steps T",
        "The number of steps of the forward process. More steps are smaller ones, whose reverse is closer to a Gaussian.",
        MIN_STEPS,
        MAX_STEPS,
        called=(Called("sampler", HELD_BY, "Steps of the chain", "Each is shown; the last leads to the denoised estimate x̂₀."),),
    )
    beta_start: float = number(BETA_START, "β₁", "β of the first step, as for T = 1000; DDPM has 0.0001.", 1e-6, MAX_BETA)
    beta_end: float = number(
        BETA_END, "β_T", "β of the last step, as for T = 1000; DDPM has 0.02. Once scaled, no β exceeds 0.999.", 1e-6, MAX_BETA
    )
    scale_betas: bool = plain(
        True, "Scale β by 1000/T", "Without it, a chain of few steps ends before the data have become noise."
    )
    zero_snr: bool = plain(
        False, "Zero terminal SNR", "Rescales the schedule until x_T is pure noise, α_T = 0 (Lin et al. 2024)."
    )
    points: str = plain(DRAWN_POINTS, "Points of log SNR", "Falling values at equally spaced times, from t = 1 to t = T.")

    def noise_schedule(self, metric: Table = EVEN, levels: NDArray[np.float64] | None = None) -> NoiseSchedule:
        """metric, levels: found for the data, for the schedules that read them (schedules.make_schedule)."""
        betas = self.beta_start, self.beta_end, self.scale_betas, self.zero_snr
        return make_schedule(self.schedule, self.steps, *betas, self.points, metric, levels)

    def schedule_refusal(self) -> tuple[str, str] | None:
        """(field, what is allowed) of what is no schedule."""
        try:
            parse_points(self.points)
        except ValueError as error:
            return "points", f"{error}, not {show(self.points)}."
        if self.beta_start > self.beta_end:
            return "beta_start", f"must not be larger than β_T, {self.beta_end:g}."
        return None
