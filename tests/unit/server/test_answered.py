"""An answer that was given before is given again only as long as it still is right."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from hfget.model import RemoteFile
from hfget.server.answered import Answered, Revision
from hfget.server.repos.listing import Listing, ServedFile, Supply
from hfget.system import Stamp

LINE, REST = b"GET /org/name/resolve/main/a HTTP/1.1", b"content-length: 3\r\n\r\none"


@dataclass
class Kept:
    """Upstream's file, as far as it is known where it lies."""

    found: ServedFile | None = None

    def known(self) -> ServedFile | None:
        return self.found


@pytest.fixture
def file(tmp_path: Path) -> ServedFile:
    place = tmp_path / "a"
    place.write_bytes(b"one")
    return ServedFile(RemoteFile("a", 3, "a" * 40), place, Stamp.of(os.stat(place)))


def revision() -> Revision:
    return Revision(Listing("c" * 40, {}, 0.0), b"", time.monotonic() + 1000)


def test_it_counts_as_long_as_the_revision(file: ServedFile) -> None:
    answers, one = Answered(), revision()
    answers.keep(LINE, REST, one, file, file)
    assert answers.again(LINE) == REST and answers.again(LINE + b" ") is None
    one.until = time.monotonic() - 1
    assert answers.again(LINE) is None


def rewrite(place: Path) -> None:
    place.write_bytes(b"two")
    os.utime(place, ns=(1, 1))


def exchange(place: Path) -> None:
    before = os.stat(place)
    other = place.with_name("b")
    other.write_bytes(b"two")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(place)


def close(place: Path) -> None:
    place.chmod(0o600)


@pytest.mark.parametrize("change", [rewrite, exchange, close])
def test_a_file_that_was_touched_is_looked_at_anew(
    file: ServedFile, change: Callable[[Path], None]
) -> None:
    answers = Answered()
    answers.keep(LINE, REST, revision(), file, file)
    change(file.real)
    assert answers.again(LINE) is None
    file.real.unlink()
    with pytest.raises(OSError):
        answers.again(LINE)


def test_what_upstream_has_brought_elsewhere_counts(file: ServedFile) -> None:
    answers, kept = Answered(), Kept(file)
    listed = ServedFile(file.remote, Path(), None, cast(Supply, kept))
    answers.keep(LINE, REST, revision(), listed, file)
    assert answers.again(LINE) == REST
    kept.found = replace(file)
    assert answers.again(LINE) is None


def test_a_head_needs_no_file(file: ServedFile) -> None:
    answers = Answered()
    answers.keep(LINE, REST, revision(), file, None)
    file.real.unlink()
    assert answers.again(LINE) == REST


def test_it_keeps_to_a_size(file: ServedFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfget.server.answered._MOST_KEPT", 3 * len(REST))
    answers, one = Answered(), revision()
    for _ in range(9):
        answers.keep(LINE, REST, one, file, file)
    for number in range(3):
        answers.keep(LINE + b"%d" % number, REST, one, file, file)
    assert answers.again(LINE) is None and answers.again(LINE + b"2") == REST
