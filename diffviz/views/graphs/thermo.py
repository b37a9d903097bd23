"""What the report of a run's thermodynamics says of graphs: by sums over all graphs."""

from __future__ import annotations

from dataclasses import replace

from diffviz.domains.graphs.information import information
from diffviz.engine import Setup
from diffviz.thermodynamics.report import Known

REASONS = {
    "commit": "A graph has neither a mode that splits nor a drift: these moments are those of points.",
    "speed_accuracy": "Edges jump and have no velocity: the bound is that of a flow of points.",
    "neural_entropy": "The identity is that of Gaussian noise, which edges have not.",
}


def known(setup: Setup) -> Known:
    """Of the ancestral chain, whose paths the report draws."""
    e = setup.experiment
    denoiser = None if e.denoiser == "exact" else setup.denoiser
    found = information(replace(e, sampler="ancestral"), setup.schedule, setup.times, denoiser, setup.device)
    production, stderr = found.of_steps(found.dissipation)
    return Known(
        gap=found.gap.estimate,
        production=production,
        production_stderr=stderr,
        mismatch=float(found.mismatch.mean()),
        parts=dict.fromkeys(REASONS),
        reasons=REASONS,
    )
