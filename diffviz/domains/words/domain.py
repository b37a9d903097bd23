"""Words as sequences of 8 symbols: lists on which masked and uniform diffusion are known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diffviz.categorical.denoisers import ExactCategorical
from diffviz.categorical.entropies import mean_entropies
from diffviz.categorical.fields import PROCESSES, CategoricalFields
from diffviz.categorical.law import CategoricalLaw
from diffviz.categorical.networks import NetworkSymbols
from diffviz.categorical.process import SAMPLERS, Symbols, size_in_points
from diffviz.checkpoints import Format
from diffviz.domains.base import Domain, TrainingRow
from diffviz.domains.symbols import load_learned, measured, networks_only, offers, refusal, schedule_seconds
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
from diffviz.inverse.tasks import StartRow
from diffviz.messages import show
from diffviz.process import Denoiser
from diffviz.schedules import NoiseSchedule
from diffviz.weights import on_device

STEP_SECONDS = 5e-6  # of a sequence on one core, beside the denoiser
EXACT_SECONDS = 1.2e-8  # of a function evaluation of it, for each word of the list
NETWORK_SECONDS = 2.2e-5
CALL_SECONDS, EXACT_CALL_SECONDS, NETWORK_CALL_SECONDS = (
    4e-4,
    2.2e-7,
    5e-4,
)  # however few sequences; again for each word; a network
FOUND_SECONDS = 0.1  # the entropies of a list
READ = {"own_words": read_words, "letters": read_letters, "changes": read_changes}  # of a field that is no empty text


def _change_refusal(e: Any) -> str:
    """What is wrong with changes that can be read; "" for nothing."""
    for change in read_changes(e.changes):
        if change.sequence >= e.particles or change.time > e.steps:
            return f"must be of words from 1 to {e.particles} at times from 1 to {e.steps}."
        if change.symbol == MASK and e.process != "absorbing":
            return f"must have no mask, _, with the process {option('process', e.process)}."
    return ""


class Words(Domain):
    """The domain of words [N, 8]."""

    name = "words"
    title = "Words"
    why = "Symbols that are masked or redrawn one by one, as language models have them. Every posterior and every cost is exact."
    sections = (CategoricalFields, WordFields)
    datasets = DATASETS
    samplers = SAMPLERS
    training: Mapping[str, TrainingRow] = {
        "network": TrainingRow(Format("diffviz-words-2", WordRecipe, new_word_network, torch.float16), begin_words, "words"),
    }
    uses = ("process", "changes")
    rules = (Rule(("letters",), (Condition("dataset", tuple(DATASETS)), Condition("process", ("absorbing",)))),)

    def __init__(self) -> None:
        why = "x_T is drawn from the prior: masks, and symbols at random where ᾱ_T is not 0; or symbols at random alone."
        noise = StartRow("Masks or random symbols", why, drawn=True)
        self.offers = offers(noise, "list", "letters")
        self.measured = measured(lambda e: mean_entropies(entropies_of(e.dataset, e.own_words)))

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
        return NetworkSymbols(on_device(load_learned(e, self.training["network"]).network, device))

    def networks_only(self) -> dict[str, dict[str, tuple[Any, ...]]]:
        return networks_only(self.training["network"])

    def evaluation_seconds(self, e: Any) -> float:
        return STEP_SECONDS + (NETWORK_SECONDS if e.denoiser != "exact" else EXACT_SECONDS * len(self.distribution(e).states))

    def call_seconds(self, e: Any) -> float:
        if e.denoiser != "exact":
            return CALL_SECONDS + NETWORK_CALL_SECONDS
        return CALL_SECONDS + EXACT_CALL_SECONDS * len(self.distribution(e).states)

    def schedule_seconds(self, e: Any) -> float:
        return schedule_seconds(e, FOUND_SECONDS)

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
        return refusal(e) or super().refusal(e)


WORDS = Words()
