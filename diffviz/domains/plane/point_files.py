"""Points from a file: text with two numbers a line, a NumPy array, a picture, or a text that points were made into.

A file is somebody else's. Its kind is told by its first bytes; how large what it holds is going to be is read and checked before
it is read itself; nothing in it is executed. Every complaint is a ValueError, in words that follow the name of a field.
"""

from __future__ import annotations

import codecs
import io
import re

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from diffviz.domains.pictures.own_pictures import STARTS, open_picture, read_rgb
from diffviz.domains.plane.own_points import MAX_LETTERS, MAX_POINTS, Points, on_lattice, read_points, scaled

MAX_FILE_BYTES = 2 * 2**20
PICTURE_POINTS = 1500  # that a picture is made into
PICTURE_SIDE = 256  # pixels of its longer side
_TEXT = re.compile(rb"[1-9][0-9]{0,4}\.[A-Za-z0-9_-]+\s*")
_NPY = b"\x93NUMPY"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?|[-+]?(nan|inf|infinity)", re.IGNORECASE)
_LINE = 200  # letters
CSV_ALLOWED = "must have two numbers a line, separated by a comma, a semicolon, a tab or spaces"


def points_in(data: bytes) -> Points:
    """Of a file: a text of points as it is, all others centred and scaled to unit variance."""
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"must be a file of at most {MAX_FILE_BYTES // 2**20} MB")
    if len(data) <= MAX_LETTERS and _TEXT.fullmatch(data):
        return read_points(data.decode().strip())
    if data.startswith(_NPY):
        return on_lattice(scaled(_array(data)))
    if data.startswith(STARTS):
        return on_lattice(scaled(_picture(data)))
    return on_lattice(scaled(_table(data)))


def _count(number: int, known: bool = True) -> None:
    """Raises ValueError for too many points or none. known: that these are all."""
    if not 1 <= number <= MAX_POINTS:
        raise ValueError(f"must be a file of 1 to {MAX_POINTS} points, not of {number if known else 'more'}")


def _array(data: bytes) -> NDArray[np.float64]:
    """[N, 2] of a NumPy file."""
    file = io.BytesIO(data)
    try:
        header = _HEADERS.get(npy.read_magic(file))
        if header is None:
            raise ValueError("of another version")
        shape, by_columns, dtype = header(file)
    except Exception as error:  # whatever a broken header raises: ValueError, SyntaxError, TypeError, EOFError, struct.error
        raise ValueError("must be a NumPy file that is whole, of version 1 or 2") from error
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise ValueError(f"must hold plain numbers, not the type {str(dtype)[:40]}")
    if len(shape) != 2 or shape[1] != 2:
        raise ValueError(f"must have the shape (n, 2), not {str(shape)[:40]}")
    _count(shape[0])
    if len(data) - file.tell() != 2 * shape[0] * dtype.itemsize:
        raise ValueError("must be a NumPy file that is whole; this one has too few numbers or too many")
    flat = np.frombuffer(data, dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if by_columns else "C").astype(np.float64)


def _picture(data: bytes) -> NDArray[np.float64]:
    """[PICTURE_POINTS, 2] the darker a pixel is, the more points; none where it is white or transparent.

    The darkness, added up along lines that run to and fro, is cut into equal parts, and each part has a point somewhere in its
    pixel (systematic sampling): more even than independent draws.
    """
    open_picture(data)
    try:
        picture = read_rgb(data).convert("L")
    except Exception as error:  # Pillow's decoders raise of many kinds
        raise ValueError("must be a file that is whole; this one is damaged or cut off") from error
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    dark = 255.0 - np.asarray(picture, np.float64)
    if dark.max() < 8:
        raise ValueError("must be an image with dark parts, which become points; this one is white")
    dark[1::2] = dark[1::2, ::-1]
    random, edges = np.random.default_rng(0), dark.ravel().cumsum()
    cuts = (np.arange(PICTURE_POINTS) + random.uniform(size=PICTURE_POINTS)) * (edges[-1] / PICTURE_POINTS)
    line, column = np.divmod(np.minimum(np.searchsorted(edges, cuts, side="right"), len(edges) - 1), dark.shape[1])
    column = np.where(line % 2, dark.shape[1] - 1 - column, column)
    return np.stack([column, -line], 1) + random.uniform(-0.5, 0.5, (PICTURE_POINTS, 2))


def _decoded(data: bytes) -> str:
    name = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        raise ValueError("must be a CSV, NPY, PNG or JPEG file") from None
    if "\0" in text:
        raise ValueError("must be a CSV, NPY, PNG or JPEG file")
    return text


def _fields(line: str, separator: str) -> list[str]:
    parts = line.split() if separator == " " else line.split(separator)
    return [part.strip().strip('"').strip() for part in parts]


def _cuts(line: str) -> str | None:
    """The separator that cuts a line into two. A semicolon or a tab goes before a comma, which may be decimal then."""
    return next((separator for separator in (";", "\t", ",", " ") if len(_fields(line[:_LINE], separator)) == 2), None)


def _separator(lines: list[tuple[int, str]]) -> str:
    """That of the last line: only it is certain to hold numbers. lines: each after its number."""
    if (separator := _cuts(lines[-1][1])) is not None:
        return separator
    others = [number for number, line in lines[: MAX_POINTS + 1] if _cuts(line) is None]
    where = "no line has" if len(others) == len(lines) else f"line {(others or [lines[-1][0]])[0]} has not"
    raise ValueError(f"{CSV_ALLOWED}; {where}")


def _table(data: bytes) -> NDArray[np.float64]:
    """[N, 2] of a text; a first line without a number is its header."""
    numbered = enumerate(_decoded(data).splitlines(), 1)
    lines = [(number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        _count(0)
    separator = _separator(lines)
    decimal = "," if separator != "," and "." not in "".join(line for _, line in lines[1:]) else "."
    found = []
    for place, (number, line) in enumerate(lines):
        parts = [part.replace(",", ".") if decimal == "," else part for part in _fields(line[:_LINE], separator)]
        if place == 0 and not any(map(_NUMBER.fullmatch, parts)):
            continue
        if len(parts) != 2 or len(line) > _LINE or not all(map(_NUMBER.fullmatch, parts)):
            raise ValueError(f"{CSV_ALLOWED}; line {number} has not")
        found.append([float(part) for part in parts])
        if len(found) > MAX_POINTS:
            _count(len(found), known=False)
    _count(len(found))
    return np.array(found)
