"""The questions of points in the plane, of one run and of two."""

from __future__ import annotations

from diffviz.experiment import Experiment
from diffviz.telling.questions import Question, pairs_of
from diffviz.views.plane.questions_energy import ENERGY_QUESTIONS

_pair = pairs_of(Experiment(particles=1000), "density")

_HALF_PLANE = {"dataset": "swiss_roll", "offset": 1.0, "measure_noise": 0.5}

QUESTIONS: tuple[Question, ...] = (
    Question(
        "Diffusion",
        "How does noise become data?",
        "On the left the forward process adds noise to data until nothing of them is left. On the right the reverse process "
        "begins with noise and removes it step by step: its samples are distributed almost as the data are.",
        Experiment(),
        layers=("density",),
    ),
    Question(
        "Noise schedules",
        "Why cosine?",
        "With the linear schedule there is more noise than data from t = 27 of 100 on, and less than 1 % of the variance is "
        "data in the last third. Choose the cosine schedule to see the difference.",
        Experiment(dataset="swiss_roll", schedule="linear"),
        layers=("density",),
        charts=("schedule", "dissipation", "bound"),
    ),
    Question(
        "Steps and samplers",
        "What if steps are too few?",
        "Ten steps are too few even for the exact denoiser, because the true reverse step is not Gaussian: the ELBO gap is 1.1 "
        "nats, and about 30 % of the particles lie where the density is lower than at 99 % of the data.",
        Experiment(dataset="grid_25", steps=10),
        layers=("density", "trails"),
    ),
    Question(
        "Steps and samplers",
        "Does every path produce entropy?",
        "On average a path of the forward process does, 0.27 kT here, the ELBO gap: that is the second law. But about 33 % of "
        "the paths have a negative work. The histograms of both processes cross at W = 0, and the logarithm of their ratio is a "
        "line of slope 1: Crooks’ theorem.",
        Experiment(dataset="two_moons", steps=20),
        layers=("density",),
        charts=("work", "crooks", "jarzynski"),
    ),
    Question(
        "Networks",
        "What does the network get wrong?",
        "Black arrows are the exact score, coloured ones the network's. Its errors add 0.016 nats to the ELBO gap, most of them "
        "at small t: see the dotted lines of the chart.",
        Experiment(dataset="spiral", denoiser="learned"),
        layers=("score",),
        charts=("kl", "dissipation", "snr"),
    ),
    Question(
        "Steps and samplers",
        "Must the reverse process be random?",
        "DDIM without noise takes 20 of 100 steps along smooth curves. Its samples are near the data, but not distributed as "
        "they are: they crowd where the density is high, and their negative log-likelihood is about 0.15 nats below that of "
        "data.",
        Experiment(dataset="two_moons", sampler="ddim", sampler_steps=20),
        layers=("density", "trails"),
    ),
    Question(
        "Diffusion",
        "When is a particle's place decided?",
        "Rings mark each particle's x̂₀, the posterior mean given x_t. At T all of them are at the mean of the data; nearly all "
        "end at one of the modes.",
        Experiment(dataset="eight_gaussians", sampler="ddim"),
        layers=("x0_hat", "trails"),
    ),
    Question(
        "Noise schedules",
        "What if the end is not noise?",
        "Linear betas left unscaled at T = 50: 60 % of the variance of x_T is still data, but the reverse process starts from "
        "pure noise. The mismatch at T is 0.10 nats.",
        Experiment(dataset="two_moons", schedule="linear", steps=50, scale_betas=False),
        layers=("density",),
        charts=("schedule", "dissipation", "bound"),
    ),
    Question(
        "Inverse problems and editing",
        "What if the data must lie in a half-plane?",
        "The data are multiplied by r(x), the probability that a noisy observation of x lies beyond the dashed line. The exact "
        "reverse process, with Doob's h-transform, ends in their product: 69 % of it lie in the half-plane, and about as many "
        "particles.",
        Experiment(measurement="half_plane", condition="exact", **_HALF_PLANE),
        layers=("density",),
        charts=("schedule", "snr", "path_kl"),
    ),
    _pair(
        "Noise schedules",
        "Why cosine?",
        "At t/T = 0.66 less than 1 % of the variance is data with the linear schedule, 26 % with cosine. Linear leaves an ELBO "
        "gap of 0.39 nats, cosine 0.20.",
        {"schedule": "linear"},
        {"schedule": "cosine"},
        charts=("schedule", "dissipation", "bound"),
        dataset="swiss_roll",
        steps=50,
    ),
    _pair(
        "Steps and samplers",
        "10 steps or 1000?",
        "Both denoisers are exact. With ten steps the ELBO gap is 0.61 nats, and about 26 % of the particles lie where the "
        "density is lower than at 99 % of the data: a long reverse step is not Gaussian. With 1000 steps the gap is 0.008 nats.",
        {"steps": 10},
        {"steps": 1000},
        charts=("dissipation", "staircase", "bound"),
        dataset="rings",
    ),
    _pair(
        "Steps and samplers",
        "DDPM or DDIM at 20 steps?",
        "20 function evaluations each. Without new noise, in B, the particles follow smooth curves. Neither distribution is "
        "that of the data: the negative log-likelihood is about 0.27 nats above the data's in A, and about 0.15 nats below it "
        "in B.",
        {"sampler": "ancestral"},
        {"sampler": "ddim"},
        "density",
        "trails",
        charts=("schedule", "snr", "kl"),
        dataset="two_moons",
        sampler_steps=20,
    ),
    _pair(
        "Steps and samplers",
        "Posterior or optimal variance?",
        "A's variance is right if x₀ is known; B's adds the variance of x₀ given x_t. The discretisation gap is 1.88 nats in "
        "A, 0.52 in B.",
        {"variance": "posterior"},
        {"variance": "optimal"},
        charts=("dissipation", "kl", "bound"),
        dataset="grid_25",
        steps=20,
    ),
    _pair(
        "Networks",
        "Exact or learned?",
        "The errors of the network in B add 0.016 nats to the ELBO gap, more than four fifths of it in the steps below t = 25. "
        "On the log axis the lines part near T, where the exact denoiser's discretisation gap is nearly 0.",
        {"denoiser": "exact"},
        {"denoiser": "learned"},
        charts=("dissipation", "kl", "bound"),
        dataset="spiral",
    ),
    _pair(
        "Noise schedules",
        "What if the end is not noise?",
        "In A 74 % of the variance of x_T is still data. Its discretisation gap is smaller, 0.06 nats instead of 0.36; but its "
        "reverse process starts from the wrong distribution (mismatch at T, 0.17 nats) and ends farther from the data: sliced "
        "W₂ is about 0.15 instead of 0.05.",
        {"scale_betas": False},
        {"scale_betas": True},
        charts=("schedule", "dissipation", "bound"),
        dataset="two_moons",
        schedule="linear",
        steps=30,
        particles=4000,
    ),
    _pair(
        "Steps and samplers",
        "Even in t or in log SNR?",
        "Ten of 1000 steps, even in t in A, even in log SNR in B. The discretisation gap is 0.55 nats in A, 0.77 in B; its chart "
        "shows at which noise levels.",
        {"spacing": "trailing"},
        {"spacing": "log_snr"},
        charts=("dissipation", "snr", "staircase"),
        dataset="pinwheel",
        steps=1000,
        sampler_steps=10,
        particles=500,
    ),
    _pair(
        "Noise schedules",
        "Rectified flow or cosine?",
        "Ten steps of DDIM each, without noise. The forward process mixes data and noise along a straight line in A, with "
        "α + σ = 1, and along a quarter of a circle in B, with α² + σ² = 1.",
        {"schedule": "rectified_flow"},
        {"schedule": "cosine"},
        "density",
        "trails",
        charts=("schedule", "snr", "kl"),
        dataset="checkerboard",
        sampler="ddim",
        steps=10,
    ),
    _pair(
        "Noise schedules",
        "Is there a best schedule?",
        "A's steps have equal thermodynamic length, which is best as T grows; B's leave the smallest ELBO gap that ten steps "
        "can. B ends before pure noise: the mismatch at T adds less than a first noise level nearer to the data saves.",
        {"schedule": "least_dissipation"},
        {"schedule": "optimal"},
        charts=("staircase", "dissipation", "snr"),
        dataset="eight_gaussians",
        steps=10,
    ),
    _pair(
        "Steps and samplers",
        "What is lost by a late start?",
        "B starts at t = 55, where the drift of the reverse SDE splits, from the Gaussian with the mean and the covariance of x "
        "there. 45 of 100 function evaluations are saved. The mismatch adds 0.005 nats: the ELBO gap is 0.066 nats, A's 0.061.",
        {"start": "noise"},
        {"start": "late", "start_time": 0.55},
        "density",
        "marginals",
        charts=("dissipation", "bound", "snr"),
        dataset="eight_gaussians",
    ),
    _pair(
        "Steps and samplers",
        "Is second order worth it?",
        "Ten function evaluations each; DPM-Solver++, in B, also uses the x̂₀ before. B ends nearer to the data, with a sliced "
        "W₂ of about 0.14 instead of 0.27, but its particles are less likely: their negative log-likelihood is about 2.3 nats "
        "above the data's, A's 1.0.",
        {"sampler": "ddim"},
        {"sampler": "dpm_solver_2m"},
        "density",
        "trails",
        charts=("snr", "schedule", "kl"),
        dataset="smiley",
        steps=1000,
        sampler_steps=10,
        spacing="log_snr",
        particles=500,
    ),
    _pair(
        "Inverse problems and editing",
        "What does the small perturbation get wrong?",
        "A shifts the mean of every kernel, as in 2015, with r ramped. The shifts themselves cost about 0.04 nats; that r "
        "stands in place of Doob's h makes it a path KL of about 0.9 nats, and 79 % of the particles lie in the half-plane. It "
        "should be 69 %, as in B, which is exact.",
        {"condition": "shifted_ramp"},
        {"condition": "exact"},
        charts=("path_kl", "schedule", "snr"),
        measurement="half_plane",
        **_HALF_PLANE,
    ),
    _pair(
        "Inverse problems and editing",
        "Why does an observation count twice?",
        "N(0, I) is observed once, y = (1.5, 0) with σ_y = 1: the exact posterior, in B, has the mean 0.75 and the variance 1/2. "
        "A multiplies every kernel by r(x) and ends near the mean 1 and the variance 1/3, as if there were two observations.",
        {"condition": "multiplied"},
        {"condition": "exact"},
        charts=("path_kl", "schedule", "snr"),
        dataset="gaussian",
        measurement="observation",
        offset=1.5,
        measure_noise=1.0,
    ),
    *ENERGY_QUESTIONS,
)
