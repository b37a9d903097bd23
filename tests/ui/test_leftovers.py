"""What the server leaves on the disk: bounded while it runs, nothing when it ends."""

import os
import time
from contextlib import ExitStack

import pytest

from diffviz.experiment import ExperimentError
from diffviz.ui import leftovers
from diffviz.ui.leftovers import Room
from tests.ui.conftest import Served

MEGABYTE = 10**6


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Room for ten megabytes, of files of at most two."""
    monkeypatch.setattr(leftovers, "MAX_DOWNLOAD_BYTES", 2 * MEGABYTE)
    return Room(tmp_path, 10 * MEGABYTE)


def kept(folder, name, seconds_ago, size=2 * MEGABYTE):
    path = folder / name / "file.npz"
    path.parent.mkdir()
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - seconds_ago,) * 2)
    return path


def test_the_oldest_files_leave_for_a_new_one(small, tmp_path):
    old, newer, newest = (kept(tmp_path, name, age) for name, age in (("a", 3000), ("b", 2000), ("c", 1000)))
    with small.for_file():  # four megabytes, with Gradio's copy: all have room
        assert old.exists()
    more = kept(tmp_path, "d", 500)
    with small.for_file():
        assert not old.parent.exists()
        assert newer.exists()
        with small.for_file():
            assert not newest.exists()
            assert more.exists()
            with pytest.raises(ExperimentError, match=r"^file cannot be made now"), small.for_file():
                pass


def test_a_file_that_is_made_leaves_the_rest_of_its_room_to_others(small, tmp_path):
    with ExitStack() as held:
        for _ in range(6):
            held.enter_context(small.for_file())(MEGABYTE // 2)
        held.enter_context(small.for_file())  # ten megabytes
        with pytest.raises(ExperimentError, match=r"^file cannot be made now"), small.for_file():
            pass
    with small.for_file(), small.for_file():  # all is free again
        pass


def test_a_file_on_its_way_to_a_visitor_stays(small, tmp_path):
    fresh = [kept(tmp_path, name, 1) for name in "abcd"]
    with pytest.raises(ExperimentError, match="try again in a moment"), small.for_file():
        pass
    assert all(path.exists() for path in fresh)


def test_whatever_is_asked_for_the_disk_is_bounded(small, tmp_path):
    """Visitors who ask for the largest files, one after another, all day."""
    sizes = []
    for number in range(40):
        with small.for_file():
            kept(tmp_path, f"made {number}", 60)
            copy = kept(tmp_path, f"copy {number}", 60)
            sizes.append(sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()))
        assert copy.exists()
    assert max(sizes) <= 10 * MEGABYTE


def test_a_server_that_is_told_to_end_leaves_nothing(ended):
    assert ended.held
    assert ended.code in (0, 143)  # it answers a moment before it is all there
    assert ended.left == []
    assert "Traceback" not in ended.said


def test_a_server_that_is_told_to_end_while_it_is_being_built_leaves_nothing(tmp_path):
    running = Served(tmp_path)
    end = time.monotonic() + 120
    while not list(running.temporary.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    assert any(running.temporary.iterdir())
    assert running.end() == 143  # as a shell says of a process that SIGTERM has ended
    assert list(running.temporary.iterdir()) == []
    assert running.said.read_text() == ""
