"""What the engine tells the player: arrays in few bytes, as JSON.

A message is {"run", "seq", "query"} with any of three parts: "init" (everything known before the first frame), "blocks" (frames)
and "final" (what is known when all is computed). A run that is still being computed comes as one init, many messages with blocks,
one final; a finished one as a single message with all three. The player counts its frames at the final and asks for
the run again if one was lost on the way.

A frame of an array is sent as its type says (Array): positions as 12-bit integers in [-RANGE, RANGE], two to three bytes, a
quarter of a pixel on a projector; grey values and probabilities as bytes; bits eight to a byte. Blocks are base64.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

RANGE = 5.0  # positions beyond are drawn at the edge; the panels end well before
LEVELS = 4095
MAX_FRAMES = 201
MAX_POINTS = 202_000  # frames x points sent: one megabyte and a half at most


@dataclass(frozen=True)
class Array:
    """What one frame of an array is. type: how it is packed, "uint12" (float32 from low to high), "uint8" or "bit" (bool)."""

    shape: tuple[int, ...]
    type: str
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Block:
    """Frames first, first+1, ... of one array of Init.arrays, in the type that it names there. values: [count, *shape]."""

    name: str
    first: int
    values: NDArray[Any]


@dataclass(frozen=True)
class Chart:
    """A Plotly figure with what the player writes around it. title and readout may hold <i>, <sub> and <sup>.

    readout: what stands beside the cursor, one text for every displayed frame; of two runs, a list of them for each side, with
    symbol before them all and unit behind
    term: the entry of the glossary that the title opens
    axis: "log_snr" if the chart is drawn over log10 SNR, whatever the clock; "own" if no clock follows it, and readout is texts
    of no frame; else it is drawn over the clock's own axis
    """

    title: str
    figure: dict[str, Any]
    readout: list[Any]
    note: str = ""
    axis: str = ""
    term: str = ""
    symbol: str = ""
    unit: str = ""


LEVEL_MARGIN = 0.06  # of an axis of log SNR: as far beyond its finite levels stand data, at ∞, and pure noise, at −∞


@dataclass(frozen=True, kw_only=True)
class Init:
    """What is known before the first frame.

    view: whose script shows it, views/<view>/view.js; data: what that script alone reads; layers: names that it may offer, all
    if empty
    arrays: by name, what a frame of each is; "forward" and "reverse" are always there
    times: [m] displayed times, ascending; alpha, sigma: [m] at these times; particles: drawn, of total
    levels: the highest and the lowest finite log10 SNR of the schedule
    captions: one sentence for every displayed frame; experiment: the fields of the run, as its link has them
    """

    view: str
    arrays: dict[str, Array]
    data: dict[str, Any] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)
    steps: int
    times: list[int]
    alpha: list[float]
    sigma: list[float]
    levels: tuple[float, float]
    particles: int
    total: int
    captions: list[str]
    charts: dict[str, Chart]
    title: str
    snippet: str
    command: str
    warning: str = ""
    experiment: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Later:
    """A chart that is computed when it becomes visible, with the others of its group.

    title, unit, term: what stands around it meanwhile; chosen: it is another one when another particle or place is chosen
    """

    group: str
    title: str
    unit: str
    term: str
    chosen: bool = False


@dataclass(frozen=True)
class Missing:
    """A chart that a run has not. why: a sentence that stands in its place; title, unit, term: what stands around it."""

    title: str
    unit: str
    term: str
    why: str


@dataclass(frozen=True)
class Final:
    """What is known when all is computed: better captions, more charts, the metrics in one line.

    data: added to that of Init; worked: by entry of the glossary, a number of this run; later: by name, charts that are computed
    when they become visible; missing: by name, the first charts of those sets that it has not
    """

    captions: list[str]
    charts: dict[str, Chart]
    summary: str
    data: dict[str, Any] = field(default_factory=dict)
    worked: dict[str, str] = field(default_factory=dict)
    later: dict[str, Later] = field(default_factory=dict)
    missing: dict[str, Missing] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """What is told of two runs together. own: what sets A apart, and B; common: what they have in common.

    charts: by clock ("time": t/T, "log_snr": log10 SNR) and name; readouts there are one list a side. sentence: what the metrics
    say, in words; table: rows of them as HTML. All are empty until they are computed. show: names of the charts to be shown
    first.
    """

    own: tuple[str, str]
    common: str
    snippet: str
    command: str
    charts: dict[str, dict[str, Any]] = field(default_factory=dict)
    sentence: str = ""
    table: str = ""
    show: tuple[str, ...] = ()


def comparison_message(queries: tuple[str, str], comparison: Comparison) -> str:
    """For the pair of runs that the two queries name; id differs every time, so that no two messages are equal."""
    return json.dumps({"queries": queries, "comparison": comparison, "id": uuid4().hex}, allow_nan=False, default=vars)


def batch(messages: list[str]) -> str:
    """Several messages as one."""
    return f"[{','.join(messages)}]"


def shown_times(times: NDArray[np.int64], size: int, budget: int) -> NDArray[np.int64]:
    """Those of the visited times [K+1] that are sent: both ends, and no more than MAX_FRAMES, or than the budget has room for if
    a frame takes size of it."""
    most = min(MAX_FRAMES, max(2, budget // size), len(times))
    return times[np.unique(np.round(np.linspace(0, len(times) - 1, most)).astype(int))]


def pack(values: NDArray[Any]) -> str:
    """Frames [count, *shape] as base64: float32 pairs as 12-bit integers, three bytes a pair; uint8 as it is; bool eight to a
    byte, each frame from a new byte on."""
    if values.dtype == np.uint8:
        return base64.b64encode(values.tobytes()).decode()
    if values.dtype == np.bool_:
        return base64.b64encode(np.packbits(values.reshape(len(values), -1), axis=1).tobytes()).decode()
    scaled = np.nan_to_num((values.reshape(-1, 2) + RANGE) * (LEVELS / (2 * RANGE)), nan=LEVELS / 2)
    x, y = np.clip(np.rint(scaled), 0, LEVELS).astype(np.uint16).T
    triple = np.stack([x & 255, (x >> 8) | ((y & 15) << 4), y >> 4], 1).astype(np.uint8)
    return base64.b64encode(triple.tobytes()).decode()


def scaled(values: NDArray[Any], kind: str) -> dict[str, Any]:
    """Numbers of any shape as base64 of kind "int8" or "int16": value = scale * number. What is not finite is 0."""
    values = np.nan_to_num(np.asarray(values, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    most = np.iinfo(kind).max
    scale = float(np.abs(values).max(initial=0.0)) / most or 1.0
    whole = np.rint(values / scale).astype(np.dtype(kind).newbyteorder("<"))
    return {"shape": [*values.shape], "type": kind, "scale": scale, "data": base64.b64encode(whole.tobytes()).decode()}


def block_json(block: Block) -> dict[str, Any]:
    """As the browser reads it."""
    return {"name": block.name, "first": block.first, "count": len(block.values), "data": pack(block.values)}


def message(
    run: str,
    seq: int,
    query: str,
    init: Init | None = None,
    blocks: list[Block] | None = None,
    final: Final | None = None,
    side: int = 0,
    sides: int = 1,
) -> str:
    """One message as JSON. run differs for every run, seq within it, so that no two messages are equal. side: 1 for B; sides: 2
    if two runs are shown."""
    parts: dict[str, Any] = {"run": run, "seq": seq, "query": query, "side": side, "sides": sides}
    if init:
        parts["init"] = init
    if blocks:
        parts["blocks"] = list(map(block_json, blocks))
    if final:
        parts["final"] = final
    return json.dumps(parts, allow_nan=False, separators=(",", ":"), default=vars)  # of a dataclass, its fields
