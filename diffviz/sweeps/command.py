"""`python -m diffviz sweep`: the runs of a grid as one table, and their means and a plot."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from diffviz.engine import Setup
from diffviz.experiment import Experiment, ExperimentError
from diffviz.files import claimed, followed
from diffviz.grids import Combination, combinations, read_axes
from diffviz.messages import show
from diffviz.sweeps.averages import write_means
from diffviz.sweeps.cluster import SCHEDULER, SchedulerGoneError, outcomes, scheduler_address, workers
from diffviz.sweeps.plot import AGAINST, METRIC, Plot
from diffviz.sweeps.rows import Row, weights_of
from diffviz.sweeps.table import WEIGHTS, Keeper, check_table, read_rows, varying

MOST_WORKERS = 256
GRID_HELP = (
    'Fields and their values, such as "schedule=linear,cosine&steps=10,20,50&seed=1:5": every combination is a run. May be given '
    "several times. A range of whole numbers has both its ends, and may have a step: 10:50:20 is 10,30,50."
)


def sweep(
    texts: dict[str, str],
    grid: Annotated[list[str], typer.Option(help=GRID_HELP)],
    out: Annotated[
        Path | None,
        typer.Option(
            help=escape(
                "The table, a .csv or .parquet; if it is there, the sweep goes on with it. [default: rows are in the answer]"
            ),
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        str | None,
        typer.Option(
            help=escape(f"Processes on this machine. [default: its cores; {SCHEDULER} names a scheduler instead]"),
            show_default=False,
        ),
    ] = None,
    means: Annotated[Path | None, typer.Option(help="Write means over seeds to this .csv or .parquet, too.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw a metric over a field, a .png or .pdf.")] = None,
    metric: Annotated[str, typer.Option(help="What is drawn.")] = METRIC,
    against: Annotated[str, typer.Option(help="The field over which it is drawn.")] = AGAINST,
) -> dict[str, Any]:
    """Run every combination of some fields' values, and write a row for each run: its metrics and their standard errors.

    The same command goes on where it was stopped. The answer says how many runs were computed, were in the table already, and
    failed. The processes are those of dask.distributed, on other machines where DIFFVIZ_SCHEDULER names a scheduler.
    """
    swept = _combinations(texts, grid)
    files = {name: path for name, path in (("out", out), ("means", means), ("plot", plot)) if path is not None}
    if out is not None:
        check_table(out)
    if means is not None:
        check_table(means, "means")
    drawn = None if plot is None else Plot(plot, metric, against)
    if drawn is not None:
        drawn.check(swept)
    _check_distinct(files)
    count = _worker_count(workers)
    runs = dict.fromkeys(each.run for each in swept)
    with ExitStack() as held:
        for name, path in files.items():
            if not held.enter_context(claimed(path)):
                raise ExperimentError(name, f"must be a file that no other sweep is writing now, which {show(path.name)} is not.")
        rows = {} if out is None else read_rows(out)
        others = [e for e in runs if e in rows and weights_of(e) not in (None, rows[e].weights)]
        for e in others:
            del rows[e]
        left = [e for e in runs if e not in rows]
        if scheduler_address() is None:
            _prepare(left)
        axes = list(swept[0].values)
        _tell(swept, runs, rows, others, out)
        started, before = time.perf_counter(), len(rows)
        failed = _compute(left, rows, None if out is None else Keeper(out, axes, runs), count)
        mine = {e: rows[e].numbers for e in runs if e in rows}
        if means is not None:
            write_means(means, mine, varying(mine, axes))
        if drawn is not None and mine:
            drawn.draw(swept, mine)
    return {
        **({"rows": [_answered(e, rows[e]) for e in mine]} if out is None else {"out": str(out)}),
        "runs": len(runs),
        "computed": len(rows) - before,
        "already": len(runs) - len(left),
        "other_rows": before - (len(runs) - len(left)),
        "failed": [{"experiment": e.to_query(), "why": why} for e, why in failed.items()],
        "seconds": time.perf_counter() - started,
    }


def _answered(e: Experiment, row: Row) -> dict[str, Any]:
    return {"experiment": e.to_query(), **row.numbers, **({WEIGHTS: row.weights} if row.weights else {})}


def _combinations(texts: Mapping[str, str], grid: Sequence[str]) -> list[Combination]:
    axes = read_axes(grid)
    for name in axes:
        if name in texts:
            raise ExperimentError("grid", f"must not name {name}, which --{name.replace('_', '-')} sets.")
    return combinations(axes, lambda values: Experiment.from_strings({**texts, **values}))


def _check_distinct(files: Mapping[str, Path]) -> None:
    """Raises ExperimentError where two options name one file, perhaps through links: what is written last would be all of it."""
    seen: dict[str, str] = {}
    for name, path in files.items():
        other = seen.setdefault(os.path.normcase(followed(path)), name)
        if other != name:
            raise ExperimentError(name, f"must be another file than that of --{other}, which {show(path.name)} is not.")


def _worker_count(text: str | None) -> int:
    if text is not None and scheduler_address() is not None:
        raise ExperimentError("workers", f"must be left out: {SCHEDULER} names a scheduler, whose workers compute.")
    if text is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not (text.isdecimal() and text.isascii() and len(text) < 9 and 0 < int(text) <= MOST_WORKERS):
        raise ExperimentError("workers", f"must be a whole number from 1 to {MOST_WORKERS}, not {show(text)}.")
    return int(text)


def _prepare(experiments: Sequence[Experiment]) -> None:
    """Make once what is read from disk, so that a network or a device that is not there is told before anything runs. Raises
    ExperimentError."""
    seen = {(e.device, e.dataset, e.denoiser, e.measurement, e.test_image): e for e in reversed(experiments)}
    for e in seen.values():
        Setup(e).prepare()


def _tell(
    swept: Sequence[Combination],
    runs: Mapping[Experiment, None],
    rows: Mapping[Experiment, Row],
    others: Sequence[Experiment],
    out: Path | None,
) -> None:
    """How many runs there are to compute. others: whose rows there are not of the network as it is now."""
    there = sum(e in rows for e in runs)
    said = [f"{len(runs)} run{'s' if len(runs) != 1 else ''}"]
    if len(runs) < len(swept):
        said.append(f"{len(swept)} combinations, some of which differ only in fields that the run does not read")
    if out is not None and there:
        said.append(f"{there} of the runs {'is' if there == 1 else 'are'} in {out.name} already")
    if others:
        are = "1 row is" if len(others) == 1 else f"{len(others)} rows are"
        said.append(f"{are} computed anew, as the table does not have them of the network's present weights")
    if len(rows) > there:
        said.append(f"rows of other runs that stay there: {len(rows) - there}")
    print("; ".join(said) + ".", file=sys.stderr)


def _compute(left: Sequence[Experiment], rows: dict[Experiment, Row], keeper: Keeper | None, count: int) -> dict[Experiment, str]:
    """Compute what is left, into rows and the file; by run, why it failed. Raises typer.Exit when it is stopped."""
    failed: dict[Experiment, str] = {}
    stopped = ""
    try:
        if left:
            with (
                workers(min(count, len(left))) as client,
                typer.progressbar(length=len(left), label="runs", file=sys.stderr) as bar,
            ):
                for experiment, found in outcomes(client, left):
                    if isinstance(found, str):
                        failed[experiment] = found
                    else:
                        rows[experiment] = found
                        if keeper is not None:
                            keeper.keep(rows)
                    bar.update(1)
    except KeyboardInterrupt:
        stopped = "Stopped"
    except SchedulerGoneError:
        stopped = f"The scheduler that {SCHEDULER} names is gone"
    finally:
        if rows and keeper is not None:
            keeper.keep(rows, now=True)
    for experiment, why in failed.items():
        print(f"No row for {experiment.to_query() or 'the default run'}: {why}", file=sys.stderr)
    if stopped:
        goes_on = "nothing is kept without --out" if keeper is None else "the same command goes on"
        left_over = sum(e not in rows for e in left)
        print(f"{stopped}: {left_over} of {len(left)} runs are left; {goes_on}.", file=sys.stderr)
        raise typer.Exit(130 if stopped == "Stopped" else 1)
    return failed
