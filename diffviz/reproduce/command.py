"""`python -m diffviz reproduce`: an experiment of the 2015 paper, rerun from scratch."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import torch
import typer

from diffviz.console import progress
from diffviz.experiment import Experiment
from diffviz.exports import writable
from diffviz.fields import ExperimentError
from diffviz.files import explained
from diffviz.messages import show
from diffviz.reproduce import EXPERIMENTS
from diffviz.reproduce.results import Outcome

FIGURES = (".pdf", ".png")


def reproduce_command(
    experiment: Annotated[str, typer.Option(help=f"One of: {', '.join(EXPERIMENTS)}.")],
    quick: Annotated[bool, typer.Option("--quick", help="A short training: the figure is a worse one.")] = False,
    seed: Annotated[str, typer.Option(help="Of all randomness.")] = "0",
    out: Annotated[Path | None, typer.Option(help="Draw it: a .pdf or .png.")] = None,
) -> None:
    """Rerun an experiment of Sohl-Dickstein et al. (2015) and print its bound beside the paper's, as JSON."""
    if experiment not in EXPERIMENTS:
        raise ExperimentError("experiment", f"must be one of {', '.join(EXPERIMENTS)}, not {show(experiment)}.")
    if out is not None:
        writable(out, *FIGURES)
    chosen = Experiment.from_strings({"seed": seed}).seed
    torch.set_num_threads(1)  # sums in one order: the same command gives the same weights
    with progress(100, f"percent of {experiment}") as tell:
        for found in EXPERIMENTS[experiment].rerun(chosen, quick):
            tell(100 if isinstance(found, Outcome) else int(100 * found))
    if out is not None:
        found.draw(out)
    text = json.dumps(found.result.to_dict() | {"quick": quick}, allow_nan=False)
    with explained("The answer"):
        sys.stdout.write(text + "\n")
