"""A run as a row of numbers. This is what a worker computes, on this machine or on another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from diffviz.checkpoints import CheckpointError
from diffviz.diagnostics.measured import EFFORT
from diffviz.diagnostics.report import stderr_name
from diffviz.domains import domain_of
from diffviz.domains.base import DataError
from diffviz.experiment import Experiment, ExperimentError
from diffviz.records import Record
from diffviz.weights import weights_digest

Numbers = dict[str, float]  # by column


class Row(NamedTuple):
    """numbers: every metric, and its standard error; weights: the digest of the network's files, None where none is read."""

    numbers: Numbers
    weights: str | None = None


def weights_of(experiment: Experiment) -> str | None:
    """The digest of the network as it is now; None where no file is read, or none can be, which is told when it runs."""
    stamp = domain_of(experiment.dataset).weights_stamp(experiment)
    return None if stamp is None else weights_digest(stamp)


def numbers_of(experiment: Experiment) -> Numbers:
    """Run it: every metric of its report and its standard error, as gap_nats and gap_stderr_nats. An error that is unknown is
    absent, and so are those of evaluations and seconds, which are counted."""
    found: Numbers = {}
    for name, estimate in Record.of(experiment).measured.estimates().items():
        found[name] = estimate.value
        if name not in EFFORT and math.isfinite(estimate.stderr):
            found[stderr_name(name)] = estimate.stderr
    return found


def compute(fields: Mapping[str, Any]) -> Row | str:
    """The row of one run, or a sentence that says why there is none. fields: of the Experiment, as to_dict has them.

    Sums of one thread have one order, so that a run gives the same numbers on every worker that has the same software.
    """
    torch.set_num_threads(1)
    try:
        experiment = Experiment.from_dict(fields)
        weights = weights_of(experiment)  # before it is read: of a network that is replaced meanwhile the row is computed again
        return Row(numbers_of(experiment), weights)
    except (ExperimentError, CheckpointError, DataError) as error:
        return str(error)
    except Exception as error:  # one run that fails must not end the others
        return f"{type(error).__name__}: {error}"
