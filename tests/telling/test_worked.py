"""Worked numbers of the glossary: each is computed again from the run."""

import itertools
import math
import re
from functools import cache
from statistics import NormalDist

import numpy as np
import pytest
import torch

from diffviz import run
from diffviz.domains.plane.progress import SIGMAS
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.gaussian.quadrature import marginal
from diffviz.telling.glossary import GLOSSARY, moment_of, worked, worked_numbers
from diffviz.telling.words import plain
from diffviz.views import view_of

PLANE = {
    "dataset": "two_moons",
    "particles": 200,
    "steps": 40,
    "sampler": "ddim",
    "eta": 0.5,
    "sampler_steps": 20,
    "variance": "posterior",
}
DIGITS = {"dataset": "digits", "denoiser": "learned", "particles": 4, "steps": 12}
RUNS = {
    "plane": PLANE,
    "digits": DIGITS,
    "guided": {**DIGITS, "label": 7, "guidance": 1.5},
    "factor": {"dataset": "two_moons", "particles": 100, "steps": 40, "measurement": "ring", "condition": "shifted"}
    | {"measure_noise": 1.0},
    "inpaint": {**DIGITS, "measurement": "inpaint", "condition": "replace"},
    "edited": {**DIGITS, "start": "picture", "start_time": 0.5},
    "between": {**DIGITS, "start": "between", "sampler": "ddim"},
    "bits": {"dataset": "heartbeat", "particles": 50, "steps": 20},
    "words": {"dataset": "own_words", "own_words": "ab 2 ac ba", "schedule": "sohl_dickstein", "particles": 50, "steps": 8},
    "blocks": {"dataset": "block_model", "schedule": "sohl_dickstein", "particles": 60, "steps": 8},
    "chain": {"dataset": "two_moons", "particles": 50, "steps": 20, "sampler": "mala", "langevin_step": 0.004},
}


@cache
def measured(name):
    setup = Setup(Experiment(**RUNS[name]))
    return view_of(setup.experiment).measure(setup, run(setup.experiment, setup))


def numbers(text):
    """Those in a worked text, but for the times t and s, indices and squares."""
    text = re.sub(r"·10<sup>(.*?)</sup>", r"e\1", text).replace("&lt; 10<sup>−6</sup>", "0")
    text = re.sub(r"<sub>.*?</sub>|<sup>2</sup>|\b[ts] = \d+\b(?!\.\d)|N\(0, I\)|<i>N</i>\(0, <i>I</i>\)", "", text)
    text = plain(text).replace("− ", "-").replace("−", "-").replace("- ", "-")
    return [float(found) for found in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


class Levels:
    """What a reader knows of the step from t to s: the schedule's letters, and the formulas of papers written out."""

    def __init__(self, name):
        self.m = measured(name)
        self.schedule = self.m.setup.schedule
        self.t = moment_of(self.m).t
        self.j = list(self.m.times).index(self.t)
        self.s = int(self.m.times[self.j - 1])
        (self.a_t, self.s_t), (self.a_s, self.s_s) = (
            (float(self.schedule.alpha[time]), float(self.schedule.sigma[time])) for time in (self.t, self.s)
        )
        self.beta = self.s_t**2 - (self.a_t / self.a_s) ** 2 * self.s_s**2
        self.beta_tilde = self.beta * self.s_s**2 / self.s_t**2
        self.snr = (self.a_t / self.s_t) ** 2
        self.costs = None if self.m.costs is None else self.m.costs.kl_nats

    def ddim(self, noise):
        keep = math.sqrt(self.s_s**2 - noise**2) / self.s_t
        return [keep, self.a_s - self.a_t * keep, noise]

    def drawn(self):
        """x_0 and x_t [N, 2], the log of each component's part of q(x_t) [N, K] but for a constant, and its variance."""
        data, draws = self.m.setup.distribution, np.random.default_rng(0)
        means, weights = data.means.numpy(), data.weights.numpy()
        x_0 = means[draws.choice(len(means), 40_000, p=weights)] + data.std * draws.normal(size=(40_000, 2))
        x_t = self.a_t * x_0 + self.s_t * draws.normal(size=x_0.shape)
        tau2 = self.a_t**2 * data.std**2 + self.s_t**2
        return x_0, x_t, np.log(weights) - np.square(x_t[:, None] - self.a_t * means).sum(2) / (2 * tau2), tau2

    def energy(self):
        """By Monte Carlo."""
        _, _, logits, tau2 = self.drawn()
        return float(math.log(2 * math.pi * tau2) - np.log(np.exp(logits).sum(1)).mean())

    def told(self):
        """Per cent of the graphs of which one way to part 12 nodes has more than half of the posterior, by Bayes' rule."""
        x = run(self.m.experiment).forward[self.t]
        pairs = list(itertools.combinations(range(12), 2))
        odds = []
        for half in itertools.combinations(range(1, 12), 5):
            joined = np.array([0.7 if (a in (0, *half)) == (b in (0, *half)) else 0.05 for a, b in pairs])
            odds.append(np.where(x == 2, 1.0, np.where(x == 1, joined, 1.0 - joined)).prod(1))
        return 100 * float((np.max(odds, 0) > 0.5 * np.sum(odds, 0)).mean())

    def tau2(self):
        return self.a_t**2 * self.m.setup.distribution.std**2 + self.s_t**2

    def second(self):
        """E|x_t|^2, by Monte Carlo."""
        return float(np.square(self.drawn()[1]).sum(1).mean())

    def from_standard_normal(self):
        """KL(N(0, I) || q(x_t)), by Monte Carlo."""
        data, x = self.m.setup.distribution, np.random.default_rng(0).normal(size=(40_000, 2))
        means, weights, tau2 = data.means.numpy(), data.weights.numpy(), self.tau2()
        logits = np.log(weights) - np.square(x[:, None] - self.a_t * means).sum(2) / (2 * tau2)
        log_q = np.log(np.exp(logits).sum(1)) - math.log(2 * math.pi * tau2)
        return float((-np.square(x).sum(1) / 2 - math.log(2 * math.pi) - log_q).mean())

    def mmse(self):
        """By Monte Carlo."""
        data, (x_0, x_t, logits, tau2) = self.m.setup.distribution, self.drawn()
        means = data.means.numpy()
        shares = np.exp(logits - logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        mean = self.s_t**2 / tau2 * shares @ means + self.a_t * data.std**2 / tau2 * x_t
        return float(np.square(x_0 - mean).sum(1).mean())

    def gap(self):
        entropy = self.m.metrics["entropy_nats"].measure(self.m).value
        return self.costs.sum() - entropy

    def inside(self):
        """The share of samples that are a heartbeat, a 1 in every fifth bin and no other; its error is at least one part in N."""
        beats = {tuple(int(place % 5 == phase) for place in range(20)) for phase in range(5)}
        share, count = np.mean([tuple(map(int, sample)) in beats for sample in self.m.end]), len(self.m.end)
        return [share, math.sqrt(share * (1 - share) / (count - 1) + count**-2)]

    def brackets_of_words(self):
        """Of the tiny list behind masks, written out: H(x_t|x_s) is no bound of H(x_s|x_t), for masks at T know nothing."""
        h = lambda p: -sum(q * math.log(q) for q in (p, 1 - p) if q)  # noqa: E731
        alone = [-sum(p * math.log(p) for p in shares) for shares in ([0.75, 0.25], [0.5, 0.25, 0.25])]
        both = -sum(p * math.log(p) for p in (0.5, 0.25, 0.25))
        places = 8  # six of which are always empty
        marginal = lambda share: places * h(share) + share * (1 - share) * sum(alone) + share**2 * both  # noqa: E731
        high, low = 1 - self.s / 8, 1 - self.t / 8
        forward = places * high * h(low / high)
        lower = forward + places * h(high) - places * h(low)
        return [lower, forward + marginal(high) - marginal(low), forward]

    def lost_together(self):
        """Of the tiny list, of which two letters are seen or not: L_j less the fall of the entropy, written out."""
        words, t = {"ab": 0.5, "ac": 0.25, "ba": 0.25}, self.t
        entropy = lambda shares: -sum(p * math.log(p) for p in shares)  # noqa: E731
        alone = [entropy([0.75, 0.25]), entropy([0.5, 0.25, 0.25])]
        both = entropy(words.values())
        seen = lambda share: share * (1 - share) * sum(alone) + share**2 * both  # noqa: E731
        rate = lambda share: (1 - 2 * share) * sum(alone) + 2 * share * both  # noqa: E731
        low, high = 1 - t / 8, 1 - self.s / 8
        return (high - low) * rate(low) - (seen(high) - seen(low))

    def bounds_of_words(self):
        """In continuous time the entropy of the tiny list; in 8 steps both letters are shown together in one of 8 cases."""
        first, second, both = (
            -sum(p * math.log(p) for p in each) for each in ([0.75, 0.25], [0.5, 0.25, 0.25], [0.5, 0.25, 0.25])
        )
        return [both, 8, both + (first + second - both) / 8]

    def brackets(self):
        """Entropies of Gaussians of variance beta_tilde and beta in the plane, and the exact one between, by quadrature."""
        entropies = [
            marginal(self.m.setup.distribution, a, s).entropy_nats for a, s in ((self.a_s, self.s_s), (self.a_t, self.s_t))
        ]
        low, high = (math.log(2 * math.pi * math.e * variance) for variance in (self.beta_tilde, self.beta))
        return [low, high + entropies[0] - entropies[1], high]

    def draws(self, t=None, count=60_000):
        """x_t [count, 2]."""
        data, draws = self.m.setup.distribution, np.random.default_rng(1)
        a_t, s_t = (self.a_t, self.s_t) if t is None else (float(self.schedule.alpha[t]), float(self.schedule.sigma[t]))
        means, weights = data.means.numpy(), data.weights.numpy()
        x_0 = means[draws.choice(len(means), count, p=weights)] + data.std * draws.normal(size=(count, 2))
        return a_t * x_0 + s_t * draws.normal(size=x_0.shape), a_t, s_t

    def cloned(self):
        x_t, a_t, s_t = self.draws()
        return float(self.m.setup.distribution.shares(torch.from_numpy(x_t), a_t, s_t).square().sum(1).mean())

    def spread(self):
        x_0, *_ = self.draws(0, 400_000)
        return float(np.linalg.eigvalsh(np.cov(x_0.T))[-1])

    def entropy_at(self, t):
        x_t, a_t, s_t = self.draws(t, 400_000)
        return -float(self.m.setup.distribution.log_density(torch.from_numpy(x_t), a_t, s_t).mean()), x_t

    def lost(self):
        entropy, x_t = self.entropy_at(self.t)
        return 0.5 * np.linalg.slogdet(2 * math.pi * math.e * np.cov(x_t.T)).logabsdet - entropy

    def known(self):
        return self.entropy_at(self.t)[0] - math.log(2 * math.pi * math.e * self.s_t**2)

    def from_noise(self, t):
        entropy, x_t = self.entropy_at(t)
        return math.log(2 * math.pi) + float(np.square(x_t).sum(1).mean()) / 2 - entropy

    def speed(self):
        """Of a quarter circle, which cosine nearly is: the angle grows by half of pi from t = 0 to T."""
        x_t, a_t, s_t = self.draws()
        x0_hat = self.m.setup.distribution.posterior(torch.from_numpy(x_t), a_t, s_t)[0].numpy()
        return float(np.square(a_t * (x_t - a_t * x0_hat) / s_t - s_t * x0_hat).sum(1).mean()) * (math.pi / 2) ** 2

    def bound(self):
        """The same over all times of a quarter circle, which cosine nearly is."""
        data, found = self.m.setup.distribution, []
        for angle in (np.arange(40) + 0.5) * math.pi / 80:
            a_t, s_t = math.cos(angle), math.sin(angle)
            x_0, draws = self.draws(0, 20_000)[0], np.random.default_rng(3)
            x_t = a_t * x_0 + s_t * draws.normal(size=x_0.shape)
            x0_hat = data.posterior(torch.from_numpy(x_t), a_t, s_t)[0].numpy()
            found.append(np.square(a_t * (x_t - a_t * x0_hat) / s_t - s_t * x0_hat).sum(1).mean())
        return float(np.mean(found)) * (math.pi / 2) ** 2

    def open_variance(self):
        mixture = self.m.setup.distribution
        square = float(mixture.means.var(0, correction=0).mean()) + mixture.std**2
        return square * self.s_t**2 / (self.a_t**2 * square + self.s_t**2)


EXPECTED = {  # by entry, and what it is tried on where it is tried twice: the run, and its numbers
    "data_distribution": ("plane", lambda of: [200, 2]),
    "forward": ("plane", lambda of: [of.a_t, of.s_t]),
    "reverse": ("plane", lambda of: of.ddim(0.5 * math.sqrt(of.beta_tilde))),
    "schedule": ("plane", lambda of: [1 - (of.a_t / float(of.schedule.alpha[of.t - 1])) ** 2, of.a_t**2]),
    "alpha_bar": ("plane", lambda of: [of.a_t**2, of.a_t**2, of.s_t**2, of.snr / (1 + of.snr)]),
    "snr": ("plane", lambda of: [of.a_t, of.s_t, of.snr]),
    "energy": ("plane", lambda of: [of.energy()]),
    "zero_snr": ("plane", lambda of: [40, float((of.schedule.alpha[-1] / of.schedule.sigma[-1]) ** 2)]),
    "denoiser": ("plane", lambda of: [20]),
    "posterior_mean": ("plane", lambda of: [of.a_t / (of.a_t**2 + of.s_t**2)]),
    "x0_hat": ("plane", lambda of: [1 / of.a_t, -of.s_t / of.a_t]),
    "eps_hat": ("plane", lambda of: [1 / of.s_t, -of.a_t / of.s_t]),
    "score": ("plane", lambda of: [of.a_t / of.s_t**2, -1 / of.s_t**2]),
    "mmse": ("plane", lambda of: [of.mmse(), 2.0]),
    "guidance": ("guided", lambda of: [1.5, 1.5, -0.5]),
    "kernel_bandwidth": ("plane", lambda of: [of.m.setup.distribution.std, 80]),
    "inside": ("digits", lambda of: [math.log(of.snr)]),
    "ancestral": ("plane", lambda of: [of.a_t / of.a_s * of.s_s**2 / of.s_t**2, of.a_s * of.beta / of.s_t**2]),
    "variance": ("plane", lambda of: [of.beta_tilde, of.beta]),
    "ddim": ("plane", lambda of: of.ddim(0.0)[:2]),
    "eta": ("plane", lambda of: [math.sqrt(of.beta_tilde), 1, 0.5 * math.sqrt(of.beta_tilde), 0.5]),
    "probability_flow": ("plane", lambda of: [of.a_s - of.a_t, of.s_s - of.s_t]),
    "nfe": ("inpaint", lambda of: [12, of.m.evaluations]),
    "spacing": ("plane", lambda of: [0, 2, 4, 6, 8, 10, 30, 32, 34, 36, 38, 40]),
    "langevin": ("plane", lambda of: [0.1 * of.s_s**2, math.sqrt(0.2) * of.s_s]),
    "entropy": ("digits", lambda of: [64, of.s_t, 32 * math.log(2 * math.pi * math.e * of.s_t**2)]),
    "nats": ("plane", lambda of: [of.costs[of.j - 1], of.costs[of.j - 1] / math.log(2)]),
    "kl": ("plane", lambda of: [of.costs[of.j - 1]]),
    "elbo": ("plane", lambda of: [19, of.costs[-1], of.costs[1:-1].sum(), of.costs[0], of.costs.sum()]),
    "l0": ("plane", lambda of: [of.costs[0], 2]),
    "gap": ("plane", lambda of: [of.costs.sum(), of.m.details.entropy.value, of.costs.sum() - of.m.details.entropy.value]),
    "dissipation": ("plane", lambda of: [of.m.details.dissipation_nats[of.j - 1]]),
    "work": ("plane", lambda of: [of.m.details.dissipation_nats[: of.j].sum()]),
    "bound": ("plane", lambda of: [of.costs[of.j :].sum()]),
    "prior_loss": ("plane", lambda of: [of.costs[-1], of.m.details.mismatch_nats]),
    "bits": ("plane", lambda of: [of.costs.sum(), 2, 2, of.costs.sum() / math.log(4)]),
    "staircase": ("plane", lambda of: [((of.a_s / of.s_s) ** 2 - of.snr) / 2]),
    "sliced": ("plane", lambda of: both(of.m, "sliced_wasserstein") + both(of.m, "sliced_wasserstein_floor")),
    "excess_nll": ("plane", lambda of: both(of.m, "excess_nll_nats")),
    "clones": ("plane", lambda of: [of.cloned()]),
    "splits": ("plane", lambda of: [of.spread(), of.a_t**2 * of.spread(), 1, of.s_t**2]),
    "late_start": ("plane", lambda of: [of.lost()]),
    "squared_speed": ("plane", lambda of: [of.speed()]),
    "shifted_start": ("plane", lambda of: [of.bound()]),
    "neural_entropy": ("plane", lambda of: [0, of.from_noise(0), -of.from_noise(of.t), of.from_noise(0) - of.from_noise(of.t)]),
    "collapse": ("plane", lambda of: [200, math.log(200), of.known()]),
    "memorisation": ("digits", lambda of: both(of.m, "nearest_training")),
    "measurement": ("inpaint", lambda of: [48, 64, 0.1]),
    "posterior": ("inpaint", lambda of: both(of.m, "mean_to_truth_mse") + both(of.m, "spread")),
    "pigdm": ("inpaint", lambda of: [of.open_variance()]),
    "multiplied": ("inpaint", lambda of: [12, -of.s, 12, 1 - of.s / 12]),
    "factor": ("factor", lambda of: both(of.m, "log_z_nats")[:1]),
    "path_kl": ("factor", lambda of: both(of.m, "path_kl_nats")),
    "small_perturbation": (
        "factor",
        lambda of: [float(of.m.setup.process.variances.sampled[of.j - 1]), 1.0, *both(of.m, "small_perturbation_nats")],
    ),
    "repaint": ("inpaint", lambda of: [5, 1, of.m.evaluations, 12]),
    "edited": ("edited", lambda of: [float(of.schedule.alpha[6]), float(of.schedule.sigma[6])]),
    "between": ("between", lambda of: [4, 1 / 3]),
    "crooks": ("plane", lambda of: [of.gap(), math.exp(of.gap())]),
    "jarzynski": ("plane", lambda of: [math.exp(-of.gap()), 1]),
    "jarzynski, of bits": ("bits", lambda of: [math.exp(-of.gap()), 1, *of.inside()]),
    "brackets": ("plane", lambda of: of.brackets()),
    "brackets, of words": ("words", lambda of: of.brackets_of_words()),
    "one_point": ("plane", lambda of: [-of.m.details.entropy.value, -of.costs.sum()]),
    "langevin_chain": ("chain", lambda of: [0.004, 1, 2, math.sqrt(2 * 0.004)]),
    "partition": ("plane", lambda of: [2, of.tau2(), math.log(2 * math.pi * of.tau2())]),
    "contrastive": ("plane", lambda of: [0, 2, of.second() / 4 - 1]),
    "training_loss": ("plane", lambda of: [of.mmse() / 2 / of.s_t**2]),
    "weighting": ("plane", lambda of: [1 + of.snr, min(of.snr, 5)]),
    "ema": ("plane", lambda of: [0.999, math.log(0.5) / math.log(0.999)]),
    "learning_rate": ("plane", lambda of: [0.5, (1 + math.cos(0.9 * math.pi)) / 2]),
    "batch": ("plane", lambda of: [512, 512**-0.5]),
    "plateau": ("plane", lambda of: [NormalDist().cdf(SIGMAS)]),
    "replay": ("plane", lambda of: [0.05, 10, 200]),
    "annealed": ("plane", lambda of: [of.from_standard_normal()]),
    "masked_diffusion": ("words", lambda of: [1 / of.t]),  # masks linear in t
    "absorbing_state": ("words", lambda of: [of.t / 8]),
    "total_correlation": ("words", lambda of: [of.lost_together()]),
    "continuous_bound": ("words", lambda of: of.bounds_of_words()),
    "hidden_communities": ("blocks", lambda of: [of.told()]),
    "binomial": ("bits", lambda of: [of.snr / (1 + of.snr), 1 / (1 + of.snr)]),
}


def both(m, name):
    found = m.estimate(name)
    return [found.value, found.stderr]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_worked_number_is_what_the_formula_gives(name):
    which, expected = EXPECTED[name]
    told, of = worked(name.split(",")[0], measured(which)), Levels(which)
    found = numbers(told)
    assert found == pytest.approx(expected(of), rel=0.06, abs=2e-6), told


def test_every_entry_has_a_worked_number_that_is_tried():
    assert set(GLOSSARY) == {name.split(",")[0] for name in EXPECTED}


def test_worked_numbers_come_together_and_only_where_a_run_has_them():
    found = worked_numbers(measured("plane"))
    assert all(found.values())
    assert {"gap", "sliced", "mmse"} <= set(found)
    assert not {"guidance", "memorisation", "measurement", "repaint", "binomial", "inside"} & set(found)
    assert found["snr"] == worked("snr", measured("plane"))
    assert worked("snr", measured("plane"), 40) != found["snr"]


def test_every_run_can_be_told_at_every_time():
    for name in RUNS:
        for t in measured(name).times[1:]:
            for term in GLOSSARY:
                assert "{" not in worked(term, measured(name), int(t))
