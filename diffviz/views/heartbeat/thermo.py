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
    added, stderr = found.added
    return Known(
        gap=found.bound.less(found.entropy_nats).estimate,
        production=found.exact.dissipation + added,
        production_stderr=stderr,
        mismatch=found.exact.mismatch,
        parts=dict.fromkeys(REASONS),
        reasons=REASONS,
    )
