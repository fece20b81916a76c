"""The records are those of huggingface_hub, byte for byte; garbage in them does no harm."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import _local_folder, _tree_cache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfget.destinations import record_codec, record_json, wanted_files
from hfget.model import RemoteFile
from tests.support.loopback import lfs_file, sha256, small_file, snapshot_of
from tests.support.verdicts import refused

COMMIT = "c" * 40
SMALL = small_file("config.json", b"{}")
LARGE = replace(lfs_file("sub dir/ü.bin", b"weights"), xet_hash="e" * 64)
TRUSTED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    folder = tmp_path / ".cache" / "huggingface"
    record_codec.prepare(folder)
    return folder


def put(root: Path, file: RemoteFile, content: bytes) -> Path:
    target = root / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def test_huggingface_hub_reads_our_metadata(records: Path, tmp_path: Path) -> None:
    for file, content in ((SMALL, b"{}"), (LARGE, b"weights")):
        put(tmp_path, file, content)
        record_codec.write_metadata(records, file.path, COMMIT, file.etag)
        theirs = _local_folder.read_download_metadata(tmp_path, file.path)
        assert theirs is not None
        assert (theirs.commit_hash, theirs.etag) == (COMMIT, file.etag)
        ours = record_codec.read_metadata(records, file.path)
        assert ours == record_codec.Metadata(COMMIT, file.etag, theirs.timestamp)
        assert time.time() - 60 < theirs.timestamp <= time.time()


def test_our_metadata_has_the_very_form_of_huggingface_hubs(records: Path, tmp_path: Path) -> None:
    put(tmp_path, SMALL, b"{}")
    path = records / "download" / "config.json.metadata"
    _local_folder.write_download_metadata(tmp_path, SMALL.path, COMMIT, SMALL.etag)
    theirs = path.read_bytes()
    assert record_codec.read_metadata(records, SMALL.path) is not None
    record_codec.write_metadata(records, SMALL.path, COMMIT, SMALL.etag)
    ours = path.read_bytes()
    assert ours.splitlines()[:2] == theirs.splitlines()[:2]
    assert ours == f"{COMMIT}\n{SMALL.etag}\n{float(ours.splitlines()[2])}\n".encode()
    assert theirs == f"{COMMIT}\n{SMALL.etag}\n{float(theirs.splitlines()[2])}\n".encode()


def test_a_file_with_a_time_in_the_future_stays_unmodified_for_both(
    records: Path, tmp_path: Path
) -> None:
    target = put(tmp_path, SMALL, b"{}")
    future = time.time() + 5000.25
    os.utime(target, (future, future))
    modified = target.stat().st_mtime
    record_codec.write_metadata(records, SMALL.path, COMMIT, SMALL.etag, modified)
    ours = record_codec.read_metadata(records, SMALL.path)
    assert ours is not None and ours.timestamp >= modified
    assert _local_folder.read_download_metadata(tmp_path, SMALL.path) is not None


def theirs_from_disk(records: Path) -> dict[str, _tree_cache.TreeCacheEntry] | None:
    _tree_cache._IN_MEMORY_TREE_CACHE.clear()
    return _tree_cache.read_tree_cache(str(records), COMMIT)


def test_our_listing_is_that_of_huggingface_hub_byte_for_byte(
    records: Path, tmp_path: Path
) -> None:
    record_codec.write_tree(records, snapshot_of(LARGE, SMALL, commit=COMMIT))
    ours = (records / "trees" / f"{COMMIT}.json").read_bytes()
    entries = theirs_from_disk(records)
    assert entries is not None
    assert entries[LARGE.path] == _tree_cache.TreeCacheEntry(
        7, LARGE.blob_id, LARGE.sha256, 7, LARGE.xet_hash
    )
    other = tmp_path / "other"
    _tree_cache.write_tree_cache(str(other), COMMIT, entries)
    assert (other / "trees" / f"{COMMIT}.json").read_bytes() == ours
    assert record_codec.read_tree(other, COMMIT) == (SMALL, LARGE)


def test_a_xet_hash_that_huggingface_hub_refuses_is_left_out(records: Path) -> None:
    record_codec.write_tree(records, snapshot_of(replace(LARGE, xet_hash="odd"), commit=COMMIT))
    entries = theirs_from_disk(records)
    assert entries is not None and entries[LARGE.path].xet_hash is None


def test_a_listing_with_a_defect_is_not_kept(records: Path) -> None:
    odd = replace(LARGE, defect="odd")
    record_codec.write_tree(records, snapshot_of(SMALL, odd, commit=COMMIT))
    assert record_codec.read_tree(records, COMMIT) is None
    assert list((records / "trees").iterdir()) == []


@pytest.mark.parametrize("commit", ["../outside", "main", "", "C" * 40, COMMIT + "\n"])
def test_only_a_commit_hash_names_a_listing(commit: str, records: Path) -> None:
    record_codec.write_tree(records, snapshot_of(SMALL, commit=COMMIT))
    listing = (records / "trees" / f"{COMMIT}.json").read_text()
    (records / "trees" / f"{commit}.json").write_text(listing)
    assert record_codec.read_tree(records, commit) is None


def remade(change: Callable[[dict[str, Any]], object]) -> bytes:
    entry = {"size": 7, "blob_id": LARGE.blob_id, "lfs_sha256": LARGE.sha256, "lfs_size": 7}
    document: dict[str, Any] = {"format_version": 1, "files": {"x": entry}}
    change(document)
    return json.dumps(document).encode()


GARBAGE = [
    b"",
    b"\0" * 100,
    b"\xff\xfe",
    b"null",
    b"[]",
    b"7",
    b"{}",
    b"[" * 100_000,
    b'{"format_version": 1}',
    b'{"format_version": 1, "files": []}',
    b'{"format_version": 1, "files": {"x": 1}}',
    b'{"format_version": 1, "files": {"x": {"size": ' + b"9" * 5000 + b"}}}",
    remade(lambda d: d.update(format_version=2)),
    remade(lambda d: d["files"]["x"].update(size=-1)),
    remade(lambda d: d["files"]["x"].update(size=7.0)),
    remade(lambda d: d["files"]["x"].update(size=True)),
    remade(lambda d: d["files"]["x"].update(size=1 << 63)),
    remade(lambda d: d["files"]["x"].update(blob_id=None)),
    remade(lambda d: d["files"]["x"].update(blob_id=["a"])),
    remade(lambda d: d["files"]["x"].update(lfs_sha256="a" * 40)),
    remade(lambda d: d["files"]["x"].update(lfs_sha256="A" * 64)),
    remade(lambda d: d["files"]["x"].update(lfs_sha256=5)),
    remade(lambda d: d["files"]["x"].update(lfs_sha256=None, blob_id="a" * 64)),
    remade(lambda d: d["files"]["x"].pop("size")),
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_a_garbage_listing_is_as_none_and_is_replaced(garbage: bytes, records: Path) -> None:
    path = records / "trees" / f"{COMMIT}.json"
    path.write_bytes(garbage)
    assert record_codec.read_tree(records, COMMIT) is None
    assert record_codec.read_etags(records) == {}
    record_codec.write_tree(records, snapshot_of(SMALL, commit=COMMIT))
    assert record_codec.read_tree(records, COMMIT) == (SMALL,)


def test_what_is_odd_but_harmless_in_a_listing_is_left_out(records: Path) -> None:
    path = records / "trees" / f"{COMMIT}.json"
    path.write_bytes(remade(lambda d: d["files"]["x"].update(xet_hash=5, more="later")))
    assert record_codec.read_tree(records, COMMIT) == (replace(LARGE, path="x", xet_hash=None),)


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_a_garbage_hfget_json_is_as_none_and_is_replaced(garbage: bytes, records: Path) -> None:
    path = records / wanted_files.RECORD_NAME
    path.write_bytes(garbage)
    assert wanted_files.read_wanted(records) is None
    wanted_files.write_wanted(records, snapshot_of(SMALL), [SMALL])
    wanted = wanted_files.read_wanted(records)
    assert wanted is not None and wanted.files == {SMALL.path: SMALL}


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n\n", COMMIT, f"{COMMIT}\n{SMALL.etag}\n", f"{COMMIT}\n{SMALL.etag}\nsoon\n",
        f"{COMMIT}\n{SMALL.etag}\nnan\n", f"{COMMIT}\n{SMALL.etag}\ninf\n",
        f"{COMMIT}\n{SMALL.etag}\n-5\n", f"{COMMIT}\n{SMALL.etag}\n1e300\n",
        f"{COMMIT}\n{SMALL.etag[:-1]}\n1712656091.1\n", f"{COMMIT}\nW/{SMALL.etag}\n1712656091\n",
        "x" * 100_000, f"{COMMIT}\n{SMALL.etag}\n1712656091\n" + " " * 5000, "\0" * 90,
    ],
)  # fmt: skip
def test_garbage_metadata_is_as_none_and_is_replaced(text: str, records: Path) -> None:
    path = records / "download" / "config.json.metadata"
    path.write_text(text)
    assert record_codec.read_metadata(records, SMALL.path) is None
    record_codec.write_metadata(records, SMALL.path, COMMIT, SMALL.etag)
    assert record_codec.read_metadata(records, SMALL.path) is not None


def test_metadata_with_the_line_ends_of_windows_is_read(records: Path) -> None:
    path = records / "download" / "config.json.metadata"
    path.write_bytes(f"{COMMIT}\r\n{SMALL.etag}\r\n1712656091.123\r\n".encode())
    known = record_codec.read_metadata(records, SMALL.path)
    assert known == record_codec.Metadata(COMMIT, SMALL.etag, 1712656091.123)


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [a_pipe, a_folder, a_loop])
def test_what_is_no_file_at_all_is_as_none(make: Callable[[Path], None], records: Path) -> None:
    make(records / wanted_files.RECORD_NAME)
    make(records / "trees" / f"{COMMIT}.json")
    make(records / "download" / "config.json.metadata")
    assert wanted_files.read_wanted(records) is None
    assert record_codec.read_tree(records, COMMIT) is None
    assert record_codec.read_metadata(records, SMALL.path) is None
    assert record_codec.read_etags(records) == {}
    assert set(record_codec.recorded_paths(records)) <= {SMALL.path}


@TRUSTED
@given(st.binary(max_size=300))
def test_no_bytes_in_a_record_are_too_odd(records: Path, data: bytes) -> None:
    for path in ("hfget.json", f"trees/{COMMIT}.json", "download/config.json.metadata"):
        (records / path).write_bytes(data)
    assert wanted_files.read_wanted(records) is None
    assert record_codec.read_tree(records, COMMIT) is None
    known = record_codec.read_metadata(records, SMALL.path)
    if known is None:
        refused()
    else:
        assert len(known.etag) in (40, 64)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
_KEYS = ["size", "blob_id", "lfs_sha256", "lfs_size", "xet_hash"]
_VALUES = _JSON | st.sampled_from(["a" * 40, "b" * 64, 5])


@TRUSTED
@given(st.dictionaries(st.text(max_size=9), st.dictionaries(st.sampled_from(_KEYS), _VALUES)))
def test_whatever_a_listing_says_its_files_are_sound(records: Path, files: dict[str, Any]) -> None:
    document = {"format_version": 1, "files": files}
    document |= {"repo_id": "org/name", "repo_type": "model", "commit": COMMIT}
    for path in (f"trees/{COMMIT}.json", "hfget.json"):
        (records / path).write_text(json.dumps(document))
    tree, wanted = record_codec.read_tree(records, COMMIT), wanted_files.read_wanted(records)
    assert (tree is None) == (wanted is None)
    if tree is None:
        refused()
    for file in tree or ():
        assert isinstance(file.path, str) and type(file.size) is int and file.size >= 0
        assert isinstance(file.blob_id, str) and isinstance(file.xet_hash, str | None)
        assert len(file.etag) == (64 if file.sha256 else 40)


def test_a_record_that_is_too_large_is_not_read(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_codec.write_tree(records, snapshot_of(SMALL, commit=COMMIT))
    wanted_files.write_wanted(records, snapshot_of(SMALL), [SMALL])
    monkeypatch.setattr(record_json, "_MOST_JSON_BYTES", 20)
    assert record_codec.read_tree(records, COMMIT) is None
    assert wanted_files.read_wanted(records) is None


def test_what_was_asked_for_is_kept_beside_what_was_asked_for_before(records: Path) -> None:
    wanted_files.write_wanted(records, snapshot_of(SMALL, LARGE), [LARGE])
    newer = small_file(SMALL.path, b"{ }")
    wanted_files.write_wanted(records, snapshot_of(newer, commit="d" * 40), [newer])
    wanted = wanted_files.read_wanted(records)
    assert wanted is not None and wanted.commit == "d" * 40
    assert wanted.files == {SMALL.path: newer, LARGE.path: LARGE}


def test_asking_again_for_the_same_changes_only_the_time(records: Path) -> None:
    wanted_files.write_wanted(records, snapshot_of(SMALL), [SMALL])
    path = records / wanted_files.RECORD_NAME
    os.utime(path, (1e9, 1e9))
    before = path.stat().st_ino, path.read_bytes()
    wanted_files.write_wanted(records, snapshot_of(SMALL), [SMALL])
    assert (path.stat().st_ino, path.read_bytes()) == before
    wanted = wanted_files.read_wanted(records)
    assert wanted is not None and wanted.written > 1.1e9


def test_every_content_that_was_listed_here_is_known(records: Path) -> None:
    newer = small_file(SMALL.path, b"{ }")
    record_codec.write_tree(records, snapshot_of(SMALL, LARGE, commit=COMMIT))
    record_codec.write_tree(records, snapshot_of(newer, commit="d" * 40))
    asked = lfs_file("asked", b"for")
    wanted_files.write_wanted(records, snapshot_of(asked), [asked])
    assert record_codec.read_etags(records) == {
        SMALL.path: {SMALL.etag, newer.etag},
        LARGE.path: {LARGE.etag},
        "asked": {sha256(b"for")},
    }


def test_recorded_paths_are_those_with_metadata(records: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "far.metadata").touch()
    for path in ("a", "sub/b.bin", "sub/deeper/c", ".hidden"):
        record_codec.write_metadata(records, path, COMMIT, SMALL.etag)
    (records / "download" / "sub" / "b.bin.lock").touch()
    (records / "download" / "folder.metadata").mkdir()
    (records / "download" / "link").symlink_to(outside)
    paths = set(record_codec.recorded_paths(records))
    assert paths == {"a", "sub/b.bin", "sub/deeper/c", ".hidden"}


def test_a_name_too_long_for_its_record_stays_unrecorded(records: Path) -> None:
    record_codec.write_metadata(records, "n" * 250, COMMIT, SMALL.etag)
    assert record_codec.read_metadata(records, "n" * 250) is None
    assert list(record_codec.recorded_paths(records)) == []


def test_the_folder_of_records_is_marked_and_marks_are_kept(tmp_path: Path) -> None:
    records = tmp_path / "records"
    record_codec.prepare(records)
    assert (records / ".gitignore").read_text() == "*"
    tag = (records / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    (records / ".gitignore").write_text("mine")
    record_codec.prepare(records)
    assert (records / ".gitignore").read_text() == "mine"


def test_a_folder_has_records_or_none(records: Path) -> None:
    assert not record_codec.has_records(records, "")
    assert not record_codec.has_records(records, "a/b")
    record_codec.write_metadata(records, "a/b/c.json", COMMIT, "0" * 40)
    assert record_codec.has_records(records, "a/b")
    assert not record_codec.has_records(records, "a") and not record_codec.has_records(records, "")
    (records / "download" / "x.incomplete").touch()
    assert not record_codec.has_records(records, "")
    with pytest.raises(OSError):
        record_codec.has_records(records, "a/b/c.json.metadata")
