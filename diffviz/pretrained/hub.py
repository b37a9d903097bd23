"""Other people's networks by their name on the Hugging Face hub: exactly the files of the layout, their size known beforehand.

Asked without any token: what only the owner of this machine's account may see is not for whoever names it here.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch

from diffviz.files import refusal
from diffviz.messages import show
from diffviz.pretrained.config import PretrainedError
from diffviz.pretrained.denoiser import MAX_PARAMETERS, PretrainedDenoiser, load
from diffviz.pretrained.fetching import FETCHER, HUB_MODELS, listed
from diffviz.pretrained.folder import MAX_CONFIG_BYTES, MAX_HEADER_BYTES, layout

MAX_DOWNLOAD_BYTES = 4 * MAX_PARAMETERS + MAX_HEADER_BYTES + 3 * MAX_CONFIG_BYTES
DISK_BYTES = 4_000_000_000  # of the networks that a page's host lists: the least recently used leave for another one
TIMEOUT = 10.0  # seconds for the hub to answer
PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_]|[.-](?![.-])){0,95}"  # as the hub has them: no ".." and no "--"
_NAME = re.compile(rf"{PART}(?:/{PART})?")


def fetch(name: str, cache: Path | None = None) -> Path:
    """The folder in the local cache (huggingface_hub's own, unless one is given), fetched if need be and possible.

    Raises PretrainedError for a name that is not there or private, for no network and nothing in the cache, for files that make
    no network or are larger than MAX_DOWNLOAD_BYTES together.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PretrainedError(f"a network's name on the hub is like google/ddpm-cifar10-32, not {show(name)}.")
    try:
        import huggingface_hub
        from huggingface_hub.errors import CacheNotFound, RepositoryNotFoundError
    except ImportError as error:
        raise PretrainedError("huggingface_hub, which fetches networks, is not installed: pip install diffusers.") from error
    try:
        info = huggingface_hub.model_info(name, files_metadata=True, timeout=TIMEOUT, token=False)
    except RepositoryNotFoundError as error:
        raise PretrainedError(f"{name} is not on the hub, or is private.") from error
    except Exception as error:  # of three libraries: no network, a hub that is down or says no
        try:
            return _fetched_before(name, cache)
        except (ValueError, CacheNotFound):
            raise PretrainedError(f"the hub cannot be reached, and {name} was not fetched before.") from error
    sizes = {file.rfilename: file.size for file in info.siblings or []}
    try:
        files = layout(sizes.__contains__).files
    except PretrainedError as error:
        raise PretrainedError(f"{name}: {error}") from error
    if any(sizes[file] is None for file in files):
        raise PretrainedError(f"{name}: the hub does not say how large its files are.")
    if sum(sizes[file] for file in files) > MAX_DOWNLOAD_BYTES:
        raise PretrainedError(f"{name} is larger than {MAX_DOWNLOAD_BYTES} bytes, the most that is fetched.")
    try:
        # the very revision whose sizes were looked at
        folder = huggingface_hub.snapshot_download(
            name, revision=info.sha, cache_dir=cache, allow_patterns=files, token=False, etag_timeout=TIMEOUT
        )
    except RepositoryNotFoundError as error:
        raise PretrainedError(f"{name} is only for those whom its authors let in.") from error
    except Exception as error:
        why = refusal(error)
        raise PretrainedError(f"{name} could not be fetched from the hub{f': {why}' if why else ''}.") from error
    return Path(folder)


def _fetched_before(name: str, cache: Path | None) -> Path:
    """The newest snapshot in the cache; a revision fetched by its number is not to be found there by the branch's name.

    Raises ValueError if it is not there, CacheNotFound if there is no cache."""
    import huggingface_hub

    repositories = huggingface_hub.scan_cache_dir(cache).repos
    revisions = [each for one in repositories if (one.repo_type, one.repo_id) == ("model", name) for each in one.revisions]
    return max(revisions, key=lambda each: each.last_modified).snapshot_path


def make_room(name: str, cache: Path | None = None) -> None:
    """Remove networks that the host lists from the cache, the least recently used first, until there is room for this one. What
    the owner of the machine has fetched besides stays."""
    import huggingface_hub
    from huggingface_hub.errors import CacheNotFound

    try:
        kept = huggingface_hub.scan_cache_dir(cache)
    except (ValueError, CacheNotFound):  # nothing was fetched so far
        return
    names = set(listed(HUB_MODELS)) - {name}
    ours = sorted(
        (one for one in kept.repos if one.repo_type == "model" and one.repo_id in names), key=lambda one: one.last_accessed
    )
    size, leaving = sum(one.size_on_disk for one in ours) + MAX_DOWNLOAD_BYTES, []
    while size > DISK_BYTES and ours:
        one = ours.pop(0)
        size -= one.size_on_disk
        leaving += [revision.commit_hash for revision in one.revisions]
    kept.delete_revisions(*leaving).execute()


def load_from_hub(name: str, device: torch.device | str = "cpu", cache: Path | None = None) -> PretrainedDenoiser:
    """The denoiser that has this name on the hub, such as google/ddpm-cifar10-32. Raises what fetch and load do, and
    PretrainedError while a page waits for it."""

    def brought() -> Path:
        if FETCHER.shared:
            make_room(name, cache)
        return fetch(name, cache)

    folder = FETCHER.get(name, brought, PretrainedError)
    # a snapshot is <cache>/models--<name>/snapshots/<revision>, made of links into the cache
    return load(folder, device, title=name, within=folder.parents[2])
