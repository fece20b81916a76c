"""What a folder layout believes of the files there, and for which repo."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub._local_folder import read_download_metadata, write_download_metadata

from hfget.destinations.local_dir.folder import FolderLayout
from hfget.destinations.record_files import LOG_NAME
from hfget.destinations.record_log import RecordLog
from hfget.model import ItemState, RepoRef
from tests.support.loopback import small_file, snapshot_of

FILE = small_file("c.json", b"[1]")
NEWER = small_file("c.json", b"[2]")
AT = snapshot_of(FILE, commit="a" * 40)
LATER = snapshot_of(NEWER, commit="b" * 40)
OTHER = replace(LATER, ref=RepoRef("org/other"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "m"
    root.mkdir()
    return root


def published(root: Path) -> Path:
    """A file that was downloaded and recorded."""
    layout = FolderLayout(root)
    layout.place(AT, FILE)
    layout.begin(AT, [FILE])
    data = layout.partial_directory(FILE) / "data.incomplete"
    data.write_bytes(b"[1]")
    layout.publish(AT, FILE, data, replace=False)
    layout.flush()
    layout.close()
    return root / FILE.path


def state(root: Path) -> ItemState:
    return FolderLayout(root).place(AT, FILE).state


def test_what_was_published_is_complete_and_huggingface_hub_knows_it_too(root: Path) -> None:
    published(root)
    assert state(root) is ItemState.COMPLETE
    assert read_download_metadata(root, FILE.path) is not None


def test_the_word_of_huggingface_hub_alone_is_not_enough(root: Path) -> None:
    (root / FILE.path).write_bytes(b"[9]")
    write_download_metadata(root, FILE.path, AT.commit, FILE.etag)
    placement = FolderLayout(root).place(AT, FILE)
    assert (placement.state, placement.replaceable) == (ItemState.ADOPTABLE, False)


def test_what_changed_while_it_was_hashed_is_hashed_again(root: Path) -> None:
    target = root / FILE.path
    target.write_bytes(b"[1]")
    layout = FolderLayout(root)
    layout.begin(AT, [FILE])
    assert layout.place(AT, FILE).state is ItemState.ADOPTABLE
    time.sleep(0.02)  # the clock of a file system ticks
    before = target.stat()
    target.write_bytes(b"[9]")
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    layout.adopt(AT, FILE)
    layout.flush()
    layout.close()
    assert state(root) is ItemState.ADOPTABLE


def test_what_was_swapped_while_it_got_its_name_is_hashed_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = FolderLayout(root)
    layout.begin(AT, [FILE])
    data = layout.partial_directory(FILE) / "data.incomplete"
    data.write_bytes(b"[1]")
    move = layout._directories._move_in

    def swapped(*arguments: object, **options: object) -> None:
        move(*arguments, **options)  # type: ignore[arg-type]
        (root / "other").write_bytes(b"[9]")
        (root / "other").rename(root / FILE.path)

    monkeypatch.setattr(layout._directories, "_move_in", swapped)
    layout.publish(AT, FILE, data, replace=False)
    layout.flush()
    layout.close()
    assert state(root) is ItemState.ADOPTABLE


def test_bytes_that_changed_at_the_same_time_are_damage_and_later_ones_an_edit(root: Path) -> None:
    target = published(root)
    before = target.stat()
    time.sleep(0.02)
    target.write_bytes(b"[9]")
    assert not FolderLayout(root).place(AT, FILE).replaceable
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
    placement = FolderLayout(root).place(AT, FILE)
    assert placement.state is ItemState.ADOPTABLE and placement.replaceable


def test_what_another_repo_put_there_is_not_replaced(root: Path) -> None:
    published(root)
    assert FolderLayout(root).place(LATER, NEWER).replaceable
    placement = FolderLayout(root).place(OTHER, NEWER)
    assert (placement.state, placement.replaceable) == (ItemState.OUTDATED, False)
    assert placement.earlier == frozenset(), "though a listing here names this content"


def test_every_record_names_its_repo(root: Path) -> None:
    published(root)
    log = RecordLog(root / ".cache" / "huggingface" / LOG_NAME)
    entry = log.get(FILE.path)
    assert entry is not None and entry.repo == ("model", "org/name") and entry.commit == AT.commit
