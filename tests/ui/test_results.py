"""What the results page tells."""

import json

from diffviz.experiment import Experiment
from diffviz.reproduce.results import recorded
from diffviz.ui import results
from diffviz.ui.limits import check_budget
from diffviz.views import view_of


def test_every_experiment_is_told_with_its_figures_and_its_runs():
    table, found = json.loads(results.table()), recorded()
    assert [row["name"] for row in table["rows"]] == list(found)
    for row in table["rows"]:
        result = found[row["name"]]
        figures = row["figures"]
        assert list(figures) == ["paper", "ours", "exact", "truth", "seconds", "seed"]
        assert figures["ours"].count("±") == (result.ours_bits[1] > 1e-5)
        assert (figures["paper"] == "") == (result.paper_bits is None) == ("paper" in row["reasons"])
        runs = [Experiment.from_dict(values) for values in row["runs"]]
        assert len(runs) == (0 if row["name"] == "thin_roll" else 2 if row["name"] == "schedule" else 1)
        assert bool(row["unopened"]) == (not runs)
        for experiment in runs:
            check_budget(experiment)  # the page runs it
            assert set(row["layers"] or ()) <= {*view_of(experiment).layers.names, *view_of(experiment).layers.page}
        assert row["command"] == f"python -m diffviz reproduce --experiment {row['name']}"
        assert "{" not in row["note"] + row["why"]


def test_the_factorised_kernel_s_loss_is_told_in_plain_words():
    note = next(row["note"] for row in json.loads(results.table())["rows"] if row["name"] == "heartbeat")
    assert "total correlation" in note
    assert "dissipation" in note
