"""A run as a row of numbers. This is what a worker computes, on this machine or on another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from diffviz.checkpoints import CheckpointError
from diffviz.diagnostics.measured import EFFORT
from diffviz.diagnostics.report import stderr_name
from diffviz.domains.base import DataError
from diffviz.experiment import Experiment, ExperimentError
from diffviz.records import Record

Numbers = dict[str, float]  # by column


def numbers_of(experiment: Experiment) -> Numbers:
    """Run it: every metric of its report and its standard error, as gap_nats and gap_stderr_nats. An error that is unknown is
    absent, and so are those of evaluations and seconds, which are counted."""
    found: Numbers = {}
    for name, estimate in Record.of(experiment).measured.estimates().items():
        found[name] = estimate.value
        if name not in EFFORT and math.isfinite(estimate.stderr):
            found[stderr_name(name)] = estimate.stderr
    return found


def compute(fields: Mapping[str, Any]) -> Numbers | str:
    """The row of one run, or a sentence that says why there is none. fields: of the Experiment, as to_dict has them.

    Sums of one thread have one order, so that a run gives the same numbers on every worker that has the same software.
    """
    torch.set_num_threads(1)
    try:
        return numbers_of(Experiment.from_dict(fields))
    except (ExperimentError, CheckpointError, DataError) as error:
        return str(error)
    except Exception as error:  # one run that fails must not end the others
        return f"{type(error).__name__}: {error}"
