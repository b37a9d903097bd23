"""What the report of a run's thermodynamics says of bits: by sums over all sequences."""

from __future__ import annotations

from diffviz.domains.heartbeat.information import information
from diffviz.engine import Setup
from diffviz.thermodynamics.report import Known
from diffviz.views.symbols.thermo import reasons

REASONS = reasons("bit sequence", "bits")


def known(setup: Setup) -> Known:
    found = information(
        setup.schedule,
        setup.times,
        None if setup.experiment.denoiser == "exact" else setup.denoiser,
        setup.device,
        setup.experiment.seed,
    )
    production, stderr = found.of_steps(found.dissipation)
    return Known(
        gap=found.gap.estimate,
        production=production,
        production_stderr=stderr,
        mismatch=found.mismatch_at_start.value,
        parts=dict.fromkeys(REASONS),
        reasons=REASONS,
    )
