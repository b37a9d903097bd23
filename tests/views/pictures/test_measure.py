"""Two runs of pictures against each other: paired differences against naive ones, and who is called better."""

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from diffviz import Experiment, ExperimentError
from diffviz.diagnostics.comparison import compare, compare_json
from diffviz.domains.pictures.domain import PICTURES
from diffviz.domains.pictures.images import make_images
from diffviz.domains.pictures.own_pictures import decode_picture, default_picture, encode_picture
from diffviz.engine import Setup
from diffviz.views import check_comparable
from diffviz.views.pictures.measure import metrics_of, nearest_training, require_same_data, same_pictures
from tests.experiments import OWN_PICTURE
from tests.measured import measured

BASE = Experiment(dataset="digits", denoiser="learned", steps=10, particles=12, device="cpu")
BITS = ("bound_bits_per_dim", "rate_bits_per_dim", "distortion_bits_per_dim")


def ran(**changes):
    return measured(replace(BASE, **changes))


def by_name(rows):
    return {row.name: row for row in rows}


@pytest.fixture(scope="module")
def sides():
    return ran(variance="posterior"), ran(variance="learned")


def test_the_difference_is_taken_picture_by_picture(sides):
    a, b = sides
    rows = by_name(compare(a, b))
    for name, part in zip(BITS, (slice(None), slice(1, None), slice(0, 1)), strict=True):
        one, other = (o.costs.each[part].sum(0) / (64 * math.log(2)) for o in sides)
        row = rows[name]
        assert row.a.value == pytest.approx(np.mean(one), rel=1e-12)
        assert row.b.stderr == pytest.approx(np.std(other, ddof=1) / math.sqrt(12), rel=1e-12)
        each = [x - y for x, y in zip(one, other, strict=True)]
        assert row.difference.value == pytest.approx(sum(each) / 12, rel=1e-9)
        assert row.difference.stderr == pytest.approx(np.std(each, ddof=1) / math.sqrt(12), rel=1e-9)
    bound = rows["bound_bits_per_dim"]
    assert bound.difference.stderr < 0.5 * math.hypot(bound.a.stderr, bound.b.stderr)  # what pairing is for
    assert bound.a.value == pytest.approx(rows[BITS[1]].a.value + rows[BITS[2]].a.value, rel=1e-12)


def test_the_better_side_is_named_beyond_two_standard_errors_whichever_it_is(sides):
    rows = by_name(compare(*sides))
    assert rows["bound_bits_per_dim"].winner == "b"
    assert by_name(compare(*sides[::-1]))["bound_bits_per_dim"].winner == "a"
    for row in rows.values():
        if row.winner and row.difference:
            assert abs(row.difference.value) > 2 * row.difference.stderr
        if row.metric.better and row.difference and not row.winner:
            assert abs(row.difference.value) <= 2 * row.difference.stderr
    assert rows["seconds"].winner == rows["nearest_training"].winner == ""
    few = by_name(compare(sides[1], ran(sampler="ddim", sampler_steps=3)))
    assert few["evaluations"].winner == "b"


def test_pictures_that_are_not_the_same_are_compared_by_both_errors():
    a, b = ran(), ran(seed=1)
    row = by_name(compare(a, b))["bound_bits_per_dim"]
    assert row.difference.stderr == pytest.approx(math.hypot(row.a.stderr, row.b.stderr))


def test_more_pictures_on_one_side_leave_those_that_both_have():
    a, b = ran(), ran(particles=5, variance="learned")
    row = by_name(compare(a, b))["bound_bits_per_dim"]
    totals = [o.costs.each.sum(0)[:5] / (64 * math.log(2)) for o in (a, b)]
    assert row.difference.value == pytest.approx(float((totals[0] - totals[1]).mean()), rel=1e-9)


def test_nothing_changed_is_no_difference_and_a_single_picture_has_no_error():
    a, b = ran(particles=1), ran(particles=1)
    np.testing.assert_array_equal(a.end, b.end)
    rows = compare(a, b)
    assert not any(row.winner for row in rows)
    assert all(row.difference.value == 0.0 for row in rows if row.difference)
    report = json.loads(json.dumps(compare_json(a, b), allow_nan=False))
    assert report["metrics"]["bound_bits_per_dim"]["a"][1] is None


def test_memory_is_near_a_training_picture_and_a_training_picture_is_nearest_to_itself():
    exact = ran(denoiser="exact", steps=50)
    assert nearest_training(exact).influence.max() < 0.1 < nearest_training(ran()).influence.min()
    train = make_images("digits").train[:3].numpy()
    np.testing.assert_allclose(nearest_training(replace(exact, end=train)).influence, 0.0, atol=1e-6)
    np.testing.assert_allclose(
        nearest_training(replace(exact, end=train[:1] + 10.0)).influence, nearest_by_hand(train[:1] + 10.0)
    )


def own_text(side):
    """A picture of some colours as a text."""
    file = io.BytesIO()
    colours = Image.fromarray(np.random.default_rng(side).integers(0, 256, (4, 4, 3), np.uint8))
    colours.resize((side, side), Image.Resampling.NEAREST).save(file, "PNG")
    return encode_picture(file.getvalue(), side)


@pytest.mark.parametrize("side", [0, 16, 64])
def test_what_comes_back_of_one_s_own_picture_is_that_picture(side):
    text = own_text(side) if side else ""
    found = ran(dataset="own", own=text, denoiser="exact", steps=20, particles=2)
    picture = (decode_picture(text) if text else default_picture()) / 127.5 - 1.0
    by_hand = np.sqrt(np.square(found.end - picture).mean((1, 2, 3)))
    np.testing.assert_allclose(nearest_training(found).influence, by_hand, rtol=1e-6, atol=1e-7)
    assert by_hand.max() < 1 / 255  # half a grey level


def test_two_pictures_of_one_s_own_are_other_data():
    one, other = (replace(BASE, dataset="own", own=text, denoiser="exact") for text in (own_text(16), OWN_PICTURE))
    assert same_pictures(one, replace(one, steps=5, guidance=3.0, label=2))
    assert not same_pictures(one, other)
    require_same_data(one, replace(one, steps=5))
    with pytest.raises(ExperimentError, match="own must be the image of A"):
        require_same_data(one, other)


def test_a_picture_of_one_s_own_that_waits_beside_other_data_makes_no_difference():
    assert same_pictures(BASE, replace(BASE, own=OWN_PICTURE))
    require_same_data(BASE, replace(BASE, own=OWN_PICTURE))
    leaves = replace(BASE, dataset="dead_leaves")
    assert same_pictures(leaves, replace(leaves, label=3))  # they have no classes


def test_the_training_set_is_all_of_it_whatever_the_class():
    found = Setup(replace(BASE, label=3, guidance=0.0))
    assert len(PICTURES.training_set(found.experiment).means) == len(make_images("digits").train) > len(found.distribution.means)
    text = own_text(16)
    setup = Setup(replace(BASE, dataset="own", own=text, denoiser="exact", guidance=0.0))
    means = PICTURES.training_set(setup.experiment).means
    np.testing.assert_allclose(means[0].reshape(3, 16, 16), decode_picture(text) / 127.5 - 1.0, atol=1e-6)


def nearest_by_hand(pictures):
    train = make_images("digits").train.numpy()
    return [min(math.sqrt(np.mean((picture - known) ** 2, dtype=np.float64)) for known in train) for picture in pictures]


def test_the_table_as_json(sides):
    a, b = sides
    report = compare_json(a, b)
    assert set(report["metrics"]) == set(metrics_of(BASE))
    assert report["metrics"]["bound_bits_per_dim"]["better"] == "b"


def test_what_cannot_be_compared_is_one_sentence():
    with pytest.raises(ExperimentError, match="dataset must be of the kind of digits, as in A, not eight_gaussians"):
        check_comparable(BASE, Experiment())
    with pytest.raises(ExperimentError, match="dataset must be digits as in A, not dead_leaves"):
        require_same_data(BASE, replace(BASE, dataset="dead_leaves"))
