"""What `verify` says of a folder, and what it never touches: records may be forged."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub._local_folder import write_download_metadata

from hfget import events
from hfget.destinations import record_codec
from hfget.destinations.local_dir.folder import FolderLayout
from hfget.errors import NotFoundError
from hfget.model import RemoteFile
from hfget.operations.on_disk.verification import verify
from hfget.operations.on_disk.verified import FileState, Verification
from tests.support.loopback import git_sha1, lfs_file, sha256, small_file, snapshot_of

COMMIT = "c" * 40
OK, MISSING, CHANGED, EXTRA = FileState
FILES = {
    "config.json": b"{}",
    "empty.txt": b"",
    "sub/weights.bin": b"\0" * 70_000,
    "sub/deeper/ü x.txt": b"text",
}


def remote(path: str, content: bytes) -> RemoteFile:
    return lfs_file(path, content) if path.endswith(".bin") else small_file(path, content)


def put(root: Path, path: str, content: bytes) -> Path:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder that hfget has filled."""
    root = tmp_path / "m"
    files = [remote(path, content) for path, content in FILES.items()]
    snapshot = snapshot_of(*files, commit=COMMIT)
    layout = FolderLayout(root)
    layout.begin(snapshot, files)
    for path, content in FILES.items():
        put(root, path, content)
    for file in files:
        layout.adopt(snapshot, file)
    layout.flush()
    layout.close()
    return root


def states(verdict: Verification) -> dict[str, FileState]:
    return {file.path: file.state for file in verdict.files}


def the(verdict: Verification, path: str) -> tuple[FileState, str]:
    (file,) = (file for file in verdict.files if file.path == path)
    return file.state, file.detail


def test_a_whole_download_is_right(root: Path) -> None:
    verdict = verify(root)
    assert verdict.ok and states(verdict) == dict.fromkeys(FILES, OK)
    assert (verdict.repo_id, verdict.repo_type, verdict.commit) == ("org/name", "model", COMMIT)
    assert verdict.bytes_hashed == sum(len(content) for content in FILES.values())


def test_missing_changed_and_extra_are_told_apart(root: Path) -> None:
    (root / "config.json").unlink()
    before = (root / "sub/weights.bin").stat()
    put(root, "sub/weights.bin", b"\0" * 69_999 + b"\1")
    os.utime(root / "sub/weights.bin", (before.st_atime, before.st_mtime))
    put(root, "empty.txt", b"x")
    put(root, "sub/more.txt", b"mine")
    (root / ".git").mkdir()
    put(root, ".git/config", b"mine")
    (root / "linked").symlink_to(root.parent)
    verdict = verify(root)
    assert not verdict.ok
    assert states(verdict) == {
        "config.json": MISSING,
        "empty.txt": CHANGED,
        "sub/weights.bin": CHANGED,
        "sub/deeper/ü x.txt": OK,
        "sub/more.txt": EXTRA,
        "linked": EXTRA,
    }
    assert the(verdict, "empty.txt")[1] == "1 bytes, should be 0"
    assert sha256(FILES["sub/weights.bin"]) in the(verdict, "sub/weights.bin")[1]


def test_extra_files_alone_make_nothing_wrong(root: Path) -> None:
    put(root, "mine.txt", b"mine")
    verdict = verify(root)
    assert verdict.ok and verdict.of(EXTRA)[0].path == "mine.txt"


def test_nothing_in_the_folder_is_changed(root: Path) -> None:
    def stats() -> dict[str, tuple[int, int]]:
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in root.rglob("*")}

    before = stats()
    verify(root)
    assert stats() == before


def test_a_folder_that_hf_filled_is_verified_by_its_metadata(tmp_path: Path) -> None:
    for path, content in FILES.items():
        put(tmp_path, path, content)
        write_download_metadata(tmp_path, path, COMMIT, remote(path, content).etag)
    assert states(verify(tmp_path)) == dict.fromkeys(FILES, OK)
    put(tmp_path, "config.json", b"[]")
    (tmp_path / "empty.txt").unlink()
    verdict = verify(tmp_path)
    assert the(verdict, "config.json")[0] is CHANGED and the(verdict, "empty.txt")[0] is MISSING


def test_what_hf_recorded_after_hfget_counts(root: Path) -> None:
    put(root, "config.json", b"[newer]")
    assert the(verify(root), "config.json")[0] is CHANGED
    time.sleep(0.01)
    write_download_metadata(root, "config.json", "d" * 40, git_sha1(b"[newer]"))
    assert the(verify(root), "config.json")[0] is OK


def test_what_was_asked_for_later_counts_although_an_older_record_is_right(root: Path) -> None:
    """A run for a newer commit that did not get to this file."""
    newer = small_file("config.json", b"[newer]")
    time.sleep(0.01)
    layout = FolderLayout(root)
    layout.begin(snapshot_of(newer, commit="d" * 40), [newer])
    layout.close()
    assert the(verify(root), "config.json")[0] is CHANGED


@pytest.mark.parametrize("make", ["nothing", "empty", "a file", "garbage"])
def test_a_folder_without_a_record_is_not_found(make: str, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    if make == "a file":
        folder.touch()
    elif make != "nothing":
        record_codec.prepare(folder / ".cache" / "huggingface")
    if make == "garbage":
        put(folder, ".cache/huggingface/hfget.json", b"{")
        put(folder, ".cache/huggingface/download/x.metadata", b"garbage")
    with pytest.raises(NotFoundError) as caught:
        verify(folder)
    assert caught.value.exit_code == 3 and caught.value.hint


def forge(root: Path, path: str, content: bytes) -> None:
    """Have hfget.json say that `path` is a file of the download, with this content."""
    target = root / ".cache" / "huggingface" / "hfget.json"
    document = json.loads(target.read_text())
    document["files"][path] = {"size": len(content), "blob_id": git_sha1(content)}
    target.write_text(json.dumps(document))


EVIL = ["../secret", "sub/../../secret", "/etc/hostname", "", ".", "a\0b", "\ud800", "C:\\x", "a\n"]


@pytest.mark.parametrize("path", EVIL)
def test_a_recorded_path_that_leads_outside_is_neither_read_nor_right(
    path: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = b"secret"
    (root.parent / "secret").write_bytes(secret)
    content = Path(path).read_bytes() if path.startswith("/") else secret
    forge(root, path, content)
    opened = opened_paths(monkeypatch)
    verdict = verify(root)
    assert not verdict.ok and the(verdict, path) == (
        CHANGED,
        "the recorded path leads out of the folder",
    )
    assert opened and all(str(name).startswith(str(root)) for name in opened)


def opened_paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The real paths of all that is opened from now on."""
    opened: list[str] = []
    really = os.open

    def recording(path: str, *arguments: int, **options: int) -> int:
        folder = options.get("dir_fd")
        base = "" if folder is None else os.readlink(f"/proc/self/fd/{folder}")  # noqa: PTH115
        opened.append(os.path.realpath(os.path.join(base, path)))
        return really(path, *arguments, **options)

    monkeypatch.setattr(os, "open", recording)
    return opened


def a_folder_elsewhere(root: Path) -> None:
    (root / "sub").rename(root.parent / "sub")
    (root / "sub").symlink_to(root.parent / "sub")


def a_file_elsewhere(root: Path) -> None:
    (root / "sub/weights.bin").rename(root.parent / "w")
    (root / "sub/weights.bin").symlink_to(root.parent / "w")


@pytest.mark.parametrize("plant", [a_folder_elsewhere, a_file_elsewhere])
def test_what_a_link_leads_to_is_neither_read_nor_right(
    plant: Callable[[Path], None], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(root)
    opened = opened_paths(monkeypatch)
    verdict = verify(root)
    assert the(verdict, "sub/weights.bin")[0] is CHANGED and not verdict.ok
    assert all(str(name).startswith(str(root)) for name in opened)


@pytest.mark.timeout(20)
def test_what_is_no_file_counts_as_changed_and_is_not_waited_for(root: Path) -> None:
    (root / "empty.txt").unlink()
    os.mkfifo(root / "empty.txt")
    (root / "config.json").unlink()
    (root / "config.json").mkdir()
    verdict = verify(root)
    for path in ("empty.txt", "config.json"):
        assert the(verdict, path) == (CHANGED, "cannot be read: not a regular file")


def test_a_file_where_a_folder_was_is_missing_below_it(root: Path) -> None:
    for path in ("sub/deeper/ü x.txt", "sub/weights.bin"):
        (root / path).unlink()
    (root / "sub/deeper").rmdir()
    (root / "sub").rmdir()
    (root / "sub").touch()
    verdict = verify(root)
    assert the(verdict, "sub/weights.bin")[0] is MISSING and the(verdict, "sub")[0] is EXTRA


def test_what_cannot_be_read_is_said_and_ends_nothing(
    root: Path, nobody: Callable[[Path], None]
) -> None:
    (root / "config.json").chmod(0o600)
    (root / "sub" / "deeper").chmod(0o700)
    nobody(root)
    verdict = verify(root)
    assert the(verdict, "config.json") == (CHANGED, "cannot be read: permission denied")
    assert the(verdict, "sub/deeper/ü x.txt") == (CHANGED, "cannot be read: permission denied")
    assert the(verdict, "sub/weights.bin")[0] is OK


def test_an_etag_of_huggingface_hub_that_is_no_hash_says_nothing(root: Path) -> None:
    write_download_metadata(root, "config.json", "d" * 40, "W/some-etag")
    assert the(verify(root), "config.json")[0] is OK


def test_it_can_be_stopped(root: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert verify(root, stop=stop).of(OK) == ()


def test_it_tells_how_far_it_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfget.operations.on_disk.hash_progress._SAMPLE_SECONDS", 0.0)
    told: list[events.Progress] = []

    def observe(event: events.Event, /) -> None:
        assert isinstance(event, events.Progress)
        told.append(event)

    verify(root, observer=observe)
    total = sum(len(content) for content in FILES.values())
    assert {event.bytes_total for event in told} == {total}
    done = [event.bytes_done for event in told]
    assert done == sorted(done) and done[-1] <= total


def test_a_download_of_one_empty_file(tmp_path: Path) -> None:
    file = small_file("empty", b"")
    layout = FolderLayout(tmp_path)
    layout.begin(snapshot_of(file), [file])
    assert states(verify(tmp_path)) == {"empty": MISSING}
    (tmp_path / "empty").touch()
    assert states(verify(tmp_path)) == {"empty": OK}


def test_a_long_record_is_gone_through(tmp_path: Path) -> None:
    files = [small_file(f"{number % 50}/{number}", b"") for number in range(6_000)]
    layout = FolderLayout(tmp_path)
    layout.begin(snapshot_of(*files), files)
    for number in range(50):
        (tmp_path / str(number)).mkdir()
    for file in files[:-1]:
        (tmp_path / file.path).touch()
    verdict = verify(tmp_path)
    assert len(verdict.of(OK)) == 5_999 and verdict.of(MISSING)[0].path == files[-1].path
