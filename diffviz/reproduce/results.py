"""What an experiment of the 2015 paper came to (Sohl-Dickstein et al. 2015, Table 1), here and there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from diffviz import checkpoints

RECORDED = checkpoints.CHECKPOINTS / "results_2015.json"


@dataclass(frozen=True, kw_only=True)
class Result:
    """K in bits, higher being better; null where a figure does not exist.

    experiment: a name in EXPERIMENTS; paper_bits: what the paper prints; ours_bits: value and standard error
    exact_bits: of the exact denoiser with the same steps; truth_bits: minus the entropy of the data, which no K exceeds
    seconds: of one core that the training took; seed: of all randomness
    reasons: by field, why it is null; more: further figures, by name
    """

    experiment: str
    paper_bits: float | None
    ours_bits: tuple[float, float]
    exact_bits: float | None
    truth_bits: float | None
    seconds: float
    seed: int
    reasons: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"ours_bits": list(self.ours_bits), "seconds": round(self.seconds)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Result:
        """From what to_dict returns."""
        return cls(**{item.name: values[item.name] for item in fields(cls)} | {"ours_bits": tuple(values["ours_bits"])})


@dataclass(frozen=True, eq=False)
class Outcome:
    """A result, and what draws it: draw(path) writes a figure in the format of the path's ending."""

    result: Result
    draw: Callable[[Path], None]


def recorded() -> dict[str, Result]:
    """The results that lie beside the checkpoints, by experiment. Nothing is computed."""
    return {each["experiment"]: Result.from_dict(each) for each in json.loads(RECORDED.read_text(encoding="utf-8"))}
