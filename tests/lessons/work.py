"""The numbers that stand in the texts of the lesson on work."""

from diffviz.lessons.work import WORTH
from diffviz.views.work import path_count
from tests.measured import measured


def _paths(*setups):
    """Of either process, of every run of a step."""
    (count,) = {path_count(measured(setup.experiment)) for setup in setups}
    return count


CLAIMS = {
    **{name: {"4000": _paths} for name in ("path", "crooks", "jarzynski", "one-point")},
    "trust": {"4000": _paths, str(WORTH): lambda a, b: WORTH},
}
