"""Mixtures of different widths: the density that the text says, to one in a million, from Gaussians of one width."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffviz import Experiment, ExperimentError
from diffviz.domains.plane.own_mixture import (
    DEFAULT,
    DENSITY_ERROR,
    MAX_NARROW,
    MOST,
    mixture_text,
    narrow_count,
    narrow_mixture,
    plain_mixture_text,
    read_mixture,
)


def density(components, x):
    """[N] of the mixture as it is written, each component with its own width."""
    weights = np.array([each.weight for each in components]) / sum(each.weight for each in components)
    found = np.zeros(len(x))
    for weight, each in zip(weights, components, strict=True):
        found += weight * np.exp(-((x - each[:2]) ** 2).sum(1) / (2 * each.std**2)) / (2 * np.pi * each.std**2)
    return found


def places(components, count=3000):
    """[N, 2] where a mistake would be seen: at the means, around each component, and at its edge."""
    random, found = np.random.default_rng(0), [np.array([each[:2] for each in components])]
    for each in components:
        spread = random.normal(size=(count, 2)) * each.std * random.uniform(0.2, 6, (count, 1))
        found.append(spread + each[:2])
    return np.concatenate(found)


def largest_error(text):
    components = read_mixture(text)
    x = places(components)
    return np.abs(narrow_mixture(text).log_density(torch.from_numpy(x)).exp().numpy() - density(components, x)).max()


@pytest.mark.parametrize("ratio", [1.0001, 1.01, 1.1, 1.3, 1.7, 2.5, 4.5])
@pytest.mark.parametrize("narrow", [0.03, 0.1, 0.3])
def test_a_wide_component_is_its_lattice_of_narrow_ones(ratio, narrow):
    assert largest_error(f"-0.5,0,{narrow},1;0.5,0.1,{min(2.0, ratio * narrow):.6f},1") < DENSITY_ERROR


STD = st.floats(0.1, 0.3).map(lambda value: round(value, 3))
COMPONENT = st.tuples(st.floats(-2, 2), st.floats(-2, 2), STD, st.floats(0.01, 10))


@settings(max_examples=40, deadline=None)
@given(st.lists(COMPONENT, min_size=1, max_size=6))
def test_any_mixture_is_what_its_text_says(components):
    text = ";".join(",".join(f"{value:.6f}" for value in component) for component in components)
    try:
        read = read_mixture(text)
    except ValueError as error:
        assume("widths less far apart" not in str(error))
        raise
    assert largest_error(text) < DENSITY_ERROR
    mixture = narrow_mixture(text)
    assert abs(len(mixture.means) - narrow_count(read)) <= 0.05 * len(mixture.means) + 4 * len(read)
    assert float(mixture.weights.sum()) == pytest.approx(1, abs=1e-12)


def test_components_of_one_width_are_themselves():
    mixture = narrow_mixture("-1,0,0.2,1;1,0.5,0.2,3")
    assert (mixture.means.tolist(), mixture.weights.tolist(), mixture.std) == ([[-1, 0], [1, 0.5]], [0.25, 0.75], 0.2)


def test_the_text_is_the_shortest_and_the_usual_one_is_empty():
    assert plain_mixture_text(" 0.50 ,+1.,.30,1e0; ") == "0.5,1,0.3,1"
    assert plain_mixture_text(DEFAULT) == plain_mixture_text("") == ""
    assert mixture_text(read_mixture(DEFAULT)) == DEFAULT
    one, other = (Experiment(dataset="own_mixture", own_mixture=text) for text in ("0,0,0.3,1", "0.0,0,.3,1;"))
    assert one == other
    assert Experiment(dataset="own_mixture", own_mixture=DEFAULT) == Experiment(dataset="own_mixture")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,2", "components"),
        (";", "components"),
        ("0,0,0.3,nan", "components"),
        ("0,0,0.3,1;0,0,0.3", "components"),
        ("0,0,0.3,1;" * (MOST + 1), "at most 64 components, not 65"),
        ("5,0,0.3,1", "x from -4 to 4 in component 1, not 5"),
        ("0,0,0.3,1;0,-9,0.3,1", "y from -4 to 4 in component 2"),
        ("0,0,0.01,1", "std from 0.03 to 2"),
        ("0,0,0.3,0", "weight from 0.001 to 1000"),
        ("0,0,0.03,1;0,0,2,1", f"widths less far apart.*where {MAX_NARROW} are allowed"),
        ("1" * 10**6, "components"),
    ],
)
def test_what_is_no_mixture_is_one_sentence_about_the_field(text, why):
    with pytest.raises(ExperimentError, match=f"^own_mixture must .*{why}") as caught:
        Experiment(dataset="own_mixture", own_mixture=text)
    assert caught.value.field == "own_mixture"
    assert len(str(caught.value)) < 250


@given(st.text("0123456789.,;-+eE n", max_size=60))
def test_any_text_is_a_mixture_or_refused(text):
    field = ""
    try:
        Experiment(dataset="own_mixture", own_mixture=text)
    except ExperimentError as error:
        field = error.field
    assert field in ("", "own_mixture")
