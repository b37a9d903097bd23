"""The table of a sweep, CSV or Parquet: a row for each run. It is read again to go on with a sweep that was interrupted.

Columns: the fields that vary, in the order of the Experiment; metrics and their standard errors; the digest of the weights, where
a network is read from files; and the experiment, all of the run as in a link. By these two a row is known again.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from diffviz.experiment import DEFAULTS, Experiment, ExperimentError, iter_specs
from diffviz.exports import writable
from diffviz.files import write_bytes, write_text
from diffviz.sweeps.rows import Numbers, Row

ENDINGS = (".csv", ".parquet")
LINK, WEIGHTS = "experiment", "weights"
LEAST_PAUSE = 5.0  # seconds between two times that a table is written while runs are computed
SHARE = 0.05  # of the time at most is spent on that
KINDS = {name: kind for name, _, kind, _ in iter_specs()}

Rows = Mapping[Experiment, Numbers]
Table = Mapping[Experiment, Row]


def check_table(path: Path, name: str = "out") -> None:
    """Raises ExperimentError if no table can be written there."""
    writable(path, *ENDINGS, name=name)
    if _is_parquet(path) and find_spec("pyarrow") is None:
        raise ExperimentError(name, "must end in .csv here: .parquet needs pyarrow, which pip install pyarrow installs.")


def read_rows(path: Path) -> dict[Experiment, Row]:
    """The rows that a file has; none if there is no file. Raises ExperimentError if it is not the table of a sweep."""
    if not path.exists():
        return {}
    try:
        rows = _read_parquet(path) if _is_parquet(path) else _read_csv(path)
        return {Experiment.from_query(row[LINK], strict=True): _row(row) for row in rows}
    except (ValueError, TypeError, AttributeError, KeyError, csv.Error) as error:  # ExperimentError and pyarrow's are ValueErrors
        raise ExperimentError("out", f"must be a new file or the table of a sweep, which {path.name[-40:]!r} is not.") from error


def _row(cells: Mapping[str, Any]) -> Row:
    """Raises ValueError and TypeError for what is no number."""
    metrics = {column: value for column, value in cells.items() if column not in KINDS and column not in (LINK, WEIGHTS)}
    numbers = {column: float(value) for column, value in metrics.items() if value not in ("", None)}
    weights = cells.get(WEIGHTS)
    return Row(numbers, str(weights) if weights else None)


def varying(experiments: Iterable[Experiment], named: Iterable[str] = ()) -> list[str]:
    """The named fields, and those in which experiments differ, in the order of the Experiment."""
    seen = [e.to_dict() for e in experiments]
    return [name for name in DEFAULTS if name in named or any(values[name] != seen[0][name] for values in seen)]


def write_rows(path: Path, rows: Table, named: Sequence[str]) -> None:
    """The table of a sweep. named: fields that have a column even if they are alike in all rows. Raises WriteError."""
    fields = varying(rows, named)
    table = [
        {name: getattr(e, name) for name in fields} | row.numbers | {WEIGHTS: row.weights, LINK: e.to_query()}
        for e, row in rows.items()
    ]
    weights = [WEIGHTS] if any(row.weights for row in rows.values()) else []
    write_table(path, table, [*fields, *_columns(row.numbers for row in rows.values()), *weights, LINK])


def _columns(rows: Iterable[Numbers]) -> list[str]:
    """Every metric's column, in the order in which rows have them."""
    return list(dict.fromkeys(column for numbers in rows for column in numbers))


def write_table(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Rows by column; what a row lacks stays empty. Raises WriteError."""
    if not _is_parquet(path):
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(columns)
        lines.writerows([_cell(row.get(column)) for column in columns] for row in rows)
        write_text(path, text.getvalue())
        return
    import pyarrow as pa
    from pyarrow import parquet

    types = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    kinds = {column: types[str if column in (WEIGHTS, LINK) else KINDS.get(column, float)] for column in columns}
    table = pa.table({column: pa.array([row.get(column) for row in rows], kind) for column, kind in kinds.items()})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    write_bytes(path, buffer.getvalue())


def _cell(value: Any) -> Any:
    """A number that is read as the same number again; a whole one without a point."""
    if isinstance(value, bool):
        return str(value).lower()
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _read_csv(path: Path) -> list[dict[str, Any]]:
    csv.field_size_limit(2**31 - 1)  # a link may hold somebody's points
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), strict=True))


def _read_parquet(path: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet

    return parquet.read_table(io.BytesIO(path.read_bytes())).to_pylist()


class Keeper:
    """Writes a table now and then while it grows: often enough that a killed sweep loses little, and seldom enough that writing
    takes little of the time.

    named: fields that have a column; order: of the rows, those of other runs come after them
    """

    def __init__(self, path: Path, named: Sequence[str], order: Iterable[Experiment]) -> None:
        self._path, self._named, self._order = path, named, list(order)
        self._next = time.monotonic() + LEAST_PAUSE

    def keep(self, rows: Table, now: bool = False) -> None:
        """Write the rows if it is time, or now. Raises WriteError."""
        started = time.monotonic()
        if now or started >= self._next:
            write_rows(self._path, {e: rows[e] for e in self._order if e in rows} | rows, self._named)
            ended = time.monotonic()
            self._next = ended + max(LEAST_PAUSE, (ended - started) / SHARE)
