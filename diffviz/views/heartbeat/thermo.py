"""What the report of a run's thermodynamics says of bits: by sums over all sequences."""

from __future__ import annotations

from diffviz.domains.heartbeat.information import information
from diffviz.engine import Setup
from diffviz.thermodynamics.report import Known

REASONS = {
    "commit": "A bit sequence has neither a mode that splits nor a drift: these moments are those of points.",
    "speed_accuracy": "Bits jump and have no velocity: the bound is that of a flow of points.",
    "neural_entropy": "The identity is that of Gaussian noise, which bits have not.",
}


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
