"""Figures and animations as files. All but MP4 are made in memory: libraries forget why the system refused to take a file."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from PIL import Image

RATE = 30  # pictures a second in an .mp4
MP4_LOSS = 15  # libx264's constant rate factor: 0 is lossless, 51 the worst


def save_figure(figure: Figure, path: Path) -> None:
    """A figure in the format that the path's ending names. Raises OSError."""
    buffer = BytesIO()
    figure.savefig(buffer, format=path.suffix[1:].lower())
    path.write_bytes(buffer.getvalue())


def save_pages(pages: Sequence[Figure], path: Path, title: str) -> None:
    """Figures as the pages of a PDF whose text can be searched; equal pages make equal files. Raises OSError."""
    buffer = BytesIO()
    with rc_context({"pdf.fonttype": 42}), PdfPages(buffer, metadata={"Title": title, "CreationDate": None}) as file:
        for page in pages:
            file.savefig(page)
    path.write_bytes(buffer.getvalue())


def save_gif(pictures: Iterator[Image.Image], times: list[int], palette: Image.Image, path: Path) -> None:
    """An animation that loops. times: of each picture, in milliseconds; palette: an image that has it. Raises OSError."""
    indexed = (picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures)
    first, buffer = next(indexed), BytesIO()
    first.save(buffer, format="GIF", save_all=True, append_images=indexed, duration=times, loop=0, optimize=False)
    path.write_bytes(buffer.getvalue())


def save_mp4(pictures: Iterator[Image.Image], times: list[int], size: tuple[int, int], path: Path) -> None:
    """H.264 in the pixel format that browsers and projectors play; even size. Raises OSError, also where ffmpeg gives up."""
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", str(RATE), "-i", "-"]
    made = ["-an", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", str(MP4_LOSS), "-f", "mp4"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *raw, *made, f"file:{path}"]
    # restore_signals: a file that grows too large is an error that ffmpeg can tell of, not a signal that ends it
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, restore_signals=False
    ) as ffmpeg:
        with suppress(BrokenPipeError):  # it has given up and says why
            for picture, milliseconds in zip(pictures, times, strict=True):
                for _ in range(max(1, round(milliseconds * RATE / 1000))):
                    ffmpeg.stdin.write(np.ascontiguousarray(picture))
        told = ffmpeg.communicate()[1].decode(errors="replace")
    if ffmpeg.returncode:
        raise _ffmpeg_error(ffmpeg.returncode, told)


def _ffmpeg_error(code: int, told: str) -> OSError:
    """What the system told ffmpeg, read from its last words."""
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO):
        if os.strerror(number) in told:
            return OSError(number, os.strerror(number))
    return OSError(f"ffmpeg was ended by {signal.Signals(-code).name}" if code < 0 else f"ffmpeg failed with exit code {code}")
