"""What the kinds of data that are sequences of symbols have in common: what they offer, what they refuse, and which networks know
them. e is an Experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from diffviz import checkpoints
from diffviz.categorical.least_cost import Values, optimal_log_snr, thermodynamic_metric
from diffviz.categorical.process import sampler_refusal
from diffviz.checkpoints import Checkpoint
from diffviz.domains.base import Row, TrainingRow
from diffviz.fields import ExperimentError, option
from diffviz.inverse.tasks import NOTHING, STARTS, StartRow
from diffviz.schedules import SCHEDULES
from diffviz.weights import TRAIN_ONE, load_network

OPTIMAL_SECONDS = 1.8e-4  # a step
SCHEDULED = ("absorbing",)  # the processes whose schedules can be found from the data


def offers(start: StartRow, data: str, parts: str) -> dict[str, Mapping[str, Row]]:
    """Domain.offers. start: where the reverse process begins; data: what the optimal schedule is made for, such as "list"; parts:
    what coordinates are, several."""
    whys = {
        "linear": f"β grows linearly (Ho et al. 2020). From 2T/3 on at most about 1 % of the {parts} are known.",
        "sohl_dickstein": f"As many {parts} are redrawn in every step (MDLM, Sahoo et al. 2024; Sohl-Dickstein et al. 2015).",
        "rectified_flow": f"ᾱ/(1 − ᾱ) = (T/t − 1)²: at T/2 half of the {parts} are known (Liu et al. 2023).",
        "karras": "ᾱ/(1 − ᾱ) = 1/σ², where σ grows from 0.002 to 80, its seventh root linearly (Karras et al. 2022).",
        "optimal": f"Made for this {data} and T: the smallest ELBO gap that masks can have in so many steps.",
    }
    return {
        "start": {**STARTS, "noise": start},
        "measurement": {"none": NOTHING},
        "schedule": {
            name: replace(row, why=whys.get(name, row.why), only={"process": SCHEDULED} if row.measured else {})
            for name, row in SCHEDULES.items()
        },
    }


def measured(mean: Callable[[Any], Values]) -> dict[str, Callable[[Any], Any]]:
    """Domain.measured, of an Experiment's entropies [D+1] (entropies.mean_entropies)."""
    return {
        "metric": lambda e: thermodynamic_metric(mean(e)),
        "levels": lambda e: optimal_log_snr(mean(e), e.steps),
    }


def schedule_seconds(e: Any, found: float) -> float:
    """Domain.schedule_seconds, where the entropies are found in so many."""
    reads = SCHEDULES[e.schedule].reads
    return found + OPTIMAL_SECONDS * e.steps if "levels" in reads else found if "metric" in reads else 0.0


def networks_only(row: TrainingRow) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Domain.networks_only: the process that each takes back."""
    return {name: {"process": (recipe.process,)} for name, recipe in row.recipes().items()}


def load_learned(e: Any, row: TrainingRow) -> Checkpoint:
    """The network that the Experiment names. Raises ExperimentError, of the field denoiser, where it is none of these, or was not
    trained to take the process of e back; it says which networks there are."""
    if e.denoiser == "learned" and e.dataset not in checkpoints.names(row.root):
        exact, data = option("denoiser", "exact"), option("dataset", e.dataset)
        said = f"must be {exact} for {data}, on which no network was trained{_others(row)}. {TRAIN_ONE}"
        raise ExperimentError("denoiser", said)
    loaded = load_network(e, row.root, row.format.recipe)
    if loaded.recipe.process != e.process:
        given, other = (option("process", name) for name in (e.process, loaded.recipe.process))
        said = f"{loaded.name} was trained to take back the process {other}, not {given}{_others(row)}."
        raise ExperimentError("denoiser", said)
    return loaded


def _others(row: TrainingRow) -> str:
    """Which networks there are, of which data and which process each, to go on with a sentence; read from disk."""
    named = row.recipes().items()
    told = [f"{name} ({option('dataset', found.dataset)}, {option('process', found.process)})" for name, found in named]
    return f"; those that were trained: {', '.join(told)}" if told else ""


def refusal(e: Any) -> tuple[str, str] | None:
    """(field, what is allowed) of a schedule or a sampler that is not for the process of e; None if they are."""
    if SCHEDULES[e.schedule].measured and e.process not in SCHEDULED:
        names = option("schedule", *(name for name, row in SCHEDULES.items() if row.measured), last=" or ")
        return "schedule", f"must not be {names} with the process {option('process', e.process)}: only of masks is it known."
    return sampler_refusal(e)
