"""The glossary's pictures: every entry has one, small and whole, and its numbers are what the mathematics gives."""

import itertools
import math
import re
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from diffviz.domains.plane.thermodynamics import exact_costs, noise_levels
from diffviz.gaussian.kernels import reverse_variances
from diffviz.gaussian.law import GaussianLaw
from diffviz.gaussian.mixtures import GaussianMixture
from diffviz.gaussian.quadrature import clone_probability, entropy_nats, marginal
from diffviz.noise import ParticleNoise, Stream, particle_uniform
from diffviz.schedules import make_schedule
from diffviz.telling.glossary import GLOSSARY
from diffviz.telling.glossary.pictures import pictures
from diffviz.telling.glossary.pictures.svg import HEIGHT, WIDTH, Plot, arrow, curve, picture
from diffviz.telling.glossary.pictures.toy import costs_nats, ddpm, evenly, paths
from diffviz.thermodynamics.work import drawn_work, forward_paths

SVG = "{http://www.w3.org/2000/svg}"
MAX_BYTES = 2300
COSINE = make_schedule("cosine", 100)
LINEAR = make_schedule("linear", 1000)
TEN = np.arange(0, 101, 10)
MEANS, WEIGHTS = (torch.tensor(rows, dtype=torch.float64) for rows in ([[-1.0, 0.0], [1.0, 0.0]], [0.4, 0.6]))
MODES = GaussianMixture(MEANS, WEIGHTS, 0.25)


def title(name):
    return ElementTree.fromstring(pictures()[name]).find(f"{SVG}title").text


def numbers(name):
    return [float(found.replace("−", "-")) for found in re.findall(r"(?<![\w.₀₅])−?\d+(?:\.\d+)?", title(name))]


def at(t, schedule=COSINE):
    return float(schedule.alpha[t]), float(schedule.sigma[t])


def weighed(x, alpha, sigma):
    """Of x_t = x on a line: the weights of the two modes, the mean of x_0 and the score, written out."""
    tau2 = alpha**2 * 0.25**2 + sigma**2
    likely = [w * math.exp(-((x - alpha * m) ** 2) / (2 * tau2)) for w, m in ((0.4, -1.0), (0.6, 1.0))]
    low, high = (each / sum(likely) for each in likely)
    mean = (high - low) * sigma**2 / tau2 + alpha * 0.25**2 / tau2 * x
    return low, high, mean, (alpha * mean - x) / sigma**2


def costs(schedule, times):
    chain = reverse_variances("optimal", schedule, times, MODES)
    return exact_costs(MODES, schedule, chain, times, noise_levels(MODES, schedule, times))


def gap(steps):
    schedule = make_schedule("cosine", steps)
    return costs(schedule, np.arange(steps + 1)).kl.sum() - entropy_nats(MODES)


def likely(t):
    """log q(x_t) of the two modes on a line, at places a twentieth of their distance apart."""
    (alpha, sigma), x = at(t), np.linspace(-2.5, 2.5, 51)
    tau2 = alpha**2 * 0.25**2 + sigma**2
    terms = [w * np.exp(-((x - alpha * m) ** 2) / (2 * tau2)) for w, m in ((0.4, -1.0), (0.6, 1.0))]
    return np.log(sum(terms) / math.sqrt(2 * math.pi * tau2))


def crossing(schedule):
    return int(np.argmin(np.abs(schedule.snr[1:] - 1))) + 1


def step(s, t):
    """c_t, c_0 and the variance beta_tilde of DDPM, eq. 6-7."""
    (a_s, s_s), (a_t, s_t) = at(s), at(t)
    beta = 1 - (a_t / a_s) ** 2
    return a_t / a_s * s_s**2 / s_t**2, a_s * beta / s_t**2, beta * s_s**2 / s_t**2, beta


def variances():
    _, c_0, tilde, beta = step(40, 50)
    return [math.sqrt(v) for v in (tilde, tilde + c_0**2 * marginal(MODES, *at(50)).mmse / 2, beta)]


TWO_THOUSAND = 2000


@cache
def law_of_modes():
    return GaussianLaw(MODES, COSINE, TEN, reverse_variances("posterior", COSINE, TEN, MODES))


@cache
def work_of_modes():
    """W from whole path probabilities, of the same paths: of the forward process drawn here again."""
    law, noise = law_of_modes(), ParticleNoise(0, Stream.WORK_FORWARD, TWO_THOUSAND, (2,), dtype=torch.float64)
    x = list(forward_paths(law, particle_uniform(0, Stream.WORK_FORWARD, TWO_THOUSAND), noise))
    pairs = list(zip(range(1, 11), x, x[1:], strict=False))
    q = law.log_marginal(x[0], 0) + sum(law.log_forward(x_s, x_t, j) for j, x_s, x_t in pairs)
    p = law.log_prior(x[-1]) + sum(law.log_reverse(x_s, x_t, law.exact(x_t, j), j) for j, x_s, x_t in pairs)
    return (q - p).numpy(), drawn_work(law, law.exact, TWO_THOUSAND, 0, (2,)).work_reverse


def slope_of_modes():
    """The most likely line of the log odds, by scipy's minimisation, and the error from the curvature at its end."""
    q, p = work_of_modes()
    found = minimize(lambda ab: np.logaddexp(0, -(ab[0] + ab[1] * q)).sum() + np.logaddexp(0, ab[0] + ab[1] * p).sum(), [0, 1])
    work = np.concatenate([q, p])
    odds = 1 / (1 + np.exp(-(found.x[0] + found.x[1] * work)))
    design = np.column_stack([np.ones(len(work)), work])
    covariance = np.linalg.inv((design.T * (odds * (1 - odds))) @ design)
    return [found.x[1], math.sqrt(covariance[1, 1])]


def brackets_of_modes():
    """At the fifth of ten steps, from t = 50 to s = 40."""
    _, _, tilde, beta = step(40, 50)
    low, high = (math.log(2 * math.pi * math.e * variance) for variance in (tilde, beta))
    exact = high + marginal(MODES, *at(40)).entropy_nats - marginal(MODES, *at(50)).entropy_nats
    return [9, 5, low, exact, high]


def point_of_modes():
    law, noise = law_of_modes(), ParticleNoise(0, Stream.ONE_POINT, TWO_THOUSAND, (2,), dtype=torch.float64)
    x = [torch.tensor([[1.0, 0.0]], dtype=torch.float64).expand(TWO_THOUSAND, 2)]
    for j in range(1, 11):
        x.append(law.draw_forward(x[-1], j, noise(j)))
    pairs = list(zip(range(1, 11), x, x[1:], strict=False))
    log_w = law.log_prior(x[-1]) + sum(
        law.log_reverse(x_s, x_t, law.exact(x_t, j), j) - law.log_forward(x_s, x_t, j) for j, x_s, x_t in pairs
    )
    truth = 0.6 / (2 * math.pi * 0.25**2) * (1 + 0.4 / 0.6 * math.exp(-(2**2) / (2 * 0.25**2)))
    return [TWO_THOUSAND, math.log(float(log_w.exp().mean())), float(log_w.mean()), math.log(truth)]


def ancestral():
    c_t, c_0, tilde, _ = step(40, 60)
    return [60, 40, -1.2, -1.2 * c_t + c_0 * weighed(-1.2, *at(60))[2], math.sqrt(tilde)]


def noise_of_step():
    times = evenly(16).tolist()
    found = math.sqrt(step(times[7], times[8])[2])
    return [16, 1, 0.5, 0, 50, found, found / 2, 0]


def stairs():
    kl, truth = costs(COSINE, TEN), noise_levels(MODES, COSINE, TEN)
    return kl.kl[1:-1].sum(), kl.kl[1:-1].sum() - kl.dissipation[1:].sum(), truth


def squares(alpha_t, sigma_t):
    """Variance of the two modes, given x_t, as if it were Gaussian; per coordinate."""
    square = (1 + 2 * 0.25**2 - 0.2**2) / 2
    return square * sigma_t**2 / (alpha_t**2 * square + sigma_t**2)


def edges_of_communities():
    draws = np.random.default_rng(5).random(66)
    within = np.array([(a < 6) == (b < 6) for a, b in itertools.combinations(range(12), 2)])
    return [12, (draws[within] < 0.7).sum(), 30, (draws[~within] < 0.05).sum(), 36]


UNSCALED = make_schedule("linear", 100, scale_betas=False)
BEFORE = make_schedule("quadratic", 1000, 0.00085, 0.012)
EXPECTED = {  # by entry, the numbers of its title, in their order
    "data_distribution": lambda: [-1, 1, 0.4, 0.6],
    "forward": lambda: [0, 50, 100, at(50)[0], 100],
    "schedule": lambda: [1, 0, 2, LINEAR.alpha_bar[500], make_schedule("cosine", 1000).alpha_bar[500]],
    "alpha_bar": lambda: [1, 2, 0.5],
    "snr": lambda: [0, crossing(LINEAR), 1000, crossing(make_schedule("cosine", 1000))],
    "energy": lambda: [0, 50, 100, *(float(-likely(t).max()) for t in (0, 50, 100))],
    "zero_snr": lambda: [0.00085, 0.012, BEFORE.alpha[-1], 0],
    "masked_diffusion": lambda: [1, 8, 1 / 8, 8, 1 / 2, 2, 1, 1],
    "absorbing_state": lambda: [2, math.cos(math.pi / 2 * 0.508 / 1.008) ** 2 / math.cos(math.pi / 2 * 0.008 / 1.008) ** 2],
    "total_correlation": lambda: [0.5, 0.25, math.log(2)],
    "continuous_bound": lambda: [2 * math.log(2), 1, 9 / 8 * math.log(2), 8, math.log(2)],
    "hidden_communities": edges_of_communities,
    "binomial": lambda: [1, 1, 0, 0.2, 2, 0.5 + 0.5 * 0.2, 0.5 * 0.2],
    "denoiser": lambda: [24, 0.3, weighed(0.3, *at(50))[2]],
    "posterior_mean": lambda: [0.3, *weighed(0.3, *at(50))[:3]],
    "x0_hat": lambda: [-1.8, weighed(-1.8, *at(50))[2]],
    "eps_hat": lambda: [(0.4 - at(50)[0] * weighed(0.4, *at(50))[2]) / at(50)[1], 0.75 * at(50)[1] / tau2()],
    "score": lambda: [-1.8, weighed(-1.8, *at(20))[3]],
    "mmse": lambda: [lowest(-8), lowest(0), 1, 0],
    "ancestral": ancestral,
    "crooks": lambda: [1, *slope_of_modes()],
    "jarzynski": lambda: [2000, np.exp(-work_of_modes()[0]).mean(), 1, work_of_modes()[0].mean()],
    "brackets": brackets_of_modes,
    "one_point": point_of_modes,
    "variance": lambda: [50, *variances()],
    "eta": noise_of_step,
    "entropy": lambda: [1, 0.5, -0.1 * math.log2(0.1) - 0.9 * math.log2(0.9), 0.1, 0, 0, 1],
    "nats": lambda: [1, 1 / math.log(2), 1, math.log(2)],
    "kl": lambda: [0, 1, 1, 1, 0.5],
    "elbo": lambda: [costs(COSINE, TEN).kl[-1], costs(COSINE, TEN).kl[0], costs(COSINE, TEN).kl.sum()],
    "l0": lambda: [math.log(2 * math.pi * math.e) / 2, 1, 1 / math.sqrt(2 * math.pi * math.e)],
    "gap": lambda: [5, 10, 20, 40, gap(5), gap(10), gap(20), gap(40)],
    "work": lambda: [20_000, 10, costs(COSINE, TEN).kl.sum() - entropy_nats(MODES), 0],
    "bound": lambda: [costs(COSINE, TEN).kl[-1], costs(COSINE, TEN).kl[1:].sum(), costs(COSINE, TEN).kl.sum()],
    "prior_loss": lambda: [1, 100, UNSCALED.alpha[-1], 0, 1, -math.log(UNSCALED.sigma[-1])],
    "bits": lambda: [1000, 100, 10, 1, 1, 0.5],
    "staircase": lambda: list(stairs()[:2]),
    "excess_nll": lambda: [0, 0, 1, 1, 2, 0, 1, -0.5, 0],
    "clones": lambda: [0.4, 0.6, 0.52, clone_probability(MODES, math.sqrt(0.5), math.sqrt(0.5)), 1, 1],
    "splits": lambda: [-1, 1, 0.6474, 0.7143, 1, 1.04**-0.5],
    "late_start": lambda: [
        55,
        100,
        0.5 * math.log(2 * math.pi * math.e * (at(55)[0] ** 2 * (0.96 + 0.0625) + at(55)[1] ** 2)) - line(55),
    ],
    "measurement": lambda: [8, 8, 16, 64],
    "posterior": lambda: [0.3, 0.6, *weighed(0.3, 1.0, 0.6)[:2]],
    "pigdm": lambda: [52, squares(*at(52)), marginal(MODES, *at(52)).mmse / 2],
    "multiplied": lambda: [12, 1, 12, sum((12 - s) / 12 for s in range(12))],
    "repaint": lambda: [10, 3, 2, 10 + 4 * 2 * 2, 1],
    "training_loss": lambda: [-8, 8, lowest(-8) * (1 + math.exp(-8)) / 2, lowest(0), 0, 0, (1 + 2 * 0.25**2 + 2) / 4],
    "weighting": lambda: [-4, 4, 4, math.exp(4), math.exp(4) + 1, 5, -4, math.exp(-4), 1 + math.exp(-4), math.exp(-4)],
    "learning_rate": lambda: [100, 0.5, math.cos(math.pi / 100) ** 2, 0.5, 50, (1 + math.cos(0.75 * math.pi)) / 2, 75],
    "between": lambda: [1, math.cos(math.pi / 3)],
}


def line(t):
    """The entropy of x_t of the two modes on a line: that of the plane less an independent coordinate's."""
    alpha, sigma = at(t)
    return marginal(MODES, alpha, sigma).entropy_nats - 0.5 * math.log(2 * math.pi * math.e * (alpha**2 * 0.0625 + sigma**2))


def tau2():
    return (at(50)[0] * 0.25) ** 2 + at(50)[1] ** 2


def lowest(log_snr):
    alpha2 = 1 / (1 + math.exp(-log_snr))
    return marginal(MODES, math.sqrt(alpha2), math.sqrt(1 - alpha2)).mmse


def test_every_entry_has_a_picture():
    assert list(pictures()) == list(GLOSSARY)


@pytest.mark.parametrize("name", GLOSSARY)
def test_a_picture_is_small_whole_and_of_the_page_s_colours(name):
    drawn = pictures()[name]
    root = ElementTree.fromstring(drawn)
    assert len(drawn.encode()) <= MAX_BYTES
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert title(name).endswith(".")
    assert len(root) > 3
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {"svg", "title", "path", "g", "circle", "rect", "text"}
        for key in ("fill", "stroke"):
            assert re.fullmatch(r"none|currentColor|var\(--dv-[a-z-]+\)", element.get(key, "none"))
        for key in ("x", "y", "cx", "cy"):
            assert 0 <= float(element.get(key, 0)) <= (WIDTH if "x" in key else HEIGHT)
    assert "nan" not in drawn
    assert int(root.get("font-size")) >= 11


@pytest.mark.parametrize("name", EXPECTED)
def test_its_numbers_are_what_the_mathematics_gives(name):
    assert numbers(name) == pytest.approx(EXPECTED[name](), abs=0.0051, rel=0.002), title(name)


def test_what_is_drawn_at_random_tells_what_theory_promises():
    errors = [float(value) for value in re.findall(r"(?:DDIM|Heun) (\d\.\d+)", title("nfe"))]
    assert errors[1] < errors[0] / 5
    assert numbers("ddim")[2] > 4 * numbers("ddim")[1]
    crossing, low = numbers("probability_flow")[1:]
    assert crossing == 0
    assert low / 9 == pytest.approx(0.4, abs=1 / 9)
    assert sum(numbers("memorisation")[2:7]) == 24
    assert numbers("memorisation")[-1] < 0.03
    assert numbers("langevin")[-2] == pytest.approx(0.6, abs=0.06)
    tilted = [
        float(value) for value in re.findall(r"(\d\.\d+) nats|(\d\.\d{4})", title("dissipation")) for value in value if value
    ]
    assert tilted[0] / tilted[2] == pytest.approx(16, rel=0.25)
    assert 1.0 < numbers("guidance")[-1] < 2.0
    cosine, flow, floor = numbers("squared_speed")
    assert floor < cosine < flow < 1.0
    *ends, low, high, most = numbers("shifted_start")
    assert ends == [0.05, 0.8]
    assert 0 < low < high < most == cosine
    assert numbers("collapse")[1] == pytest.approx(1 / 24, abs=0.02)
    assert 0.9 < numbers("collapse")[-1] <= 1.0
    assert numbers("neural_entropy")[1] > numbers("neural_entropy")[2]
    assert numbers("edited")[-2:] == [4, 5]
    assert numbers("langevin_chain")[-2] == pytest.approx(numbers("langevin_chain")[-1], rel=0.15)
    quick, slow, truth, bound, slow_bound = (numbers("annealed")[place] for place in (0, 1, 3, -2, -1))
    assert truth == pytest.approx(math.log(3), abs=0.005)
    assert slow == pytest.approx(truth, abs=0.05)
    assert bound < slow_bound < truth
    assert abs(quick - truth) < 0.3
    assert numbers("contrastive")[-2] > 2 * numbers("contrastive")[-1]
    assert numbers("reverse")[-1] <= 6
    raw, average = numbers("ema")[-2:]
    assert average / raw == pytest.approx(math.sqrt(0.1 / 1.9), rel=0.4)  # of independent numbers: (1 - a)/(1 + a)
    assert [one / other for one, other in itertools.pairwise(numbers("batch")[4:8])] == pytest.approx([2, 2, 2], rel=0.07)
    first, _, last, left = numbers("plateau")[3:]
    assert first > 0.7
    assert abs(last) < 0.1
    assert left == pytest.approx(0.2, abs=0.03)
    mean, long = numbers("replay")[-3:-1]
    assert mean == pytest.approx(200, rel=0.05)  # 10/f
    assert long == pytest.approx(0.95**50, abs=0.02)


def test_costs_are_those_of_the_plane():
    for steps in (5, 20):
        schedule = make_schedule("cosine", steps)
        assert costs_nats(schedule, np.arange(steps + 1)) == pytest.approx(costs(schedule, np.arange(steps + 1)).kl, abs=1e-9)


def test_samples_of_the_small_world_have_the_weights_of_its_modes():
    times = evenly(50)
    ends = paths(ddpm(times), np.random.default_rng(0).normal(size=4000), times)[-1]
    assert (ends > 0).mean() == pytest.approx(0.6, abs=0.03)


def test_a_curve_goes_through_its_points():
    plot = Plot((0, 1), (0, 2), (10, 20, 110, 80))
    data = re.search(r'd="M(.*?)"', curve(plot, [0, 0.5, 1], [0, 2, 1]))[1]
    moves = np.array([float(found) for found in re.findall(r"-?\d*\.?\d+", data)]).reshape(-1, 2)
    assert moves.cumsum(0) == pytest.approx(np.array([[10, 80], [60, 20], [110, 50]]))
    assert arrow(plot, (0, 0), (0, 0)) == ""
    assert ElementTree.fromstring(picture("a < b: -1", arrow(plot, (0, 0), (1, 1))))[0].text == "a < b: −1"
