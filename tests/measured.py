"""A run and what is measured of it."""

from diffviz import Experiment, run
from diffviz.diagnostics.measured import Measured
from diffviz.engine import Setup
from diffviz.views import view_of


def measured(experiment: Experiment | Setup, trajectory=None) -> Measured:
    """Of the experiment; trajectory: of its run, if that is known."""
    setup = experiment if isinstance(experiment, Setup) else Setup(experiment)
    return view_of(setup.experiment).measure(setup, trajectory or run(setup.experiment, setup))
