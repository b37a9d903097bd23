"""Files of what is shown, made when they are asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Any

import gradio as gr

from diffviz.deadline import check_time
from diffviz.drawings import read_layers, write
from diffviz.experiment import Experiment, ExperimentError
from diffviz.files import WriteError, temporary
from diffviz.handouts import lesson_named, write_handout
from diffviz.records import Record
from diffviz.ui.instrument import FAILED, asked_experiments, event_data, word
from diffviz.ui.leftovers import room, too_large
from diffviz.ui.lessons import printed
from diffviz.ui.limits import MAX_DOWNLOAD_BYTES, check_budget, in_time
from diffviz.ui.pair import check_pair
from diffviz.ui.speech import notice
from diffviz.ui.standalone import page
from diffviz.ui.turns import TURNS, attended, check_wanted
from diffviz.ui.zero import stream
from diffviz.views import view_of

KINDS = {
    "HTML": "plays without a server",
    "GIF": "film",
    "MP4": "film",
    "PNG": "sheet",
    "PDF": "sheet",
    "NPZ": "all arrays",
    "CSV": "metrics and curves",
    "Handout": "of the lesson, PDF",
}
LESSON_ONLY = "Handout"  # what a lesson alone has


def drawing(progress: Callable[..., object]) -> Callable[[float], None]:
    """What is told of each drawn frame, as long as there is time for another, and somebody waits for it."""

    def told(share: float) -> None:
        check_time()
        check_wanted()
        progress(share, desc="drawing")
        TURNS.give_way()

    return told


@in_time
def _make(
    asked: dict[str, Any], runs: list[Experiment], kind: str, progress: Callable[..., object]
) -> Generator[str, None, None]:
    """Write the file, for drawings from a new run, and yield its path: the file is there until the generator is closed. Gradio
    keeps its own copy for an hour."""
    if kind == LESSON_ONLY.lower():
        yield from _handout(asked, runs, progress)
        return
    view = asked.get("view") if isinstance(asked.get("view"), dict) else {}
    drawn = (name for name in map(str, view.get("layers") or []) if name not in view_of(runs[0]).layers.page)
    layers = read_layers(" ".join(drawn), runs[0])
    name = "comparison" if len(runs) == 2 else f"{runs[0].dataset}-{runs[0].schedule}"
    with room().for_file() as made, temporary() as folder:
        path = folder / f"diffviz-{name}.{kind}"
        if kind == "html":
            path.write_text(page(runs, view, printed(asked.get("lesson"), runs)), encoding="utf-8")
        else:
            records = [Record.of(experiment, stream) for experiment in runs]
            if kind == "npz":  # before so much is written
                _check_size(sum(array.nbytes for record in records for array in record.arrays().values()))
            write(records, path, layers, drawing(progress))
        _check_size(path.stat().st_size)
        made(path.stat().st_size)
        yield str(path)


def _check_size(nbytes: int) -> None:
    if nbytes > MAX_DOWNLOAD_BYTES:
        raise too_large(nbytes)


def _handout(asked: dict[str, Any], runs: list[Experiment], progress: Callable[..., object]) -> Generator[str, None, None]:
    """The lesson as a sheet, drawn with the seed that is on screen."""
    names = asked.get("lesson")
    name = str(names.get("lesson")) if isinstance(names, dict) else ""
    lesson_named(name)
    with room().for_file() as made, temporary() as folder:
        path = folder / f"diffviz-{name}.pdf"
        write_handout(name, path, runs[0].seed, drawing(progress))
        made(path.stat().st_size)
        yield str(path)


def file_asked(event: gr.EventData, progress: gr.Progress = gr.Progress()) -> Iterator[tuple[Any, Any]]:  # noqa: B008  Gradio's way
    """Outputs (download, page): a file of what is shown. Data of the event: kind, runs, view and, in a lesson, its
    name and that of the step."""
    asked = event_data(event)
    try:
        runs = asked_experiments(asked)
        kind = str(asked.get("kind"))
        if kind not in {each.lower() for each in KINDS}:
            raise ExperimentError("file", f"must be one of {', '.join(KINDS)}.")
        check_pair(*runs) if len(runs) == 2 else check_budget(runs[0])
        with attended() as visit, closing(TURNS.over(_make(asked, runs, kind, progress), visit, long=True)) as making:
            for path in making:
                yield path, word(file=kind)
                break  # Gradio has its copy: to remove the file is no reason to wait for another turn
        return
    except ExperimentError as error:
        failure = error
    except WriteError as error:
        failure = ExperimentError("file", str(error))
    except Exception:  # ours to mend, not a visitor's to read
        logging.exception("a file could not be made")
        failure = FAILED
    yield gr.skip(), word(notices=[notice(failure)])
