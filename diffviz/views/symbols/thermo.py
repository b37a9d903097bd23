"""What the report of a run's thermodynamics says of symbols: by the costs that their domain knows, or along paths."""

from __future__ import annotations

from dataclasses import replace

from diffviz.engine import Setup
from diffviz.telling.words import capital
from diffviz.thermodynamics.report import Known
from diffviz.views.symbols.nouns import Nouns
from diffviz.views.symbols.priced import Information


def reasons(sample: str, symbols: str) -> dict[str, str]:
    """By field, why the report has it not. sample: one of the data; symbols: what it consists of."""
    return {
        "commit": f"A {sample} has neither a mode that splits nor a drift: these moments are those of points.",
        "speed_accuracy": f"{capital(symbols)} jump and have no velocity: the bound is that of a flow of points.",
        "neural_entropy": f"The identity is that of Gaussian noise, which {symbols} have not.",
    }


def known(nouns: Nouns, information: Information, setup: Setup) -> Known:
    """Of the ancestral chain from the prior, whose paths the report draws, wherever the run starts."""
    e, why = setup.experiment, reasons(nouns.sample, nouns.symbols)
    denoiser = None if e.denoiser == "exact" else setup.denoiser
    found = information(replace(e, sampler="ancestral"), setup.schedule, setup.times, denoiser, setup.device)
    production, stderr = found.of_steps(found.dissipation)
    return Known(
        gap=found.gap.estimate,
        production=production,
        production_stderr=stderr,
        mismatch=float(found.mismatch.mean()),
        parts=dict.fromkeys(why),
        reasons=why,
    )
