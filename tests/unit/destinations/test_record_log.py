"""The record of what was hashed: it speaks for one file, by lines that are whole, mine and past."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.destinations import record_log
from hfget.destinations.record_log import WRONG, Entry, RecordLog
from hfget.destinations.safe_directories import Seen
from tests.support.loopback import BOUND
from tests.support.verdicts import refused

SHA1, SHA256 = "ab" * 20, "cd" * 32
OURS = ("model", "org/name")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records" / "hfget.records"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "w.bin"
    file.write_bytes(b"weights")
    return file


def seen(file: Path) -> Seen:
    return Seen.of(file.lstat())


def entry_of(file: Path, etag: str = SHA1) -> Entry:
    return Entry(etag, seen(file).stamp, *OURS, "c" * 40)


def written(path: Path, **entries: Entry) -> RecordLog:
    log = RecordLog(path)
    for name, entry in entries.items():
        log.add(name, entry)
    log.write()
    return log


@pytest.mark.parametrize("etag", [SHA1, SHA256, WRONG])
def test_what_was_written_is_known_to_the_next_run(etag: str, path: Path, file: Path) -> None:
    assert RecordLog(path).holds("w", seen(file)) is None
    entry = entry_of(file, etag)
    assert written(path, w=entry).holds("w", seen(file)) == entry
    assert RecordLog(path).holds("w", seen(file)) == entry
    assert RecordLog(path).holds("v", seen(file)) is None


def is_edited(file: Path) -> None:
    file.write_bytes(b"WEIGHTS")


def is_edited_and_set_back(file: Path) -> None:
    before = file.stat()
    file.write_bytes(b"WEIGHTS")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def is_copied(file: Path) -> None:
    shutil.copy2(file, file.with_name("copy"))
    file.with_name("copy").rename(file)


def has_a_time_in_the_future(file: Path) -> None:
    os.utime(file, (4e9, 4e9))


def grows(file: Path) -> None:
    with file.open("ab") as data:
        data.write(b"more")


@pytest.mark.parametrize(
    "happens",
    [is_edited, is_edited_and_set_back, is_copied, has_a_time_in_the_future, grows],
)
def test_what_is_not_the_very_file_that_was_hashed_is_not_known(
    happens: Callable[[Path], None], path: Path, file: Path
) -> None:
    written(path, w=entry_of(file))
    time.sleep(0.02)  # the clock of a file system ticks
    happens(file)
    assert RecordLog(path).holds("w", seen(file)) is None


def test_a_time_in_the_future_proves_nothing_though_it_is_as_recorded(
    path: Path, file: Path
) -> None:
    os.utime(file, (4e9, 4e9))
    assert written(path, w=entry_of(file)).holds("w", seen(file)) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to give files away")
@pytest.mark.parametrize("whose", ["file", "record"])
def test_what_belongs_to_another_user_proves_nothing(whose: str, path: Path, file: Path) -> None:
    if whose == "file":
        os.chown(file, 65534, -1)
    written(path, w=entry_of(file))
    if whose == "record":
        os.chown(path, 65534, -1)
    log = RecordLog(path)
    assert log.holds("w", seen(file)) is None
    assert log.foreign_owner == (65534 if whose == "record" else None)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to give files away")
def test_a_record_of_another_user_is_replaced_not_written_to(path: Path, file: Path) -> None:
    written(path, w=entry_of(file))
    os.chown(path, 65534, -1)
    before = path.read_bytes()
    kept = path.with_name("kept")
    os.link(path, kept)
    written(path, v=entry_of(file))
    assert kept.read_bytes() == before
    assert RecordLog(path).names() == ["v"] and path.stat().st_uid == 0


def test_the_last_line_of_a_name_counts(path: Path, file: Path) -> None:
    written(path, w=entry_of(file))
    written(path, w=entry_of(file, SHA256))
    found = RecordLog(path).get("w")
    assert found is not None and found.etag == SHA256
    log = RecordLog(path)
    log.drop("w")
    log.write()
    assert log.get("w") is None and RecordLog(path).get("w") is None


def test_a_line_without_a_hash_only_says_whose_the_file_is(path: Path, file: Path) -> None:
    claim = Entry(SHA1, None, *OURS, "c" * 40)
    written(path, w=claim, v=Entry(WRONG, seen(file).stamp, "", "", ""))
    log = RecordLog(path)
    assert log.holds("w", seen(file)) is None and log.get("w") == claim
    assert log.repos() == {OURS} and dict(log.of_repo(OURS)) == {"w": claim}


def test_a_line_without_a_hash_leaves_what_another_process_knows_of_the_same_content(
    path: Path, file: Path
) -> None:
    claims = RecordLog(path)
    claims.add("w", Entry(SHA1, None, *OURS, "d" * 40))
    claims.add("v", Entry(SHA1, None, *OURS, "d" * 40))
    written(path, w=entry_of(file), v=entry_of(file, SHA256), u=entry_of(file))
    claims.write()
    log = RecordLog(path)
    assert log.holds("w", seen(file)) == entry_of(file)._replace(commit="d" * 40)
    assert log.holds("v", seen(file)) is None, "that is other content"
    log.add("u", Entry(SHA1, None, *OURS, "d" * 40))
    assert log.holds("u", seen(file)) == entry_of(file)._replace(commit="d" * 40)
    log.write()
    log.compact()
    file.write_bytes(b"other")
    assert RecordLog(path).holds("u", seen(file)) is None


def test_lines_of_several_writers_are_kept(path: Path, file: Path) -> None:
    mine, yours = RecordLog(path), RecordLog(path)
    assert mine.get("a") is None and yours.get("b") is None
    mine.add("a", entry_of(file))
    yours.add("b", entry_of(file))
    mine.write()
    yours.write()
    assert mine.get("b") is None
    mine.refresh()
    assert mine.get("b") is not None and yours.get("b") is not None
    assert sorted(RecordLog(path).names()) == ["a", "b"]


def test_many_threads_and_logs_lose_no_line(path: Path, file: Path) -> None:
    def write(number: int) -> None:
        log = RecordLog(path)
        for count in range(50):
            log.add(f"{number}/{count}", entry_of(file))
            log.write()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND)
    assert len(RecordLog(path).names()) == 400


def test_nothing_is_written_twice_or_for_nothing(path: Path, file: Path) -> None:
    written(path)
    assert not path.exists()
    log = written(path, w=entry_of(file))
    log.add("w", entry_of(file))
    log.write()
    assert path.read_text().count("\n") == 1


@pytest.mark.parametrize("cut", [1, 9, 40, 100])
def test_a_torn_line_costs_itself_alone(cut: int, path: Path, file: Path) -> None:
    written(path, w=entry_of(file))
    whole = path.read_text()
    path.write_text(whole + whole.replace(" w", " x")[:-cut])
    written(path, v=entry_of(file))
    assert sorted(RecordLog(path).names()) == ["v", "w"]


def test_every_changed_byte_is_noticed(path: Path, file: Path) -> None:
    written(path, w=entry_of(file))
    whole = path.read_bytes()
    for place in range(len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert RecordLog(path).holds("w", seen(file)) is None


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_neither_known_nor_in_the_way(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes
) -> None:
    folder = tmp_path_factory.mktemp("record")
    path, file = folder / "hfget.records", folder / "w"
    file.touch()
    path.write_bytes(garbage)
    assert RecordLog(path).names() == []
    refused()
    written(path, w=entry_of(file))
    assert RecordLog(path).names() == ["w"]


def a_link(path: Path) -> None:
    path.symlink_to(path.parent.parent / "outside")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_second_name(path: Path) -> None:
    os.link(path.parent.parent / "outside", path)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("plant", [a_link, a_pipe, a_second_name])
def test_what_was_planted_is_not_written_through(
    plant: Callable[[Path], None], path: Path, file: Path
) -> None:
    outside = path.parent.parent / "outside"
    outside.write_text("mine")
    path.parent.mkdir()
    plant(path)
    assert RecordLog(path).names() == []
    written(path, w=entry_of(file))
    assert outside.read_text() == "mine" and RecordLog(path).names() == ["w"]


def test_a_long_log_is_written_anew_once_most_of_it_does_not_count(
    path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_log, "_STALE_LINES", 10)
    log = written(path, w=entry_of(file), v=entry_of(file))
    for number in range(20):
        log.add("w", entry_of(file, f"{number:040d}"))
        log.write()
    other = RecordLog(path)
    other.add("u", entry_of(file))
    other.write()
    log.compact()
    assert path.read_text().count("\n") == 3
    again = RecordLog(path)
    found = again.get("w")
    assert sorted(again.names()) == ["u", "v", "w"]
    assert found is not None and found.etag == f"{19:040d}"
    inode = path.stat().st_ino
    again.compact()
    assert path.stat().st_ino == inode


def test_no_line_is_lost_while_others_write_the_log_anew(
    path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shards share a folder, and each begins by this."""
    monkeypatch.setattr(record_log, "_STALE_LINES", 0)

    def write(number: int) -> None:
        log = RecordLog(path)
        for count in range(24):
            log.add(f"{number}/{count // 6}", entry_of(file, f"{count:040d}"))
            log.write()
            log.compact()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * BOUND)
        assert not thread.is_alive()
    found = RecordLog(path)
    for number in range(8):
        for count in range(4):
            entry = found.get(f"{number}/{count}")
            assert entry is not None and entry.etag == f"{count * 6 + 5:040d}"


def test_a_mount_that_lets_nothing_be_appended_keeps_what_it_has(
    path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_log, "writes_in_order_only", lambda folder: True)
    mine, yours = RecordLog(path), RecordLog(path)
    for log, name in ((mine, "a"), (yours, "b"), (mine, "c")):
        log.get("a")
        log.add(name, entry_of(file))
        log.write()
    assert sorted(RecordLog(path).names()) == ["a", "b", "c"]


def test_names_of_all_kinds_come_back(path: Path, file: Path) -> None:
    names = ["a b/c  d", "ü/\u2028x", "-", "!", "x" * 4000, "models -- 1", "\u00a0"]
    written(path, **{name: entry_of(file) for name in names})
    assert sorted(RecordLog(path).names()) == sorted(names)
