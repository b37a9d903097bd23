"""`python -m diffviz points FILE`: the text that --own-points takes, from a CSV, NPY, PNG or JPEG file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from diffviz.domains.plane.bandwidth import described
from diffviz.domains.plane.own_points import Points, write_points
from diffviz.domains.plane.point_files import MAX_FILE_BYTES, points_in
from diffviz.experiment import ExperimentError
from diffviz.exports import writable
from diffviz.files import explained, reason, write_text


def _read(path: Path, field: str) -> Points:
    """Raises ExperimentError, which names the field."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        return points_in(data)
    except OSError as error:
        raise ExperimentError(field, f"must be a file that can be read: {reason(error)}.") from None
    except ValueError as error:
        raise ExperimentError(field, f"{error}.") from None


def text_of_file(text: str) -> str:
    """What --own-points says: points, or the name of a file with points, which is read."""
    try:
        found = Path(text).is_file()
    except (OSError, ValueError):  # too long for a name
        found = False
    return write_points(_read(Path(text), "own_points")) if found else text


def points_command(
    file: Annotated[Path, typer.Argument(help="A CSV, NPY, PNG or JPEG file, or one that this command has written.")],
    out: Annotated[Path | None, typer.Option(help="Write the text of the points to this .txt file.")] = None,
) -> None:
    """Make points of a file into the text that --own-points takes: centred and scaled to unit variance."""
    if out is not None:
        writable(out, ".txt")
    told = described(_read(file, "file"))
    if out is not None:
        write_text(out, f"{told['own_points']}\n")
    with explained("The answer"):
        typer.echo(json.dumps(told))
