"""Who may have something fetched from the hub, and that a page's visitors do not wait for it."""

import threading
import time
from types import SimpleNamespace

import huggingface_hub
import pytest

from diffviz import Experiment, ExperimentError
from diffviz.domains.base import DataError
from diffviz.domains.pictures import hub_pictures
from diffviz.pretrained import fetching, hub, names
from diffviz.pretrained.config import PretrainedError
from diffviz.pretrained.fetching import FETCHER, HUB_DATA, HUB_MODELS, Fetcher
from diffviz.ui.limits import check_budget

NAME = "google/ddpm-cifar10-32"


@pytest.fixture
def shared(monkeypatch):
    """A page is served, whose host lists nothing."""
    monkeypatch.setattr(FETCHER, "shared", True)
    monkeypatch.setattr(FETCHER, "_known", {})
    for variable in (fetching.HUB_VARIABLE, HUB_MODELS, HUB_DATA):
        monkeypatch.delenv(variable, raising=False)


def told(fetcher, name, fetch):
    with pytest.raises(PretrainedError) as error:
        fetcher.get(name, fetch, PretrainedError)
    return str(error.value)


def eventually(ask):
    """The first answer that is not that something is on its way."""
    for _ in range(500):
        try:
            return ask()
        except (PretrainedError, DataError) as error:
            if "being fetched" not in str(error):
                return str(error)
            time.sleep(0.01)
    raise AssertionError("it never came")


@pytest.fixture
def fetcher():
    found = Fetcher()
    found.shared = True
    return found


def test_a_visitor_does_not_wait_and_finds_it_later(fetcher, tmp_path):
    come, asked = threading.Event(), []

    def fetch():
        asked.append(1)
        come.wait(10)
        return tmp_path

    for _ in range(45):  # a class
        started = time.monotonic()
        assert told(fetcher, "a/b", fetch) == "a/b is being fetched from the hub; try again in a minute."
        assert time.monotonic() - started < 0.5
    come.set()
    assert eventually(lambda: fetcher.get("a/b", fetch, PretrainedError)) == tmp_path
    assert asked == [1]


def test_a_few_are_fetched_at_once(fetcher, tmp_path):
    come = threading.Event()
    slow = lambda: come.wait(10) and tmp_path  # noqa: E731
    for number in range(fetching.AT_ONCE):
        told(fetcher, f"a/{number}", slow)
    assert "waits for others" in told(fetcher, "a/more", slow)
    come.set()
    eventually(lambda: fetcher.get("a/0", slow, PretrainedError))
    assert eventually(lambda: fetcher.get("a/more", slow, PretrainedError)) == tmp_path


def test_a_failure_is_remembered_and_after_a_while_tried_again(fetcher, tmp_path, monkeypatch):
    asked = []

    def fail():
        asked.append(1)
        raise PretrainedError("the hub is down.")

    for _ in range(3):
        assert eventually(lambda: fetcher.get("a/b", fail, PretrainedError)) == "the hub is down."
    assert asked == [1]
    monkeypatch.setattr(fetching, "FAILED_SECONDS", 0.0)
    assert eventually(lambda: fetcher.get("a/b", lambda: tmp_path, PretrainedError)) == tmp_path


def test_what_was_removed_is_fetched_again_and_what_never_comes_is_said(fetcher, tmp_path, monkeypatch):
    folder = tmp_path / "snapshot"
    folder.mkdir()
    assert eventually(lambda: fetcher.get("a/b", lambda: folder, PretrainedError)) == folder
    folder.rmdir()
    assert eventually(lambda: fetcher.get("a/b", lambda: tmp_path, PretrainedError)) == tmp_path
    monkeypatch.setattr(fetching, "DEADLINE_SECONDS", -1.0)
    assert told(fetcher, "a/c", lambda: threading.Event().wait(5)) == "a/c does not come from the hub."


def test_what_hangs_keeps_nothing_else_from_being_fetched_and_is_tried_again(fetcher, tmp_path, monkeypatch):
    come, now = threading.Event(), [0.0]
    monkeypatch.setattr(fetching, "time", SimpleNamespace(monotonic=lambda: now[0]))
    hangs, quick = (lambda: come.wait(20) and tmp_path / "too late"), lambda: tmp_path
    for number in range(fetching.AT_ONCE):
        told(fetcher, f"a/{number}", hangs)
    assert "waits for others" in told(fetcher, "a/more", quick)
    now[0] += fetching.DEADLINE_SECONDS + 1
    assert told(fetcher, "a/0", quick) == "a/0 does not come from the hub."  # a failure, which is remembered
    assert eventually(lambda: fetcher.get("a/more", quick, PretrainedError)) == tmp_path
    now[0] += fetching.FAILED_SECONDS
    assert eventually(lambda: fetcher.get("a/0", quick, PretrainedError)) == tmp_path
    come.set()


def test_a_page_fetches_no_network_that_its_host_does_not_list(shared, monkeypatch):
    monkeypatch.setattr(names, "load_from_hub", lambda name: SimpleNamespace(flops=1.0, parameters=1, title=name))
    experiment = Experiment(dataset="own", denoiser=f"hub:{NAME}", particles=10, steps=10)
    with pytest.raises(ExperimentError, match=f"only what its host lists in {HUB_MODELS}, and {NAME} is not in that list"):
        check_budget(experiment)
    monkeypatch.setenv(HUB_MODELS, f"someone/other {NAME}")
    check_budget(experiment)
    monkeypatch.setenv(fetching.HUB_VARIABLE, "0")
    with pytest.raises(ExperimentError, match="DIFFVIZ_HUB=0"):
        check_budget(experiment)


def test_a_page_fetches_no_data_that_its_host_does_not_list(shared, monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *arguments, **options: str(tmp_path))
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *arguments, **options: None)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda *arguments, **options: SimpleNamespace(size=1000))
    ask = lambda: hub_pictures.fetch("ylecun/mnist", "a.parquet")  # noqa: E731
    with pytest.raises(DataError, match=f"lists in {HUB_DATA}, and ylecun/mnist is not"):
        ask()
    monkeypatch.setenv(HUB_DATA, "ylecun/mnist")
    assert eventually(ask) == tmp_path


def test_the_disk_is_bounded_and_what_the_host_does_not_list_stays(monkeypatch):
    """Three networks that are listed and one that the machine's owner fetched."""
    monkeypatch.setenv(HUB_MODELS, "a/old a/used a/new")
    gone = []
    kept = [
        SimpleNamespace(repo_type="model", repo_id=name, last_accessed=used, size_on_disk=size, revisions=[
            SimpleNamespace(commit_hash=name)
        ])
        for name, used, size in (("a/old", 1, 10**9), ("a/used", 3, 10**9), ("mine/own", 0, 9 * 10**9))
    ]  # fmt: skip
    deleting = lambda *hashes: SimpleNamespace(execute=lambda: gone.extend(hashes))  # noqa: E731
    monkeypatch.setattr(huggingface_hub, "scan_cache_dir", lambda cache: SimpleNamespace(repos=kept, delete_revisions=deleting))
    hub.make_room("a/new")
    assert gone == []
    monkeypatch.setattr(hub, "DISK_BYTES", hub.MAX_DOWNLOAD_BYTES + 10**9)
    hub.make_room("a/new")
    assert gone == ["a/old"]
