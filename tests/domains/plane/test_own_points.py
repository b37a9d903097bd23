"""Points as a text: what is written is read again, nothing else is read, and whoever writes a text decides over little memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffviz import Experiment, ExperimentError
from diffviz.domains.plane.own_points import (
    LINK_LETTERS,
    MAX_LETTERS,
    MAX_POINTS,
    REACH,
    UNIT,
    default_points,
    on_lattice,
    points_text,
    read_points,
    scaled,
    write_points,
)

PLACES = st.lists(st.tuples(*2 * [st.integers(-REACH * UNIT, REACH * UNIT)]), min_size=1, max_size=60)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def answered(text):
    """The points of a text and "", or None and why not."""
    try:
        return read_points(text), ""
    except ValueError as error:
        return None, str(error)


@given(PLACES)
def test_what_is_written_is_read_again(places):
    points = on_lattice(np.array(places) / UNIT)
    found = read_points(write_points(points))
    assert found.total == len(places)
    expected = sorted(places, key=lambda place: (place[1], place[0]))
    np.testing.assert_array_equal(np.repeat(found.places, found.counts, axis=0), expected)


@given(PLACES, st.integers(0, 2**32 - 1))
def test_the_order_of_points_is_not_in_the_text(places, seed):
    shuffled = np.random.default_rng(seed).permutation(np.array(places))
    assert write_points(on_lattice(shuffled / UNIT)) == write_points(on_lattice(np.array(places) / UNIT))


@given(PLACES, st.data())
def test_a_text_with_another_letter_is_refused_or_is_the_text_of_other_points(places, data):
    text = write_points(on_lattice(np.array(places) / UNIT))
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.sampled_from(LETTERS + ".")) + text[at + 1 :]
    found, why = answered(changed)
    assert (found is None) == why.startswith("must be points")
    assert found is None or write_points(found) == changed


@settings(max_examples=300)
@given(st.integers(0, 30_000), st.text(LETTERS, max_size=80))
def test_any_letters_are_points_or_refused(total, letters):
    points, why = answered(f"{total}.{letters}")
    assert (points is None) == why.startswith("must be points")
    assert points is None or (points.total == total <= MAX_POINTS and np.abs(points.places).max() <= REACH * UNIT)


@pytest.mark.parametrize(
    "text", ["", ".", "1.", "1.A", "0.AAAA", "1,2", "12", "20001.lACAAgwBYvnJ8", "3.lACAAgwBYvnJ8A", "x" * 10**6]
)
def test_what_is_no_text_of_points_is_refused(text):
    with pytest.raises(ValueError, match="must be points"):
        read_points(text)


def test_as_many_points_as_there_may_be_are_a_text_that_an_experiment_takes():
    """Wherever they are: evenly over the whole square, the longest text there is to be expected, is well below the bound."""
    random = np.random.default_rng(0)
    widest = write_points(on_lattice(random.uniform(-REACH, REACH, (MAX_POINTS, 2))))
    assert LINK_LETTERS < len(widest) < MAX_LETTERS / 2
    assert read_points(widest).total == MAX_POINTS
    assert Experiment(dataset="own_points", own_points=widest, bandwidth=1.0).own_points == widest


def test_two_thousand_points_of_a_curve_fit_into_a_link():
    random = np.random.default_rng(1)
    angle = random.uniform(0, 4 * np.pi, 2000)
    curve = angle[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1) + 0.1 * random.normal(size=(2000, 2))
    assert len(write_points(on_lattice(scaled(curve)))) <= LINK_LETTERS


@pytest.mark.parametrize(
    ("points", "why"),
    [
        (np.zeros((0, 2)), "from 1 to 20000 in number, not 0"),
        (np.zeros((MAX_POINTS + 1, 2)), "not 20001"),
        (np.zeros((4, 3)), "two numbers a point"),
        ([[0.0, np.nan]], "finite"),
        ([[0.0, np.inf]], "finite"),
        ([[0.0, 8.1]], "from -8 to 8, not 8.1"),
    ],
)
def test_what_are_no_points_is_refused(points, why):
    with pytest.raises(ValueError, match=f"^must .*{why}"):
        on_lattice(points)


def test_points_are_centred_and_scaled_alike_in_both_coordinates():
    random = np.random.default_rng(2)
    points = random.normal(size=(500, 2)) * (3e150, 1e150) + (1e151, -2e151)
    found = scaled(points)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-12)
    assert (found**2).mean() == pytest.approx(1)
    assert found[:, 0].std() / found[:, 1].std() == pytest.approx(points[:, 0].std() / points[:, 1].std())
    np.testing.assert_array_equal(scaled([[5.0, 7.0]] * 3), np.zeros((3, 2)))


def test_a_point_far_from_all_others_is_told():
    with pytest.raises(ValueError, match=r"^must have no point more than 8 standard deviations"):
        scaled(np.concatenate([np.random.default_rng(0).normal(size=(1000, 2)), [[100.0, 0.0]]]))


def test_readable_points_stay_where_they_are():
    text = points_text(" 0,0; 1.5, -1 ;0,0 ")
    found = read_points(text)
    assert found.xy.tolist() == [[1.5, -1.0], [0.0, 0.0]]
    assert found.counts.tolist() == [1, 2]
    assert Experiment(dataset="own_points", own_points="0,0;1.5,-1;0,0") == Experiment(dataset="own_points", own_points=text)


@pytest.mark.parametrize("text", ["0,0;1", "1,2,3", "0,0;9,1", "nonsense", "412.sVAq3k", "é", "0,,0;"])
def test_what_cannot_be_read_is_one_sentence_about_the_field(text):
    with pytest.raises(ExperimentError) as caught:
        Experiment(dataset="own_points", own_points=text)
    assert caught.value.field == "own_points"
    assert str(caught.value).startswith("own_points must")
    assert len(str(caught.value)) < 200


def test_ours_are_points_of_unit_variance():
    points = default_points()
    assert points.std == pytest.approx(1, abs=0.01)
    assert points.total == 400
