"""What real bugs cost: each wrong way beside the right one, priced with the exact denoiser, and the command that prints it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import typer

from diffviz.console import counted, progress
from diffviz.diagnostics.comparison import Row, compare
from diffviz.engine import Setup, run
from diffviz.estimates import pair
from diffviz.experiment import Experiment, ExperimentError
from diffviz.files import explained
from diffviz.gaussian.bugs import BUGS, bug_of
from diffviz.views.plane.measure import measure

PRICES = ("gap_nats", "sliced_wasserstein", "excess_nll_nats")  # of METRICS
PARTICLES = 1000

# What both runs have: data and settings in which the mistake shows in a few seconds, near those in which it was reported.
_SHOWN: dict[str, dict[str, Any]] = {
    "leading": {"dataset": "gaussian", "data_std": 0.5, "steps": 1000, "sampler_steps": 3},
    "stride": {"sampler": "ddim", "steps": 1000, "sampler_steps": 10, "spacing": "linspace"},
    "betas_skipped": {"steps": 1000, "sampler_steps": 50, "variance": "beta"},
    "previous_step": {"steps": 1000, "sampler_steps": 50, "spacing": "leading", "variance": "posterior"},
    "first_variance": {"variance": "beta"},
    "last_noise": {"steps": 1000, "sampler_steps": 20, "variance": "beta"},
    "eta": {"dataset": "two_moons", "sampler": "ddim", "eta": 0.5},
    "final_sigma": {"schedule": "linear", "steps": 20, "sampler": "adaptive"},
    "alpha_bar": {"sampler": "ddim", "steps": 50},
    "eps_at_zero_snr": {"dataset": "two_moons", "steps": 1000, "sampler_steps": 10, "zero_snr": True},
    "unscaled": {"dataset": "gaussian", "data_std": 0.5, "schedule": "linear", "steps": 50},
    "max_churn": {"sampler": "ddim"},
}


def bug_pairs(seed: int = 0) -> dict[str, tuple[Experiment, Experiment]]:
    """By the names of BUGS, the right run and the wrong one, with the same particles and the same noise."""
    found = {}
    for name, row in BUGS.items():
        right = Experiment(particles=PARTICLES, seed=seed, **_SHOWN[name])
        found[name] = right, replace(right, **(row.fields or {"bug": name}))
    return found


def price(right: Experiment, wrong: Experiment) -> dict[str, Row]:
    """By the names of PRICES, what both runs cost, less those that either of them has not. Raises ExperimentError."""
    setups = Setup(right), Setup(wrong)
    rows = compare(*(measure(setup, run(setup.experiment, setup)) for setup in setups))
    return {row.name: row for row in rows if row.name in PRICES}


def _cost(row: Row) -> dict[str, Any]:
    """Of a metric: right, wrong, and the wrong one's more, each [value, standard error]; whether it is worse by more than two."""
    return {
        "right": pair(row.a),
        "wrong": pair(row.b),
        "more": None if row.difference is None else pair(-row.difference),
        "worse": row.winner == "a",
    }


def costs_json(names: list[str], seed: int = 0) -> Iterator[dict[str, Any]]:
    """Of each named bug what it is and what it costs, in the order of BUGS. A price that the wrong run has not is null, and
    unpriced says why."""
    pairs = bug_pairs(seed)
    for name in (name for name in BUGS if name in names):
        row, (right, wrong) = BUGS[name], pairs[name]
        found = price(right, wrong)
        yield {
            "bug": name,
            "title": row.title,
            "why": row.why,
            "source": row.source,
            "bites": row.bites,
            "right": right.to_query(),
            "wrong": wrong.to_query(),
            **{metric: _cost(found[metric]) if metric in found else None for metric in PRICES},
            "unpriced": bug_of(wrong).unpriced or None,
        }


def bugs_command(
    bug: Annotated[str | None, typer.Option(help=f"One of: {', '.join(BUGS)}. [default: all]", show_default=False)] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of all random numbers.")] = 0,
) -> None:
    """What mistakes that shipped in public libraries cost, beside the right way: in nats, distance and excess NLL."""
    if bug is not None and bug not in BUGS:
        raise ExperimentError("bug", f"must be one of {', '.join(BUGS)}, not {bug[:40]!r}.")
    names = list(BUGS) if bug is None else [bug]
    with progress(len(names), "bugs") as tell:
        text = json.dumps([*counted(costs_json(names, seed), tell)], allow_nan=False)
    with explained("The answer"):
        sys.stdout.write(text + "\n")
