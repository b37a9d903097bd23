"""A run of graphs as the browser and files are told it, in numbers, pictures and words."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from diffviz import Experiment, run
from diffviz.diagnostics.comparison import compare
from diffviz.domains.graphs.data import DATASETS
from diffviz.engine import Setup, stream
from diffviz.figures.scenes import Size
from diffviz.telling.pair import shares_row
from diffviz.telling.words import with_error
from diffviz.views.graphs import sent
from diffviz.views.graphs.domain import VIEW
from diffviz.views.graphs.draw import draw
from diffviz.views.graphs.layout import places
from diffviz.views.graphs.measure import measure
from diffviz.views.graphs.thumbnail import thumbnail
from diffviz.views.teller import Teller
from tests.measured import measured

E = Experiment(dataset="trees", schedule="sohl_dickstein", steps=6, particles=100)


@pytest.fixture(scope="module")
def made():
    setup = Setup(E)
    trajectory = run(E, setup)
    return setup, trajectory, measure(setup, trajectory)


def test_frames_are_states_probabilities_and_what_is_still_possible():
    setup = Setup(E)
    teller, arrays = Teller(VIEW, setup), sent.arrays(setup)
    for frame in stream(E, setup):
        told = dict(teller.arrays(frame))
        assert told.keys() <= arrays.keys()
        assert all(values.shape == arrays[name].shape for name, values in told.items())
        x = frame.x[:64].numpy()
        np.testing.assert_array_equal(told[frame.direction], x)
        if frame.direction == "reverse":
            known = (x < 2) & told["reverse_possible"][:, None]  # contradictions are explained by the nearest trees
            np.testing.assert_array_equal(told["x0_hat"][known], 255 * x[known])
    assert told["reverse_possible"].tolist() == ((x.sum(1) == 5) & told["reverse_possible"]).tolist()
    assert teller.init().data["pairs"][:2] == [(0, 1), (0, 2)]


def test_probabilities_of_an_edge_are_those_of_the_most_probable_state_or_the_rest():
    assert sent.joined(np.array([[[1.0, 0.75], [0.0, 0.75]]])).tolist() == [[0.75, 0.25]]


def test_nodes_stand_on_a_ring():
    assert places(4) == pytest.approx(np.array([[0, 1], [1, 0], [0, -1], [-1, 0]]), abs=1e-12)


def test_files_show_edges_by_their_probability_and_what_belongs_to_the_family(made):
    setup, trajectory, _ = made
    scene = draw(setup, trajectory, (), False)
    assert [panel.name for panel in scene.panels] == ["forward", "reverse", "x0_hat"]
    for row in scene.panels:
        panel = row.draw(Figure().add_subplot(), Size(7.0, 9))
        lines, _, *signs = panel.artists
        assert len(signs) == 9
        panel.show(0)
        opacity = lines.get_color()[:, 3].reshape(9, 15)
        shown = trajectory.reverse[-1, :9] if row.name != "forward" else trajectory.forward[0, :9]
        assert opacity == pytest.approx(shown)
        if row.name != "x0_hat":
            assert [sign.get_text() == "✓" for sign in signs] == (shown.sum(1) == 5).tolist() or row.name == "reverse"
        panel.show(6)
        opacity = lines.get_color()[:, 3].reshape(9, 15)
        assert opacity == pytest.approx(1 / 3 if row.name == "x0_hat" else 0.16, abs=1e-6)
        assert not any(sign.get_text() for sign in signs)
    legend = scene.legend
    assert legend == "pale: masked; ✓: a tree; ×: can no longer become so"


def test_lines_are_thinner_where_a_graph_has_little_room_or_many_nodes():
    def drawn(dataset, inches, most):
        setup = Setup(replace(E, dataset=dataset, steps=2, particles=20))
        axes = Figure().add_axes((0.0, 0.0, inches / 6.4, inches / 4.8))
        lines, dots, *signs = draw(setup, run(setup.experiment, setup), (), False).panels[0].draw(axes, Size(1.8, most)).artists
        return lines.get_linewidth()[0], dots.get_markersize(), len(signs)

    tree, small, model = drawn("trees", 2.0, 16), drawn("trees", 1.0, 16), drawn("block_model", 2.0, 16)
    assert tree == (1.6, 3.2, 16)
    assert small[0] == pytest.approx(1.6 * 18 / 33)
    assert small[1] < 3.2
    assert model[0] == pytest.approx(1.6 * 48 / 66)
    assert model[2] == 9  # fewer graphs, with more room


def test_a_run_is_told_in_words(made):
    setup, _, m = made
    captions = VIEW.captions(m, m.times)
    assert "50 % of the pairs of nodes were never redrawn" in captions[3]
    assert "Each masked pair is unmasked with probability 0.33" in captions[3]
    assert "Every masked pair is drawn alone from" in captions[1]
    assert "total correlation of the pairs drawn together" in captions[3]
    line = VIEW.summary(m)
    assert "of the samples are trees" in line
    assert f"{m.estimate('distinct').value:.0f} are different; 100 draws of the family itself have 96.3 on average" in line
    bound, entropy, gap, nats = (with_error(m.estimate(n)) for n in ("bound_bits", "entropy_bits", "gap_bits", "gap_nats"))
    assert f"= <b>gap {nats} nats a graph</b> (in bits {bound} − {entropy} = {gap})" in line
    assert VIEW.warning(setup) == ""
    corrected = replace(E, sampler="remasking")
    assert "of the chain without its corrector" in VIEW.summary(measured(corrected))
    one = replace(E, sampler="random_order")
    assert "100 % of the samples are trees" in VIEW.summary(measured(one))
    assert "still far from noise" in VIEW.warning(
        Setup(Experiment(dataset="trees", schedule="linear", scale_betas=False, steps=20))
    )


def test_two_runs_are_compared_in_a_sentence(made):
    _, _, m = made
    other = Experiment(**{**E.to_dict(), "steps": 40})
    setup = Setup(other)
    rows = compare(m, measure(setup, run(other, setup)))
    text = VIEW.sentence(rows, E, other)
    assert "of the samples of <b>B</b> belong to the family instead of" in text
    assert "The ELBO gap of <b>A</b> is 1.027 bits" in text
    assert VIEW.sentence(rows, E, E).startswith("Nothing differs")
    unknown = Experiment(**{**E.to_dict(), "sampler": "confidence"})
    assert VIEW.note(E, unknown).endswith("Of the sampler By confidence (MaskGIT) no bound is known.")


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_thumbnail_shows_graphs(dataset):
    picture = thumbnail(dataset, 60)
    assert picture.shape == (60, 60, 4)
    assert 0.02 < (picture[..., 3] > 127).mean() < 0.6


def test_shares_of_two_runs_that_count_up_to_other_numbers_stand_in_one_row(made):
    _, _, m = made
    ours, other = m.curves["degrees_found"], replace(m.curves["degrees_found"], values=np.array([0.25, 0.75]))
    assert '<td class="dv-modes">25 75' + " 0" * (len(ours.values) - 2) + "</td>" in shares_row(ours, other)
