"""What is taken away from the page, opened again: films, sheets, tables, and the text that makes the same run elsewhere."""

from __future__ import annotations

import base64
import csv
import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from diffviz import Experiment
from diffviz.views import view_of
from tests.browser.hands import download, opened, player, text_of

POINTS = "dataset=two_moons&steps=6&particles=40"
DIGITS = "dataset=digits&steps=4&particles=4"
BITS = "dataset=heartbeat&steps=5&particles=20"
PAIR = f"a={quote(BITS)}&b={quote(BITS + '&schedule=linear')}"
TIMES = 7, 5, 6  # of each, t = 0 to T
HOLD = 900  # milliseconds of the last picture of either way


def film(path: Path) -> list[np.ndarray]:
    with Image.open(path) as picture:
        assert picture.format == "GIF"
        frames, times = [], []
        for number in range(picture.n_frames):
            picture.seek(number)
            times.append(picture.info["duration"])
            frames.append(np.asarray(picture.convert("RGB")).astype(int))
    assert [i for i, ms in enumerate(times) if ms == HOLD] == [len(times) // 2 - 1, len(times) - 1]
    return frames


def metrics(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file) if row["kind"] == "metric"}


def curve(path: Path, name: str, column: str = "value") -> dict[int, float]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["kind"], row["name"]) == ("curve", name) and row[column]]
    return {int(row["t"]): float(row[column]) for row in rows}


def numbers(values: list[float] | dict[str, str]) -> list[float]:
    """Of a line of a figure, as it is or packed."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), f"<{values['dtype']}").tolist()
    return values


def digits_of(text: str) -> float:
    return float(text.replace("−", "-"))


@pytest.mark.parametrize(("query", "times"), zip((POINTS, DIGITS, BITS), TIMES, strict=True))
def test_a_run_of_every_kind_as_film_sheet_and_table(open_page, tmp_path, query, times):
    page = opened(open_page, f"?{query}")
    layers = view_of(Experiment.from_query(query)).layers
    assert set(player(page, "[...p.layers.list.children].map((e) => e.dataset.layer).filter(Boolean)")) <= {
        *layers.names,
        *layers.page,
    }
    frames = film(download(page, "GIF", tmp_path))
    assert len(frames) == 2 * times  # forward through every time, and back
    assert frames[0].shape[0] % 2 == frames[0].shape[1] % 2 == 0
    assert all((a != b).any() for a, b in itertools.pairwise(frames))
    with Image.open(download(page, "PNG", tmp_path)) as sheet:
        assert min(sheet.size) > 300
        assert len(sheet.convert("RGB").getcolors(1 << 22)) > 20
    table = download(page, "CSV", tmp_path)
    shown = page.locator(".dv-summary").inner_text().replace("\u202f", " ")
    found = metrics(table)
    gap = next(name for name in ("gap_nats", "bound_bits_per_dim") if name in found)
    assert Experiment.from_query(found[gap]["experiment"]) == Experiment.from_query(query)
    values = [digits_of(each) for each in re.findall(r"−?\d+\.\d+", shown)]
    assert any(value == pytest.approx(float(found[gap]["value"]), abs=0.006) for value in values), (shown, found[gap])
    costs = curve(table, "kl_nats")
    line = player(page, "(({ x, y }) => [x, y])(p.run.charts.kl.figure.data.find(({ mode }) => mode === 'lines'))")
    drawn = dict(zip(*map(numbers, line), strict=True))
    assert drawn == {t: pytest.approx(value, rel=1e-4) for t, value in costs.items() if t in drawn}
    assert len(drawn) >= times - 2


def test_a_film_for_a_projector_and_a_sheet_for_a_paper(open_page, tmp_path):
    page = opened(open_page, f"?{POINTS}")
    reader = imageio_ffmpeg.read_frames(str(download(page, "MP4", tmp_path)))
    about = next(reader)
    frames = [np.frombuffer(frame, np.uint8) for frame in reader]
    assert about["codec"] == "h264"
    assert len(frames) == pytest.approx(30 * about["duration"], abs=1)
    assert len(frames) == 2 * (6 * 15 + 27)  # six moments of half a second and one of 0.9 s, each way, 30 a second
    assert (frames[0] != frames[len(frames) // 2 - 1]).mean() > 0.01
    paper = download(page, "PDF", tmp_path).read_bytes()
    assert paper.startswith(b"%PDF")
    assert paper.rstrip().endswith(b"%%EOF")
    assert paper.count(b"/Type /Page ") == 1


def test_layers_that_are_on_are_drawn_in_the_sheet(open_page, tmp_path):
    page = opened(open_page, f"?{POINTS}&layers=density")
    inked = []
    for _ in range(2):
        with Image.open(download(page, "PNG", tmp_path)) as sheet:
            inked.append((np.asarray(sheet.convert("L")) < 250).sum())
        page.locator("[data-layer=density]").evaluate("(button) => button.click()")
    assert inked[0] > 1.5 * inked[1]


def test_a_pair_as_film_sheet_and_table(open_page, tmp_path):
    page = opened(open_page, f"?{PAIR}")
    frames = film(download(page, "GIF", tmp_path))
    assert len(frames) == 2 * 6
    with Image.open(download(page, "PNG", tmp_path)) as sheet:
        assert min(sheet.size) > 300
    path = download(page, "CSV", tmp_path)
    assert path.name == "diffviz-comparison.csv"
    found = metrics(path)
    page.get_by_label("Charts", exact=True).select_option("metrics")
    row = page.locator(".dv-metrics tr", has_text="ELBO gap").first.locator("td, th").all_inner_texts()
    for column, told in (("a", row[1]), ("b", row[2])):
        shown = digits_of(re.search(r"−?\d+(\.\d+)?", told)[0])
        assert shown == pytest.approx(float(found["gap_nats"][column]), abs=0.006), (row, found["gap_nats"])
    assert found["gap_nats"]["better"] in ("a", "b")
    assert len(curve(path, "kl_nats", "a")) == len(curve(path, "kl_nats", "b"))
    page.locator(".dv-share").focus()  # by keyboard alone
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename == "diffviz-comparison.csv"


def shell(command: str, folder: Path) -> str:
    """What a command of Share prints, run elsewhere."""
    root = Path(__file__).parents[2]
    parts = [sys.executable if part == "python" else part for part in shlex.split(command)]
    done = subprocess.run(
        parts, cwd=folder, env={"PYTHONPATH": str(root), "PATH": ""}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_python_command_and_link_make_the_run_that_is_shown(open_page, tmp_path):
    page = opened(open_page, f"?{POINTS}&seed=3&sampler=ddim")
    end = np.reshape(player(page, "Array.from(p.run.array('reverse', 0))"), (40, 2))
    (tmp_path / "same.py").write_text(text_of(page, "Python") + "\nprint(trajectory.reverse[-1].ravel().tolist())")
    said = shell("python same.py", tmp_path).splitlines()
    assert said[0].startswith("torch.Size([7, 40, 2])") or said[0].startswith("(7, 40, 2)")
    np.testing.assert_allclose(np.reshape(eval(said[1]), (40, 2)), end, atol=10 / 4095 / 2 + 1e-5)  # positions in 12 bits
    shell(text_of(page, "Command"), tmp_path)
    with np.load(tmp_path / "run.npz") as archive:
        np.testing.assert_allclose(archive["reverse"][-1], end, atol=10 / 4095 / 2 + 1e-5)
    other = opened(open_page, "?" + text_of(page, "Link").partition("?")[2])
    assert player(other, "Array.from(p.run.array('reverse', 0))") == end.ravel().tolist()


def test_python_and_command_of_a_pair_measure_what_is_shown(open_page, tmp_path):
    page = opened(open_page, f"?{PAIR}")
    page.get_by_label("Charts", exact=True).select_option("metrics")
    told = page.locator(".dv-metrics tr", has_text="ELBO gap").first.locator("td, th").all_inner_texts()
    (tmp_path / "same.py").write_text(text_of(page, "Python"))
    rows = {line.split()[0]: line.split()[1:] for line in shell("python same.py", tmp_path).splitlines()}
    for text, value in zip(told[1:3], rows["gap_nats"][:2], strict=True):
        assert digits_of(re.search(r"−?\d+(\.\d+)?", text)[0]) == pytest.approx(float(value), abs=0.006)
    shell(text_of(page, "Command"), tmp_path)
    assert len(film(tmp_path / "compare.gif")) == 2 * 6
