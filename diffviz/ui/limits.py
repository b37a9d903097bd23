"""What one visitor may cost the others: the bounds of the page's requests, connections, computing and bytes. The command line has
none of them. How much of one answer is made or kept, as of a training's reports, stands where it is made."""

from __future__ import annotations

import ctypes
import math
import os
import platform
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from diffviz.deadline import Deadline
from diffviz.domains import domain_of
from diffviz.experiment import Experiment, ExperimentError
from diffviz.inverse.tasks import conditioning_cost
from diffviz.pretrained.names import PretrainedError, is_other, load_other
from diffviz.trained import MAX_FILE_BYTES

WORKERS = 2  # computations at once (turns.py); the cores are shared out among them
EVENTS = 512  # of the queue, computing or waiting for their turn; one address has half of them at most (visitors.py)
EVENTS_OF_PAGE = 3  # a run, a file, and one more
BEGUN = 48  # runs of an address that have computed something and hold it; the others wait
LISTEN_SECONDS = 10.0  # in which somebody must begin to listen to what was asked for; before that nothing is computed
CALLS = 80  # of the page's scripts beside the queue, computing or waiting: half of them a class that asks at once
LONG_CALLS = 32  # of those, long ones: trainings that are pulled leave room for what takes a moment
THREADS = EVENTS + CALLS + 64  # of Gradio: what waits holds one, and what is refused for a moment
QUEUE_SIZE = 2048  # events that Gradio has not begun, as all begin at once
JOINS, JOINS_SECONDS = 1500, 12.0  # Gradio keeps answers for 2000 sessions, and one that is listened to is used every 10 seconds
MOST_ADDRESSES = 1000  # whose pace, and whose time of computing, is remembered
PAGES = 4096  # whose newest request is remembered; one that is forgotten goes on to its end
SESSIONS = 64  # whose components Gradio remembers: the page needs none of it, and makes a forgotten one anew
ARENAS = 2  # of the C library's allocator, which by default has eight a core and gives little of them back
MAX_PARTICLE_STEPS = 6_500_000
MAX_FLOPS = 1e13  # of all function evaluations of somebody else's network: about two minutes of a core
DEADLINE_SECONDS = 120.0
MAX_SECONDS = DEADLINE_SECONDS / 2  # until the frames have come: the bound of a plain run may take as long again
SECONDS_A_STEP = 6e-5  # forward or reverse, however few the particles
QUICK_SECONDS = 0.5  # a changed control runs by itself up to here
MAX_TRAINING_PARAMETERS = 300_000  # of a network that is trained on the page
MAX_TRAINING_BATCH = 27 * 10**7  # batch x cost of a point: what an update keeps in memory
MAX_UPDATE = 10**9  # its cost: it takes a fraction of a second and cannot be interrupted
MAX_TRAINING = 5 * 10**12  # updates x cost of one: some minutes of a core
COST_OF_UNIT = 100  # parameters as long as which one unit takes: its sine or SiLU and what is kept of it, not its products
COST_OF_ENERGY = 2  # its score is a derivative, through which the loss is differentiated again
COST_OF_MOVE = 0.7  # of a Langevin chain: the energy and its gradient once more, through which nothing is differentiated
SLICE_SECONDS = 0.25  # that are trained in a call
TRAININGS_BYTES = 192 * 2**20  # of trainings under way
TRAINING_IDLE_SECONDS = 1800.0  # after which one that nobody asks for is forgotten
TRAINING_PAUSE_SECONDS = 10.0  # after which it may make room for another one
MAX_BODY_BYTES = 2**18  # of what a request sends
MAX_NETWORK_BYTES = MAX_FILE_BYTES // 3 * 4 + MAX_BODY_BYTES  # of one that sends a network, in base64
MAX_BODY_VALUES = 256  # of what is larger than MAX_BODY_BYTES, by its brackets and commas: a network is one long text
MAX_DEPTH = 64  # lists and objects within one another
MAX_NAME = 64  # letters, of a session or a page
BODIES_BYTES = 2**26  # of all requests whose bodies are read or used now; one address has half of each part at most
SMALL_BODIES_BYTES = 2**23  # of those, for the first MAX_BODY_BYTES of each
PACE = 250, 40.0, 5.0  # posts, and pages, of an address at once, then a second; one that would wait for more seconds is refused
DRAINED_BYTES = 2**26  # of a body that is too large are read, and forgotten, before that is answered
BODY_SECONDS = 20.0  # in which a body must come
HEAD_SECONDS, HEAD_BYTES = 10.0, 2**16  # in which the head of a request must come
KEEP_ALIVE_SECONDS = 30  # a connection that is not used stays open for the next request
TAKING_SECONDS, TAKEN_BYTES = 30.0, 2**14  # a client that waits for more must take so many bytes in so many seconds
CONNECTIONS = 4000  # at once: those of a class, several a browser, and room; one address has half of them at most
SPARE_CONNECTIONS = 50  # of those, for probes and proxies only
OTHER_FILES = 200  # that the process may have open beside its connections
CLOSING_SECONDS = 2  # for streams that are open when the server is told to end
MAX_DOWNLOAD_BYTES = 32 * 10**6  # of a file that is made for a visitor
DISK_BYTES = 200 * 10**6  # of all of them
FETCHING_SECONDS = 20.0  # in which a visitor's browser has begun to fetch a file, at least
CACHE_BYTES = 96 * 2**20  # finished runs that are kept
LATER_BYTES = 16 * 2**20  # curves that were computed for charts once somebody saw them
ENGINE = {"concurrency_id": "engine", "concurrency_limit": None, "api_visibility": "private"}  # of every event that computes

_M_ARENA_MAX = -8  # malloc.h

Serve = TypeVar("Serve", bound=Callable[..., Generator[Any, None, Any]])


def _particles_refused(most: float, experiment: Experiment, because: str) -> ExperimentError:
    fewer = f"at most {int(most)}" if most >= 1 else "of a cheaper denoiser or sampler, or take fewer steps,"
    return ExperimentError("particles", f"must be {fewer} {because}, not {experiment.particles}.")


def function_evaluations(experiment: Experiment) -> float:
    """About how many the reverse process takes, resampling and gradients included."""
    sampler = domain_of(experiment.dataset).samplers[experiment.sampler]
    return experiment.reverse_steps * sampler.evaluations(experiment) * conditioning_cost(experiment)


def _check_flops(experiment: Experiment) -> None:
    """The same for somebody else's network, which is loaded to know what a function evaluation costs, of the sampler and of the
    bound."""
    try:
        flops = load_other(experiment.denoiser).flops
    except PretrainedError as error:
        raise ExperimentError("denoiser", f"cannot be used: {error}") from error
    evaluations = function_evaluations(experiment) + experiment.steps_taken
    if flops * evaluations * experiment.particles > MAX_FLOPS:
        because = f"for {experiment.denoiser} on this page, which takes {flops:.2g} operations a function evaluation"
        raise _particles_refused(MAX_FLOPS / (flops * evaluations), experiment, because)


def _bounds(experiment: Experiment) -> Iterator[tuple[float, str]]:
    """So many particles there may be, and why, whatever network it is."""
    yield MAX_PARTICLE_STEPS * experiment.particles / experiment.particle_steps, "with so many steps on this page"
    once, each = _seconds(experiment)
    if 0 < each < math.inf:  # a run that takes no step asks nothing of the denoiser
        yield (MAX_SECONDS - once) / each, "with so many function evaluations on this page"


def fitted(experiment: Experiment) -> Experiment:
    """With no more particles than there may be, a round number, for a run whose number of particles nobody has named."""
    most = max(1, int(min(most for most, _ in _bounds(experiment))))
    if most >= experiment.particles:
        return experiment
    place = 10 ** (len(str(most)) - 1)
    return replace(experiment, particles=most // place * place)


def check_budget(experiment: Experiment) -> None:
    """Raises ExperimentError for a run that is fit for the command line but too long for a shared page."""
    if is_other(experiment.denoiser):
        _check_flops(experiment)
    for most, because in _bounds(experiment):
        if experiment.particles > most:
            raise _particles_refused(most, experiment, because)


def _seconds(experiment: Experiment) -> tuple[float, float]:
    """What a run takes however few its particles, and what each of them adds. An interpolation's two images are brought to noise
    by Heun's method first."""
    domain, taken = domain_of(experiment.dataset), function_evaluations(experiment)
    each = domain.evaluation_seconds(experiment)
    encoded = 2 * experiment.reverse_steps if experiment.start == "between" else 0
    once = SECONDS_A_STEP * (experiment.steps + taken + encoded) + (2 * encoded * each if encoded else 0.0)
    once += taken * domain.call_seconds(experiment)
    return once + domain.schedule_seconds(experiment), taken * each


def estimated_seconds(experiment: Experiment) -> float:
    """About how long it takes on one core until all frames of a run have come, finding its schedule included; what is measured
    of them comes after them.

    Infinite where something may have to be fetched first. Calibrated by tests/benchmarks/estimate.py."""
    once, each = _seconds(experiment)
    return once + experiment.particles * each


def few_arenas() -> None:
    """Where the C library is glibc: what threads have freed is used again by others. MALLOC_ARENA_MAX, if it is set, counts."""
    if "MALLOC_ARENA_MAX" not in os.environ and platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)


def deadline() -> Deadline:
    """Of one request that begins now."""
    return Deadline(DEADLINE_SECONDS)


def in_time(serve: Serve) -> Serve:
    """Decorator of a generator that serves a request: one deadline for all that is computed on the way."""

    @wraps(serve)
    def served(*args: Any, **named: Any) -> Generator[Any, None, Any]:
        return (yield from deadline().over(serve(*args, **named)))

    return served
