"""The section of an Experiment that says where the reverse process starts and what it must agree with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffviz.fields import Called, Condition, Rule, named, number, plain
from diffviz.inverse.factors import MAX_OFFSET
from diffviz.inverse.operators import FACTORS, MAX_STD, MAX_WIDTH, MIN_WIDTH
from diffviz.inverse.tasks import ALL_STARTS, CONDITIONS, MEASURED, STARTS
from diffviz.schedules import MAX_STEPS
from diffviz.spacings import visited_times

MAX_TEST_IMAGE = 4096  # how many images a data set holds out is told when they are read


@dataclass(frozen=True)
class TaskFields:
    """The start, the measurement and how samples are conditioned on it. They are read by data that have such tasks."""

    rules = (
        # the cost of the ancestral chain stands beside every sampler, where there is one
        Rule(("variance",), (Condition("measurement", ("none",)), Condition("start", tuple(STARTS)))),
        Rule(("jump",), (Condition("condition", ("replace",)), Condition("resamples", (1,), among=False))),
    )

    start: str = named(
        "noise",
        "Start of the reverse process",
        "Noise, a Gaussian, or what the forward process made of the data or of test images.",
        ALL_STARTS,
    )
    start_time: float = number(
        0.5,
        "Start time t₀/T",
        "Where the reverse process starts: at 1 it is T. A test image is noised as far as that, and at 0 left as it is.",
        0.0,
        1.0,
    )
    test_image: int = number(
        1,
        "Test image",
        "Which of the held-out images is measured, edited or interpolated from, counted from 1.",
        1,
        MAX_TEST_IMAGE,
    )
    test_image_b: int = number(2, "Second test image", "Where the interpolation ends, counted from 1.", 1, MAX_TEST_IMAGE)
    measurement: str = named(
        "none",
        "Measurement",
        "What is known when samples are drawn: y = H x₀ + σ_y z of a test image or, in the plane, something of y = x₀ + σ_y z.",
        MEASURED,
    )
    condition: str = named(
        "guided", "Conditioning method", "How the reverse process is conditioned on the measurement y.", CONDITIONS
    )
    measure_noise: float = number(
        0.1, "Measurement noise σ_y", "Its standard deviation; of images black is −1 and white 1.", 0.0, MAX_STD
    )
    angle: float = number(
        0.0, "Angle", "Of the half-plane, of the coordinate or of y from the origin, in degrees.", -180.0, 180.0
    )
    offset: float = number(
        1.0,
        "Offset",
        "How far the edge, the coordinate or y lies from the origin; of a ring, its radius.",
        -MAX_OFFSET,
        MAX_OFFSET,
        called=(
            Called("measurement", ("ring",), "Radius", "Of the ring."),
            Called("measurement", ("observation",), "Distance", "Of y from the origin."),
            Called("measurement", ("strip",), "Coordinate", "What is known of n·y."),
        ),
    )
    mask: str = plain("", "Inpainting mask", "The known pixels, as text; empty: all but the middle.")
    factor: int = number(
        2,
        "Downsampling factor",
        "Of super-resolution: the side, in pixels, of the blocks whose means are measured.",
        FACTORS[0],
        FACTORS[-1],
    )
    blur_width: float = number(1.5, "Blur width", "Standard deviation of the blurring kernel, in pixels.", MIN_WIDTH, MAX_WIDTH)
    strength: float = number(
        1.0, "Guidance strength", "A factor of the likelihood's gradient: 1 is Bayes' rule, 0 ignores the measurement.", 0.0, 5.0
    )
    resamples: int = number(5, "Resampling steps U", "Of RePaint: how often each jump is taken; 1: without resampling.", 1, 20)
    jump: int = number(1, "Jump length", "Of RePaint: how many reverse steps are resampled together.", 1, MAX_STEPS)

    @property
    def reverse_steps(self) -> int:
        """How many reverse steps are really taken. With log SNR spaced evenly on a schedule that is found for the data, about."""
        if not self.starts_below:
            return self.steps_taken
        return self.start_index(visited_times(self.noise_schedule(), self.steps_taken, self.spacing))

    @property
    def starts_below(self) -> bool:
        """The reverse process starts at start_time, not at the last visited time."""
        return "start_time" in ALL_STARTS[self.start].uses

    def start_index(self, visited: NDArray[np.int64]) -> int:
        """Which of the visited times [K+1] the reverse process starts at: the last one or the nearest to start_time T."""
        if not self.starts_below:
            return len(visited) - 1
        least = ALL_STARTS[self.start].least
        return least + int(np.abs(visited[least:] - self.start_time * self.steps).argmin())

    @property
    def conditional(self) -> bool:
        """Samples are to agree with a measurement of one image."""
        return self.measurement != "none"

    @property
    def plain(self) -> bool:
        """The reverse process is that of generation, with nothing measured and without test images."""
        return not self.conditional and not ALL_STARTS[self.start].task

    @property
    def frames(self) -> int:
        """Of the forward process, of the reverse process and of x0_hat: what is kept of a run."""
        return self.steps + 2 * self.reverse_steps
