"""Files are whole or as they were: on a disk that fills up for real, in folders that may not be written to, after a kill."""

import json
import os
import stat
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from diffviz import Experiment, __main__, checkpoints, files
from diffviz.__main__ import main
from diffviz.domains.plane.training import Recipe, new_network
from diffviz.drawings import write
from diffviz.figures import films
from diffviz.files import WriteError, claimed, temporary, write_bytes, write_text, written
from diffviz.records import Record
from diffviz.views.pictures.evaluation import drawn
from tests.forks import FORKS, forked

try:
    import resource
except ImportError:  # Windows
    resource = None

ROOT = Path(__file__).parents[1]
OLD = b"what was there before"
EXPERIMENT = Experiment(dataset="gaussian", steps=3, particles=400)
PICTURES = Experiment(dataset="digits", steps=3, particles=16)


def save_checkpoint(path):
    recipe = Recipe("rings", hidden=128, layers=2, features=4)
    checkpoints.save(path, new_network(recipe), recipe, {}, "# A card\n")


def file_of(*experiments):
    return lambda path: write([Record.of(experiment) for experiment in experiments], path)


WRITERS = {
    "run.npz": file_of(EXPERIMENT),
    "run.GIF": file_of(EXPERIMENT),
    "run.png": file_of(EXPERIMENT),
    "pictures.gif": file_of(PICTURES),
    "pictures.PNG": file_of(PICTURES),
    "pair.npz": file_of(EXPERIMENT, EXPERIMENT),
    "pair.gif": file_of(EXPERIMENT, EXPERIMENT),
    "pair.MP4": file_of(EXPERIMENT, EXPERIMENT),
    "pair.png": file_of(EXPERIMENT, EXPERIMENT),
    "pair.pdf": file_of(EXPERIMENT, EXPERIMENT),
    "rate_distortion.png": lambda path: drawn.rate_distortion(np.arange(3.0), np.arange(3.0), "", path.parent),
    "table.csv": lambda path: write_text(path, "0,1\n" * 10_000),
    "checkpoint": save_checkpoint,
}


FEW = ("run.npz", "run.GIF", "pair.MP4", "pair.pdf", "checkpoint")  # one of each library


def write_all(folder, names):
    """What each of the writers complains of where something is already, which is there still."""
    films.MOMENTS.update({".gif": 4, ".mp4": 4})  # a film of four moments fills this disk, too
    told = {}
    for name in names:
        if name == "checkpoint":
            (folder / name).mkdir()
            (folder / name / "config.json").write_bytes(OLD)
        else:
            (folder / name).write_bytes(OLD)
        try:
            WRITERS[name](folder / name)
        except WriteError as error:
            told[name] = str(error)
        assert {path.name for path in folder.iterdir()} == {name}, name
        old = folder / name / "config.json" if name == "checkpoint" else folder / name
        assert old.read_bytes() == OLD, name
        old.unlink()
        if name == "checkpoint":
            (folder / name).rmdir()
    return told


def write_limited(folder, names, told):
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
    told.send(write_all(folder, names))


def check_sentences(told, names, folder, reason):
    assert set(told) == set(names)
    for name, message in told.items():
        assert message == f"{folder / name} could not be written: {reason}.", name


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system of its own, which Linux gives to any user")
def test_a_full_disk_leaves_what_was_there_and_one_sentence(tmp_path):
    mount = f'mount -t tmpfs -o size=16k none {tmp_path} && exec "$@"'
    space = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    if subprocess.run([*space, "true"], capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    code = f"from tests.test_files import *; print(json.dumps(write_all(Path({str(tmp_path)!r}), FEW)))"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*space, sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    check_sentences(json.loads(done.stdout), FEW, tmp_path, "the disk is full")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
def test_a_file_larger_than_allowed_leaves_what_was_there_and_one_sentence(tmp_path):
    (folder := tmp_path / "folder").mkdir()
    told, side = FORKS.Pipe()
    process = forked(write_limited, folder, [*WRITERS], side, stderr=tmp_path / "said")
    side.close()
    assert told.poll(120), (tmp_path / "said").read_text()
    check_sentences(told.recv(), WRITERS, folder, "it would be larger than a file may be here")
    process.join()


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ValueError("a bug"), KeyboardInterrupt()], ids=repr)
def test_whatever_goes_wrong_leaves_what_was_there(tmp_path, fault):
    path = tmp_path / "run.npz"
    path.write_bytes(OLD)
    expected = WriteError if isinstance(fault, OSError) else type(fault)

    def write():
        with written(path) as new:
            new.write_bytes(b"half")
            raise fault

    with pytest.raises(expected):
        write()
    assert path.read_bytes() == OLD
    assert os.listdir(tmp_path) == ["run.npz"]


def test_an_error_that_hides_the_systems_own_tells_of_the_systems(tmp_path):
    """As an archive does that cannot be closed on a full disk."""

    def write(cause):
        with written(tmp_path / "run.npz"):
            try:
                raise cause
            finally:
                raise zlib.error("inconsistent stream state")

    with pytest.raises(WriteError, match="the disk is full"):
        write(OSError(28, "No space left on device"))
    with pytest.raises(zlib.error):
        write(ValueError("no complaint of the system"))


def test_what_the_system_refuses_of_another_file_is_not_said_of_this_one(tmp_path):
    def write():
        with written(tmp_path / "run.npz") as new:
            new.write_bytes((tmp_path / "weights").read_bytes())

    with pytest.raises(FileNotFoundError, match="weights"):
        write()
    assert not any(tmp_path.iterdir())


def test_the_command_line_says_of_a_file_that_cannot_be_read_what_the_system_says(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(__main__, "command_line", lambda: lambda **_: (tmp_path / "weights").read_bytes())
    assert main([]) == 2
    assert capsys.readouterr().err == f"The system refuses {tmp_path / 'weights'}: No such file or directory.\n"


def test_a_writer_that_makes_no_file_is_told_of(tmp_path):
    with pytest.raises(WriteError, match=r"run\.npz could not be written: no file was made\."), written(tmp_path / "run.npz"):
        pass
    assert not any(tmp_path.iterdir())


def test_what_goes_wrong_beside_a_temporary_file_is_not_said_of_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="font"), temporary():
        (tmp_path / "font").read_bytes()


def test_a_new_file_has_the_users_permissions_and_a_replaced_one_keeps_its_own(tmp_path):
    mask = os.umask(0o027)
    try:
        write_bytes(tmp_path / "new", b"")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o600)
    write_bytes(tmp_path / "new", b"again")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


def test_a_link_is_followed(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "far" / "table.csv")
    write_text(tmp_path / "link.csv", "a,b\n")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "far" / "table.csv").read_bytes() == b"a,b\n"


@pytest.mark.parametrize("name", ["nowhere/file", "folder", "file/file", "full", "x" * 300])
def test_a_place_for_no_file_is_one_sentence(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(OLD)
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(WriteError) as error:
        write_bytes(tmp_path / name, b"new")
    assert str(error.value).startswith(f"{tmp_path / name} could not be written: ")
    assert str(error.value).endswith(".")
    assert (tmp_path / "file").read_bytes() == OLD


def refuse(monkeypatch, folder):
    """The folder may not be written to; root may write anywhere, so that permissions alone would not do."""
    real, mkdir = os.access, Path.mkdir
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and real(path, mode))

    def no_mkdir(path, *arguments, **options):
        if path.parent == folder:
            raise PermissionError(13, "Permission denied", str(path))
        mkdir(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", no_mkdir)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--out", "run.npz"],
        ["render", "--out", "run.gif"],
        ["compare", "--out", "both.csv"],
        ["train", "--dataset", "rings", "--out", "rings"],
        ["evaluate", "--checkpoint", "digits", "--json", "found.json"],
        ["evaluate", "--checkpoint", "digits", "--figures", "figures"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_read_only_folder_is_one_sentence_before_any_work(tmp_path, monkeypatch, capsys, arguments):
    refuse(monkeypatch, tmp_path)
    arguments[-1] = str(tmp_path / arguments[-1])
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1, printed.err
    assert "permission is denied" in printed.err
    assert not any(tmp_path.iterdir())


def test_no_folder_for_temporary_files_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(WriteError, match="TMPDIR"), temporary():
        pass


def write_half(path, kind, told):
    """All is written, and nothing is in its place yet."""

    def wait(_):
        told.send("half")
        time.sleep(60)

    files.flush = checkpoints.flush = wait
    recipe = Recipe("rings", hidden=4, layers=1, features=2)
    if kind == "file":
        write_bytes(path, b"new")
    else:
        checkpoints.save(path, new_network(recipe), recipe, {}, "")


@contextmanager
def half_written(folder, kind):
    """A process in the middle of writing folder/good."""
    told, side = FORKS.Pipe()
    process = forked(write_half, folder / "good", kind, side)
    side.close()
    try:
        assert told.recv() == "half"
        yield process
    finally:
        process.kill()
        process.join()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
@pytest.mark.parametrize("kind", ["file", "checkpoint"])
def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path, kind):
    (tmp_path / "diffviz-notes").mkdir()  # somebody's own
    with half_written(tmp_path, kind) as process:
        write_bytes(tmp_path / "other", b"")
        assert len([path for path in tmp_path.iterdir() if path.name.startswith(".diffviz-")]) == 1
        process.kill()
        process.join()
    assert not (tmp_path / "good").exists()
    assert checkpoints.names(tmp_path) == []
    write_bytes(tmp_path / "other", b"")
    assert {path.name for path in tmp_path.iterdir()} == {"other", "diffviz-notes"}


def test_capitals_in_an_ending_are_no_other_kind(tmp_path):
    file_of(EXPERIMENT)(tmp_path / "RUN.NPZ")
    with np.load(tmp_path / "RUN.NPZ") as arrays:
        assert arrays["reverse"].shape == (4, 400, 2)
    for name, start in (("RUN.GIF", b"GIF8"), ("RUN.Png", b"\x89PNG")):
        assert main(["render", "--steps", "3", "--particles", "5", "--out", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_bytes().startswith(start)


def answered_into(output):
    """Exit code and complaint of a command whose short answer is refused when it leaves the buffer, after all is done."""
    command = [sys.executable, "-m", "diffviz", "schedule", "--steps", "2"]
    environment = os.environ | {"PYTHONUNBUFFERED": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_answer_that_cannot_be_written_is_one_sentence():
    with open("/dev/full", "w") as full:
        assert answered_into(full) == (2, "The answer could not be written: the disk is full.\n")


def test_a_reader_that_has_gone_is_no_mistake():
    """As `| head` does: nobody is there to be told anything."""
    reading, writing = os.pipe()
    os.close(reading)
    assert answered_into(writing) == (1, "")
    os.close(writing)


def hold(path, told):
    with claimed(path) as mine:
        told.send(mine)
        time.sleep(60)


def test_a_file_is_claimed_once_until_the_end(tmp_path):
    with claimed(tmp_path / "a.csv") as first, claimed(tmp_path / "a.csv") as second, claimed(tmp_path / "b.csv") as other:
        assert (first, second, other) == (True, False, True)
        (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
        write_bytes(tmp_path / "a.csv", OLD)  # sweeps no claim away
        with claimed(tmp_path / "link.csv") as linked:
            assert not linked
    with claimed(tmp_path / "a.csv") as again:
        assert again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "link.csv"]


def test_the_claim_of_a_killed_process_is_free(tmp_path):
    path, (told, side) = tmp_path / "a.csv", FORKS.Pipe()
    process = forked(hold, path, side)
    assert told.recv()
    with claimed(path) as mine:
        assert not mine
    process.kill()
    process.join()
    with claimed(path) as mine:
        assert mine
    assert list(tmp_path.iterdir()) == []


def test_without_locks_files_are_written_whole_all_the_same_and_every_claim_is_granted(tmp_path, monkeypatch):
    """As on Windows; what a killed process left stays there then."""
    monkeypatch.setattr(files, "fcntl", None)
    (tmp_path / ".diffviz-0123456789abcdef").mkdir()
    write_bytes(tmp_path / "a.csv", OLD)
    with pytest.raises(ZeroDivisionError), written(tmp_path / "a.csv") as new:
        new.write_bytes(bytes([1 // 0]))
    with claimed(tmp_path / "a.csv") as first, claimed(tmp_path / "a.csv") as second:
        assert first
        assert second
    assert (tmp_path / "a.csv").read_bytes() == OLD
    assert sorted(path.name for path in tmp_path.iterdir()) == [".diffviz-0123456789abcdef", "a.csv"]
