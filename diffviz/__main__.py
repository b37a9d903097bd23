"""The command line: JSON on standard output (of evaluate a table), progress on standard error, exit code 2 and one sentence for
bad input."""

from __future__ import annotations

import errno
import inspect
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.markup import escape  # [default: 100] would be read as a style

from diffviz import checkpoints
from diffviz.console import any_console, counted, deliver_output, progress
from diffviz.diagnostics.comparison import compare_json
from diffviz.diagnostics.report import report_json, schedule_json
from diffviz.domains.base import DataError
from diffviz.drawings import DATA, DRAWN, read_layers, write
from diffviz.engine import Setup, collect, stream
from diffviz.experiment import COUNTED_FROM_0, DEFAULTS, Experiment, ExperimentError, iter_specs
from diffviz.exports import writable
from diffviz.fields import by_name
from diffviz.files import WriteError, complaint, explained
from diffviz.handouts import lesson_named, write_handout
from diffviz.lessons import LESSONS
from diffviz.messages import show
from diffviz.readable import readable, rounded
from diffviz.records import Record
from diffviz.relevant import SCHEDULE_FIELDS
from diffviz.reproduce.command import reproduce_command
from diffviz.sweeps.command import sweep
from diffviz.thermodynamics.report import PATHS
from diffviz.thermodynamics.work import MAX_INCREMENTS
from diffviz.train_command import train
from diffviz.ui.address import HOST, HOST_VARIABLE, MAX_PORT, PORT, PORT_VARIABLE, listening_address, prepare_environment
from diffviz.views import check_comparable, commands, filed, thermo_report

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
DATA_FIELDS = (
    "dataset",
    "data_std",
    "own_points",
    "bandwidth",
    "own_mixture",
    "own_words",
    "nodes",
)  # of data whose distribution is computed
OVERLAYS_HELP = (
    'Over points, some of density, energy, work, score, trails and x0_hat, such as "density trails"; of two runs of images, '
    'x0_hat or eps_hat instead of what comes back. [default: density over points, force for block_model; "": none]'
)


def takes_fields(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for each named field of Experiment (all if none is named); its first parameter receives the texts
    of those that were given, by field."""

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        def command(**options: Any) -> None:
            texts = {name: options.pop(name) for name in described if name in options}
            body({k: filed(k, v) for k, v in texts.items() if v is not None}, **options)

        described = {}
        for name, spec, _, default in iter_specs():
            if names and name not in names:
                continue
            allowed = f" One of: {', '.join(spec.choices)}." if spec.choices else ""
            shown = f"{by_name(spec.help)}{allowed} [default: {str(default).lower() if isinstance(default, bool) else default}]"
            described[name] = Annotated[
                str | None, typer.Option("--" + name.replace("_", "-"), help=escape(shown), show_default=False)
            ]
        for before, name in COUNTED_FROM_0.items():
            if name in described:
                described[before] = Annotated[str | None, typer.Option("--" + before.replace("_", "-"), hidden=True)]
        own = [*inspect.signature(body, eval_str=True).parameters.values()][1:]
        parameters = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
            for name, annotation in described.items()
        ]
        own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        command.__signature__ = inspect.Signature(parameters + own)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters + own}
        command.__name__, command.__doc__ = body.__name__, body.__doc__
        return command

    return decorate


def takes_experiment(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The same for a command whose first parameter is the Experiment itself.

    Values arrive as text and are validated in one place, by Experiment.
    """

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        @wraps(body)
        def of_texts(texts: dict[str, str], **options: Any) -> None:
            body(Experiment.from_strings(texts), **options)

        return takes_fields(*names)(of_texts)

    return decorate


def emit(value: Any, lines: bool = False) -> None:
    """One JSON document on standard output, in lines to be read by people or in one: the whole of it or, if a value is none that
    JSON has, nothing."""
    text = readable(value) if lines else json.dumps(value, allow_nan=False)
    with explained("The answer"):
        sys.stdout.write(text + "\n")


def follow(experiment: Experiment) -> Record:
    """Run with a progress bar on standard error."""
    setup, started = Setup(experiment), time.perf_counter()
    setup.prepare()  # what cannot be run is told before a bar is drawn
    total = experiment.steps + experiment.reverse_steps + 2
    with progress(total, "frames") as tell:
        return Record(setup, collect(setup, counted(stream(experiment, setup), tell), started))


def draw(records: Sequence[Record], out: Path, overlays: tuple[str, ...]) -> None:
    """Write a file with a progress bar on standard error."""
    with progress(100, "percent drawn") as tell:
        write(records, out, overlays, lambda share: tell(int(100 * share)))


@app.command()
@takes_experiment(*DATA_FIELDS, "steps", *SCHEDULE_FIELDS)
def schedule(experiment: Experiment) -> None:
    """The table of a noise schedule."""
    emit(schedule_json(Setup(experiment).schedule))


@app.command()
@takes_experiment(*DATA_FIELDS)
def dataset(experiment: Experiment) -> None:
    """The distribution that a data set is: a Gaussian mixture, or states and their probabilities."""
    emit(Setup(experiment).distribution.to_dict())


@app.command("run")
@takes_experiment()
def run_command(
    experiment: Experiment,
    out: Annotated[Path | None, typer.Option(help="Write the arrays to this .npz file, or metrics and curves to a .csv.")] = None,
) -> None:
    """Run an experiment and report what each step cost."""
    if out is not None:
        writable(out, *DATA)
    record = follow(experiment)
    report = report_json(record.measured)
    if out is not None:
        write([record], out)
    emit(report)


@app.command()
@takes_experiment(*(name for name in DEFAULTS if name != "particles"))
def thermo(
    experiment: Experiment,
    paths: Annotated[str, typer.Option(help="So many paths are drawn of the forward process and of the model.")] = str(PATHS),
) -> None:
    """The work of paths and what it obeys, entropy production, brackets, and when samples commit.

    speed_accuracy.bound is the squared speed of the flow, integrated over time. It bounds what stands in speed_accuracy.shifted:
    the squared growth of the Wasserstein distance between a shifted start and the right one, over their chi-squared divergence.
    """
    try:
        count = int(paths) if paths.isdecimal() else None
    except ValueError:  # more digits than Python reads
        count = None
    if count is None:
        raise ExperimentError("paths", f"must be a whole number from 2 to {MAX_INCREMENTS // 2}, not {show(paths)}.")
    report = thermo_report(Setup(experiment), count)
    emit({**rounded(report), "experiment": report["experiment"]}, lines=True)


@app.command()
@takes_experiment()
def render(
    experiment: Experiment,
    out: Annotated[Path, typer.Option(help="A film (.gif, .mp4) or a sheet (.png, .pdf).")],
    overlays: Annotated[str | None, typer.Option(help=escape(OVERLAYS_HELP), show_default=False)] = None,
) -> None:
    """Draw a run for a slide."""
    writable(out, *DRAWN)
    chosen = read_layers(overlays, experiment)
    draw([follow(experiment)], out, chosen)
    emit({"experiment": experiment.to_dict(), "out": str(out), "bytes": out.stat().st_size})


@contextmanager
def _of_side(name: str) -> Iterator[None]:
    """An ExperimentError raised within names that side of a comparison."""
    try:
        yield
    except ExperimentError as error:
        raise ExperimentError(f"{name}: {error.field}", error.message) from None


def _sides(*texts: str) -> list[Experiment]:
    """A and B, each as a link's query or a JSON object: of data that may stand beside one another. Raises ExperimentError."""
    made: list[Experiment] = []
    for name, text in zip("ab", texts, strict=True):
        with _of_side(name):
            made.append(Experiment.from_json(text) if text.lstrip().startswith("{") else Experiment.from_query(text, strict=True))
            check_comparable(made[0], made[-1])
    return made


@app.command("compare")
def compare_command(
    a: Annotated[str, typer.Option(help="Fields as in a link (schedule=linear&steps=50) or as a JSON object.")] = "",
    b: Annotated[str, typer.Option(help="The same for the other side.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Draw both: a .gif, .mp4, .png or .pdf; the arrays as .npz; metrics and curves as .csv.")
    ] = None,
    overlays: Annotated[str | None, typer.Option(help=escape(OVERLAYS_HELP), show_default=False)] = None,
) -> None:
    """Run two experiments with the same particles and noise, and compare what they cost and reach."""
    if out is not None:
        writable(out, *DRAWN, *DATA)
    experiments = _sides(a, b)
    chosen = read_layers(overlays, experiments[0])
    records = [follow(experiment) for experiment in experiments]
    if out is not None:
        draw(records, out, chosen)
    emit(compare_json(*(record.measured for record in records)))


@app.command("handout")
def handout_command(
    lesson: Annotated[str, typer.Option(help=f"One of: {', '.join(LESSONS)}.")],
    out: Annotated[Path, typer.Option(help="The sheet, a .pdf.")],
    seed: Annotated[
        str | None,
        typer.Option(help=escape("Of every run, such as a student's. [default: the lesson's own]"), show_default=False),
    ] = None,
) -> None:
    """A lesson on paper: pictures, questions and room to write, answers at the end."""
    lesson_named(lesson)
    writable(out, ".pdf")
    drawn = None if seed is None else Experiment.from_strings({"seed": seed}).seed
    with progress(100, "percent drawn") as tell:
        write_handout(lesson, out, drawn, lambda share: tell(int(100 * share)))
    emit({"lesson": lesson, "seed": drawn, "out": str(out), "bytes": out.stat().st_size})


@app.command("train")
@wraps(train)
def train_command(**options: Any) -> None:
    emit(train(**options))


@app.command("sweep")
@takes_fields()
@wraps(sweep)
def sweep_command(texts: dict[str, str], **options: Any) -> None:
    answer = sweep(texts, **options)
    emit(rounded(answer), lines=True)
    if answer["failed"]:
        raise typer.Exit(1)


app.command("reproduce")(reproduce_command)
for _name, _command in commands().items():
    app.command(_name)(_command)


@app.command("app")
def app_command(
    host: Annotated[
        str | None,
        typer.Option(help=escape(f"Address to listen on. [default: what {HOST_VARIABLE} says, or {HOST}: this machine only]")),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_PORT, help=escape(f"Port to listen on. [default: what {PORT_VARIABLE} says, or {PORT}]")),
    ] = None,
) -> None:
    """Open the page."""
    signal.signal(signal.SIGTERM, _end)
    host, port = listening_address(host, port)
    prepare_environment(host)
    from diffviz.ui.leftovers import own_folder

    tempfile.tempdir = str(own_folder())  # before Gradio, which takes seconds to import, makes a folder of its own
    from diffviz.ui.page import launch
    from diffviz.ui.watching import start_log

    start_log()
    page = launch(host, port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # which Gradio waits for, and then closes the server
    page.block_thread()


def _end(number: int, _: object) -> NoReturn:
    """While the page is being built: leave, with the code that a shell gives a process which the signal has ended."""
    raise SystemExit(128 + number)


command_line = cache(lambda: typer.main.get_command(app))  # which takes 40 ms


def _obey(arguments: list[str] | None) -> int:
    try:
        result = command_line()(args=arguments, standalone_mode=False, prog_name="python -m diffviz")
    except (ExperimentError, checkpoints.CheckpointError, DataError, WriteError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(complaint(error), file=sys.stderr)
        return 2
    except typer.Abort as stop:
        print(str(stop) or "Stopped.", file=sys.stderr)
        return 130
    except typer.TyperException as error:
        print(getattr(error, "format_message", error.__str__)(), file=sys.stderr)
        return 2
    except SystemExit as error:  # typer's answer where the reader has gone, and that of SIGTERM
        return int(error.code or 0)
    return result if isinstance(result, int) else 0


def main(arguments: list[str] | None = None) -> int:
    """Run a command line; the exit code. Every complaint is one sentence on standard error."""
    with any_console():
        code = _obey(arguments)
        undelivered = deliver_output()
        if undelivered is not None and code == 0:
            if undelivered.errno == errno.EPIPE:  # whoever read the answer has seen enough, such as head
                return 1
            print(undelivered, file=sys.stderr)
            return 2
        return code


if __name__ == "__main__":
    sys.exit(main())
