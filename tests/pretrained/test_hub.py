"""A hub that answers from a folder, by functions of huggingface_hub's own signatures, laid out as its cache is: a revision
fetched by its number leaves links into blobs and no branch's name. What was fetched before huggingface_hub itself finds."""

import errno
import fnmatch
import inspect
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import httpx
import huggingface_hub
import pytest
from huggingface_hub.errors import GatedRepoError, OfflineModeIsEnabled, RepositoryNotFoundError

from diffviz.pretrained.denoiser import PretrainedError
from diffviz.pretrained.fetching import FETCHER
from diffviz.pretrained.hub import MAX_DOWNLOAD_BYTES, fetch, load_from_hub
from tests.gaussian.denoisers import networks

NAME, REVISION = "someone/tiny-net", "0123456789" * 4
SIGNATURES = {name: inspect.signature(getattr(huggingface_hub, name)) for name in ("model_info", "snapshot_download")}


class Hub:
    """One repository, its files in a folder; error: what asking raises; sizes: what it claims instead of the truth."""

    def __init__(self, folder, cache):
        self.folder, self.cache = folder, cache
        self.error = self.download_error = None
        self.sizes, self.asked = {}, []

    def files(self):
        return {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}

    def model_info(self, *args, **kwargs):
        asked = SIGNATURES["model_info"].bind(*args, **kwargs).arguments
        assert asked["files_metadata"] is True
        assert asked["token"] is False
        if self.error is not None:
            raise self.error
        sizes = {name: path.stat().st_size for name, path in self.files().items()} | self.sizes
        return SimpleNamespace(sha=REVISION, siblings=[SimpleNamespace(rfilename=n, size=size) for n, size in sizes.items()])

    def snapshot_download(self, *args, **kwargs):
        asked = SIGNATURES["snapshot_download"].bind(*args, **kwargs).arguments
        self.asked.append(asked)
        repository = Path(asked["cache_dir"]) / f"models--{asked['repo_id'].replace('/', '--')}"
        snapshot = repository / "snapshots" / REVISION
        assert asked["token"] is False
        assert asked["revision"] == REVISION
        if self.download_error is not None:
            raise self.download_error
        for number, (name, path) in enumerate(self.files().items()):
            if any(fnmatch.fnmatch(name, pattern) for pattern in asked["allow_patterns"]):
                blob, link = repository / "blobs" / str(number), snapshot / name
                blob.parent.mkdir(parents=True, exist_ok=True)
                link.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, blob)
                link.symlink_to(blob)
        return str(snapshot)


def response(code):
    request = httpx.Request("GET", "https://hub")
    return httpx.Response(code, request=request)


@pytest.fixture(autouse=True)
def no_page(monkeypatch):
    """Nobody but whoever runs the command line names what is fetched."""
    monkeypatch.setattr(FETCHER, "shared", False)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return networks.save(tmp_path_factory.mktemp("saved") / "net")


@pytest.fixture
def hub(saved, tmp_path, monkeypatch):
    folder = shutil.copytree(saved, tmp_path / "there")
    (folder / "README.md").write_text("# A card")
    (folder / "pipeline.py").write_text("raise SystemExit")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    (folder / "samples.zip").write_bytes(b"0" * 1000)
    made = Hub(folder, tmp_path / "cache")
    for name in SIGNATURES:
        monkeypatch.setattr(huggingface_hub, name, getattr(made, name))
    return made


def refused(hub, *words, name=NAME):
    with pytest.raises(PretrainedError) as error:
        load_from_hub(name, cache=hub.cache)
    message = str(error.value)
    assert message.isprintable()
    assert re.search(r"\.$", message)
    assert len(message) < 300
    for word in words:
        assert word in message, message


def test_a_network_is_loaded_by_its_name(hub):
    denoiser = load_from_hub(NAME, cache=hub.cache)
    assert denoiser.title == NAME
    assert denoiser.shape == (2, 8, 4)


def test_only_the_files_of_the_layout_are_fetched(hub):
    folder = fetch(NAME, hub.cache)
    names = [
        "model_index.json",
        "scheduler/scheduler_config.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
    ]
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == names
    assert sorted(hub.asked[0]["allow_patterns"]) == names


def test_a_bare_network_is_fetched_too(hub, saved):
    shutil.rmtree(hub.folder)
    networks.bare(saved, hub.folder)
    assert load_from_hub(NAME, cache=hub.cache).shape == (2, 8, 4)


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError("no network"), OfflineModeIsEnabled("offline"), TimeoutError()],
    ids=lambda error: type(error).__name__,
)
def test_without_a_network_the_cache_answers(hub, error):
    hub.error = error
    refused(hub, "the hub cannot be reached, and someone/tiny-net was not fetched before")
    hub.error = None
    load_from_hub(NAME, cache=hub.cache)
    hub.error = error
    assert load_from_hub(NAME, cache=hub.cache).shape == (2, 8, 4)


def test_an_unknown_or_private_name_is_refused(hub):
    hub.error = RepositoryNotFoundError("401", response=response(401))
    refused(hub, "someone/tiny-net is not on the hub, or is private")


def test_a_gated_network_is_refused(hub):
    hub.download_error = GatedRepoError("403", response=response(403))
    refused(hub, "only for those whom its authors let in")
    hub.download_error = httpx.ReadTimeout("slow")
    refused(hub, "could not be fetched from the hub.")


def test_a_full_disk_is_not_told_as_a_network_that_is_down(hub):
    hub.download_error = RuntimeError("the download was broken off")
    hub.download_error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    refused(hub, "someone/tiny-net could not be fetched from the hub: the disk is full.")
    hub.download_error = ConnectionError(errno.ECONNRESET, "Connection reset by peer")
    refused(hub, "someone/tiny-net could not be fetched from the hub.")


def test_what_is_too_large_is_not_fetched(hub):
    hub.sizes = {"unet/diffusion_pytorch_model.safetensors": MAX_DOWNLOAD_BYTES}
    refused(hub, f"larger than {MAX_DOWNLOAD_BYTES} bytes")
    hub.sizes = {"unet/diffusion_pytorch_model.safetensors": None}
    refused(hub, "does not say how large")
    assert not hub.asked


def test_other_repositories_are_refused_before_they_are_fetched(hub):
    (hub.folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    refused(hub, "someone/tiny-net: weights must be safetensors")
    shutil.rmtree(hub.folder / "unet")
    refused(hub, "someone/tiny-net: neither unet/config.json nor config.json")
    assert not hub.asked


@pytest.mark.parametrize(
    "name",
    ["", "..", "a/..", "../a", "a/b/c", "/a", "a/", "a b", "a\n", "a--b", "a..b/c", "https://hub/a", "x" * 200, "ä/b", None, 5],
    ids=repr,
)
def test_only_names_as_the_hub_has_them_are_asked_for(hub, name):
    hub.error = AssertionError("asked")
    refused(hub, "is like google/ddpm-cifar10-32", name=name)


@pytest.mark.parametrize("name", ["google/ddpm-cifar10-32", "gpt2", "a_b/c.d-e", "1a/b"])
def test_good_names_are(hub, name):
    assert load_from_hub(name, cache=hub.cache).title == name


def test_a_link_out_of_the_cache_is_refused(hub, tmp_path):
    folder = fetch(NAME, hub.cache)
    shutil.copy(folder / "unet" / "config.json", tmp_path / "config.json")
    (folder / "unet" / "config.json").unlink()
    (folder / "unet" / "config.json").symlink_to(tmp_path / "config.json")
    hub.error = TimeoutError()
    refused(hub, "leads out of the folder")
