import io
import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from diffviz import Experiment
from diffviz.diagnostics.comparison import compare
from diffviz.domains.pictures.images import OWN
from diffviz.domains.pictures.own_pictures import SIDES, encode_picture
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.telling import captions, pair, words
from diffviz.telling.charting import Side, chart_axis
from diffviz.trajectory import StepInfo
from diffviz.views import view_of
from diffviz.views.plane.measure import analyse
from diffviz.views.plane.words import sentence as sentence_of
from tests.measured import measured


def warning(setup):
    return view_of(setup.experiment).warning(setup)


def full_captions(found):
    return view_of(found.experiment).captions(found, found.times)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0031, "0.00310"), (12.34, "12.3"), (-0.5, "−0.500"), (4.1234e-7, "4.12·10<sup>−7</sup>"), (0.0, "0"), (np.inf, "∞")],
)
def test_numbers_are_short_and_readable(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.10312, 0.0104), "0.103 ± 0.010"),
        (Estimate(1.5, 0.2), "1.50 ± 0.20"),
        (Estimate(-3.2, 1.0), "−3.2 ± 1.0"),
        (Estimate(1000.0, 0.0), "1000"),  # a count
        (Estimate(-2.0, 0.0), "−2"),
        (Estimate(0.5, 0.0), "0.500"),
        (Estimate(147688133913240.0, 5483491643495.0), "(1.477 ± 0.055)·10<sup>14</sup>"),
        (Estimate(-920210000.0, 1.0), "−9.202·10<sup>8</sup>"),
        (Estimate(12.0, 3.4e6), "(0.0 ± 3.4)·10<sup>6</sup>"),
    ],
)
def test_a_figure_has_the_digits_its_error_allows(estimate, text):
    assert words.with_error(estimate) == text


def test_unscaled_linear_is_warned_of_and_scaled_is_not():
    unscaled = Setup(Experiment(schedule="linear", steps=50, scale_betas=False))
    assert "60 %" in warning(unscaled)  # FACTS: alpha_bar_T = 0.603
    assert warning(Setup(Experiment(schedule="linear", steps=50))) == ""


@pytest.mark.parametrize("side", SIDES)
def test_whether_the_end_is_noise_is_a_question_of_one_pixel(side):
    """A picture has sixteen times the prior loss at 64 pixels a side that it has at 16; EDM's schedule ends in noise for both."""
    gradient = Image.fromarray(np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1)))
    file = io.BytesIO()
    gradient.save(file, "PNG")
    fields = {"dataset": OWN, "own": encode_picture(file.getvalue(), side), "particles": 1}
    assert warning(Setup(Experiment(schedule="karras", **fields))) == ""
    unscaled = Setup(Experiment(schedule="linear", steps=50, scale_betas=False, **fields))
    assert "60 %" in warning(unscaled)


def test_that_the_optimal_schedule_ends_before_noise_is_said_to_be_on_purpose():
    setup = Setup(Experiment(dataset="eight_gaussians", schedule="optimal", steps=10))
    told = warning(setup)
    assert "61 %" in told
    assert f"adds {words.number(analyse(setup).mismatch_nats, 2)} nats to the ELBO gap" in told
    assert "wrong" not in told
    assert warning(Setup(replace(setup.experiment, zero_snr=True))) == ""


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "nats</b>, 29 % above the smallest for T = 10"),
        ({"steps": 200}, "nats</b>, less than 1 % above the smallest for T = 200"),
        ({"denoiser": "learned"}, "the exact denoiser's 29 % above the smallest for T = 10"),
        *(({"schedule": name}, "") for name in ("cosine", "optimal")),
        *((change, "") for change in ({"variance": "beta"}, {"sampler_steps": 5}, {"dataset": "gaussian"}, {"zero_snr": True})),
    ],
)
def test_least_dissipation_says_how_far_it_is_from_the_smallest_gap(change, text):
    base = Experiment(dataset="eight_gaussians", schedule="least_dissipation", steps=10)
    found = measured(replace(base, particles=5, **change))
    told = view_of(base).summary(found)
    assert told.endswith(f"excess NLL</button> {words.with_error(found.estimate('excess_nll_nats'))} nats")
    assert text in told
    assert ("above the smallest" in told) == bool(text)


def test_where_the_chain_starts_below_T_its_prior_loss_is_named_and_told():
    """Leading times: of 5 in 50 the last is 41, where cosine has more signal left than noise can hide."""
    leading = Setup(Experiment(steps=50, sampler="ddim", sampler_steps=5, spacing="leading", particles=20))
    alpha2, sigma2 = leading.schedule.alpha[41] ** 2, leading.schedule.sigma[41] ** 2
    loss = sigma2 - 1 - np.log(sigma2) + alpha2 * leading.distribution.mean_square / 2
    named = f"<i>L</i><sub>41</sub> is {words.number(loss, 2)} nats"
    assert named in full_captions(measured(leading))[-1]
    warned = Setup(replace(leading.experiment, sampler_steps=2))  # at t = 26
    assert "<i>x</i><sub>26</sub> is still far from noise" in warning(warned)
    assert warning(Setup(replace(warned.experiment, spacing="trailing"))) == ""
    assert warning(Setup(replace(warned.experiment, start="forward"))) == ""


def test_warning_and_caption_tell_one_share_where_the_variance_is_not_kept():
    """Of rectified flow at t = 6 of 10: 0.4^2 = 0.16 is data, 0.6^2 = 0.36 noise."""
    setup = Setup(Experiment(schedule="rectified_flow", steps=10, sampler="ddim", sampler_steps=2, spacing="leading"))
    assert setup.times[-1] == 6
    assert setup.schedule.signal_share[6] == pytest.approx(0.16 / 0.52)
    assert "is still far from noise: 31 % of the variance is signal" in warning(setup)
    assert "31 % of the variance is signal" in captions.captions(setup, setup.times)[-1]


def test_the_warning_quotes_the_bound_s_own_L_T():
    setup = Setup(Experiment(schedule="linear", steps=50, scale_betas=False))
    assert words.number(float(analyse(setup).kl_nats[-1]), 2) in warning(setup)


def test_the_prior_loss_and_the_mismatch_at_T_are_told_apart():
    """L_T = I(x_0; x_T) + KL(q(x_T) || N(0, I)): wherever one is printed its name says which."""
    setup = Setup(Experiment(schedule="linear", steps=50, scale_betas=False, particles=40))
    o = measured(setup)
    loss, mismatch = float(o.costs.kl_nats[-1]), o.details.mismatch_nats
    assert loss > 5 * mismatch
    texts = {
        "warning": warning(setup),
        "caption": full_captions(o)[-1],
    }
    for text in texts.values():
        assert re.search(rf"[Pp]rior loss</button> <i>L</i><sub>T</sub> is {words.number(loss, 2)} nats", text)
        assert "mismatch" not in text.lower()
    table = pair.comparison_table(compare(o, o))
    assert "Function evaluations" in table
    assert "Time on" not in table
    row = next(line for line in table.split("</tr>") if "Mismatch where the reverse process starts" in line)
    assert "The KL divergence of x, at the largest time visited, from what the reverse process starts from: N(0, I)" in row
    assert words.number(mismatch) in row
    assert "Prior" not in table


def test_a_quadrature_figure_below_its_tolerance_is_not_known():
    assert words.with_error(Estimate(3e-11, 1e-6)) == words.nats(-3e-8) == words.nats(0.0) == "&lt; 10<sup>−6</sup>"
    assert words.nats(2e-6, 2) == words.number(2e-6, 2)
    assert words.with_error(Estimate(2e-6, 1e-6)) == "2.00·10<sup>−6</sup>"
    assert words.with_error(Estimate(0.0, 0.0)) == "0"  # known, not measured
    setup = Setup(Experiment(schedule="linear", steps=1000, particles=3))
    found = measured(setup)
    texts = full_captions(found)
    small = [text for text, cost in zip(texts[2:], found.costs.kl_nats[1:-1], strict=True) if abs(cost) < 1e-6]
    assert small
    assert all(": &lt; 10<sup>−6</sup> nats" in text for text in small)


@pytest.mark.parametrize("denoiser", ["exact", "learned"])
def test_the_caption_quotes_the_cost_of_the_step_that_is_taken(denoiser):
    setup = Setup(Experiment(steps=100, sampler_steps=5, particles=3, denoiser=denoiser))
    found = measured(setup)
    texts, costs = full_captions(found), found.costs
    assert "begins with data, the reverse process ends with samples" in texts[0]
    assert "<i>x</i><sub>40</sub> = " in texts[3]
    assert words.with_error(Estimate(costs.kl_nats[2], costs.stderr[2])) in texts[3]
    assert ("with the exact denoiser" in texts[3]) == (denoiser == "learned")


@pytest.mark.parametrize(("value", "text"), [(9.97e-4, "0.0010"), (9.96e-7, "1.0·10<sup>−6</sup>"), (99.96, "100")])
def test_a_number_is_rounded_before_its_size_is_judged(value, text):
    assert words.number(value, 2) == text


def test_no_exponent_where_there_is_room_and_one_where_there_is_none():
    assert words.number(4.1e-4, 2) == "0.00041"
    assert words.number(4.1e-4, 2, plain=-3) == "4.1·10<sup>−4</sup>"


def test_a_winner_is_not_told_by_two_equal_numbers():
    a, b = (measured(Experiment(steps=n, particles=9)) for n in (60, 61))
    sentence = sentence_of(compare(a, b), a.experiment, b.experiment)
    less, more = re.search(r"gap, ([0-9.]+) nats instead of ([0-9.]+)", sentence).groups()
    assert float(less) < float(more)


DISTANCES = ("sliced_wasserstein", "wasserstein", "energy_distance", "mode_error")
CALLED = dict(zip(DISTANCES, ("sliced <i>W", "exact <i>W", "energy distance", "modes"), strict=True))


@pytest.fixture(scope="module")
def one_pair():
    """Rows of a comparison whose data have modes, and its experiments."""
    a, b = (Experiment(steps=n, particles=60, dataset="eight_gaussians") for n in (5, 6))
    return compare(measured(a), measured(b)), a, b


def with_winners(rows, **winners):
    """The rows as if these sides had won, clearly."""
    found = []
    for row in rows:
        winner = winners.get(row.name, "")
        low, high = Estimate(0.1, 0.001), Estimate(0.2, 0.001)
        values = {"a": (low, high), "b": (high, low), "": (low, low)}[winner]
        found.append(replace(row, a=values[0], b=values[1], winner=winner))
    return found


@pytest.mark.parametrize("won", list(itertools.product(("", "a", "b"), repeat=4)), ids="".join)
def test_the_sentence_says_what_every_distance_of_the_table_says(one_pair, won):
    rows, a, b = one_pair
    winners = dict(zip(DISTANCES, won, strict=True))
    sentence = sentence_of(with_winners(rows, **winners), a, b)
    assert ("no difference shows" in sentence) == (not any(won))
    assert ("disagree" in sentence) == ({"a", "b"} <= set(won))
    told = {
        side: re.search(rf"<b>{side.upper()}</b> ends nearer to the data by (.*?)(?: and <b>|, not by|;|$)", sentence)
        for side in "ab"
    }
    for name, winner in winners.items():
        for side in "ab":
            assert (told[side] is not None and CALLED[name] in told[side][1]) == (winner == side), (name, sentence)
    silent = re.search(r", not by (.*?)[.;]", sentence)
    if len(set(won) & {"a", "b"}) == 1:
        assert [name for name in DISTANCES if silent and CALLED[name] in silent[1]] == [n for n in DISTANCES if not winners[n]]


def test_a_gap_that_is_smaller_though_a_part_of_it_is_larger_is_explained(one_pair):
    rows, a, b = one_pair
    short = with_winners(rows, gap_nats="a", discretisation_gap_nats="a", mismatch_nats="b", sliced_wasserstein="b")
    sentence = sentence_of(short, a, b)
    assert "<b>A</b> has the smaller ELBO gap" in sentence
    assert "though <b>B</b> has the smaller mismatch where the reverse process starts (0.10 instead of 0.20)" in sentence
    assert "a smaller ELBO gap does not promise samples nearer to the data" in sentence
    plain = sentence_of(with_winners(rows, gap_nats="a", discretisation_gap_nats="a", sliced_wasserstein="a"), a, b)
    assert "though" not in plain
    assert "promises" not in plain


def test_a_single_particle_has_no_distance(one_pair):
    rows, a, b = one_pair
    assert "a single particle has no distance" in sentence_of([r for r in rows if r.name not in DISTANCES], a, b)


@pytest.mark.parametrize(
    ("fields", "begins", "ends"),
    [
        ({}, "data", "samples"),
        ({"dataset": "digits", "label": 7}, "data", "samples"),
        ({"dataset": "digits", "start": "forward"}, "data", "samples"),
        ({"dataset": "digits", "measurement": "inpaint"}, "the test image that is measured", "samples given the measurement"),
        ({"dataset": "digits", "start": "picture"}, "the test image", "variations of it"),
        (
            {"dataset": "digits", "start": "between", "sampler": "ddim"},
            "the two test images",
            "images between them",
        ),
    ],
)
def test_at_t_0_the_data_are_on_one_side_and_the_samples_on_the_other(fields, begins, ends):
    setup = Setup(Experiment(**fields, steps=4, particles=2))
    (text,) = captions.captions(setup, np.array([0]))
    assert f"the forward process begins with {begins}, the reverse process ends with {ends}" in text
    assert "hidden" not in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0.96 <i>x</i><sub>t</sub> + 0.3 <i>x̂</i><sub>0</sub>", "0.96 xₜ + 0.3 x̂₀"),
        ("<i>L</i><sub>T</sub> is &lt; 10<sup>−6</sup>", "L_T is < 10⁻⁶"),
        ('<button type="button" class="dv-term" data-term="gap">bound</button> 1 &nbsp;·&nbsp; <b>2</b>', "bound 1 · 2"),
        ("<i>L</i><sub>t−1</sub>", "Lₜ₋₁"),
    ],
)
def test_a_text_of_the_page_is_told_without_its_marks(text, told):
    assert words.plain(text) == told


@pytest.mark.parametrize(
    ("a", "b", "winner", "told"),
    [
        (-0.15, 0.01, "b", "<b>B</b> is nearer to true samples and <b>A</b> is too concentrated"),
        (0.30, 0.15, "b", "<b>B</b> is nearer to true samples and both have samples where no data are"),
        (-0.15, 0.15, "", "<b>A</b> is too concentrated and <b>B</b> has samples where no data are"),
        (-0.15, -0.16, "", "both are too concentrated"),
        (0.01, -0.01, "", None),
    ],
)
def test_the_excess_nll_is_told_with_what_its_sign_means(one_pair, a, b, winner, told):
    rows, *experiments = one_pair
    a, b = Estimate(a, 0.02), Estimate(b, 0.02)
    rows = [replace(row, a=a, b=b, winner=winner) if row.name == "excess_nll_nats" else row for row in rows]
    sentence = sentence_of(rows, *experiments)
    if told:
        assert re.search(rf"by excess NLL, [^;]* nats, {told}[;.]", sentence), sentence
    else:
        assert "NLL" not in sentence


@pytest.mark.parametrize(
    ("value", "text"), [(0.99996, "0.99996"), (0.9987, "0.999"), (0.97, "0.97"), (1.002, "1.002"), (1.0, "1.0"), (0.032, "0.032")]
)
def test_a_coefficient_just_below_one_is_not_told_as_one(value, text):
    assert captions.coefficient(value) == text


@pytest.mark.parametrize("sampler", ["ula", "mala"])
def test_a_chain_is_told_in_states_and_moves(sampler):
    fields = {"sampler": sampler, "langevin_step": 0.02, "corrector_steps": 3}
    m = measured(Experiment(dataset="eight_gaussians", steps=4, particles=50, langevin_level=4.0, **fields))
    times = np.arange(5)
    assert chart_axis("snr", [Side(m.setup.schedule, {}, times)]).title == "steps left"
    texts = [words.plain(text) for text in view_of(m.experiment).captions(m, times)]
    first = [words.plain(text) for text in captions.captions(m.setup, times)]
    states = (
        "have ended: shown is x̂₀",
        "after 9 moves at log SNR 4",
        "after 6 moves",
        "after 3 moves",
        "begin, before their first",
    )
    for text, early, expected in zip(texts, first, states, strict=True):
        assert expected in text
        assert expected in early
        assert not [part for part in ("SNR ∞", "no noise", "forward process", "At t =") if part in text]
    assert "x + 0.02 s(x) + 0.20 z" in texts[2]  # sqrt(2 · 0.02)
    assert ("% of the last proposals" in texts[2]) == (sampler == "mala")
    assert "the denoised estimate x̂₀" in texts[1]


def test_a_leading_minus_stands_at_its_number():
    assert "= −0.50 <i>x</i>" in captions.formula(StepInfo(c_t=-0.5, c_0=0.25))
    assert "− 0.25" in captions.formula(StepInfo(c_t=0.5, c_0=-0.25))
