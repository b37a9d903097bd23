"""The charts beside the panels: a row each, which names the curves that are drawn, of one run or of two laid over one another;
and the sets in which they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from diffviz.diagnostics.measured import LEVELS, TIMES
from diffviz.figures.lines import Drawn
from diffviz.figures.theme import INK, MUTED, PAGE_FORWARD, PAGE_REVERSE


@dataclass(frozen=True)
class LineRow:
    """A curve of a chart, by its name among a run's. label: at its end; both: it is drawn of two runs as well, once if they have
    it alike; dash, width, colour: of one run, colour being "" for the chart's own; drawn: as Line has it."""

    curve: str
    label: str = ""
    colour: str = ""
    dash: str = "solid"
    width: float = 2.2
    both: bool = False
    drawn: Drawn = "line"


@dataclass(frozen=True)
class ChartRow:
    """A row of CHARTS.

    title: in words, the symbol after it; unit: on the axis; lines: the first one is the chart's own, drawn of A and of B
    colour: of it in a single run; scale: as chart_figure has it
    over: "" for the clock's axis; LEVELS; or what else its curves are over, on an axis that no clock follows; log: is that one
        logarithmic?
    reads: curves whose values stand beside the cursor, each after a symbol; of two runs the first; by default the chart's own.
        Where no clock is followed, their first values stand in the head; by default none
    first: what the value at the first visited time is called, which is read but not drawn; level: a height that is marked
    own: the player adds the line of the sample that is chosen, where samples have costs of their own
    term: the entry of the glossary that its title opens; by default the one of the chart's name
    """

    title: str
    unit: str
    lines: tuple[LineRow, ...]
    colour: str = PAGE_REVERSE
    scale: str = "linear"
    over: str = ""
    log: bool = False
    reads: tuple[tuple[str, str], ...] = ()
    first: str = ""
    level: tuple[float, str] | None = None
    own: bool = False
    term: str = ""

    @property
    def timeless(self) -> bool:
        """Has it an axis of its own, without a cursor?"""
        return self.over not in ("", TIMES, LEVELS)


def _exact(curve: str, **style: object) -> LineRow:
    return LineRow(curve, **{"label": "exact", "colour": INK, "dash": "dash", "width": 1.3, **style})


def _histogram(title: str, name: str, over: str = "") -> ChartRow:
    """How often each number of something comes up among the samples, beside its law in the data."""
    law = LineRow(f"{name}_law", "data", INK, "dash", 1.3, both=True, drawn="stairs")
    return ChartRow(
        title,
        "share",
        (LineRow(f"{name}_found", "samples", drawn="points"), law),
        scale="area",
        over=over or name,
        term="data_distribution",
    )


def _shares(title: str, unit: str, name: str, term: str) -> ChartRow:
    """Of how many samples something holds at each time, in both directions."""
    return ChartRow(
        title,
        unit,
        (LineRow(f"{name}_reverse", "reverse"), LineRow(f"{name}_forward", "forward", PAGE_FORWARD, width=1.6)),
        scale="share",
        reads=(("reverse ", f"{name}_reverse"), ("forward ", f"{name}_forward")),
        term=term,
    )


CHARTS: dict[str, ChartRow] = {
    "schedule": ChartRow(
        "Signal left <i>ᾱ</i><sub>t</sub>",
        "",
        (LineRow("signal_share", "<i>ᾱ</i><sub>t</sub>"), LineRow("beta", "<i>β</i><sub>t</sub>", MUTED)),
        PAGE_FORWARD,
        "share",
        reads=(("<i>ᾱ</i> ", "signal_share"), ("<i>β</i> ", "beta")),
    ),
    "snr": ChartRow(
        "Signal to noise SNR<sub>t</sub>",
        "log<sub>10</sub>",
        (LineRow("log10_snr"),),
        PAGE_FORWARD,
        reads=(("log<sub>10</sub> SNR ", "log10_snr"),),
        level=(0.0, "SNR = 1"),
    ),
    "kl": ChartRow(
        "KL of each step <i>L</i><sub>t−1</sub>",
        "nats",
        (
            LineRow("kl_nats", "this denoiser"),
            _exact("exact_kl_nats"),
            LineRow("dissipation_nats", "discretisation gap", dash="dot", width=1.6),
            _exact("exact_dissipation_nats", label="", dash="dot"),
        ),
        scale="log",
        first="<i>L</i><sub>0</sub>",
        own=True,
    ),
    "dissipation": ChartRow(
        "Entropy production",
        "nats/step",
        (LineRow("dissipation_nats", "this denoiser"), _exact("exact_dissipation_nats")),
        scale="log",
    ),
    "produced": ChartRow(
        "Entropy produced above <i>t</i>",
        "nats",
        (LineRow("produced_nats", "this denoiser"), _exact("exact_produced_nats")),
        term="dissipation",
    ),
    "bound": ChartRow("Cumulative negative ELBO", "nats", (LineRow("cumulative_nats"),)),
    "staircase": ChartRow(
        "Steps over ½ SNR·MMSE",
        "nats/decade",
        (LineRow("stairs", "steps", width=1.6), _exact("half_snr_mmse", label="½ SNR·MMSE", both=True)),
        scale="area",
        over=LEVELS,
        reads=(("", "dissipation_nats"),),
    ),
    "gap_over_steps": ChartRow(
        "Discretisation gap over <i>T</i>",
        "nats",
        (
            LineRow("gap_over_steps", "exact denoiser", drawn="points"),
            LineRow("slope_of_minus_one", "slope −1", INK, "dash", 1.3, both=True),
            LineRow("leading_order", "least: length²/T", INK, "dot", 1.3, both=True),
            LineRow("own_gap", "this run", PAGE_FORWARD, drawn="points"),
        ),
        scale="log",
        over="T",
        log=True,
        reads=(("this run: ", "own_gap"),),
        term="dissipation",
    ),
    "work": ChartRow(
        "Work of a path",
        "per kT",
        (
            LineRow("work_forward", "forward process", PAGE_FORWARD, drawn="stairs"),
            LineRow("work_reverse", "reverse process", PAGE_REVERSE, drawn="stairs"),
        ),
        scale="area",
        over="work, kT",
        reads=(("⟨<i>W</i>⟩ ", "work_mean"),),
    ),
    "crooks": ChartRow(
        "Crooks: log <i>P</i><sub>q</sub>/<i>P</i><sub>p</sub>",
        "",
        (
            LineRow("crooks_ratio", "log ratio", PAGE_FORWARD, drawn="points"),
            LineRow("crooks_theorem", "slope 1", INK, "dash", 1.3, both=True),
        ),
        over="work, kT",
        reads=(("slope ", "crooks_slope"),),
    ),
    "jarzynski": ChartRow(
        "Jarzynski: ⟨e<sup>−<i>W</i></sup>⟩",
        "",
        (
            LineRow("exponential_mean", "⟨e<sup>−<i>W</i></sup>⟩", PAGE_FORWARD),
            LineRow("exponential_expected", "", INK, "dash", 1.3, both=True),
            LineRow("mean_work_so_far", "⟨<i>W</i>⟩, kT"),
            LineRow("gap_level", "", INK, "dot", 1.3),
        ),
        over="paths",
        log=True,
        reads=(("⟨e<sup>−<i>W</i></sup>⟩ ", "exponential_now"), ("worth ", "effective_paths"), ("needs ", "needed_paths")),
    ),
    "brackets": ChartRow(
        "Step entropy − its bound",
        "nats",
        (
            LineRow("entropy_exact", "exact", PAGE_REVERSE),
            LineRow("entropy_model", "model", PAGE_FORWARD, "dot"),
            LineRow("entropy_upper", "upper bound", INK, "dash", 1.3, both=True),
            LineRow("entropy_lower", "lower bound", INK, "dash", 1.3, both=True),
        ),
    ),
    "variance_brackets": ChartRow(
        "Reverse variance over <i>β</i>",
        "",
        (
            LineRow("variance_exact", "exact entropy", PAGE_REVERSE),
            LineRow("variance_model", "model σ²", PAGE_FORWARD, "dot"),
            LineRow("variance_upper", "β", INK, "dash", 1.3, both=True),
            LineRow("variance_lower", "β̃", INK, "dash", 1.3, both=True),
        ),
        term="brackets",
    ),
    "one_point": ChartRow(
        "Likelihood log <i>p</i>(<i>x</i><sub>0</sub>)",
        "nats",
        (
            LineRow("point_equality", "eq. 9 → model’s log <i>p</i>", PAGE_REVERSE),
            LineRow("point_bound", "bound, eq. 12", PAGE_FORWARD),
            LineRow("point_data", "data’s log <i>q</i>", INK, "dash", 1.3, both=True),
        ),
        over="paths",
        log=True,
        reads=(("", "point_now"), ("≥ ", "point_bound_now"), ("data ", "point_data_now")),
    ),
    "one_point_weights": ChartRow(
        "Weights of its paths",
        "per nat",
        (LineRow("point_weights", "paths", PAGE_FORWARD, drawn="stairs"),),
        scale="area",
        over="log weight, nats",
        reads=(("worth ", "point_effective"),),
        term="one_point",
    ),
    "clones": ChartRow(
        "Clone probability <i>φ</i>",
        "",
        (LineRow("clone_probability", "<i>φ</i>", INK), LineRow("committed", "committed particles", width=1.6)),
        scale="share",
        reads=(("<i>φ</i> ", "clone_probability"), ("committed ", "committed")),
    ),
    "curvature": ChartRow(
        "Curvature where modes part",
        "",
        (LineRow("density_curvature", "density", PAGE_FORWARD), LineRow("drift_curvature", "drift")),
        level=(0.0, "splits"),
        term="splits",
    ),
    "late_start": ChartRow(
        "Mismatch of a start at <i>t</i>", "nats", (LineRow("late_start_nats"),), scale="log", reads=(("", "late_start_nats"),)
    ),
    "squared_speed": ChartRow(
        "Squared velocity <i>v</i><sub>2</sub><sup>2</sup>",
        "",
        (
            LineRow("squared_speed", "<i>v</i><sub>2</sub><sup>2</sup>", PAGE_FORWARD),
            LineRow("mean_squared_speed", "its integral", PAGE_FORWARD, "dot", 1.6),
            _exact("least_squared_speed", label="floor <i>W</i><sub>2</sub><sup>2</sup>", both=True),
        ),
    ),
    "shifted_error": ChartRow(
        "Error of a shifted start",
        "",
        (
            LineRow("shifted_error", "(Δ<i>W</i><sub>1</sub>)²/<i>χ</i>²", drawn="points"),
            _exact("shifted_bound", label="bound", both=True),
        ),
        scale="log",
        over="shift of x_T",
        term="shifted_start",
    ),
    "entropy_of_noise": ChartRow(
        "Entropy from 0 to <i>t</i>",
        "nats",
        (LineRow("entropy_of_noise", "integral", PAGE_FORWARD), _exact("fall_to_noise", label="difference of KL", both=True)),
        reads=(("", "entropy_of_noise"),),
        term="neural_entropy",
    ),
    "largest_weight": ChartRow(
        "Largest training weight",
        "",
        (LineRow("largest_weight", colour=INK),),
        scale="share",
        level=(0.5, "half"),
        term="collapse",
    ),
    "effective_points": ChartRow(
        "Effective training points", "", (LineRow("effective_points", colour=INK),), scale="log", term="collapse"
    ),
    "known_of_points": ChartRow(
        "What <i>x</i><sub>t</sub> says of its origin",
        "nats",
        (
            LineRow("known_of_points", "training point", PAGE_FORWARD),
            _exact("known_of_data", label="<i>x</i><sub>0</sub>", both=True),
            LineRow("log_points", "log <i>n</i>", MUTED, "dot", 1.6),
        ),
        reads=(("", "known_of_points"),),
        term="collapse",
    ),
    "path_kl": ChartRow(
        "Path KL of each step", "nats", (LineRow("path_kl_of_step_nats"),), reads=(("", "path_kl_of_step_nats"),)
    ),
    "bits": ChartRow("Cumulative negative ELBO", "bits/dim", (LineRow("cumulative_bits_per_dim"),)),
    "spread": ChartRow("Variation of the samples", "std", (LineRow("spread_over_time"),), term="posterior"),
    "level_excess": ChartRow(
        "Excess NLL at its noise level",
        "nats",
        (LineRow("level_excess_nats"),),
        scale="settled",
        level=(0.0, "true samples"),
        term="excess_nll",
    ),
    "accepted": ChartRow("Proposals accepted", "", (LineRow("accepted"),), scale="share", term="langevin_chain"),
    "modes": ChartRow(
        "Weights of the modes",
        "",
        (LineRow("mode_shares", "found", drawn="points"), _exact("mode_weights", both=True)),
        scale="area",
        over="mode",
        term="langevin_chain",
    ),
    "validity": _shares("Still possible <i>x</i><sub>t</sub>", "", "possible", "data_distribution"),
    "told": _shares("Communities told by <i>x</i><sub>t</sub>", "share of graphs", "told", "hidden_communities"),
    "edges": _histogram("Edges of a sample", "edges"),
    "triangles": _histogram("Triangles of a sample", "triangles"),
    "degrees": _histogram("Degrees of its nodes", "degrees", "degree"),
}


@dataclass(frozen=True)
class ChartSet:
    """A row of CHART_SETS: charts by name, the first three of them are seen at once; a run shows what it has of them."""

    title: str
    charts: tuple[str, ...]


CHART_SETS: dict[str, ChartSet] = {
    "cost": ChartSet("Schedule and cost", ("schedule", "snr", "kl", "path_kl", "spread", "bits", "bound")),
    "samples": ChartSet(
        "Samples and modes", ("level_excess", "accepted", "modes", "validity", "told", "edges", "triangles", "degrees")
    ),
    "thermodynamics": ChartSet(
        "Thermodynamics", ("dissipation", "produced", "brackets", "staircase", "bound", "variance_brackets")
    ),
    "work": ChartSet("Work", ("work", "crooks", "jarzynski")),
    "one_point": ChartSet("One x₀", ("one_point", "one_point_weights")),
    "symmetry": ChartSet("Symmetry breaking", ("clones", "curvature", "late_start")),
    "speed": ChartSet("Speed", ("squared_speed", "gap_over_steps", "entropy_of_noise", "shifted_error")),
    "memorisation": ChartSet("Memorisation", ("largest_weight", "known_of_points", "effective_points")),
    "bits": ChartSet("Bits", ("bits", "kl", "snr")),
}
