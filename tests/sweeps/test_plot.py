import math

import pytest
from PIL import Image

from diffviz.experiment import Experiment, ExperimentError
from diffviz.grids import combinations, read_axes
from diffviz.sweeps.plot import MOST_LINES, Plot


def swept(grid, **fixed):
    return combinations(read_axes([grid]), lambda values: Experiment.from_strings({"particles": "4", **fixed, **values}))


def rows_of(combos, metric="gap_nats"):
    """The gap is 10/T for linear and 5/T for all else, the same for all seeds but one."""
    found = {}
    for _, e in combos:
        value = (10 if e.schedule == "linear" else 5) / e.steps
        found[e] = {metric: value + 0.1 * (e.seed == 2), metric.replace("_nats", "_stderr_nats"): 0.01}
    return found


def lines(plot, combos, rows):
    return {line.label: (line.x, line.values, line.stderr) for line in plot.lines(combos, rows)}


def test_a_line_is_a_combination_and_seeds_are_averaged(tmp_path):
    combos = swept("schedule=linear,cosine&steps=20,10&seed=1,2")
    found = lines(Plot(tmp_path / "a.png"), combos, rows_of(combos))
    assert list(found) == ["Linear", "Cosine"]
    x, values, errors = found["Linear"]
    assert x == [10.0, 20.0]
    assert values == pytest.approx([1.05, 0.55])
    assert errors == pytest.approx([0.05, 0.05])  # half the difference of two seeds


def test_of_one_seed_the_bars_are_the_runs_own_errors(tmp_path):
    combos = swept("steps=10,20")
    rows = rows_of(combos)
    rows[combos[1].run].pop("gap_stderr_nats")
    ((x, values, errors),) = lines(Plot(tmp_path / "a.png"), combos, rows).values()
    assert (x, values, errors[0]) == ([10.0, 20.0], [0.5, 0.25], 0.01)
    assert math.isnan(errors[1])


def test_runs_of_other_grids_and_without_the_metric_are_left_out(tmp_path):
    combos = swept("steps=10,20,50")
    rows = rows_of(combos) | rows_of(swept("steps=100"))
    del rows[combos[0].run]
    rows[combos[1].run] = {}
    assert lines(Plot(tmp_path / "a.png"), combos, rows) == {"": ([50.0], [0.1], [0.01])}


def test_lines_that_are_the_same_runs_are_one_and_name_what_they_read(tmp_path):
    combos = swept("sampler=ancestral,ddim&eta=0,0.5&steps=10,20")
    assert list(lines(Plot(tmp_path / "a.png"), combos, rows_of(combos))) == [
        "Ancestral (DDPM)",
        "DDIM, DDIM η 0",
        "DDIM, DDIM η 0.5",
    ]


def test_a_line_of_so_many_visited_steps_goes_through_the_run_that_visits_all(tmp_path):
    """Of 10 steps with sampler_steps=10 an Experiment says that all are visited, by None."""
    combos = swept("sampler_steps=10,5&steps=10,20")
    found = lines(Plot(tmp_path / "a.png"), combos, rows_of(combos))
    assert [x for x, *_ in found.values()] == [[10.0, 20.0]] * 2
    assert [label[-2:].strip() for label in found] == ["10", "5"]


@pytest.mark.parametrize(
    ("grid", "options", "says"),
    [
        ("schedule=linear,cosine", {}, "against must be a field that has several numbers in the grid, not 'steps'."),
        ("seed=1,2", {"against": "seed"}, "against must be a field that has several numbers"),
        ("steps=10,20&eta=0,1", {"against": "gap", "sampler": "ddim"}, "against must be one of steps, eta, not 'gap'."),
        (
            "sampler_steps=none,4&schedule=linear",
            {"against": "sampler_steps"},
            "against must be a field that is a number in every run",
        ),
        ("steps=10,20", {"metric": "gap"}, "metric must be what all runs have, one of terminal_snr,"),
        ("steps=10,20&dataset=eight_gaussians,digits", {}, "metric must be what all runs have, one of evaluations, seconds, not"),
        ("steps=10,20&langevin_level=0,1", {"sampler": "ula"}, "metric must be what all runs have"),
        ("steps=10,20&data_std=" + ",".join(f"{n / 20:g}" for n in range(1, 27)), {}, "plot must have at most 24 lines"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_runs(tmp_path, grid, options, says):
    own = {name: options[name] for name in ("against", "metric") if name in options}
    fixed = {name: value for name, value in options.items() if name not in own} | (
        {"dataset": "gaussian"} if "data_std" in grid else {}
    )
    assert MOST_LINES == 24
    with pytest.raises(ExperimentError) as refused:
        Plot(tmp_path / "a.png", **own).check(swept(grid, **fixed))
    assert str(refused.value).startswith(says)


def test_a_picture_must_be_a_png_or_pdf(tmp_path):
    with pytest.raises(ExperimentError, match=r"plot must end in \.png or \.pdf"):
        Plot(tmp_path / "a.gif").check(swept("steps=10,20"))


@pytest.mark.parametrize("ending", [".png", ".pdf"])
def test_the_picture_is_drawn(tmp_path, ending):
    combos, path = swept("schedule=linear,cosine&steps=10,20,50&seed=1:2"), tmp_path / f"gap{ending}"
    plot = Plot(path)
    plot.check(combos)
    plot.draw(combos, rows_of(combos))
    if ending == ".png":
        with Image.open(path) as picture:
            colours = {colour for _, colour in picture.convert("RGB").getcolors(2**24)}
        assert (0x00, 0x72, 0xB2) in colours  # the second line's
        assert (0xFF, 0xFF, 0xFF) in colours
    else:
        assert path.read_bytes().startswith(b"%PDF")


def test_a_metric_that_no_run_has_is_told_and_nothing_drawn(tmp_path):
    combos = swept("steps=10,20")
    with pytest.raises(ExperimentError, match="metric must be what a run has"):
        Plot(tmp_path / "a.png").draw(combos, {run: {} for _, run in combos})
    assert not (tmp_path / "a.png").exists()
