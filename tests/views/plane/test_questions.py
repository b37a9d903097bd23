"""The numbers that the questions of the plane tell, measured again at two seeds; each within a range around what is told."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from diffviz import run
from diffviz.diagnostics.comparison import compare
from diffviz.domains.plane.distances import sliced_wasserstein
from diffviz.domains.plane.nearness import fresh_clouds
from diffviz.engine import Setup
from diffviz.gaussian.symmetry import commit_times
from diffviz.telling.words import plain, with_error
from diffviz.thermodynamics.work import work_of_run
from diffviz.views import view
from diffviz.views.plane.measure import analyse
from diffviz.views.told import words_of_both
from tests import naive
from tests.measured import measured

PRESETS = [question for question in view("plane").questions if question.b is None]
PAIR_PRESETS = [question for question in view("plane").questions if question.b is not None]

SEEDS = 0, 1  # of what depends on the seed: samples, and a network's errors


def asked(question, side=""):
    """Hint and Experiment of a question; side: of one that needs two runs."""
    preset = next(p for p in (PAIR_PRESETS if side else PRESETS) if p.question == question)
    return preset.watch, getattr(preset, side or "a")


@cache
def chain(experiment, seed=0):
    """seed: of the points of a network's errors; of the exact denoiser nothing is drawn."""
    setup = Setup(replace(experiment, seed=seed))
    return analyse(setup, setup.times)


@cache
def ran(experiment, seed):
    return run(replace(experiment, seed=seed))


def end(experiment, seed):
    return torch.from_numpy(ran(experiment, seed).reverse[-1]).double()


@cache
def data_density(mixture):
    """log q(x_0) of 10 000 draws of the data."""
    return mixture.log_density(torch.from_numpy(naive.draw(mixture, 10_000, np.random.default_rng(0))))


def gap(experiment, seed):
    return chain(experiment, seed).gap.value


def dissipated(experiment, seed):
    return float(chain(experiment, seed).dissipation_nats.sum())


def mismatch(experiment, seed):
    return chain(experiment, seed).mismatch_nats


def added(experiment, seed):
    """To the gap, by what a network gets wrong."""
    return gap(experiment, seed) - chain(experiment, seed).exact_gap.value


def data_share(time):
    return lambda experiment, seed: float(Setup(experiment).schedule.alpha_bar[round(time * experiment.steps)])


def first_noisy(experiment, seed):
    """The first t with an SNR below 1."""
    return int(np.argmax(Setup(experiment).schedule.snr < 1))


def excess(experiment, seed):
    """Negative log-likelihood of the samples less the entropy of the data, in nats."""
    return float(-Setup(experiment).distribution.log_density(end(experiment, seed)).mean()) - chain(experiment).entropy.value


def rare(experiment, seed):
    """The share of the samples where the density is lower than at 99 % of the data."""
    mixture = Setup(experiment).distribution
    return float((mixture.log_density(end(experiment, seed)) < data_density(mixture).quantile(0.01)).double().mean())


def distance(experiment, seed):
    """Sliced W2 to as many points of fresh data, mean of four clouds."""
    clouds = fresh_clouds(Setup(experiment).distribution, experiment.particles, seed, 4)
    return float(np.mean([sliced_wasserstein(end(experiment, seed).numpy(), cloud) for cloud in clouds]))


def evaluations(experiment, seed):
    return ran(experiment, seed).evaluations


@cache
def _measured(experiment, seed):
    return measured(replace(experiment, seed=seed), ran(experiment, seed))


def told(name):
    """A metric of the run."""
    return lambda experiment, seed: _measured(experiment, seed).estimate(name).value


def along(experiment, seed):
    """Mean of the samples' first coordinate."""
    return float(end(experiment, seed)[:, 0].mean())


def variation(experiment, seed):
    """Mean variance of a coordinate of the samples."""
    return float(end(experiment, seed).var(0).mean())


def of_mode(experiment, seed):
    """The variance of a mode at the noise level of the chains."""
    schedule, std = Setup(experiment).schedule, Setup(experiment).distribution.std
    return float(schedule.alpha[-1] ** 2 * std**2 + schedule.sigma[-1] ** 2)


def long(name):
    """A metric of the run with ten times as many steps."""
    return lambda experiment, seed: told(name)(replace(experiment, steps=10 * experiment.steps), seed)


EXACT = gap, dissipated, mismatch, first_noisy  # of the exact denoiser the same at every seed
CLAIMS = [  # question, side, what is told, how it is measured, from, to
    ("Why cosine?", "", "from t = 27 of 100", first_noisy, 27, 27),
    ("Why cosine?", "", "less than 1 %", data_share(0.67), 0.0, 0.01),
    ("What if steps are too few?", "", "1.1 nats", gap, 1.05, 1.15),
    ("What if steps are too few?", "", "about 30 %", rare, 0.27, 0.36),
    ("What does the network get wrong?", "", "0.016 nats", added, 0.0135, 0.0185),
    ("Must the reverse process be random?", "", "20 of 100 steps", evaluations, 20, 20),
    ("Must the reverse process be random?", "", "about 0.15 nats below", excess, -0.21, -0.09),
    ("What if the end is not noise?", "", "60 %", data_share(1.0), 0.595, 0.605),
    ("What if the end is not noise?", "", "0.10 nats", mismatch, 0.095, 0.105),
    ("What if the data must lie in a half-plane?", "", "69 % of it", told("exact_in_half_plane"), 0.685, 0.695),
    ("What if the data must lie in a half-plane?", "", "about as many particles", told("in_half_plane"), 0.65, 0.74),
    ("Why cosine?", "a", "less than 1 %", data_share(0.66), 0.0, 0.01),
    ("What does the small perturbation get wrong?", "a", "about 0.04 nats", told("small_perturbation_nats"), 0.02, 0.06),
    ("What does the small perturbation get wrong?", "a", "path KL of about 0.9 nats", told("path_kl_nats"), 0.8, 1.05),
    ("What does the small perturbation get wrong?", "a", "79 % of the particles", told("in_half_plane"), 0.75, 0.83),
    ("What does the small perturbation get wrong?", "b", "69 %, as in B", told("exact_in_half_plane"), 0.685, 0.695),
    ("Why does an observation count twice?", "b", "the mean 0.75", along, 0.66, 0.84),
    ("Why does an observation count twice?", "b", "the variance 1/2", variation, 0.43, 0.57),
    ("Why does an observation count twice?", "a", "the mean 1 and", along, 0.92, 1.08),
    ("Why does an observation count twice?", "a", "the variance 1/3", variation, 0.28, 0.39),
    ("Why cosine?", "b", "26 % with cosine", data_share(0.66), 0.255, 0.265),
    ("Why cosine?", "a", "0.39 nats", gap, 0.385, 0.395),
    ("Why cosine?", "b", "cosine 0.20", gap, 0.195, 0.205),
    ("10 steps or 1000?", "a", "0.61 nats", gap, 0.605, 0.615),
    ("10 steps or 1000?", "a", "about 26 %", rare, 0.22, 0.30),
    ("10 steps or 1000?", "b", "0.008 nats", gap, 0.0075, 0.0085),
    ("DDPM or DDIM at 20 steps?", "a", "20 function evaluations", evaluations, 20, 20),
    ("DDPM or DDIM at 20 steps?", "b", "20 function evaluations", evaluations, 20, 20),
    ("DDPM or DDIM at 20 steps?", "a", "about 0.27 nats above", excess, 0.17, 0.37),
    ("DDPM or DDIM at 20 steps?", "b", "about 0.15 nats below", excess, -0.21, -0.09),
    ("Posterior or optimal variance?", "a", "gap is 1.88 nats in A", dissipated, 1.875, 1.885),
    ("Posterior or optimal variance?", "b", "0.52 in B", dissipated, 0.515, 0.525),
    ("Exact or learned?", "b", "0.016 nats", added, 0.0135, 0.0185),
    ("What if the end is not noise?", "a", "74 %", data_share(1.0), 0.735, 0.745),
    ("What if the end is not noise?", "a", "0.06 nats", dissipated, 0.055, 0.065),
    ("What if the end is not noise?", "b", "instead of 0.36", dissipated, 0.355, 0.365),
    ("What if the end is not noise?", "a", "0.17 nats", mismatch, 0.165, 0.175),
    ("What if the end is not noise?", "a", "about 0.15", distance, 0.12, 0.18),
    ("What if the end is not noise?", "b", "instead of 0.05", distance, 0.03, 0.07),
    ("Even in t or in log SNR?", "a", "gap is 0.55 nats in A", dissipated, 0.545, 0.555),
    ("Even in t or in log SNR?", "b", "0.77 in B", dissipated, 0.765, 0.775),
    ("Rectified flow or cosine?", "a", "Ten steps of DDIM", evaluations, 10, 10),
    ("Is second order worth it?", "a", "Ten function evaluations", evaluations, 10, 10),
    ("Is second order worth it?", "b", "Ten function evaluations", evaluations, 10, 10),
    ("Is second order worth it?", "b", "about 0.14", distance, 0.11, 0.17),
    ("Is second order worth it?", "a", "instead of 0.27", distance, 0.23, 0.31),
    ("Is second order worth it?", "b", "about 2.3 nats above", excess, 1.9, 2.7),
    ("Is second order worth it?", "a", "A's 1.0", excess, 0.6, 1.4),
    ("How much noise does Langevin need?", "a", "10⁻⁶", lambda e, seed: e.temperature * 1e6, 1.25, 1.25),
    ("How much noise does Langevin need?", "a", "0.005²/(2 · 10)", lambda e, seed: 0.005**2 / 20 / e.temperature, 0.9999, 1.0001),
    ("How much noise does Langevin need?", "a", "−1.00 nats", told("level_excess_nll_nats"), -1.005, -0.995),
    ("How much noise does Langevin need?", "b", "about 0.06", told("level_excess_nll_nats"), -0.06, 0.18),
    ("Must steps be accepted or refused?", "a", "about 2.7", told("level_excess_nll_nats"), 2.4, 3.0),
    ("Must steps be accepted or refused?", "b", "right whatever e is", told("level_excess_nll_nats"), -0.12, 0.12),
    ("Must steps be accepted or refused?", "b", "about 47 %", told("accepted"), 0.44, 0.5),
    ("Must steps be accepted or refused?", "b", "0.014", of_mode, 0.0135, 0.0145),
    ("Do chains reach every mode?", "a", "about 0.16", told("mode_error"), 0.13, 0.19),
    ("Do chains reach every mode?", "a", "ten times as many moves do not help", long("mode_error"), 0.13, 0.19),
    ("Do chains reach every mode?", "b", "about 0.07", told("mode_error"), 0.05, 0.1),
    ("Do chains reach every mode?", "a", "as many function evaluations", evaluations, 101, 101),
    ("Do chains reach every mode?", "b", "as many function evaluations", evaluations, 101, 101),
    ("Energy or diffusion?", "a", "99 function evaluations each", evaluations, 99, 99),
    ("Energy or diffusion?", "b", "99 function evaluations each", evaluations, 99, 99),
    ("Energy or diffusion?", "a", "about 0.19 in A", told("sliced_wasserstein"), 0.15, 0.23),
    ("Energy or diffusion?", "b", "0.07 in B", told("sliced_wasserstein"), 0.05, 0.1),
    ("Energy or diffusion?", "a", "about 0.09", long("sliced_wasserstein"), 0.06, 0.12),
]


@pytest.mark.parametrize(("question", "side", "told", "measure", "low", "high"), CLAIMS)
def test_a_number_in_a_hint_is_what_is_measured(question, side, told, measure, low, high):
    hint, experiment = asked(question, side)
    assert told in hint
    known = experiment.denoiser == "exact" and measure in EXACT
    for seed in SEEDS[:1] if known else SEEDS:
        assert low <= measure(experiment, seed) <= high, seed


def test_a_network_s_errors_lie_at_small_t():
    _, exact = asked("Exact or learned?", "a")
    hint, learned = asked("Exact or learned?", "b")
    assert "more than four fifths of it in the steps below t = 25" in hint
    for seed in SEEDS:
        wrong = chain(learned, seed).dissipation_nats - chain(exact).dissipation_nats
        assert wrong[:25].sum() > 0.8 * wrong.sum()
    assert chain(exact).dissipation_nats[-1] < 1e-6 * chain(exact).dissipation_nats.max()


def test_the_denoiser_s_estimate_goes_from_the_mean_of_the_data_to_one_of_the_modes():
    _, experiment = asked("When is a particle's place decided?")
    mixture = Setup(experiment).distribution
    for seed in SEEDS:
        x0_hat = torch.from_numpy(ran(experiment, seed).x0_hat).double()
        assert x0_hat[0].norm(dim=1).max() < 0.01
        assert (torch.cdist(x0_hat[-2], mixture.means).amin(1) < 4 * mixture.std).double().mean() > 0.99


@pytest.mark.parametrize("side", ["a", "b"])
def test_the_forward_process_goes_along_a_line_or_a_circle(side):
    hint, experiment = asked("Rectified flow or cosine?", side)
    schedule, power = Setup(experiment).schedule, {"a": 1, "b": 2}[side]
    assert "straight line in A, with α + σ = 1" in hint
    assert "quarter of a circle in B, with α² + σ² = 1" in hint
    np.testing.assert_allclose(schedule.alpha**power + schedule.sigma**power, 1.0, rtol=1e-12)


def test_an_end_that_is_not_noise_samples_worse_because_of_where_it_starts():
    """From its own end, A is as near to the data as B is."""
    (_, a), (_, b) = (asked("What if the end is not noise?", side) for side in "ab")

    def winners(one, other):
        return {row.name: row.winner for row in compare(*(measured(replace(e, particles=1000)) for e in (one, other)))}

    assert winners(a, b)["sliced_wasserstein"] == winners(a, b)["energy_distance"] == "b"
    assert winners(replace(a, start="forward"), b)["sliced_wasserstein"] != "b"


def test_the_schedule_of_the_smallest_gap_ends_before_noise_and_saves_more_than_that_costs():
    (_, a), (_, b) = (asked("Is there a best schedule?", side) for side in "ab")
    equal, best = chain(a), chain(b)
    assert best.gap.value < 0.8 * equal.gap.value
    assert Setup(b).schedule.alpha_bar[-1] > 0.5  # it ends before noise
    assert Setup(b).schedule.log_snr[1] > Setup(a).schedule.log_snr[1] + 0.5
    saved = equal.dissipation_nats[0] - best.dissipation_nats[0]  # by the step into the data
    assert 0 < best.mismatch_nats - equal.mismatch_nats < 0.6 * saved


def test_a_third_of_the_paths_have_a_negative_work():
    hint, experiment = asked("Does every path produce entropy?")
    assert "0.27 kT" in hint
    assert gap(experiment, 0) == pytest.approx(0.27, abs=0.005)
    assert "about 33 %" in hint
    for seed in SEEDS:
        work = work_of_run(Setup(experiment), 4000, seed).work_forward
        assert (work < 0).mean() == pytest.approx(0.33, abs=0.02)


def test_a_late_start_loses_its_mismatch_and_saves_almost_half_of_the_steps():
    (hint, a), (_, b) = (asked("What is lost by a late start?", side) for side in "ab")
    early, late = chain(a), chain(b)
    split = commit_times(Setup(a).distribution, Setup(a).schedule).drift_split
    assert f"at t = {round(split.t)}, where the drift" in hint
    assert len(early.times) - len(late.times) == 45
    assert f"{late.mismatch_nats:.3f} nats" == "0.005 nats"
    assert f"is {late.gap.value:.3f} nats, A's {early.gap.value:.3f}" in hint


@pytest.mark.parametrize("question", ["How much noise does Langevin need?", "Must steps be accepted or refused?"])
def test_the_page_tells_first_what_the_hint_of_a_question_about_chains_tells(question):
    """The excess NLL at the chains' own noise level, in the summary of each, in the sentence on both and in the table."""
    (hint, a), (_, b) = (asked(question, side) for side in "ab")
    assert "excess NLL at the chains’ noise level" in hint
    m = [measured(e) for e in (a, b)]
    values = [with_error(each.estimate("level_excess_nll_nats")) for each in m]
    for each, value in zip(m, values, strict=True):
        assert plain(view("plane").summary(each)).startswith(f"excess NLL at the chains’ noise level {value} nats")
    told = words_of_both(view("plane"), *m)
    sentence = plain(told["sentence"])
    changed, _, rest = sentence.partition(". ")
    assert changed.startswith("Changed: ")
    assert rest.startswith(f"At the chains’ noise level the excess NLL is {values[0]} nats in A and {values[1]} in B, so that B")
    assert "Excess NLL at the chains’ noise level" in plain(told["table"].partition("</tr>")[0])
    assert "No ELBO is compared: neither run has one, because" in sentence
    assert ("by excess NLL" in sentence) == ("after the last step, to x̂₀, by excess NLL" in sentence)


def test_chains_that_accept_nothing_are_told():
    right = asked("Must steps be accepted or refused?", "b")[1]
    runs = [measured(replace(right, steps=5, particles=100, langevin_step=step)) for step in (0.01, 10.0)]
    assert runs[0].estimate("accepted").value > 0.5
    assert runs[1].estimate("accepted").value < 0.01
    sentence = plain(words_of_both(view("plane"), *runs)["sentence"])
    assert "in B hardly any proposal was accepted, so that chains stay about where they began" in sentence
    assert [": the chains hardly leave where they began" in view("plane").summary(m) for m in runs] == [False, True]
