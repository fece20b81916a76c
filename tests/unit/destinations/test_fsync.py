"""What is on the disk, as far as an fsync can bring it there, before anything speaks of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hfget.destinations import record_codec, safe_directories, wanted_files
from hfget.destinations.hub_cache.cache import CacheLayout
from hfget.destinations.hub_cache.cache_paths import HubCache
from hfget.destinations.local_dir.folder import FolderLayout
from hfget.system.atomic_files import atomic_write, sync_directory
from tests.support.cached_files import AT, CONFIG, REF, WEIGHTS, blob, filled, folder, pointer
from tests.support.loopback import small_file, snapshot_of
from tests.unit.transfer.test_reuse import DATA, TWINS, jobs_for, take


class Step(NamedTuple):
    """An inode was synced, or got a name, with this size or these entries at that moment."""

    what: str
    inode: int
    held: int | frozenset[str]


class Disk:
    """The calls that bring something to the disk or name it, in their order; all are made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[Step] = []
        for name in ("fsync", "fdatasync"):
            monkeypatch.setattr(os, name, self._noting("sync", getattr(os, name)))
        for module, name in ((os, "replace"), (os, "rename"), (safe_directories, "rename_new")):
            monkeypatch.setattr(module, name, self._noting("name", getattr(module, name)))

    def _noting(self, what: str, real: Callable[..., None]) -> Callable[..., None]:
        def noted(subject: Any, *rest: Any, **more: Any) -> None:
            folder = more.get("src_dir_fd")
            found = (
                os.fstat(subject) if isinstance(subject, int) else os.lstat(subject, dir_fd=folder)
            )
            is_folder = stat.S_ISDIR(found.st_mode)
            held = frozenset(os.listdir(subject)) if is_folder else found.st_size  # noqa: PTH208
            self.steps.append(Step(what, found.st_ino, held))
            real(subject, *rest, **more)

        return noted

    def has_content_of(self, file: Path) -> bool:
        """Whether all of `file` was synced, and only then named."""
        found = file.stat()
        steps = [step for step in self.steps if step.inode == found.st_ino]
        assert [step.what for step in steps].count("name") > 0
        return steps[0] == Step("sync", found.st_ino, found.st_size)

    def has_name_of(self, path: Path) -> bool:
        """Whether the folder of `path` was synced when `path` was in it."""
        inode = path.parent.stat().st_ino
        return any(
            step.what == "sync"
            and step.inode == inode
            and not isinstance(step.held, int)
            and path.name in step.held
            for step in self.steps
        )


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "hub"


@pytest.mark.parametrize("sync", [True, False])
def test_a_small_file_is_named_once_its_content_is_there_if_asked_for(
    sync: bool, disk: Disk, tmp_path: Path
) -> None:
    for text in ("first", "the second, which replaces it"):
        atomic_write(tmp_path / "x", text, sync=sync)
        assert disk.has_content_of(tmp_path / "x") == sync
        disk.steps.clear()


def test_a_folder_has_its_names(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    assert sync_directory(tmp_path) and disk.has_name_of(tmp_path / "x")


def test_what_is_asked_for_is_there_before_the_record_names_it(disk: Disk, tmp_path: Path) -> None:
    record_codec.prepare(tmp_path)
    files = [small_file("a", b"a"), small_file("b", b"b")]
    wanted_files.write_wanted(tmp_path, snapshot_of(*files), files)
    assert disk.has_content_of(tmp_path / wanted_files.RECORD_NAME)
    disk.steps.clear()
    wanted_files.unwant(tmp_path, ["a"])
    assert disk.has_content_of(tmp_path / wanted_files.RECORD_NAME)


def test_the_folders_of_a_cached_repo_are_there_from_the_beginning(disk: Disk, cache: Path) -> None:
    layout = CacheLayout(cache, REF)
    layout.begin(AT, AT.files)
    layout.close()
    root = pointer(cache, WEIGHTS).parent
    assert all(map(disk.has_name_of, (cache, folder(cache), blob(cache, WEIGHTS).parent, root)))


def test_the_names_of_a_batch_in_a_cache_are_there(disk: Disk, cache: Path) -> None:
    filled(cache, CONFIG, WEIGHTS)
    paths = [place(cache, file) for place in (blob, pointer) for file in (CONFIG, WEIGHTS)]
    assert all(map(disk.has_name_of, paths))
    assert disk.has_name_of(pointer(cache, CONFIG).parent), "a folder that had to be made"


def test_a_ref_is_named_once_its_content_is_there(disk: Disk, cache: Path) -> None:
    filled(cache, CONFIG)
    assert disk.has_content_of(folder(cache) / "refs" / "main")


def test_a_copy_is_named_once_its_content_is_there(disk: Disk, cache: Path, tmp_path: Path) -> None:
    source = blob(cache, TWINS[0])
    source.parent.mkdir(parents=True)
    source.write_bytes(DATA)
    layout = FolderLayout(tmp_path / "m", hub=HubCache(cache, REF))
    _, (first, second, _) = jobs_for(layout)
    for job in (first, second):
        assert take(job)
        assert disk.has_content_of(tmp_path / "m" / job.file.path)
    layout.close()
