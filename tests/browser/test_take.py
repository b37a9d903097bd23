"""What is taken away from the page: charts as files, and a lesson's handout."""

import csv
import re

import numpy as np
import pytest
from PIL import Image

from diffviz.diagnostics.curves import curves_of
from diffviz.experiment import Experiment
from diffviz.records import Record
from tests.browser.hands import opened, player, take


def saved(page, kind, folder):
    """The file that a button in the head of the enlarged chart gives."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Save the chart as {kind}").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def requests_of(page):
    """Addresses that the page asks for from now on, but for what it made itself."""
    found = []
    page.on("request", lambda request: found.append(request.url) if request.url.startswith("http") else None)
    return found


def test_an_enlarged_chart_is_saved_as_its_numbers(open_page, tmp_path):
    page = opened(open_page, "?steps=20&playing=0&large=kl")
    asked = requests_of(page)
    path = saved(page, "CSV", tmp_path)
    assert path.name == "diffviz-kl.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    measured = Record.of(Experiment(steps=20)).measured
    curve = curves_of(measured, measured.setup.schedule)["kl_nats"]
    assert head[0] == "t"
    assert head[1] == f"{curve.name} (nats)"
    assert [int(row[0]) for row in rows] == curve.x[1:].tolist()
    np.testing.assert_array_equal(np.array([row[1] for row in rows], np.float32), curve.values[1:].astype(np.float32))
    assert asked == []


def test_two_runs_have_a_column_each(open_page, tmp_path):
    page = opened(open_page, "?a=steps%3D10&b=steps%3D10%26schedule%3Dlinear&playing=0&large=snr")
    with saved(page, "CSV", tmp_path).open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["t/T", "A (log10)", "B (log10)"]
    assert len(rows) == 10  # at t = 0 the SNR is infinite
    assert any(row[1] != row[2] for row in rows)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_enlarged_chart_is_saved_as_a_picture_in_its_theme(open_page, tmp_path, theme):
    page = opened(open_page, f"?steps=20&playing=0&large=kl&__theme={theme}")
    asked, before = requests_of(page), page.locator(".dv-labels span").all_inner_texts()
    path = saved(page, "PNG", tmp_path)
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB")).astype(int)
    assert path.name == "diffviz-kl.png"
    assert picture.shape == (900, 1600, 3)
    paper = picture[-2, 2]
    assert paper.mean() > 250 if theme == "light" else paper.mean() < 60
    lines = (picture[..., 0] - picture[..., 2] > 90).mean()  # orange ones
    assert 0.001 < lines < 0.1
    assert (abs(picture[:74] - paper).max(2) > 100).sum() > 500  # the title
    assert page.locator(".dv-taken").count() == 0
    assert page.locator(".dv-labels span").all_inner_texts() == before
    assert asked == []


def test_only_an_enlarged_chart_has_these_buttons(open_page):
    page = opened(open_page, "?steps=10&playing=0")
    assert page.get_by_role("button", name="Save the chart as PNG").locator("visible=true").count() == 0


def test_share_has_the_handout_in_a_lesson_alone(open_page, tmp_path):
    page = opened(open_page, "?lesson=noise&step=root&student=7")
    seed = player(page, "p.run.experiment.seed")
    with page.expect_download(timeout=120_000) as waiting:
        take(page, "Handout")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name == "diffviz-noise.pdf"
    assert f"seed {seed}".encode("utf-16-be") in path.read_bytes()
    page.get_by_role("button", name="Explore this run with all controls").click()
    page.get_by_role("button", name="Share", exact=True).click()
    assert page.get_by_role("menuitem", name="Handout").count() == 0
    assert page.get_by_role("menuitem", name="PDF").count() == 1


PRINTED = {
    "a run": "?playing=0&at=30",
    "a step of a lesson": "?lesson=noise&step=root",
    "two runs": "?a=steps%3D20&b=steps%3D20%26schedule%3Dlinear&playing=0&at=8",
}


@pytest.mark.parametrize("query", PRINTED.values(), ids=PRINTED)
def test_what_is_shown_prints_on_one_sheet(open_page, query):
    page = opened(open_page, query)
    shown = page.locator(".dv-caption-now").first.inner_text()
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1
    (wide, high) = map(float, re.search(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups())
    assert (wide, high) == pytest.approx((842, 595), abs=1.0)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1047, "height": 718})
    seen = [*page.locator("#dv-page button:not(.dv-term), #dv-page select, #dv-page input").locator("visible=true").all()]
    assert all(each.evaluate("each => Boolean(each.closest('.dv-choices'))") for each in seen)
    for part in (".dv-panel canvas", ".dv-chart .dv-plot", ".dv-words", ".dv-shown"):
        for each in page.locator(part).locator("visible=true").all():
            box = each.bounding_box()
            assert box["x"] >= -1
            assert box["x"] + box["width"] <= 1048
            assert box["y"] + box["height"] <= 719
    assert page.locator(".dv-caption-now").first.inner_text() == shown
    lesson = page.locator(".dv-lesson-body").locator("visible=true")
    assert lesson.count() == ("lesson" in query)
    if "lesson" in query:
        assert "Predict first." in lesson.inner_text()
