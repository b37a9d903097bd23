"""Finished runs as data: their arrays in a NumPy archive (.npz), their metrics and curves in a table (.csv)."""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from diffviz.diagnostics.comparison import compare
from diffviz.diagnostics.curves import curves_of
from diffviz.diagnostics.measured import TIMES, Measured
from diffviz.engine import Setup, collect, stream
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment
from diffviz.files import write_text, written
from diffviz.trajectory import Curve, Frame, Trajectory
from diffviz.views import view_of


@dataclass(frozen=True, eq=False)
class Record:
    """A finished run, with what it is judged by once that is asked for."""

    setup: Setup
    trajectory: Trajectory

    @classmethod
    def of(cls, experiment: Experiment, frames: Callable[[Experiment, Setup], Iterable[Frame]] = stream) -> Record:
        """Run it. Raises ExperimentError as stream does, or as what else makes its frames."""
        setup, started = Setup(experiment), time.perf_counter()
        return cls(setup, collect(setup, frames(experiment, setup), started))

    @cached_property
    def measured(self) -> Measured[Any]:
        """Its metrics, and the costs of the steps taken where a bound holds."""
        return view_of(self.setup.experiment).measure(self.setup, self.trajectory)

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """By name, over t: the schedule's, the costs of the steps, and what else its domain measures."""
        return {name: curve for name, curve in curves_of(self.measured, self.setup.schedule).items() if curve.over == TIMES}

    def arrays(self) -> dict[str, np.ndarray]:
        """What save_arrays writes of it, by name."""
        run, costs = self.trajectory, self.measured.costs
        arrays = {name: getattr(run, name) for name in ("forward", "reverse", "x0_hat", "t", "alpha", "sigma")}
        arrays["beta"] = self.setup.schedule.beta
        arrays["experiment"] = np.array(json.dumps(self.setup.experiment.to_dict()))
        if costs is not None:
            arrays |= {"times": self.measured.times, "kl_nats": costs.kl_nats, "kl_stderr_nats": costs.stderr}
        return arrays


def save_arrays(out: Path, records: Sequence[Record]) -> None:
    """One compressed NumPy archive, of two runs with the prefixes a_ and b_. numpy.load(out) reads it without pickle.
    Raises WriteError.

    forward: [T+1, N, *D] float32 the forward path at t = 0..T; *D is 2 in the plane and C, H, W of pictures
    reverse, x0_hat: [K+1, N, *D] float32 the reverse path at the visited times t, and the denoiser's estimate at each of them; of
        symbols, which are told by number, [K+1, N, *D, 2]: the most probable one and its probability
    t: [K+1] int64 the visited times, from noise down to 0
    alpha, sigma: [T+1] float64 x_t = alpha_t x_0 + sigma_t eps; beta: [T] float64, beta_t at index t-1
    experiment: the Experiment as JSON; Experiment.from_json(str(archive["experiment"])) runs it again
    and, where a bound holds:
    times: [K+1] int64 the visited times, ascending
    kl_nats, kl_stderr_nats: [K+1] float64 L_0, ..., L_K along times and their standard errors (0: by quadrature), in nats; L_j is
        the cost of the step that leaves times[j+1], L_K the prior loss; of pictures, the mean over them
    """
    prefixes = ("",) if len(records) == 1 else ("a_", "b_")
    arrays = {prefix + name: x for prefix, record in zip(prefixes, records, strict=True) for name, x in record.arrays().items()}
    with written(out) as new, new.open("wb") as file:  # a file object, so that numpy does not append .npz to another name
        np.savez_compressed(file, **arrays)


def _known(estimate: Estimate | None) -> list[Any]:
    """Value and error; empty where there is none."""
    if estimate is None:
        return ["", ""]
    return [estimate.value, estimate.stderr if math.isfinite(estimate.stderr) else ""]


def _points(curve: Curve) -> dict[int, list[Any]]:
    """By t, value and error."""
    stderr = [""] * len(curve.x) if curve.stderr is None else curve.stderr.tolist()
    return {int(t): [value, error] for t, value, error in zip(curve.x, curve.values.tolist(), stderr, strict=True)}


def run_table(record: Record) -> str:
    """Metrics, then curves over t, of one run, as comma-separated values: kind,name,unit,t,value,stderr,experiment.

    kind is "metric", without t, or "curve". An error is a standard error or, for what is known in closed form, the tolerance of
    its quadrature; it is empty where none is known. The experiment is written as in a link, in the rows of metrics.
    """
    link, measured = record.setup.experiment.to_query(), record.measured
    rows: list[list[Any]] = [
        ["metric", name, measured.metrics[name].unit, "", *_known(value), link] for name, value in measured.estimates().items()
    ]
    for name, curve in record.curves.items():
        rows += [["curve", name, curve.unit, t, *pair, ""] for t, pair in _points(curve).items()]
    return _csv(["kind", "name", "unit", "t", "value", "stderr", "experiment"], rows)


def pair_table(a: Record, b: Record) -> str:
    """The same of two runs, side by side: kind,name,unit,t,a,a_stderr,b,b_stderr,difference,difference_stderr,better,
    a_experiment,b_experiment. Curves have a row for every t of either run, out of each run's own T; difference is A less B."""
    links = [record.setup.experiment.to_query() for record in (a, b)]
    rows = [
        ["metric", row.name, row.metric.unit, "", *_known(row.a), *_known(row.b), *_known(row.difference), row.winner, *links]
        for row in compare(a.measured, b.measured)
    ]
    others = b.curves
    for name, curve in a.curves.items():
        if name not in others:
            continue
        points = _points(curve), _points(others[name])
        for t in sorted(points[0].keys() | points[1].keys()):
            sides = [value for of in points for value in of.get(t, ["", ""])]
            rows.append(["curve", name, curve.unit, t, *sides, *[""] * 5])
    sides = ["a", "a_stderr", "b", "b_stderr", "difference", "difference_stderr", "better", "a_experiment", "b_experiment"]
    return _csv(["kind", "name", "unit", "t", *sides], rows)


def _csv(head: list[str], rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([head, *rows])
    return text.getvalue()


def save_table(out: Path, records: Sequence[Record]) -> None:
    """The table of one run or of two, as UTF-8. Raises WriteError."""
    write_text(out, run_table(*records) if len(records) == 1 else pair_table(*records))
