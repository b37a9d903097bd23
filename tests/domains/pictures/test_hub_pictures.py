"""MNIST and CIFAR-10 from small files of their formats, written here; every bad one is a sentence."""

import gzip
import io
import struct
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from diffviz import Experiment, ExperimentError, run
from diffviz.domains.pictures import hub_pictures
from diffviz.domains.pictures.hub_pictures import DataError, fetch, load, read_idx, read_parquet
from diffviz.domains.pictures.images import image_mixture, make_images
from diffviz.experiment import iter_specs
from diffviz.pretrained.fetching import FETCHER, HUB_VARIABLE

RNG = np.random.default_rng(3)
DIGITS, CLASSES = RNG.integers(0, 256, (12, 28, 28), dtype=np.uint8), (np.arange(12) % 10).astype(np.uint8)
PHOTOS = RNG.integers(0, 256, (12, 3, 32, 32), dtype=np.uint8)
MNIST_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def idx(array):
    """As described on MNIST's page: magic number, sizes, bytes."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def records(photos, classes):
    return b"".join(bytes([int(c)]) + photo.tobytes() for photo, c in zip(photos, classes, strict=True))


@pytest.fixture(autouse=True)
def no_page(monkeypatch):
    """Nobody but whoever runs the command line names what is fetched."""
    monkeypatch.setattr(FETCHER, "shared", False)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The authors' files, the last two pictures held out."""
    for cut, name in ((slice(None, 10), "train"), (slice(10, None), "t10k")):
        for kind, array in (("images-idx3", DIGITS), ("labels-idx1", CLASSES)):
            (tmp_path / "mnist").mkdir(exist_ok=True)
            (tmp_path / "mnist" / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(idx(array[cut])))
        (tmp_path / "cifar10").mkdir(exist_ok=True)
        file = {"train": "data_batch_1.bin", "t10k": "test_batch.bin"}[name]
        (tmp_path / "cifar10" / file).write_bytes(records(PHOTOS[cut], CLASSES[cut]))
    monkeypatch.setenv(hub_pictures.DATA_VARIABLE, str(tmp_path))
    monkeypatch.setattr(hub_pictures, "fetch", lambda *a: pytest.fail("was fetched"))
    forget()
    yield tmp_path
    forget()


def forget():
    make_images.cache_clear()
    image_mixture.cache_clear()


def told(function, *arguments):
    with pytest.raises(DataError) as error:
        function(*arguments)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")
    return str(error.value)


@pytest.mark.parametrize(("name", "pictures"), [("mnist", DIGITS[:, None]), ("cifar10", PHOTOS)])
def test_the_authors_files_are_read(here, name, pictures):
    (train, classes), (held_out, others) = load(name)
    np.testing.assert_array_equal(train, pictures[:10])
    np.testing.assert_array_equal(held_out, pictures[10:])
    assert classes.tolist() == CLASSES[:10].tolist()
    assert others.tolist() == CLASSES[10:].tolist()
    data = make_images(name)
    np.testing.assert_allclose(data.train, pictures[:10] / 127.5 - 1.0, atol=1e-6)
    trajectory = run(Experiment(dataset=name, label=3, steps=10, particles=2))  # one picture of the class: it comes back
    assert np.abs(trajectory.reverse[-1] - (pictures[3] / 127.5 - 1.0)).max() < 6 / 255


def test_only_the_first_are_taken(here, monkeypatch):
    for name in ("mnist", "cifar10"):
        few = hub_pictures.Source(**{**vars(hub_pictures.SOURCES[name]), "train": 4})
        monkeypatch.setitem(hub_pictures.SOURCES, name, few)
        assert len(load(name)[0][0]) == 4


def test_unpacked_files_do_as_well(here):
    for name in MNIST_FILES:
        path = here / "mnist" / name
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    np.testing.assert_array_equal(load("mnist")[0][0][:, 0], DIGITS[:10])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[:40], "damaged"),
        (lambda data: b"no gzip", "damaged"),
        (lambda data: gzip.compress(b"\0\0\x0d\x03" + bytes(100)), "no IDX file"),
        (lambda data: gzip.compress(b"\0\0"), "no IDX file"),
        (lambda data: gzip.compress(idx(CLASSES)), "no IDX file"),
        (lambda data: gzip.compress(idx(DIGITS)[:-1]), "cut off"),
        (lambda data: gzip.compress(idx(np.zeros((3, 64, 64), np.uint8))), "28 x 28"),
        (lambda data: gzip.compress(idx(np.zeros((10, 20, 20), np.uint8))), "not \\[1, 28, 28\\]"),
        (lambda data: gzip.compress(idx(DIGITS[:7])), "7 images and 10 classes"),
        (lambda data: gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 28, 28)), "cut off"),
    ],
)
def test_a_bad_file_of_digits_is_one_sentence(here, spoil, message):
    path = here / "mnist" / MNIST_FILES[0]
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ExperimentError, match=f"dataset mnist cannot be had: .*{message}"):
        run(Experiment(dataset="mnist", steps=2, particles=1))
    forget()
    run(Experiment(dataset="cifar10", steps=2, particles=1))


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "cut off"), (records(PHOTOS, CLASSES)[:-5], "cut off"), (records(PHOTOS, CLASSES + 5), "classes must be from 0 to 9")],
)
def test_a_bad_file_of_photographs_is_one_sentence(here, data, message):
    (here / "cifar10" / "data_batch_1.bin").write_bytes(data)
    assert message in told(load, "cifar10")


def test_a_missing_file_is_one_sentence(here):
    (here / "cifar10" / "test_batch.bin").unlink()
    assert "test_batch.bin is missing" in told(load, "cifar10")
    assert "damaged" in told(read_idx, here / "nowhere.gz", 3, 5)


@pytest.mark.parametrize(
    ("repository", "file", "column"), [("ylecun/mnist", "mnist", "image"), ("uoft-cs/cifar10", "plain_text", "img")]
)
def test_without_a_folder_the_hub_is_asked_for_both_parts(monkeypatch, repository, file, column):
    name, asked = file if file == "mnist" else "cifar10", []
    source = hub_pictures.SOURCES[name]
    monkeypatch.delenv(hub_pictures.DATA_VARIABLE, raising=False)
    monkeypatch.setattr(hub_pictures, "fetch", lambda *a: asked.append(a) or a[1])

    def parquet(path, where, shape, count):
        assert (where, shape) == (column, source.shape)
        return np.zeros((3, *shape), np.uint8), np.arange(3)

    monkeypatch.setattr(hub_pictures, "read_parquet", parquet)
    load(name)
    assert asked == [(repository, f"{file}/{part}-00000-of-00001.parquet") for part in ("train", "test")]


def test_no_network_is_one_sentence(monkeypatch):
    import huggingface_hub

    asked = []

    def unreachable(*arguments, **options):
        asked.append(options)
        raise OSError("no route to host")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", unreachable)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", unreachable)
    assert "cannot be reached" in told(fetch, "ylecun/mnist", "a.parquet")
    assert len(asked) == 1
    assert asked[0]["token"] is False
    assert 0 < asked[0]["timeout"] <= 10
    monkeypatch.setenv(HUB_VARIABLE, "0")
    assert "DIFFVIZ_HUB=0" in told(fetch, "ylecun/mnist", "a.parquet")
    assert len(asked) == 1


def test_a_full_disk_is_not_told_as_a_network_that_is_down(monkeypatch):
    import huggingface_hub

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.delenv(HUB_VARIABLE, raising=False)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", full)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda *arguments, **options: SimpleNamespace(size=1000))
    assert told(fetch, "ylecun/mnist", "a.parquet") == "ylecun/mnist could not be fetched from the hub: the disk is full."


def test_without_pyarrow_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install pyarrow" in told(read_parquet, tmp_path / "a.parquet", "image", (1, 28, 28), 3)


@pytest.mark.parametrize(("name", "pictures"), [("mnist", DIGITS[:, None]), ("cifar10", PHOTOS)])
def test_the_hubs_files_are_read(tmp_path, name, pictures):
    """As datasets with pictures lie on the hub: PNG files in a column of structures, classes in another."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    source, path = hub_pictures.SOURCES[name], tmp_path / "train.parquet"

    def write(pictures, column=source.column):
        files = []
        for picture in pictures:
            out = io.BytesIO()
            Image.fromarray(picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)).save(out, "PNG")
            files.append({"bytes": out.getvalue(), "path": None})
        parquet.write_table(pyarrow.table({column: files, "label": CLASSES[: len(files)].astype(np.int64)}), path)

    write(pictures)
    found, classes = read_parquet(path, source.column, source.shape, 5)
    np.testing.assert_array_equal(found, pictures[:5])
    assert classes.tolist() == CLASSES[:5].tolist()
    write(pictures[:, :, :20, :20])
    assert "20 x 20 pixels" in told(read_parquet, path, source.column, source.shape, 5)
    write(pictures, "other")
    assert "or is damaged" in told(read_parquet, path, source.column, source.shape, 5)
    path.write_bytes(path.read_bytes()[:-30])
    assert "or is damaged" in told(read_parquet, path, source.column, source.shape, 5)


def test_menus_name_them_and_fetch_nothing(monkeypatch):
    monkeypatch.setattr(hub_pictures, "load", lambda name: pytest.fail("was loaded"))
    spec = next(spec for name, spec, *_ in iter_specs() if name == "dataset")
    assert {"mnist", "cifar10"} <= set(spec.choices)
    assert Experiment(dataset="cifar10", particles=1).picture_shape == (3, 32, 32)
