"""MNIST and CIFAR-10, which are fetched when they are first asked for: never at import, and no menu waits for them.

Looked for in two places, in this order:

- the folder that the environment's DIFFVIZ_DATA names, with the files as their authors give them: MNIST's IDX files
  (LeCun, Cortes & Burges) and the binary version of CIFAR-10 (Krizhevsky 2009), each in a folder of the data set's name;
- the Hugging Face hub, where they lie as parquet, which needs pyarrow, where the environment allows it (pretrained/fetching.py).

Nothing is unpickled. What comes is checked before it is believed: magic numbers, lengths, sizes of pictures, ranges of classes.
"""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diffviz.domains.base import DataError
from diffviz.files import refusal
from diffviz.pretrained.fetching import FETCHER, HUB_DATA

CLASSES = 10
HELD_OUT = 1000  # the first of the test files
DATA_VARIABLE = "DIFFVIZ_DATA"
TIMEOUT = 5.0  # seconds for the hub to answer
WHERE: dict[str, Any] = {"repo_type": "dataset", "token": False}
MAX_FILE_BYTES = 250_000_000
Part = tuple[NDArray[np.uint8], NDArray[np.int64]]  # pictures [N, C, H, W] and classes [N]


def _bytes(path: Path, most: int) -> bytes:
    """A file's contents, unpacked if it ends in .gz, at most so many bytes of them. Raises DataError."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return file.read(most)
    except (OSError, EOFError, ValueError) as error:  # zlib's own error is none of these, and gzip turns it into them
        raise DataError(f"{path.name} is missing or damaged.") from error
    except Exception as error:  # zlib.error
        raise DataError(f"{path.name} is damaged.") from error


def read_idx(path: Path, dimensions: int, count: int) -> NDArray[np.uint8]:
    """The first `count` items of an IDX file of unsigned bytes: 0, 0, 8, dimensions; sizes as big-endian int32; the bytes."""
    start = 4 + 4 * dimensions
    head = _bytes(path, start)
    if len(head) < start or head[:4] != bytes([0, 0, 8, dimensions]):
        raise DataError(f"{path.name} is no IDX file of bytes in {dimensions} dimensions.")
    sizes = [int(size) for size in np.frombuffer(head[4:], ">u4")]
    if any(size > 28 for size in sizes[1:]) or min(sizes) < 1:
        raise DataError(f"{path.name} says that its items are of {sizes[1:]}, and MNIST's are of 28 x 28.")
    taken = [min(count, sizes[0]), *sizes[1:]]
    body = _bytes(path, start + int(np.prod(taken)))[start:]
    if len(body) < np.prod(taken):
        raise DataError(f"{path.name} is cut off: it has fewer items than the {sizes[0]} it says.")
    return np.frombuffer(body, np.uint8).reshape(taken)


def _mnist_part(folder: Path, name: str, count: int) -> Part:
    pictures, labels = (
        read_idx(_either(folder, f"{name}-{kind}-ubyte"), dimensions, count)
        for kind, dimensions in (("images-idx3", 3), ("labels-idx1", 1))
    )
    if len(pictures) != len(labels):
        raise DataError(f"{name}: there are {len(pictures)} images and {len(labels)} classes.")
    return pictures[:, None], labels.astype(np.int64)


def _either(folder: Path, name: str) -> Path:
    """As the authors pack it, or unpacked."""
    return folder / name if (folder / name).is_file() else folder / f"{name}.gz"


def _cifar_part(folder: Path, name: str, count: int) -> Part:
    """Records of one byte of class and 3 x 32 x 32 of the picture, red before green before blue."""
    path, size = folder / {"train": "data_batch_1.bin", "t10k": "test_batch.bin"}[name], 1 + 3 * 32 * 32
    data = _bytes(path, count * size)
    if not data or len(data) % size:
        raise DataError(f"{path.name} is cut off: records of CIFAR-10 have {size} bytes.")
    records = np.frombuffer(data, np.uint8).reshape(-1, size)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64)


def read_parquet(path: Path, column: str, shape: tuple[int, int, int], count: int) -> Part:
    """The first rows of a parquet file of the hub: `column` holds PNG files, `label` classes."""
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise DataError("pyarrow, which reads the hub's files, is not installed: pip install pyarrow.") from error
    try:
        batch = next(parquet.ParquetFile(path).iter_batches(batch_size=count, columns=[column, "label"]))
        files, labels = batch.column(column).to_pylist(), batch.column("label").to_pylist()
        pictures = np.stack([_decoded(each["bytes"], shape) for each in files])
        return pictures, np.array(labels, np.int64)
    except DataError:
        raise
    except Exception as error:  # pyarrow raises of many kinds
        raise DataError(f"{path.name} is no parquet file of images and classes, or is damaged.") from error


def _decoded(data: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """[C, H, W] of a PNG file."""
    picture = Image.open(io.BytesIO(data), formats=("PNG",))
    if picture.size != (shape[2], shape[1]):
        raise DataError(f"an image is of {picture.width} x {picture.height} pixels, not {shape[2]} x {shape[1]}.")
    pixels = np.asarray(picture.convert("L" if shape[0] == 1 else "RGB"))
    return pixels[None] if shape[0] == 1 else pixels.transpose(2, 0, 1)


@dataclass(frozen=True)
class Source:
    """shape: (C, H, W); train: how many pictures are taken, the first of the file: the exact denoiser reads all at every step.

    read: (folder, "train" or "t10k", count) of the authors' own files; repository, folder: on the hub; column: of the pictures
    """

    shape: tuple[int, int, int]
    train: int
    read: Callable[[Path, str, int], Part]
    repository: str
    folder: str
    column: str


SOURCES = {
    "mnist": Source((1, 28, 28), 4000, _mnist_part, "ylecun/mnist", "mnist", "image"),
    "cifar10": Source((3, 32, 32), 2000, _cifar_part, "uoft-cs/cifar10", "plain_text", "img"),
}


def at_hand(name: str) -> bool:
    """Are the pictures on this machine? Nothing is read or fetched."""
    import huggingface_hub

    root, source = os.environ.get(DATA_VARIABLE, ""), SOURCES[name]
    if root and (Path(root) / name).is_dir():
        return True
    files = (f"{source.folder}/{part}-00000-of-00001.parquet" for part in ("train", "test"))
    found = (huggingface_hub.try_to_load_from_cache(source.repository, file, repo_type="dataset") for file in files)
    return all(isinstance(path, str) for path in found)


def fetch(repository: str, file: str) -> Path:
    """A data set's file in the hub's own cache, fetched if it is not there and may be. Raises DataError, soon, without a network,
    and while a page waits for it."""
    import huggingface_hub

    # hf_hub_download asks the hub which program calls it, even for local files only
    found = huggingface_hub.try_to_load_from_cache(repository, file, repo_type="dataset")
    if isinstance(found, str):
        return Path(found)
    FETCHER.check(repository, HUB_DATA, DataError)
    return FETCHER.get(f"{file} of {repository}", lambda: _download(repository, file), DataError)


def _download(repository: str, file: str) -> Path:
    """Raises DataError."""
    import huggingface_hub

    try:
        url = huggingface_hub.hf_hub_url(repository, file, repo_type="dataset")
        size = huggingface_hub.get_hf_file_metadata(url, token=False, timeout=TIMEOUT).size
        if size is None or size > MAX_FILE_BYTES:
            raise DataError(f"{file} of {repository} is larger than {MAX_FILE_BYTES} bytes, the most that is fetched.")
        return Path(huggingface_hub.hf_hub_download(repository, file, **WHERE, etag_timeout=TIMEOUT))
    except DataError:
        raise
    except Exception as error:  # of three libraries: no network, a hub that is down or says no
        if why := refusal(error):
            raise DataError(f"{repository} could not be fetched from the hub: {why}.") from error
        raise DataError(f"the hub cannot be reached, and {repository} was not fetched before.") from error


def load(name: str) -> tuple[Part, Part]:
    """(training, held out) pictures and classes of a data set in SOURCES. Raises DataError, in one sentence."""
    source, root = SOURCES[name], os.environ.get(DATA_VARIABLE, "")
    parts = []
    for part, hub_part, count in (("train", "train", source.train), ("t10k", "test", HELD_OUT)):
        if root and (Path(root) / name).is_dir():
            pictures, labels = source.read(Path(root) / name, part, count)
        else:
            path = fetch(source.repository, f"{source.folder}/{hub_part}-00000-of-00001.parquet")
            pictures, labels = read_parquet(path, source.column, source.shape, count)
        if pictures.shape[1:] != source.shape:
            raise DataError(f"its images are of {list(pictures.shape[1:])}, not {list(source.shape)}.")
        if labels.min() < 0 or labels.max() >= CLASSES:
            raise DataError(f"its classes must be from 0 to {CLASSES - 1}.")
        parts.append((pictures, labels))
    return parts[0], parts[1]
