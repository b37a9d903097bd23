import itertools
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler
from hypothesis import given, settings
from hypothesis import strategies as st

from diffviz.domains.plane.datasets import make_dataset
from diffviz.gaussian.denoisers.base import Prediction
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.samplers import SAMPLERS, Options
from diffviz.process import reverse_process
from diffviz.schedules import SCHEDULES, make_schedule
from diffviz.spacings import SPACINGS, visited_times
from diffviz.trajectory import StepInfo


@settings(max_examples=400)
@given(st.data())
def test_visited_times_are_distinct_ascending_from_data_to_noise_and_as_many_as_asked_for(data):
    steps = data.draw(st.one_of(st.integers(2, 60), st.integers(2, 4000)), label="steps")
    count = data.draw(st.one_of(st.integers(1, min(steps, 12)), st.integers(1, steps), st.integers(max(1, steps - 5), steps)))
    name, spacing = data.draw(st.sampled_from(list(SCHEDULES))), data.draw(st.sampled_from(list(SPACINGS)))
    times = visited_times(make_schedule(name, steps, scale_betas=data.draw(st.booleans())), count, spacing)
    assert np.issubdtype(times.dtype, np.integer)
    assert len(times) == count + 1
    assert times[0] == 0
    assert times[-1] == last(spacing, steps, count)
    assert (np.diff(times) > 0).all()


def last(spacing, steps, count):
    """T, but for leading times."""
    return 1 + (count - 1) * (steps // count) if spacing == "leading" and count < steps else steps


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_every_count_is_served_on_a_short_chain(name, spacing):
    for steps in range(2, 30):
        schedule = make_schedule(name, steps)
        for count in range(1, steps + 1):
            times = visited_times(schedule, count, spacing)
            assert len(times) == count + 1
            assert (np.diff(times) > 0).all()
            assert (times[0], times[-1]) == (0, last(spacing, steps, count))


def test_all_times_are_visited_if_as_many_are_asked_for():
    for spacing in SPACINGS:
        np.testing.assert_array_equal(visited_times(make_schedule("cosine", 30), 30, spacing), np.arange(31))


def test_leading_times_are_those_of_openais_ddim():
    """improved-diffusion's space_timesteps: of "ddimN" the smallest stride whose range has N times, counted from 0."""
    for steps, count in ((1000, 100), (1000, 50), (1000, 10), (4000, 250), (1000, 1), (60, 60)):
        stride = next(i for i in range(1, steps + 1) if len(range(0, steps, i)) == count)
        times = visited_times(make_schedule("cosine", steps), count, "leading")
        assert times[1:].tolist() == [1 + t for t in range(0, steps, stride)]


@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
def test_leading_trailing_and_linspace_times_are_those_of_diffusers(spacing):
    single = [] if spacing == "linspace" else [(30, 1)]  # where theirs leaves t = 1, not T
    for steps, count in ((1000, 100), (1000, 15), (1000, 999), (50, 7), (4000, 3), *single):
        scheduler = DDIMScheduler(steps, timestep_spacing=spacing)
        scheduler.set_timesteps(count)
        times = visited_times(make_schedule("cosine", steps), count, spacing)
        assert times[:0:-1].tolist() == (scheduler.timesteps + 1).tolist()


def test_trailing_times_are_even_in_t_and_end_at_T():
    np.testing.assert_array_equal(visited_times(make_schedule("linear", 1000), 10, "trailing"), np.arange(0, 1001, 100))
    gaps = np.diff(visited_times(make_schedule("linear", 1000), 7, "trailing"))
    assert set(gaps) <= {142, 143}


def test_quadratic_spacing_is_even_in_the_root_of_t():
    times = visited_times(make_schedule("linear", 1000), 10, "quadratic")
    np.testing.assert_array_equal(times, 10 * np.arange(11) ** 2)  # 1000 (j/10)^2


@pytest.mark.parametrize("name", SCHEDULES)
def test_log_snr_spacing_is_even_in_log_snr_as_far_as_whole_times_allow(name):
    """The step into data always leaves t = 1, where log SNR begins to be finite; likewise at the other end."""
    schedule = make_schedule(name, 4000)
    times = visited_times(schedule, 8, "log_snr")
    finite = times[np.isfinite(schedule.log_snr[times])]
    log_snr = schedule.log_snr[finite]
    assert times[1] == 1
    wanted = np.linspace(log_snr[0], log_snr[-1], len(log_snr))
    table = schedule.log_snr[1:-1]
    for value, ideal in zip(log_snr[1:-1], wanted[1:-1], strict=True):
        assert abs(value - ideal) <= np.abs(table - ideal).min() + 1e-9  # no other time is nearer


@pytest.mark.parametrize("count", [0, -1, 11])
def test_an_impossible_count_is_a_value_error(count):
    with pytest.raises(ValueError, match="count must be from 1 to 10"):
        visited_times(make_schedule("linear", 10), count, "trailing")


def test_an_unknown_spacing_is_a_key_error():
    with pytest.raises(KeyError):
        visited_times(make_schedule("linear", 10), 5, "no such spacing")


@dataclass(frozen=True)
class Counter:
    """A state with memory."""

    x: torch.Tensor
    seen: tuple[int, ...]


class Recorder:
    """A sampler that remembers the steps it took and adds their noise."""

    def init(self, x_T):
        return Counter(x_T, ())

    def step(self, state, prediction, step):
        return Counter(state.x + step.noise(0), (*state.seen, step.t)), StepInfo(step.t, step.s, tries=len(state.seen))


def test_the_loop_asks_once_a_step_and_hands_memory_on():
    schedule, times, asked, drawn = make_schedule("cosine", 10), np.array([0, 1, 4, 10]), [], []

    def denoiser(x_t, alpha, sigma):
        asked.append((alpha, sigma))
        return Prediction(2 * x_t)

    def noise(t, draw):
        drawn.append(t + 1000 * draw)
        return torch.full((3, 2), float(t))

    frames = list(reverse_process(denoiser, Recorder(), schedule, times, torch.zeros(3, 2), noise))
    assert [frame.t for frame in frames] == [10, 4, 1, 0]
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert {frame.direction for frame in frames} == {"reverse"}
    assert asked == [(schedule.alpha[t], schedule.sigma[t]) for t in (10, 4, 1)]
    assert drawn == [10, 4, 1]  # the noise of a step is that of the time it leaves
    assert [frame.x[0, 0].item() for frame in frames] == [0, 10, 14, 15]
    assert [frame.x0_hat[0, 0].item() for frame in frames] == [0, 20, 28, 15]  # at t = 0 the particle itself
    assert [frame.info for frame in frames] == [
        StepInfo(10, 4, tries=0, evaluations=1),
        StepInfo(4, 1, tries=1, evaluations=1),
        StepInfo(1, 0, tries=2, evaluations=1),
        None,
    ]


def test_the_loop_computes_no_further_than_it_is_asked():
    calls = []

    def denoiser(x_t, alpha, sigma):
        calls.append(alpha)
        return Prediction(x_t)

    frames = reverse_process(
        denoiser, Recorder(), make_schedule("linear", 100), np.arange(101), torch.zeros(1, 2), lambda t, draw: torch.zeros(1, 2)
    )
    list(itertools.islice(frames, 3))
    assert len(calls) == 3


@pytest.mark.parametrize("name", SAMPLERS)
def test_no_sampler_changes_the_tensor_it_was_given(name):
    schedule, times = make_schedule("cosine", 5), np.arange(6)
    sampler = SAMPLERS[name].make(
        Options(times, 0.5, 2, variances=reverse_variances("beta", schedule, times, make_dataset("rings")))
    )
    x_T, noise = torch.ones(4, 2), torch.full((4, 2), 2.0)
    list(reverse_process(lambda x, *_: Prediction(0.5 * x), sampler, schedule, times, x_T, lambda t, draw: noise))
    assert (x_T == 1).all()
    assert (noise == 2).all()
