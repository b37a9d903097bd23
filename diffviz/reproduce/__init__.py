"""The experiments of the 2015 paper, rerun from scratch (Sohl-Dickstein et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from diffviz.experiment import Experiment
from diffviz.reproduce import heartbeat, schedule, swiss_roll, thin_roll
from diffviz.reproduce.results import Outcome, Result


@dataclass(frozen=True)
class ExperimentRow:
    """One row of EXPERIMENTS. why, note: as HTML, what is done, and how the figures are to be read, with names of numbers in
    braces

    rerun(seed, quick): yields how much is done, of 1, and at last the Outcome
    opened(result): the run that shows it, and another beside it or None; nothing where no run of the page has its data
    layers: over its panels, none for the usual ones
    unopened: why there is no run, as a sentence
    """

    title: str
    why: str
    note: str
    rerun: Callable[[int, bool], Iterator[float | Outcome]]
    opened: Callable[[Result], tuple[Experiment | None, ...]]
    layers: tuple[str, ...] = ()
    unopened: str = ""


def _swiss_roll(result: Result) -> tuple[Experiment, None]:
    return swiss_roll.run_of(str(result.more["points"]), 40, denoiser=swiss_roll.NAME), None


def _heartbeat(result: Result) -> tuple[Experiment, None]:
    return heartbeat.run_of(2000, denoiser=heartbeat.NAME, particles=100), None


def _schedule(result: Result) -> tuple[Experiment, Experiment]:
    drawn = schedule.run_of(schedule="drawn", points=str(result.more["points"]))
    return drawn, schedule.run_of(schedule="optimal")


EXPERIMENTS = {
    "swiss_roll": ExperimentRow(
        "Swiss roll, Figure 1",
        "40 Gaussian steps. A network of 16 normalised radial basis functions, with a read-out for every step, gives the mean "
        "and the diagonal covariance of the reverse kernel. The schedule is learned with it, but for β<sub>1</sub>.",
        "The bits are those of a density: they grow without limit as the roll gets thinner, so that figures of two rolls "
        "cannot be compared. Ours has the width {width} (the data have variance 1), and no model of it exceeds the truth in "
        "this table. The paper does not give its roll's width; 2.35 bits need a width of at most {width_of_paper_bits}, the "
        "noise of <i>x</i><sub>1</sub> included. Noise level: β<sub>1</sub> = {beta_1}, so that the noise of "
        "<i>x</i><sub>1</sub> has a third of our roll's width. <i>p</i>(<i>x</i><sub>0</sub>|<i>x</i><sub>1</sub>) is fixed "
        "to the forward kernel, and <i>K</i> is at most −<i>H</i>(<i>x</i><sub>1</sub>), which is 0.06 bits below the truth; "
        "with less noise at t = 1 fewer of the 40 steps are left for the rest. Above <i>L</i><sub>null</sub>, what N(0, I) "
        "reaches, we have {over_null_bits} bits, the paper {paper_over_null_bits}.",
        swiss_roll.rerun,
        _swiss_roll,
        ("drift",),
    ),
    "thin_roll": ExperimentRow(
        "Thin Swiss roll",
        "The same curve as above, thinner by a factor of about 120: 40 steps and the same network, 16 normalised radial basis "
        "functions with a read-out for every step. The read-outs of the mean are solved for by least squares; centres, widths "
        "and schedule are those for which what is left costs least.",
        "Width: {width}. Noise level: β<sub>1</sub> = {beta_1}, so that the noise of <i>x</i><sub>1</sub> has the roll's width. "
        "On a roll as thin as this the paper's 2.35 bits can be reached, and 16 units reach them: above <i>L</i><sub>null</sub> "
        "there are {over_null_bits} bits, in the paper {paper_over_null_bits}. The correction of <i>x</i><sub>t</sub> towards "
        "the roll vanishes on it, where the units' read-outs, as large as {largest_readout} times the noise, cancel one another. "
        "The paper does not give its roll's width, so that this compares the kind of network and not the two trainings. The "
        "search depends on where it begins: with another seed it can end more than two bits lower, below the paper's figure. All "
        "figures are estimated on random points.",
        thin_roll.rerun,
        lambda _: (),
        unopened="No run: none of the page's data sets is so thin.",
    ),
    "heartbeat": ExperimentRow(
        "Binary heartbeat",
        "2000 steps of binomial diffusion to B(0.2). A perceptron with three layers of 50 sigmoid units, with a read-out for "
        "every step, gives the probability of every bit of <i>x</i><sub>0</sub>, from which Bayes’ rule makes those of "
        "<i>x</i><sub>t−1</sub>; the paper’s read-outs give those of <i>x</i><sub>t−1</sub> themselves.",
        "Why even the exact denoiser stays below the truth: the reverse kernel draws the bits of <i>x</i><sub>t−1</sub> "
        "independently of one another, each with its exact probability given <i>x</i><sub>t</sub>. But given "
        "<i>x</i><sub>t</sub> they are not independent: a bit that tells the phase tells all others. What they tell of one "
        "another is their total correlation given <i>x</i><sub>t</sub>. The kernel loses it in every step, and that is the "
        "step's dissipation. In a short step hardly more than one bit changes, so that 2000 steps lose little. All figures "
        "are counted as in the paper, where <i>x</i><sub>0</sub> is drawn from <i>x</i><sub>1</sub> by the forward kernel. If "
        "the denoiser draws it, as in our chain, the network has {denoiser_draws_bits} bits and the exact denoiser "
        "{denoiser_draws_exact_bits}.",
        heartbeat.rerun,
        _heartbeat,
    ),
    "schedule": ExperimentRow(
        "Learning the forward schedule",
        "Appendix B: gradient ascent on <i>K</i> with frozen noise. Here with the exact denoiser on the Swiss roll, T = 40, "
        "for which the best schedule is known.",
        "ELBO gap above the smallest that 40 steps can have, in nats: learned {learned}, drawn through twelve of its points "
        "{drawn}, least dissipation {least_dissipation}, cosine {cosine}, linear {linear}, 2015 {sohl_dickstein}.",
        schedule.rerun,
        _schedule,
    ),
}


def note(result: Result) -> str:
    """The note of the result's experiment as HTML, with the result's numbers."""
    numbers = {**result.more, **result.more.get("from_optimum_nats", {})}
    return EXPERIMENTS[result.experiment].note.format(**{name: _number(value) for name, value in numbers.items()})


def _number(value: object) -> str:
    return f"{value:.3g}".replace("-", "−") if isinstance(value, float) else str(value)
