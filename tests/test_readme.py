"""The README's commands and files are there. Figures of its table of a checkpoint are measured again with fewer draws: within the
errors of both. At two seeds, but for the networks' bounds, each of a thousand steps, at one that is not the table's."""

import math
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from scipy.special import entr

from diffviz.__main__ import app
from diffviz.checkpoints import load, names
from diffviz.domains import DOMAINS
from diffviz.domains.graphs.families import FAMILIES, members
from diffviz.domains.graphs.information import information as of_graphs
from diffviz.domains.pictures.costs import drawn_costs
from diffviz.domains.pictures.images import IMAGES, make_images
from diffviz.domains.plane.datasets import DATASETS
from diffviz.domains.words.information import information
from diffviz.domains.words.lists import distribution_of
from diffviz.engine import Setup
from diffviz.estimates import Estimate
from diffviz.experiment import Experiment, iter_specs
from diffviz.grids import combinations, read_axes
from diffviz.reproduce import EXPERIMENTS
from diffviz.reproduce.results import recorded
from diffviz.sweeps.plot import Plot
from diffviz.telling.words import number, with_error
from diffviz.views.pictures.evaluation.fidelity import memory
from diffviz.views.pictures.evaluation.request import Request
from diffviz.views.pictures.evaluation.sampling import draw
from diffviz.views.plane.measure import analyse

ROOT = Path(__file__).parents[1]
README = ROOT.joinpath("README.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app)
OF_TESTS = re.compile(r"python -m (tests\.[\w.]+)([^`#\n]*)")  # module and options of what is measured
SEEDS = 0, 1
DIGITS = make_images("digits")


def row(title):
    """The cells of a table's row."""
    return next(line for line in README.splitlines() if line.startswith(f"| {title} |")).split("|")[2:-1]


def told(cell):
    """(value, standard error)."""
    value, stderr = re.match(r"\s*([0-9.]+) ± ([0-9.]+)", cell).groups()
    return float(value), float(stderr)


def bound(checkpoint, dataset, pictures, seed):
    setup = Request(checkpoint, dataset).setup("ancestral", 1000)
    parts = setup.denoiser, setup.schedule, setup.process.variances, IMAGES[dataset], pictures, 4, seed
    return drawn_costs(*parts).bits_per_dim


@pytest.mark.parametrize("line", re.findall(r"^    python -m diffviz (.*)$", README, re.MULTILINE))
def test_every_command_is_taken_as_it_is_written(line):
    """Its options are there, and the values of an experiment's fields are allowed."""
    name, *arguments = shlex.split(line, comments=True)
    command = COMMANDS.commands[name]
    given = command.make_context(name, [*arguments]).params  # refuses an option that is not there
    texts = {option: str(value) for option, value in given.items() if value is not None}
    if name in ("run", "render", "schedule", "dataset"):
        fields = {field for field, *_ in iter_specs()} - {"own_points", "own_words"}  # names of files, which the command reads
        Experiment.from_strings({option: text for option, text in texts.items() if option in fields})
    if name == "sweep":
        fixed = {option: text for option, text in texts.items() if option in {field for field, *_ in iter_specs()}}
        swept = combinations(read_axes(given["grid"]), lambda values: Experiment.from_strings({**fixed, **values}))
        if given["plot"] is not None:
            Plot(Path(given["plot"].name), given["metric"], given["against"]).check(swept)
    for side in {"a", "b"} & set(texts) if name == "compare" else ():
        Experiment.from_query(texts[side])


def test_every_option_that_is_named_is_one():
    options = {option for command in COMMANDS.commands.values() for each in command.params for option in each.opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", OF_TESTS.sub("", README)))
    assert "--overlays" in named
    assert named <= options


def test_every_file_and_module_that_is_named_is_there():
    files = re.findall(r"`((?:tests|diffviz|checkpoints)/[\w./]*)`", README)
    modules = OF_TESTS.findall(README)
    assert len(files) > 4 < len(modules)
    assert not [name for name in files if not (ROOT / name).exists()]
    for name, options in modules:
        source = ROOT.joinpath(f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
        for option in re.findall(r"--[a-z-]+", options):
            assert f'"{option}"' in source, f"{name} has no {option}"


@pytest.mark.parametrize(
    ("column", "title", "held_out", "seeds"),
    [
        ("digits", "negative ELBO, bits/dim", True, (1,)),
        ("exact", "negative ELBO, bits/dim", True, SEEDS),
        ("exact", "the same on training images", False, SEEDS),
    ],
)
def test_a_bound_in_the_table_is_what_is_measured(column, title, held_out, seeds):
    value, stderr = told(row(title)[("digits", "exact").index(column)])
    pictures = DIGITS.held_out if held_out else DIGITS.train[::5]
    for seed in seeds:
        found = bound(column, "digits", pictures, seed)
        assert abs(found.value - value) < 4 * math.hypot(found.stderr, stderr)


def test_the_bound_of_dead_leaves_is_what_is_measured_and_so_in_the_convention_of_2015():
    in_bits, in_2015 = re.search(r"in that convention, too:\s+([0-9.]+) ± .*?\((.*?) bits/dim", README, re.DOTALL).groups()[::-1]
    value, stderr = told(in_bits)
    data, width = make_images("dead_leaves"), IMAGES["dead_leaves"].bin_width
    assert math.log2(float(data.train.double().std()) / width) - value == pytest.approx(float(in_2015), abs=0.01)
    found = bound("dead_leaves", "dead_leaves", data.held_out[::8], 1)
    assert abs(found.value - value) < 4 * math.hypot(found.stderr, stderr)


@pytest.mark.parametrize(("column", "count"), [("digits", 48), ("exact", 100)])
def test_how_near_samples_are_to_training_scans_is_what_is_measured(column, count):
    index = ("digits", "exact").index(column)
    cell, copies = row("distance to the nearest training image, over that of test images")[index], row("copies")[index]
    value, stderr = told(cell)
    train, held_out = (x.flatten(1).double().numpy() for x in (DIGITS.train, DIGITS.held_out))
    for seed in SEEDS:
        pictures, cost = draw(Request(column, "digits", seed=seed).setup("ancestral", 50), count, lambda steps: steps)
        found = memory(pictures.flatten(1).double().numpy(), train, held_out)
        assert cost.nfe == 50
        assert abs(found.ratio.value - value) < 4 * math.hypot(found.ratio.stderr, stderr)
        assert found.held_out_copies.value == 0
        if column == "digits":
            assert (copies.strip(), found.copies.value) == ("0 of 297", 0)
        else:
            share = float(copies.removesuffix(" % ")) / 100
            error = math.sqrt(share * (1 - share) * (1 / 297 + 1 / count))
            assert abs(found.copies.value - share) < 3 * error


def test_the_networks_gaps_are_at_most_what_is_told():
    excess = [
        measured["gap_nats"] - measured["exact_gap_nats"]
        for measured in (load(name).measured for name in names() if name in DATASETS)
    ]
    told_nats = float(re.search(r"at most ([0-9.]+) nats more, on every data set", README).group(1))
    assert told_nats - 0.001 < max(excess) <= told_nats


def test_what_a_late_start_loses_and_saves_is_what_is_measured():
    lost, saved, steps = re.search(r"on eight Gaussians ([0-9.]+) nats for (\d+) of (\d+) steps\.", README).groups()
    share = 1 - int(saved) / int(steps)
    setup = Setup(Experiment(dataset="eight_gaussians", steps=int(steps), start="late", start_time=share))
    assert len(setup.times) - 1 == int(steps) - int(saved)
    assert f"{analyse(setup, setup.times).mismatch_nats:.3f}" == lost


def bits(**fields):
    """(bound, gap) of names, or of other sequences of symbols, in bits."""
    setup = Setup(Experiment(**{"dataset": "names", "steps": 16, **fields}))
    of = of_graphs if setup.domain.name == "graphs" else information
    found = of(setup.experiment, setup.schedule, setup.times)
    return found.bound.value / math.log(2), found.gap.value / math.log(2)


@pytest.mark.parametrize("dataset", ["names", "names_unweighted", "english"])
def test_what_words_cost_is_what_is_computed(dataset):
    entropy, *bounds = (float(cell) for cell in row(dataset))
    found = [bits(dataset=dataset, schedule="mdlm", steps=steps) for steps in (2, 4, 8, 16, 64)]
    assert bounds == pytest.approx([bound for bound, _ in found], abs=6e-4)
    assert [bound - entropy for bound, _ in found] == pytest.approx([gap for _, gap in found], abs=6e-4)


def test_the_gaps_of_names_are_those_computed():
    text = README[README.index("Of names in 16 steps") : README.index("14.896; `confidence`") + 6]
    told = [float(value) for value in re.findall(r"\b\d+\.\d{3}\b", text)]
    schedules = [bits(schedule=name)[1] for name in ("linear", "cosine", "mdlm", "least_dissipation", "optimal")]
    orders = [bits(sampler=name, at_once=2)[1] for name in ("random_order", "left_to_right")]
    assert told == pytest.approx([*schedules, *orders, bits(sampler="random_order", at_once=8)[1]], abs=6e-4)
    assert len(distribution_of("names").states) == 4896
    assert "4896 first names" in " ".join(README.split())
    assert f"{len(distribution_of('english').states)} words of Python's manual" in README


@pytest.mark.parametrize("name", names(ROOT / "checkpoints" / "words"))
def test_networks_of_words_are_told_as_on_their_cards(name):
    card = load(name, ROOT / "checkpoints" / "words").measured
    exact = f"{card['exact_bound_bits']:.3f}"
    if "exact_stderr_bits" in card:
        exact = f"{card['exact_bound_bits']:.2f} ± {card['exact_stderr_bits']:.2f}"
    errors, limit = (f"{card[of + '_bits']:.2f} ± {card[of + '_stderr_bits']:.2f}" for of in ("excess", "continuous"))
    share = f"{100 * card['valid_share']:.0f} ± {100 * card['valid_share_stderr']:.0f} %"
    assert f"| {name} | {exact} | {errors} | {limit} | {share} |" in README


@pytest.mark.parametrize("dataset", FAMILIES)
def test_what_graphs_cost_is_what_is_computed(dataset):
    graphs, entropy, *gaps = (float(cell) for cell in row(dataset))
    found = [bits(dataset=dataset, schedule="mdlm", steps=15, process=process) for process in ("absorbing", "uniform")]
    assert graphs == members(dataset, 6).sum()
    assert gaps == pytest.approx([gap for _, gap in found], abs=6e-4)
    assert [bound - gap for bound, gap in found] == pytest.approx([entropy, entropy], abs=6e-4)


def test_what_is_said_of_the_block_model_is_what_is_computed():
    model, text = Experiment(dataset="block_model", schedule="mdlm", steps=15), " ".join(README.split())
    data = Setup(model).distribution
    entropy, given = data.entropy.times(1 / math.log(2)).estimate, float(data.probabilities @ entr(data.each).sum((1, 2)))
    assert len(data.probabilities) == 462
    assert f"the entropy of the model is {with_error(entropy)} bits, of which {given / math.log(2):.3f} are left" in text
    setups = [Setup(replace(model, process=process)) for process in ("absorbing", "uniform")]
    gaps = [of_graphs(setup.experiment, setup.schedule, setup.times).gap.times(1 / math.log(2)).estimate for setup in setups]
    masks, uniform = (with_error(gap) for gap in gaps)
    assert f"its gap is {masks} bits under masks and {uniform} under uniform noise" in text


def test_the_networks_of_graphs_cost_what_their_cards_say():
    """That is measured again in tests/domains/graphs."""
    found = [load(name, DOMAINS["graphs"].training["network"].root).measured for name in ("trees", "trees_uniform")]
    costs = [f"{m['bound_bits'] - m['exact_bound_bits']:.4f} ± {m['stderr_bits']:.4f}" for m in found]
    assert f"{' and '.join(costs)} bits a tree" in README.replace("\n", " ")
    model = load("block_model", DOMAINS["graphs"].training["network"].root).measured
    cost = f"costs {model['excess_bits']:.2f} ± {model['excess_stderr_bits']:.2f} bits a graph beyond the exact denoiser"
    assert cost in " ".join(README.split())


def test_the_2015_paper_s_experiments_are_told_as_they_are_recorded():
    """The table, and what is said of each: tests/reproduce measures the recorded results again."""
    found = recorded()
    for name, result in found.items():
        paper, ours, exact, truth, seconds = (cell.strip() for cell in row(EXPERIMENTS[name].title.split(",")[0]))
        assert paper == ("none" if result.paper_bits is None else f"{result.paper_bits:.6g}".replace("-", "−"))
        assert ours == with_error(Estimate(*result.ours_bits))
        assert (exact, truth) == (number(result.exact_bits, 4), number(result.truth_bits, 4))
        assert seconds == f"{result.seconds:.0f}"
    text, roll = " ".join(README.split()), found["swiss_roll"].more
    assert f"β₁ = {roll['beta_1']:.3g} puts" in text
    assert f"ours has {roll['over_null_bits']:.2f} bits and the paper's {roll['paper_over_null_bits']}" in text
    assert f"roll of width {roll['width']:.3f} and" in text
    assert f"width of at most {roll['width_of_paper_bits']:.4f}, the noise" in text
    thin = found["thin_roll"].more
    assert f"width {thin['width']:.4f}, on" in text
    assert f"β₁ = {thin['beta_1']:.3g}, so" in text
    assert f"as large as {thin['largest_readout']} times" in text
    ours, exact = (f"−{-found['heartbeat'].more[f'denoiser_draws_{name}']:.3f}" for name in ("bits", "exact_bits"))
    assert f"the network has {ours} bits and the exact denoiser {exact}." in text
    off = found["schedule"].more["from_optimum_nats"]
    told = f"learned {off['learned']:.4f}, least dissipation {off['least_dissipation']:.4f}, cosine {off['cosine']:.3f}"
    assert f"{told}, linear {off['linear']:.3f}, the 2015 schedule {off['sohl_dickstein']:.3f}." in text
