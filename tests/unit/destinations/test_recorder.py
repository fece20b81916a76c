"""Records that cannot be written cost a hash on the next run, not the word on what is missing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hfget import events
from hfget.destinations import record_codec
from hfget.errors import DiskError
from tests.hub import Fault, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.unit.transfer.test_engine import REPO, Watch, fetch


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(record_codec, "write_metadata", fails)


@pytest.mark.usefixtures("full")
def test_what_is_missing_is_told_all_the_same(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {"a.txt": "x", "b.txt": "y"})
    hub, watch = start_hub(), Watch()
    hub.faults.add(Fault(effects.Status(404), path="*/resolve/*/b.txt", times=None))
    report = fetch(hub, tmp_path / "m", observer=watch)
    assert [failure.path for failure in report.failures] == ["b.txt"]
    notes = [event.text for event in watch.seen if isinstance(event, events.Note)]
    assert [note for note in notes if "no space left" in note and "hashed again" in note]


@pytest.mark.usefixtures("full")
def test_where_all_files_came_it_is_the_error(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {"a.txt": "x"})
    with pytest.raises(DiskError, match="no space left"):
        fetch(start_hub(), tmp_path / "m")
    assert (tmp_path / "m" / "a.txt").read_text() == "x"
