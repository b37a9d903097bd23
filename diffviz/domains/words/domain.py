"""Words as sequences of 8 symbols: lists on which masked and uniform diffusion are known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from diffviz import checkpoints
from diffviz.caching import bounded
from diffviz.categorical.denoisers import ExactCategorical
from diffviz.categorical.entropies import mean_entropies
from diffviz.categorical.fields import PROCESSES, CategoricalFields
from diffviz.categorical.law import CategoricalLaw
from diffviz.categorical.least_cost import optimal_log_snr, thermodynamic_metric
from diffviz.categorical.networks import NetworkSymbols
from diffviz.categorical.process import SAMPLERS, Symbols, sampler_refusal, size_in_points
from diffviz.checkpoints import Format
from diffviz.domains.base import TrainingRow
from diffviz.domains.words.fields import WordFields
from diffviz.domains.words.hand import changes_text, given_of, letters_text, read_changes, read_letters
from diffviz.domains.words.lists import (
    DATASETS,
    LENGTH,
    MASK,
    OWN_DEFAULT,
    SYMBOLS,
    WordDistribution,
    completions_of,
    distribution_of,
    entropies_of,
    read_words,
    words_text,
)
from diffviz.domains.words.training import WordRecipe, begin_words, new_word_network
from diffviz.fields import Condition, ExperimentError, Rule, option
from diffviz.inverse.tasks import NOTHING, STARTS, StartRow
from diffviz.messages import show
from diffviz.noise import Stream, particle_uniform
from diffviz.process import Denoiser
from diffviz.schedules import SCHEDULES, NoiseSchedule
from diffviz.weights import Stamp, load_network, name_refusal, network_stamp, on_device

EXACT_SECONDS = 1.3e-8  # of a function evaluation of a sequence on one core, for each word of the list
NETWORK_SECONDS = 1.5e-4
FOUND_SECONDS = 0.1  # what a schedule reads of a list; the optimal levels take OPTIMAL_SECONDS a step beside it
OPTIMAL_SECONDS = 4.5e-4
READ = {"own_words": read_words, "letters": read_letters, "changes": read_changes}  # of a field that is no empty text


def _change_refusal(e: Any) -> str:
    """What is wrong with changes that can be read; "" for nothing."""
    for change in read_changes(e.changes):
        if change.sequence >= e.particles or change.time > e.steps:
            return f"must be of words from 1 to {e.particles} at times from 1 to {e.steps}."
        if change.symbol == MASK and e.process != "absorbing":
            return f"must have no mask, _, with the process {option('process', e.process)}."
    return ""


@bounded(1 << 20)
def _optimal_log_snr(dataset: str, own_words: str, steps: int) -> NDArray[np.float64]:
    """[T] of a list (least_cost.optimal_log_snr)."""
    return optimal_log_snr(mean_entropies(entropies_of(dataset, own_words)), steps)


class Words:
    """The domain of words [N, 8] (domains.base.Domain)."""

    name = "words"
    title = "Words"
    why = "Symbols that are masked or redrawn one by one, as language models have them. Every posterior and every cost is exact."
    sections = (CategoricalFields, WordFields)
    datasets = DATASETS
    samplers = SAMPLERS
    training: Mapping[str, TrainingRow] = {
        "network": TrainingRow(Format("diffviz-words-1", WordRecipe, new_word_network), begin_words, "words"),
    }
    uses = ("process", "changes")
    rules = (Rule(("letters",), (Condition("dataset", tuple(DATASETS)), Condition("process", ("absorbing",)))),)

    def __init__(self) -> None:
        noise = StartRow("Masks or random symbols", "x_T is drawn from the prior: masks alone, or symbols at random.", drawn=True)
        best = "Made for this list and T: the smallest ELBO gap that masks can have in so many steps."
        optimal = replace(SCHEDULES["optimal"], why=best)
        self.offers = {
            "start": {**STARTS, "noise": noise},
            "measurement": {"none": NOTHING},
            "schedule": {**SCHEDULES, "optimal": optimal},
        }
        self.measured = {
            "metric": lambda e: thermodynamic_metric(mean_entropies(entropies_of(e.dataset, e.own_words))),
            "levels": lambda e: _optimal_log_snr(e.dataset, e.own_words, e.steps),
        }

    def shape(self, e: Any) -> tuple[int, ...]:
        return (LENGTH,)

    def data_title(self, e: Any) -> str:
        count = f": {len(read_words(e.own_words).words)}" if e.own_words else ""
        given = f" given {e.letters.replace('_', '□')}" if e.letters else ""  # as a tile: _ would make an index of a letter
        changed = len(read_changes(e.changes))
        by_hand = f", {changed} {'letter' if changed == 1 else 'letters'} set by hand" if changed else ""
        return f"{DATASETS[e.dataset].title}{count}{given}, {PROCESSES[e.process].title.lower()}{by_hand}"

    def size(self, e: Any) -> int:
        return size_in_points(LENGTH)

    def distribution(self, e: Any) -> WordDistribution:
        given = given_of(e)
        if not given:
            return distribution_of(e.dataset, e.own_words)
        try:
            return completions_of(e.dataset, e.own_words, given)
        except ValueError as error:
            raise ExperimentError("letters", f"{error}, not {show(e.letters)}.") from None

    def data(self, e: Any) -> Tensor:
        return self.distribution(e).sample(particle_uniform(e.seed, Stream.DATA, e.particles)).float()

    def process(self, e: Any, schedule: NoiseSchedule, visited: NDArray[np.int64]) -> Symbols:
        given = given_of(e)
        symbols, changes = torch.tensor(given) if given else None, tuple(read_changes(e.changes))
        if any(change.time < visited[1] for change in changes):  # nothing would be drawn after them
            raise ExperimentError("changes", f"must be at times from {int(visited[1])} on, which the sampler visits last.")
        return Symbols(e, schedule, visited, LENGTH, SYMBOLS, symbols, changes)

    def path_law(self, e: Any, process: Symbols) -> CategoricalLaw:
        return CategoricalLaw(self.distribution(e), process.noise, process.schedule, process.visited)

    def denoiser(self, e: Any, process: Symbols, device: torch.device) -> Denoiser:
        if e.denoiser == "exact":
            return ExactCategorical(self.distribution(e), process.noise, device)
        loaded = load_network(e, self.training["network"].root, WordRecipe)
        learned = loaded.recipe.process
        if learned != e.process:
            given, other = (option("process", name) for name in (e.process, learned))
            raise ExperimentError("denoiser", f"{loaded.name} was trained to take back the process {other}, not {given}.")
        return NetworkSymbols(on_device(loaded.network, device))

    def at_hand(self, dataset: str) -> bool:
        return True

    def evaluation_seconds(self, e: Any) -> float:
        return NETWORK_SECONDS if e.denoiser != "exact" else EXACT_SECONDS * len(self.distribution(e).states)

    def schedule_seconds(self, e: Any) -> float:
        reads = SCHEDULES[e.schedule].reads
        return (FOUND_SECONDS + OPTIMAL_SECONDS * e.steps) if "levels" in reads else FOUND_SECONDS if "metric" in reads else 0.0

    def task(self, e: Any) -> None:
        return None

    def networks(self) -> list[str]:
        return checkpoints.names(self.training["network"].root)

    def weights_stamp(self, e: Any) -> Stamp | None:
        return network_stamp(e, self.training["network"].root)

    def otherwise(self, e: Any) -> dict[str, Any]:
        """Of one list one text; of ours none. Of the same letters and changes one text."""
        set_by_hand = {"letters": letters_text(e.letters), "changes": changes_text(e.changes)}
        if e.dataset != "own_words":
            return set_by_hand
        text = words_text(e.own_words)
        return {**set_by_hand, "own_words": "" if text == words_text(OWN_DEFAULT) else text}

    def refusal(self, e: Any) -> tuple[str, str] | None:
        for name, read in READ.items():
            try:
                if getattr(e, name):
                    read(getattr(e, name))
            except ValueError as error:
                return name, f"{error}."
        changed = _change_refusal(e)
        if changed:
            return "changes", changed
        if SAMPLERS[e.sampler].counted and e.at_once > LENGTH:
            return "at_once", f"must be at most {LENGTH}, the letters of a word, not {e.at_once}."
        if SCHEDULES[e.schedule].measured and e.process != "absorbing":
            names = option("schedule", *(name for name, row in SCHEDULES.items() if row.measured), last=" or ")
            return "schedule", f"must not be {names} with the process {option('process', e.process)}: only of masks is it known."
        return sampler_refusal(e) or name_refusal(e)


WORDS = Words()
