"""Going back: the posterior, its mean and the score, and what a reverse step can and cannot do."""

from __future__ import annotations

from dataclasses import replace

from diffviz.experiment import Experiment
from diffviz.lessons.back_numbers import (
    along_score,
    at_mean,
    bend,
    density_at_mean,
    from_mean,
    mean_of_data,
    most,
    variance,
)
from diffviz.lessons.base import Choice, Lesson, Place, Step, metric, of_schedule
from diffviz.lessons.numbers import apart, first_estimate, gap_with, near, of_end, of_forward
from diffviz.telling.glossary.entry import cite

COUNTED = {"one": 1, "two": 2, "ten": 10, "hundred": 100}  # steps
SURE = 0.9  # the posterior probability from which a point is said to be decided
EIGHT = Experiment(dataset="eight_gaussians", particles=500)
FLOW = Experiment(dataset="gaussian", data_std=0.05, schedule="rectified_flow", sampler="ddim", steps=50, particles=200)

STEPS = (
    Step(
        name="posterior",
        title="Where did it come from?",
        text="The left panel shows x_t at t = 60 of 100. Each point began in one of the eight Gaussians on the circle, and noise "
        "has moved it since. Suppose one sees a point and knows the data and the schedule, but not its x_0.",
        a=EIGHT,
        layers=("density",),
        charts=("snr",),
        at=60,
        direction="forward",
        playing=False,
        predict=Choice(
            "How probable is the most probable of the eight, on average?",
            ("1: it is the nearest one", "About a third", "1/8: all are equally probable"),
            1,
        ),
        reveal="Its probability is {most} on average; if nothing were known, it would be 1/8 = {even}. At T it is {last}.",
        numbers={
            "most": of_forward(60, most(60)),
            "even": of_schedule(lambda setup: 1.0 / len(setup.distribution.means)),
            "last": of_forward(100, most(100)),
        },
        holds=lambda n: 0.27 < n["most"].value < 0.4 and n["last"].value - n["even"].value < 0.001,
        why="Bayes' rule gives the [posterior](posterior_mean) q(x_0|x_t): each x_0 is weighted by how likely the forward "
        "process is to turn it into this x_t. Near ones have more weight, but with so much noise distant ones could have led "
        "here, too.",
        formula="q(x_0|x_t) = q(x_t|x_0) q(x_0) / q(x_t)",
        sources=cite(("edm", "app. B.3"), ("2015", "sec. 2.2")),
    ),
    Step(
        name="estimate",
        title="The denoised estimate",
        text="A [denoiser](denoiser) answers with one point, x̂_0, for which the squared error is least on average. The right "
        "panel shows x_T, where the reverse process starts.",
        a=replace(EIGHT, sampler="ddim"),
        charts=("snr",),
        at=100,
        back=True,
        direction="reverse",
        playing=False,
        predict=Place(
            "Mark where the exact denoiser puts x̂_0 for the points in the right panel.",
            "reverse",
            "the mean of the data",
            at_mean,
        ),
        then={"layers": ("x0_hat",)},
        reveal="At the mean of the data, for every point: they are {apart} away from it on average. The mean is not a likely "
        "datum: the density there is {density} times that at the centre of a Gaussian.",
        numbers={"apart": first_estimate(mean_of_data, lambda apart: apart.norm(dim=1)), "density": of_schedule(density_at_mean)},
        holds=lambda n: n["apart"].value < 0.01 and n["density"].value < 1e-10,
        why="The estimate of least squared error is the mean of the posterior. x_T says nothing about x_0, so the posterior at T "
        "is the whole data distribution. An average of data need not resemble data, which is why x̂_0 of images is blurred.",
        formula="x̂_0 = E[x_0|x_t] = ∫ x_0 q(x_0|x_t) d x_0",
        sources=cite(("tweedie", "eq. 1.4"), ("ddpm", "eq. 15"), ("vdm", "sec. 3.3")),
    ),
    Step(
        name="score",
        title="The score",
        text="The [score](score) is the gradient of log q(x_t). It tells in which direction x_t becomes more likely. The clock "
        "stands at t = 30.",
        a=Experiment(dataset="two_moons", particles=500),
        layers=("density",),
        charts=("schedule",),
        at=30,
        direction="forward",
        playing=False,
        predict=Choice(
            "Where does the score at x_t point?",
            (
                "To the nearest point of the data",
                "To α_t x̂_0, the denoised estimate shrunk by α_t",
                "To the origin, where the noise is densest",
                "To α_t x_0, where this particle began",
            ),
            1,
        ),
        then={"layers": ("score",)},
        reveal="To α_t x̂_0: the cosine of the angle between both directions is {estimate} for every point. With the direction "
        "to the nearest of the data it is {nearest} on average, with that to the origin {origin}, with that to α_t x_0 {begin}.",
        numbers={
            "estimate": of_forward(30, along_score("estimate", 30)),
            "nearest": of_forward(30, along_score("nearest", 30)),
            "origin": of_forward(30, along_score("origin", 30)),
            "begin": of_forward(30, along_score("begin", 30)),
        },
        holds=lambda n: (
            n["estimate"].value > 1.0 - 1e-9 and max(n[other].value for other in ("nearest", "origin", "begin")) < 0.97
        ),
        why="This is Tweedie's formula: the posterior mean gives the score, and the score gives the posterior mean. So a "
        "network that learns to denoise, or to predict the noise, learns the score.",
        formula="∇ log q(x_t) = (α_t x̂_0 − x_t) / σ_t^2",
        sources=cite(("tweedie", "eq. 1.4"), ("vincent", "sec. 4"), ("sde", "eq. 6-7")),
    ),
    Step(
        name="decided",
        title="When is it decided?",
        text="The rings are the estimates x̂_0. At T all of them lie at the mean of the data, at the end each lies in one of "
        "the eight Gaussians. A point is called decided when one of the eight has a posterior probability above 0.9.",
        a=EIGHT,
        layers=("x0_hat", "trails"),
        charts=("snr",),
        at=100,
        back=True,
        direction="reverse",
        predict=Choice(
            "When are most points decided?",
            (
                "Soon after T, where the changes are largest",
                "Around t = 50, where the SNR is 1",
                "Late: none at t = 50, more than half at t = 20",
                "Only in the very last step",
            ),
            2,
        ),
        reveal="Late: at t = 50 {early} % are decided, at t = 20 {late} %, where the SNR is {snr}, and at t = 5 {last} %. "
        "They were counted on the forward path, whose points have the same distribution.",
        numbers={
            "early": of_forward(50, most(50, SURE), factor=100.0),
            "late": of_forward(20, most(20, SURE), factor=100.0),
            "last": of_forward(5, most(5, SURE), factor=100.0),
            "snr": of_schedule(lambda setup: float(setup.schedule.snr[20])),
        },
        holds=lambda n: n["early"].value < 1.0 and 50.0 < n["late"].value < 75.0 and n["last"].value > 98.0,
        why="What counts is the noise compared with the distance between neighbouring Gaussians: x_t/α_t is x_0 with noise of "
        "standard deviation σ_t/α_t. Coarse features are decided while there is much noise, fine ones when little is left.",
        formula="x_t / α_t = x_0 + (σ_t/α_t) ε",
        sources=cite(("ddpm", "sec. 4.3 and fig. 6")),
    ),
    Step(
        name="one-step",
        title="Why not in one step?",
        text="The denoiser is exact in both runs. Each goes from T to 0 in one single step: A by DDIM, which adds no noise, B by "
        "ancestral sampling, which adds noise.",
        a=replace(EIGHT, sampler="ddim", sampler_steps=1),
        b=replace(EIGHT, sampler_steps=1),
        layers=("density",),
        charts=("snr",),
        at=100,
        back=True,
        direction="reverse",
        playing=False,
        predict=Choice(
            "Where does A put its samples?",
            (
                "Into the eight Gaussians: the denoiser is exact",
                "All at one place, the mean of the data",
                "Where they were, as a round cloud",
            ),
            1,
        ),
        then={"at": 0},
        reveal="A puts all samples at the mean: they are {spread} away from it on average. B adds noise to the mean, with the "
        "variance of the data, {variance}, and ends as a round cloud. Neither has eight Gaussians.",
        numbers={"spread": of_end(from_mean, 0), "variance": of_end(variance, 1)},
        holds=lambda n: n["spread"].value < 0.01 and abs(n["variance"].value - 1.0) < 4.0 * n["variance"].stderr,
        why="One step of DDIM from T returns x̂_0, which is the mean here. One ancestral step draws from one Gaussian, which "
        "cannot have eight modes. More training would not help: this is what the exact denoiser does.",
        formula="p(x_0|x_T) = N(x̂_0, Σ_T)",
        sources=cite(("ddim", "eq. 12"), ("ddpm", "eq. 6-7"), ("analytic", "theorem 1")),
    ),
    Step(
        name="few-steps",
        title="How many steps?",
        text="A takes 10 steps from T to 0, B takes 100, and both denoisers are exact. The [ELBO gap](gap) says how far the "
        "samples may be from the data: KL(data ‖ samples) is at most the gap.",
        a=replace(EIGHT, sampler_steps=10),
        b=EIGHT,
        layers=("density",),
        at=100,
        back=True,
        direction="reverse",
        predict=Choice(
            "How does the gap fall from 1 step over 2 and 10 to 100 steps?",
            (
                "It halves each time the number of steps doubles",
                "It hardly falls from 1 to 2, and to a tenth or less from 10 to 100",
                "It is 0 for all of them, since the denoiser is exact",
            ),
            1,
        ),
        then={"at": 0, "charts": ("dissipation",)},
        reveal="With 1 step the gap is {one} nats, with 2 steps {two}, with 10 steps {ten}, and with 100 steps {hundred}.",
        numbers={name: gap_with(-1, sampler_steps=steps) for name, steps in COUNTED.items()},
        holds=lambda n: n["two"].value > 0.9 * n["one"].value and n["hundred"].value < 0.1 * n["ten"].value,
        why="While steps are too long for any mode to be seen, a second one hardly helps. Once they are short, the gap is "
        "inversely proportional to their number.",
        formula="KL(data ‖ samples) ≤ −ELBO − H(data)",
        sources=cite(("2015", "sec. 2.3 and 2.6")),
    ),
    Step(
        name="gaussian-steps",
        title="Why steps must be short",
        text="Ten steps each. The data are one Gaussian in A and eight in B. A reverse step of the model is always a Gaussian, "
        "p(x_s|x_t); the true one is q(x_s|x_t).",
        a=Experiment(dataset="gaussian", data_std=0.3, steps=10, particles=500),
        b=replace(EIGHT, steps=10),
        layers=("density", "trails"),
        at=10,
        back=True,
        direction="reverse",
        playing=False,
        predict=Choice(
            "For which data are ten steps enough?",
            (
                "For A: there each true reverse step is a Gaussian",
                "For both, since the denoiser is exact",
                "For neither: ten steps are too few for any data",
            ),
            0,
        ),
        then={"at": 0, "charts": ("dissipation", "bound")},
        reveal="For A: its gap is {a} nats. That of B is {b} nats.",
        numbers={"a": metric("gap_nats", 0), "b": metric("gap_nats", 1)},
        holds=lambda n: n["a"].value < 1e-4 and n["b"].value > 0.5,
        why="The true reverse step is a mixture: q(x_s|x_t, x_0) averaged over all x_0 that may have led to x_t. For Gaussian "
        "data it is a Gaussian. For other data it has several modes if the step is long, and it becomes Gaussian as the step "
        "becomes short.",
        formula="q(x_s|x_t) = ∫ q(x_s|x_t, x_0) q(x_0|x_t) d x_0",
        sources=cite(("2015", "sec. 2.2"), ("ddpm", "eq. 6-7")),
    ),
    Step(
        name="conditional",
        title="Straight for one, bent for all",
        text="Rectified flow joins each x_0 with its noise by a straight line. The samplers follow the mean velocity at x_t. The "
        "data are nearly one point in A and eight Gaussians in B.",
        a=FLOW,
        b=replace(FLOW, dataset="eight_gaussians"),
        layers=("trails",),
        charts=("snr",),
        at=50,
        back=True,
        direction="reverse",
        predict=Choice(
            "Are the paths of the samples straight?",
            (
                "In both, for that is how the flow is made",
                "In A only",
                "In neither, because noise is added on the way",
            ),
            1,
        ),
        reveal="In A only. Its paths are {a} % longer than the straight lines between their ends, those of B {b} %.",
        numbers={"a": bend(0), "b": bend(1)},
        holds=lambda n: abs(n["a"].value) < 1e-3 and n["b"].value > 20.0,
        why="For one x_0 the velocity is that of one line. For many x_0 it is the mean over all lines through x_t, weighted by "
        "the posterior, and that changes along the way. So conditional paths are straight and marginal ones are not.",
        formula="v(x_t) = E[ε − x_0|x_t]",
        sources=cite(("flow", "sec. 2.1"), ("sde", "sec. 4.3")),
    ),
    Step(
        name="random",
        title="With noise or without",
        text="A follows the [probability-flow ODE](probability_flow) by DDIM, B adds new noise in each step. Particle i starts "
        "at the same x_T in both, and both take 200 steps.",
        a=Experiment(dataset="two_moons", sampler="ddim", steps=200, particles=500),
        b=Experiment(dataset="two_moons", steps=200, particles=500),
        layers=("trails",),
        charts=("snr",),
        at=200,
        back=True,
        direction="reverse",
        predict=Choice(
            "Do A and B end alike?",
            (
                "Particle by particle at the same places",
                "At other places, but with the same distribution",
                "No: without noise A ends at the mean of the data",
            ),
            1,
        ),
        then={"charts": ("snr", "dissipation")},
        reveal="Particle i of A and particle i of B end {apart} apart on average. As clouds both are as near to the data as "
        "chance allows: their [sliced Wasserstein distance](sliced) to new data is {a} in A and {b} in B, that between two true "
        "samples {floor}.",
        numbers={
            "apart": apart,
            "a": metric("sliced_wasserstein", 0),
            "b": metric("sliced_wasserstein", 1),
            "floor": metric("sliced_wasserstein_floor", 1),
        },
        holds=lambda n: n["apart"].value > 0.5 and near(n["a"], n["floor"]) and near(n["b"], n["floor"]),
        why="Many processes share the distributions q(x_t) at all times. The reverse SDE removes noise and adds new noise. The "
        "ODE moves along f − ½ g^2 ∇ log q, the mean of the drifts of the forward and of the reverse SDE. With few steps the "
        "samples of the two differ, because each makes other errors.",
        formula="d x = [f − ½ g^2 ∇ log q] d t, &nbsp; or &nbsp; d x = [f − g^2 ∇ log q] d t + g d w",
        sources=cite(("sde", "eq. 6 and 13"), ("ddim", "sec. 4.1")),
    ),
)

BACK = Lesson(
    title="Going back",
    minutes=20,
    able="Say what a denoiser estimates, how it gives the score, and why a reverse process needs many small steps.",
    picture="eight_gaussians",
    steps=STEPS,
)
