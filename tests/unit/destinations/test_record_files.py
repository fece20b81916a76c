"""Records that cannot be read just now are not records that are not there."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hfget.destinations.record_files import read_own_text, read_record
from hfget.destinations.record_log import RecordLog
from hfget.destinations.safe_directories import Seen
from hfget.destinations.wanted_files import read_wanted
from hfget.errors import DiskError
from hfget.operations.on_disk.newer_commits import downloads_below
from hfget.system import names_in

READERS: list[Callable[[Path], Any]] = [
    lambda folder: read_record(folder / "note", 100),
    lambda folder: read_own_text(folder / "note", 100),
    lambda folder: read_wanted(folder),
    lambda folder: RecordLog(folder / "hfget.records").holds("w.bin", Seen.of(Path().stat())),
    names_in,
    downloads_below,
]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
@pytest.mark.parametrize("read", READERS)
def test_a_shortage_says_nothing_about_a_record(
    read: Callable[[Path], Any], number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("note", "hfget.json", "hfget.records"):
        (tmp_path / name).write_text("{}")

    def none_left(path: Any, *args: Any, **options: Any) -> Any:
        raise OSError(number, os.strerror(number), str(path))

    for call in ("open", "listdir", "scandir"):
        monkeypatch.setattr(os, call, none_left)
    with pytest.raises(DiskError) as met:
        read(tmp_path)
    monkeypatch.undo()
    assert met.value.hint and met.value.exit_code == 7


def test_what_is_closed_or_not_there_has_no_entries(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert names_in(tmp_path) == ["a"]
    assert names_in(tmp_path / "none") == names_in(tmp_path / "a") == []
