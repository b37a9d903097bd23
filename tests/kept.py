"""A finished run with what the page keeps of it."""

from functools import cache

from diffviz import run
from diffviz.engine import Setup
from diffviz.views import view_of
from diffviz.views.teller import Teller


@cache
def kept(experiment):
    setup, view = Setup(experiment), view_of(experiment)
    trajectory = run(experiment, setup)
    return Teller(view, setup).kept(view.measure(setup, trajectory), trajectory)
