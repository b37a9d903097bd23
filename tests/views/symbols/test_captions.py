"""A run of words or of graphs, and two, in words; every number told is measured again."""

import math
from dataclasses import replace

import pytest

from diffviz import run
from diffviz.diagnostics.comparison import compare
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.telling.words import number, plain
from diffviz.trajectory import StepInfo
from diffviz.views import view
from tests.measured import measured

WORDS, GRAPHS = view("words"), view("graphs")
BASE = Experiment(dataset="names", schedule="sohl_dickstein", steps=8, particles=100)


@pytest.fixture(scope="module")
def done():
    return measured(BASE)


def test_a_step_is_told_as_it_is_drawn(done):
    told = WORDS.captions(done, done.times)
    assert done.info[4].rho == pytest.approx(1 / 4)  # masks linear in t: of 4 parts in 8 that are masked, one is unmasked
    assert "Each masked letter is unmasked with probability 0.25, drawn alone from" in told[4]
    assert "Every masked letter is drawn alone from" in told[1]
    assert "of the symbols were never redrawn" in told[4]


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (StepInfo(), "each letter is drawn alone from p(xₛ|xₜ)"),
        (StepInfo(shown=0), "no letter is unmasked: as many are already as the schedule asks for at xₛ"),
        (StepInfo(shown=1, evaluations=1), "1 masked letter of each word is drawn from p(x₀|xₜ)"),
        (StepInfo(shown=4, evaluations=2), "4 masked letters of each word are drawn from p(x₀|xₜ), with 2 function evaluations"),
        (
            StepInfo(rho=0.5, corrector_steps=1),
            "each masked letter is unmasked with probability 0.50, drawn alone from p(x₀|xₜ); then 1 letter of each word, chosen "
            "at random, masked and drawn anew",
        ),
    ],
)
def test_every_sampler_has_its_sentence(info, said):
    assert plain(WORDS.step(info)) == said


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (StepInfo(), "each pair of nodes is drawn alone from p(xₛ|xₜ)"),
        (StepInfo(shown=0), "no pair is unmasked: as many are already as the schedule asks for at xₛ"),
        (StepInfo(shown=2, evaluations=2), "2 masked pairs of each graph are drawn from p(x₀|xₜ), with 2 function evaluations"),
        (
            StepInfo(rho=0.5, corrector_steps=1),
            "each masked pair is unmasked with probability 0.50, drawn alone from p(x₀|xₜ); then 1 pair of each graph, chosen at "
            "random, masked and drawn anew",
        ),
    ],
)
def test_of_graphs_the_same_is_said_of_pairs(info, said):
    assert plain(GRAPHS.step(info)) == said


def test_what_a_step_costs_is_told_with_its_total_correlation(done):
    lost, kl = done.curves["dissipation_nats"].values[3], done.costs.kl_nats[3]
    expected = f"KL of this step: {number(kl)} nats, of which {number(lost)} are total correlation of the letters drawn together."
    assert plain(WORDS.cost(done, done.setup, 4)) == expected
    assert WORDS.cost(done, done.setup, 1).startswith("Coding the word")


def test_the_summary_has_the_bound_beside_the_entropy(done):
    told = plain(WORDS.summary(done))
    nats, bits = (
        [number(done.estimate(f"{name}_{unit}").value, 4) for name in ("bound", "entropy", "gap")] for unit in ("nats", "bits")
    )
    assert told.startswith(
        f"negative ELBO {nats[0]} − entropy {nats[1]} = gap {nats[2]} nats a word (in bits {' − '.join(bits[:2])} = "
    )
    expected = number(done.estimate("expected_distinct").value, 3)
    assert f"{done.estimate('distinct').value:.0f} are different; 100 draws of the list itself have {expected} on average" in told
    corrected = plain(WORDS.summary(measured(replace(BASE, sampler="remasking"))))
    assert corrected.startswith("negative ELBO of the chain without its corrector")
    assert "100 % of the samples are on the list" in plain(WORDS.summary(measured(replace(BASE, sampler="left_to_right"))))
    unknown = measured(replace(BASE, sampler="confidence"))
    assert WORDS.summary(unknown).startswith("no bound is known of this order")
    assert WORDS.cost(unknown, unknown.setup, 4) == ""


def test_a_chain_that_ends_far_from_noise_is_warned_of():
    for process in ("absorbing", "uniform"):
        near = replace(BASE, process=process)
        assert WORDS.warning(Setup(near)) == ""
        far = replace(near, schedule="linear", scale_betas=False)
        told = WORDS.warning(Setup(far))
        assert "of the symbols were never redrawn" in told
        assert WORDS.warning(Setup(replace(far, start="forward"))) == ""
        assert told.endswith("which stay." if process == "absorbing" else "which is another distribution.")
        if process == "absorbing":  # these samplers start from masks alone
            assert WORDS.warning(Setup(replace(far, sampler="random_order"))) == ""
    # of masks the prior loss is that of naming the letters that are shown
    share = float(Setup(replace(BASE, schedule="linear", scale_betas=False)).schedule.signal_share[-1])
    assert number(8 * share * 3.2958, 2) in WORDS.warning(Setup(replace(BASE, schedule="linear", scale_betas=False)))


def test_letters_that_are_given_are_no_part_of_what_the_start_costs():
    """Of _a_r_, five letters and three that fill it up, three are to be found; x_T has as many at random as the schedule leaves,
    beside those that are given."""
    far = replace(BASE, schedule="linear", scale_betas=False, letters="_a_r_", particles=200)
    setup = Setup(far)
    share = float(setup.schedule.signal_share[-1])
    told = WORDS.warning(setup)
    assert number(3 * share * math.log(27), 2) in told
    assert told.endswith(" Beside what is given the reverse process starts with as many symbols at random, which stay, too.")
    x_T = run(far, setup).reverse[0]
    assert (x_T[:, [1, 3, 5, 6, 7]] == [0, 17, 26, 26, 26]).all()
    shown = (x_T[:, [0, 2, 4]] != 27).mean()
    assert shown == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 600))


def test_two_runs_in_a_sentence(done):
    other = measured(replace(BASE, steps=2))
    told = WORDS.sentence(compare(done, other), done.experiment, other.experiment)
    gaps = [number(m.estimate("gap_bits").value, 4) for m in (done, other)]
    assert f"the ELBO gap of <b>A</b> is {gaps[0]} bits, that of <b>B</b> {gaps[1]}" in told.replace("The ELBO", "the ELBO")
    assert "<b>B</b> takes 2 function evaluations, the other 8" in told
    assert "letter for letter" in WORDS.sentence(compare(done, done), done.experiment, done.experiment)
    assert "no bound is known" in WORDS.note(done.experiment, replace(BASE, sampler="confidence"))
