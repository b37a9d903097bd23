"""What the house asks of the views of a domain: how its runs are measured, told and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from diffviz.diagnostics.comparison import Row
from diffviz.diagnostics.measured import Measured, Metric
from diffviz.engine import Setup
from diffviz.experiment import Experiment
from diffviz.fields import ExperimentError, Rule
from diffviz.telling import captions
from diffviz.telling.questions import Question
from diffviz.thermodynamics.report import Known
from diffviz.training.loop import Training
from diffviz.trajectory import Curve, StepInfo, Trajectory
from diffviz.views.sent import Sent

if TYPE_CHECKING:
    from diffviz.figures.scenes import Scene


@dataclass(frozen=True)
class CardRow:
    """What is said of a trained network. measure(network, recipe): what it reaches, as JSON; card(recipe, measured, loss): the
    README of its checkpoint, in Markdown; floor(network, recipe): its loss beside the least there can be, as JSON, where that is
    known."""

    measure: Callable[[Any, Any], dict[str, Any]]
    card: Callable[[Any, dict[str, Any], float], str]
    floor: Callable[[Any, Any], dict[str, Any]] | None = None


class Measure(Protocol):
    def __call__(self, setup: Setup, trajectory: Trajectory, most: int | None = None) -> Measured[Any]:
        """Of a finished run. most: samples on which costs are measured that are found sample by sample; by default all."""


class LiveView(Protocol):
    """What is seen of one training, or of two on one clock, while they go on (ui/train/contract.d.ts says what each is)."""

    def begin(self) -> dict[str, Any]:
        """What does not change: Begin without its recipes."""

    def title(self, recipes: Sequence[Any], side: int, made: int) -> str:
        """What a network is called that was trained by one of these recipes, with so many updates."""

    def quick(self, side: int, training: Training, log_snr: float) -> dict[str, Any]:
        """Parts of a ReportOfRun that take tens of milliseconds. log_snr: at which the score field is wanted"""

    def slow(self, side: int, training: Training) -> dict[str, Any]:
        """Parts that take longer."""


@dataclass(frozen=True)
class LiveRow:
    """Networks that can be trained on the page.

    row: by its domain's name in training; see: of recipes, what is seen of them; common: settings that two trainings must have
    alike; usual: settings that begin otherwise than the recipe's defaults; presets: title, what it shows, and what its trainings
    change
    other, meant: another kind of network by its name there, with a recipe of its own, and the settings with their values that
        mean it, all of them; each is one of the usual recipe's or, after those, the other's. What both recipes have is alike
    """

    row: str
    see: Callable[[Sequence[Any]], LiveView]
    common: tuple[str, ...]
    usual: Mapping[str, Any]
    presets: tuple[tuple[str, str, tuple[Mapping[str, Any], ...]], ...] = ()
    other: str = ""
    meant: tuple[tuple[str, tuple[Any, ...]], ...] = ()


Answer = Callable[[Experiment, Mapping[str, Any], Callable[[Experiment], Measured[Any]]], dict[str, Any] | None]


@dataclass(frozen=True)
class Choice:
    """What a person has chosen in the panels: a particle, counted from 0; a place in units of the data; None of either."""

    particle: int | None = None
    place: tuple[float, ...] | None = None


@dataclass(frozen=True)
class LaterRow:
    """Charts of a run that are computed when one of them becomes visible, since a run should not wait for them.

    charts: of telling.charts.CHARTS
    curves: by name, the curves that they need beside those of the run: of a Measured; where chosen, of it and the Choice, and
        again when that changes. A sentence in place of a chart's own curve says there why it has none. What takes long calls
        check_time() between its parts
    refusal: of a run that has not these charts, the field that would be another; None of one that has them
    of_paths: they read the paths that the page keeps of a run (Teller.kept), which files have not
    """

    charts: tuple[str, ...]
    curves: Callable[..., Mapping[str, Curve | str]]
    refusal: Callable[[Measured[Any]], ExperimentError | None] = lambda measured: None
    chosen: bool = False
    of_paths: bool = False

    def applies(self, measured: Measured[Any]) -> bool:
        """Has a run these charts?"""
        return self.refusal(measured) is None and not (self.of_paths and measured.kept is None)

    def curves_of(self, measured: Measured[Any], choice: Choice) -> Mapping[str, Curve | str]:
        """Of a run. Raises ExperimentError, OutOfTime."""
        return self.curves(measured, choice) if self.chosen else self.curves(measured)


@dataclass(frozen=True)
class Layers:
    """What can be laid over the panels of a film or a sheet, or stand in place of one. usual: what is there if nothing is asked;
    own: or, of a data set by its name, this; most: of them at once; page: what the page alone lays over its panels."""

    names: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    most: int = 9
    page: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class DomainView:
    """The views of one domain, a row of VIEWS.

    metrics: by name, those that a run of an Experiment has
    most_measured: samples on which the page measures costs that are found sample by sample, all if None
    smooth: so many samples of so many numbers each are sent in enough frames for a smooth film, None where any number is
    alike: where which fields must be equal in two runs that are compared (comparable says it of any two)
    comparable: raises ExperimentError, naming a field, for a b that cannot stand beside a; both are of this domain
    warning: of what is wrong with a run before it begins, or ""
    step: what the sampler's info says a step computes
    cost: a sentence of what the step costs that leaves the visited time at a position, or ""
    summary: the metrics of a run in one line
    sentence: what differs between two runs and what it did; note: how the table of both is to be read
    charts: of telling.charts.CHARTS, those that are made of a run if it has what they draw; later: by group, those that are
        computed when they become visible
    absent: by the name of a set of charts that no run of these data has, a sentence of why
    known: what the report of a run's thermodynamics says without drawing paths; None where paths have no known probability
    questions: of one run and of two
    layers: of films and sheets
    cards: by the domain's names in training, what is said of a network
    sent: what a run sends to the browser's view
    thumbnail: [side, side, 4] uint8 RGBA, a small picture of a data set's distribution, from its name and about how many pixels
    answer: what the browser's view asks about a run, as JSON: from the Experiment, the question, and a function that measures the
        run; None where there is nothing to be seen. Raises ExperimentError, or KeyError for what a network does not have
        slow: names in questions whose answers take long; filed: by layer, what the view asks for it, which a file that shows it
        must know
    controls: by field, the kind of control that the page makes for it alone, and what else that control must know, as JSON;
        asks: the name of one that is served, if it asks the server
        of an editor, whose data set has the field's name: script; ways to begin, with their titles; pictured: the name of the
        served one that draws the data set's card, from the fields in reads
    served: what such controls ask of the server: functions from text to text, known to the page by their names
    sweep: a longer computation about the settings of A and B: {"done", "all"} on the way, at last {"title", "figure"};
        sweep_text: what it varies and what comes out, for who has not begun it
    live: what is trained on the page, None where nothing is
    heavy: whether a GPU is worth it that has to be lent first (ui/zero.py)
    arrow: whether the probabilities of its paths are known, so that time's arrow can be played (thermodynamics/arrow.py)
    """

    measure: Measure
    metrics: Callable[[Experiment], Mapping[str, Metric]]
    warning: Callable[[Setup], str]
    cost: Callable[[Measured[Any], Setup, int], str]
    summary: Callable[[Measured[Any]], str]
    sentence: Callable[[list[Row], Experiment, Experiment], str]
    note: Callable[[Experiment, Experiment], str]
    charts: tuple[str, ...]
    later: Mapping[str, LaterRow] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    known: Callable[[Setup], Known] | None = None
    questions: tuple[Question, ...]
    layers: Layers = Layers()
    cards: Mapping[str, CardRow]
    sent: Sent
    thumbnail: Callable[[str, int], NDArray]
    answer: Answer = lambda experiment, asked, measured: None
    slow: tuple[str, ...] = ()
    filed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    controls: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    served: tuple[Callable[[str], str], ...] = ()
    sweep: Callable[[Experiment, Experiment], Iterator[dict[str, Any]]] | None = None
    sweep_text: str = ""
    live: LiveRow | None = None
    heavy: bool = False
    arrow: bool = False
    most_measured: int | None = None
    smooth: Callable[[int], int] | None = None
    alike: tuple[Rule, ...] = ()
    comparable: Callable[[Experiment, Experiment], None] = lambda a, b: None
    step: Callable[[StepInfo], str] = captions.formula

    def draw(self, setup: Setup, run: Trajectory, layers: tuple[str, ...], pair: bool) -> Scene:
        """How films and sheets show a run with some of the layers, alone or beside another."""
        module = import_module(f"diffviz.views.{self.sent.view}.draw")  # matplotlib takes a second to import
        return module.draw(setup, run, layers, pair)

    def captions(self, measured: Measured[Any], times: NDArray) -> list[str]:
        """What happens at each of these visited times, once all is known."""
        return captions.full_captions(measured, times, self.cost, self.step)
