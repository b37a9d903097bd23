"""Files are written whole or not at all.

A file is made in a scratch folder beside its place, flushed to the disk and then moved there, which is one step for the file
system: a failure leaves what was there before. A scratch folder that a killed process left is removed by whoever writes beside it
next. It is told from one in use by a lock (flock), which the system lifts when its process ends, however it ends.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no flock: scratch folders of killed processes stay there
    fcntl = None  # type: ignore[assignment]

_SCRATCH = re.compile(r"\.?diffviz-[0-9a-f]{16}")
CLAIMS = 20  # tries to have a folder's lock, 0.02 s apart
_REASONS = {
    "ENOSPC": "the disk is full",
    "EDQUOT": "the disk quota is used up",
    "EFBIG": "it would be larger than a file may be here",
    "EROFS": "the file system is read-only",
    "EACCES": "permission is denied",
    "EPERM": "permission is denied",
    "ENOENT": "its folder is not there",
    "ENOTDIR": "its folder is not there",
    "EISDIR": "a folder is in its place",
    "ENAMETOOLONG": "its name is too long",
    "EIO": "the disk reports an error",
    "EPIPE": "its reader has gone",
    "EMFILE": "too many files are open",
    "ENFILE": "too many files are open",
}
REASONS = {getattr(errno, name): reason for name, reason in _REASONS.items() if hasattr(errno, name)}
_STORAGE = {getattr(errno, name, None) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO")} - {None}


class WriteError(OSError):
    """A file that could not be written; the message is one sentence that says which and why, errno is the system's."""

    def __init__(self, what: Path | str, cause: OSError) -> None:
        super().__init__(f"{_plain(what)} could not be written: {reason(cause)}.")
        self.errno = cause.errno


def followed(path: Path | str) -> Path:
    """Where a link leads; unlike Path.resolve it leaves links that go in circles to whoever opens them."""
    return Path(os.path.realpath(path))


def _plain(text: object) -> str:
    """In one line, whatever the name of a file holds."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text))


def reason(error: OSError) -> str:
    """Why the system refused, in a few words without a full stop."""
    if error.errno == errno.ENOENT and error.filename is not None and followed(os.fsdecode(error.filename)).parent.is_dir():
        return "it is not there"  # its folder is
    return REASONS.get(error.errno or 0) or " ".join(_plain(error.strerror or error or type(error).__name__).split()).rstrip(".")


def complaint(error: OSError) -> str:
    """One sentence for what the system refused, if nobody says what was being done."""
    said = _plain(error.strerror or error or type(error).__name__).rstrip(".")
    return f"The system refuses {_plain(error.filename)}: {said}." if error.filename else f"The system refuses: {reason(error)}."


def refusal(error: BaseException | None) -> str | None:
    """Why the file system refused, if that is behind an error of a library, which may come of a network as well; else None."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _STORAGE:
            return reason(error)
        error = error.__cause__ or error.__context__
    return None


def check_target(path: Path) -> None:
    """Raise WriteError for a place that cannot be written to, as far as can be told before anything is."""
    target, code = followed(path), 0
    if target.is_dir():
        code = errno.EISDIR
    elif not target.parent.is_dir():
        code = errno.ENOENT
    elif target.exists() and not target.is_file():
        raise WriteError(path, OSError("it is a device or a pipe, not a file"))
    elif not os.access(target if target.exists() else target.parent, os.W_OK) or not os.access(target.parent, os.W_OK):
        code = errno.EACCES
    if code:
        raise WriteError(path, OSError(code, os.strerror(code)))


def check_folder(path: Path) -> None:
    """Raise WriteError for a folder in which nothing can be made, or which cannot be made itself."""
    nearest = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        code = errno.EACCES if nearest.is_dir() else errno.ENOTDIR
        raise WriteError(path, OSError(code, os.strerror(code)))


@contextmanager
def explained(what: Path | str, place: Path | None = None) -> Iterator[None]:
    """An OSError raised within becomes a WriteError, also where zlib.error hides it: of an archive that cannot be closed.

    place: where writing is done; an error that names a file elsewhere, which was perhaps to be read, passes as it is.
    """
    try:
        yield
    except WriteError:
        raise
    except (OSError, zlib.error) as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__context__
        if cause is None or (place and _names_file_outside(cause, place)):
            raise
        raise WriteError(what, cause) from error


def _names_file_outside(error: OSError, place: Path) -> bool:
    name = error.filename
    return isinstance(name, (str, bytes, Path)) and not Path(os.path.abspath(os.fsdecode(name))).is_relative_to(place)


@contextmanager
def scratch(parent: Path, prefix: str = ".diffviz-") -> Iterator[Path]:
    """A new folder in parent that is removed at the end. Raises OSError if it cannot be made."""
    _sweep(parent)
    folder, lock = _locked_folder(parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


@contextmanager
def temporary() -> Iterator[Path]:
    """A new folder among the system's temporary files that is removed at the end. Raises WriteError if it cannot be made.

    Its name has no dot in front: Gradio serves no hidden files.
    """
    with ExitStack() as kept:
        with explained("A temporary file (TMPDIR says where)"):
            folder = kept.enter_context(scratch(Path(tempfile.gettempdir()), "diffviz-"))
        yield folder


@contextmanager
def claimed(path: Path | str) -> Iterator[bool]:
    """Whether the file at path is the caller's to write until the end: False if another claim to it is held, here or elsewhere.

    A claim is the lock of a scratch folder whose name is made of the file's, so that a process that is killed leaves none. Where
    the system has no locks, every claim is granted. Raises WriteError.
    """
    if fcntl is None:
        yield True
        return
    target = followed(path)
    folder = target.parent / f".diffviz-{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}"
    with explained(path):
        claim = _claim(folder)
    try:
        yield claim is not None
    finally:
        if claim is not None:
            with suppress(OSError):
                folder.rmdir()
            os.close(claim)


@contextmanager
def written(path: Path | str) -> Iterator[Path]:
    """Where to write what is to become the file at path: a file of the same name in a scratch folder, moved at the end.

    A link is followed, and a file that is replaced passes on its permissions. If anything is raised within, path stays as it is.
    Raises WriteError where the system refuses, or nothing was written; what it refuses of other files passes as it is.
    """
    with ExitStack() as kept:
        with explained(path):
            check_target(Path(path))
            target = followed(path)
            folder = kept.enter_context(scratch(target.parent))
        new = folder / target.name
        with explained(path, folder):
            yield new
        with explained(path):
            if not new.is_file():
                raise OSError("no file was made")
            if target.exists():
                shutil.copymode(target, new)
            flush(new)
            os.replace(new, target)
            flush_folder(target.parent)


def write_bytes(path: Path | str, data: bytes) -> None:
    """data as the file at path. Raises WriteError."""
    with written(path) as new:
        new.write_bytes(data)


def write_text(path: Path | str, text: str) -> None:
    """text in UTF-8, its line ends as they are, as the file at path. Raises WriteError."""
    write_bytes(path, text.encode("utf-8"))


def is_scratch(name: str) -> bool:
    """Is that the name of a scratch folder, in use or left by a killed process?"""
    return _SCRATCH.fullmatch(name) is not None


def flush(path: Path) -> None:
    """Wait until a file's contents are on the disk: some file systems tell only then that there was no room."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(path: Path) -> None:
    """Wait until a folder's names are on the disk, where folders can be opened."""
    with suppress(OSError):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _lock(folder: Path, wait: bool) -> int | None:
    """An open handle that holds the folder's lock; None if another has it, or there are no locks here."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(handle)
        return None
    return handle


def _claim(folder: Path) -> int | None:
    """A handle that holds the folder's lock, if there are locks; None if another has it."""
    for _ in range(CLAIMS):
        folder.mkdir(mode=0o755, exist_ok=True)
        with suppress(FileNotFoundError):  # swept between two calls
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # perhaps by one that only sweeps
                os.close(handle)
                time.sleep(0.02)
                continue
            except OSError:  # a file system without locks
                return handle
            if folder.is_dir() and os.path.samestat(os.fstat(handle), folder.stat()):
                return handle
            os.close(handle)
    return None


def _locked_folder(parent: Path, prefix: str) -> tuple[Path, int | None]:
    """A new scratch folder and the handle of its lock."""
    while True:
        folder = parent / f"{prefix}{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        if fcntl is None:
            return folder, None
        with suppress(FileNotFoundError):  # swept between the two calls
            lock = _lock(folder, wait=True)
            if folder.is_dir():
                return folder, lock
            if lock is not None:  # swept while it waited
                os.close(lock)


def _sweep(parent: Path) -> None:
    """Remove our own scratch folders in parent that no process holds."""
    if fcntl is None:
        return
    for folder in parent.glob("*diffviz-*"):
        with suppress(OSError):  # another one's, or gone by now
            if _SCRATCH.fullmatch(folder.name) and (lock := _lock(folder, wait=False)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)
