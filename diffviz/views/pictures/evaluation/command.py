"""`python -m diffviz evaluate`: a table on standard output, progress on standard error."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import torch
import typer

from diffviz.domains.pictures.domain import PICTURES
from diffviz.domains.pictures.images import IMAGES, make_images
from diffviz.experiment import ExperimentError
from diffviz.exports import writable
from diffviz.files import check_folder, explained, write_text
from diffviz.gaussian.samplers import SAMPLERS
from diffviz.views.pictures.evaluation.evaluate import Evaluation, Progress, evaluate
from diffviz.views.pictures.evaluation.request import DEFAULT_NFE, DEFAULT_SAMPLERS, Request
from diffviz.views.pictures.evaluation.table import POINTS, text, to_json

BAR = 24
CHECKPOINT_HELP = f"exact, or one of: {', '.join(PICTURES.networks())}."


def reporter() -> Progress:
    """A line on standard error that is written over; a line for each part where that is no terminal."""
    live, last = sys.stderr.isatty(), [""]

    def report(what: str, share: float) -> None:
        if live:
            full = int(BAR * share)
            end = "\n" if share == 1.0 else ""
            print(f"\r{what:<30} [{'#' * full}{'-' * (BAR - full)}]", end=end, file=sys.stderr, flush=True)
        elif what != last[0]:
            print(what, file=sys.stderr, flush=True)
        last[0] = what

    return report


def draw_figures(found: Evaluation, folder: Path) -> None:
    """The curves as PNG and PDF, and samples above their nearest training pictures."""
    from diffviz.views.pictures.evaluation import drawn  # matplotlib takes a second to import

    _, rate, error = found.bound.rate_distortion(POINTS)
    row = IMAGES[found.request.dataset_name]
    heading = f"{found.request.checkpoint} on {row.title.lower()}"
    drawn.rate_distortion(rate, error / row.bin_width, heading, folder)
    if found.main.frechet is not None:
        curves = {}
        for quality in found.qualities:
            entry = curves.setdefault(SAMPLERS[quality.sampler].title, [])
            entry.append((quality.cost.nfe, quality.frechet.value, quality.frechet.stderr))
        lines = {"test images": found.reference.frechet.value, "training images": found.floor.value}
        drawn.quality(curves, lines, heading, folder)
    train = make_images(found.request.dataset_name).train
    nearest = train[found.memory.nearest].numpy()
    drawn.neighbours(found.samples.numpy(), nearest, found.memory.distances, found.memory.held_out.value, heading, folder)


def evaluate_command(
    checkpoint: Annotated[str, typer.Option(help=CHECKPOINT_HELP)],
    dataset: Annotated[str | None, typer.Option(help=f"One of: {', '.join(IMAGES)}; by default the checkpoint's own.")] = None,
    steps: Annotated[int, typer.Option(help="Diffusion steps T, of the ELBO and of the times that samplers visit.")] = 1000,
    spacing: Annotated[str, typer.Option(help="Timestep spacing of the samplers, by name.")] = "trailing",
    schedule: Annotated[str, typer.Option(help="Noise schedule, by name.")] = "cosine",
    pictures: Annotated[
        int | None, typer.Option(help="Test images for the ELBO; by default as many as take some minutes.")
    ] = None,
    samples: Annotated[int | None, typer.Option(help="Number of samples; by default as many as test images.")] = None,
    passes: Annotated[int, typer.Option(help="Steps drawn for every image, for the ELBO; T or more: all of them.")] = 16,
    ode_steps: Annotated[int, typer.Option(help="Runge-Kutta steps of the ODE, for the likelihood.")] = 16,
    probes: Annotated[int, typer.Option(help="Probes of Hutchinson's trace estimator, for the likelihood.")] = 2,
    samplers: Annotated[str, typer.Option(help=f"Samplers, separated by spaces, of: {', '.join(SAMPLERS)}.")] = DEFAULT_SAMPLERS,
    nfe: Annotated[str, typer.Option(help="Numbers of function evaluations (NFE), separated by spaces.")] = DEFAULT_NFE,
    inception: Annotated[bool, typer.Option(help="FID and Inception score, if torchmetrics is installed.")] = True,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write everything to this .json file.")] = None,
    figures: Annotated[Path | None, typer.Option(help="Draw the curves into this folder, as PNG and PDF.")] = None,
) -> None:
    """Evaluate a checkpoint of images: ELBO in bits per dimension, likelihood, sample quality, memorisation. Digits take some
    minutes."""
    numbers = {"steps": steps, "pictures": pictures, "samples": samples, "passes": passes, "ode_steps": ode_steps, "seed": seed}
    names = {"dataset": dataset, "schedule": schedule, "spacing": spacing, "samplers": samplers, "nfe": nfe}
    request = Request(checkpoint, **names, **numbers, probes=probes, inception=inception)
    if json_file is not None:
        writable(json_file, ".json", name="json")
    if figures is not None:
        if not figures.parent.is_dir() or figures.is_file():
            raise ExperimentError("figures", "must be a folder, in a folder that exists.")
        check_folder(figures)
        with explained(figures):
            figures.mkdir(exist_ok=True)
    torch.set_num_threads(1)  # sums in one order; on tensors so small another thread gains nothing and waits on a busy machine
    found = evaluate(request, reporter())
    if json_file is not None:
        write_text(json_file, json.dumps(to_json(found), indent=2, allow_nan=False) + "\n")
    if figures is not None:
        draw_figures(found, figures)
    answer = text(found)
    with explained("The answer"):
        print(answer, end="")
