"""Which layout a run has: a plain folder, or the Hub cache."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

from hfget.destinations.hub_cache.cache import CacheLayout
from hfget.destinations.hub_cache.cache_paths import HubCache
from hfget.destinations.layout import Layout
from hfget.destinations.local_dir.folder import FolderLayout
from hfget.errors import UsageError
from hfget.model import RepoRef
from hfget.system import hub_cache

Folder: TypeAlias = "str | os.PathLike[str] | None"


def choose_layout(
    ref: RepoRef,
    *,
    local_dir: Folder = None,
    cache: bool = False,
    cache_dir: Folder = None,
    hardlink: bool = False,
    delete: bool = False,
    force: bool = False,
    fsync: bool = True,
) -> Layout:
    """The Hub cache with `cache` or a `cache_dir`, else a folder. Raises UsageError.

    Beside a `local_dir`, `cache_dir` says which Hub cache files are taken from, as it does in
    huggingface_hub.
    """
    from huggingface_hub import constants

    if cache and local_dir is not None:
        raise UsageError(
            "--cache and --local-dir contradict each other",
            hint="files go into the Hub cache, or into a folder",
        )
    hub = _folder(cache_dir, "--cache-dir") if cache_dir is not None else hub_cache(os.environ)
    if not cache and (cache_dir is None or local_dir is not None):
        root = _folder(local_dir, "--local-dir") if local_dir is not None else Path(ref.name)
        known = HubCache(hub, ref) if hub is not None else None
        return FolderLayout(root, force=force, fsync=fsync, hub=known, asked=ref.repo_id)
    if hub is None:
        raise UsageError(
            "where the Hub cache lies is not known, since your home folder is not",
            hint="name it with --cache-dir, or set HF_HOME or HOME",
        )
    if hardlink:
        raise UsageError(
            "--hardlink is about files that are taken from the Hub cache into a folder",
            hint="leave out --cache and --cache-dir, or name a folder with --local-dir",
        )
    if delete:
        raise UsageError(
            "--delete is about folders; in the Hub cache every revision keeps its own files",
            hint="remove revisions that nothing names any more with: hf cache prune",
        )
    return CacheLayout(hub, ref, links=not constants.HF_HUB_DISABLE_SYMLINKS, fsync=fsync)


def cache_beside(ref: RepoRef, cache_dir: Folder = None) -> Layout | None:
    """The Hub cache from which a folder takes files, as a layout of its own, if there is one."""
    hub = _folder(cache_dir, "--cache-dir") if cache_dir is not None else hub_cache(os.environ)
    return CacheLayout(hub, ref) if hub is not None else None


def _folder(given: str | os.PathLike[str], flag: str) -> Path:
    """The folder that the option `flag` names; it need not be there. Raises UsageError."""
    path = Path(given)
    if os.path.exists(path) and not os.path.isdir(path):
        raise UsageError(f"{flag} {path} is a file, not a folder", hint="choose another folder")
    return path
