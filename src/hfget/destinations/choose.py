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
from hfget.messages import advice
from hfget.messages import destination_texts as texts
from hfget.model import RepoRef
from hfget.system import hub_cache

Folder: TypeAlias = "str | os.PathLike[str] | None"


def choose_layout(
    ref: RepoRef,
    *,
    local_dir: Folder = None,
    cache: bool = False,
    cache_dir: Folder = None,
    force: bool = False,
    fsync: bool = True,
) -> Layout:
    """The Hub cache with `cache`, else a folder. Raises UsageError.

    `cache_dir` is the Hub cache, or the one from which a folder takes files.
    """
    from huggingface_hub import constants

    if cache and local_dir is not None:
        raise UsageError(
            texts.CACHE_AND_LOCAL_DIR,
            hint=advice.CACHE_OR_FOLDER,
        )
    hub = _folder(cache_dir, "--cache-dir") if cache_dir is not None else hub_cache(os.environ)
    if not cache:
        root = _folder(local_dir, "--local-dir") if local_dir is not None else Path(ref.name)
        known = HubCache(hub, ref) if hub is not None else None
        return FolderLayout(root, force=force, fsync=fsync, hub=known, asked=ref.repo_id)
    if hub is None:
        raise UsageError(
            texts.NO_CACHE_PLACE,
            hint=advice.NAME_CACHE,
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
        raise UsageError(texts.FILE_NOT_FOLDER(flag=flag, path=path), hint=advice.OTHER_FOLDER_ONLY)
    return path
