"""The way of a run as a whole, where the disk has a say in it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hfget import download, plan
from hfget.destinations.local_dir.folder import FolderLayout
from hfget.errors import DiskError, UnsafeError, UsageError
from hfget.events import Event, Note, Progress, RepoFailed
from hfget.model import ItemState
from hfget.operations import Batch, Run, planner
from hfget.options import DownloadOptions
from hfget.partials.journal import Identity
from hfget.partials.partial import Partial
from hfget.partials.partial_names import stem_for
from hfget.system import Stop, hold_folder
from hfget.system import process_lock as lock_module
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, content, make_model
from tests.support.command import leftovers, tree
from tests.support.loopback import BOUND

REPO = "org/m"
DISK = 24 * MiB


pytestmark = pytest.mark.usefixtures("home_of_one_test")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB, where the tests may mount one."""
    mounted = tmp_path / "small"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(mounted)]
    if subprocess.run(command, capture_output=True, timeout=BOUND, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield mounted
    finally:
        hold_folder(str(tmp_path))  # instead of the one on the disk that a partial was made in
        subprocess.run(["umount", str(mounted)], timeout=BOUND, check=True)


def test_too_little_space_is_said_before_the_first_byte(
    repos_root: Path, start_hub: StartHub, small_disk: Path
) -> None:
    make_model(repos_root, REPO, {"w.bin": DISK + MiB, "c.json": "{}"})
    hub = start_hub()
    with pytest.raises(DiskError) as caught:
        download(REPO, endpoint=hub.endpoint, local_dir=small_disk / "m")
    assert "needs 26.2 MB" in caught.value.message and "--include" in caught.value.hint
    assert hub.requests(path="*/resolve/*") == []


def test_repos_of_one_run_need_room_for_all_of_them(
    repos_root: Path, start_hub: StartHub, small_disk: Path
) -> None:
    for name in ("a", "b", "c"):
        make_model(repos_root, f"org/{name}", {"w.bin": 10 * MiB})
    hub = start_hub()
    options = DownloadOptions(endpoint=hub.endpoint)
    told: list[Event] = []
    stop = Stop()
    runs = [
        Run(f"org/{name}", replace(options, local_dir=small_disk / name), told.append, stop)
        for name in ("a", "b", "c")
    ]
    results = Batch(runs, told.append, stop).download()
    assert [one.exit_code for one in results] == [0, 0, 7]
    assert "needs 10.5 MB" in next(e.failure.message for e in told if isinstance(e, RepoFailed))
    assert tree(small_disk / "b") == tree(repos_root / "org" / "b")


def test_space_that_a_partial_takes_is_not_asked_for_again(
    repos_root: Path, start_hub: StartHub, small_disk: Path
) -> None:
    size = 16 * MiB
    source = make_model(repos_root, REPO, {"w.bin": size})
    hub = start_hub()
    (item,) = plan(REPO, endpoint=hub.endpoint).items
    root = small_disk / "m"
    stem = stem_for(FolderLayout(root).partial_directory(item.file), "w.bin", item.file.etag)
    partial = Partial.open(stem, Identity.of(item.file, "c" * 40))
    partial.write(memoryview(content(size, f"{REPO}/w.bin"))[: 12 * MiB], 0)
    partial.park()
    usage = os.statvfs(small_disk)
    assert usage.f_bavail * usage.f_frsize < size - MiB
    report = download(REPO, endpoint=hub.endpoint, local_dir=root)
    assert report.ok and report.reused == 12 * MiB
    assert tree(root) == tree(source)


def test_a_disk_full_midway_is_a_disk_error_and_is_gone_on_with_after_space_is_made(
    repos_root: Path, start_hub: StartHub, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_model(repos_root, REPO, {"a.bin": 9 * MiB, "b.bin": 8 * MiB, "c.json": "{}"})
    hub = start_hub()
    fill = small_disk / "fill"
    fill.write_bytes(bytes(10 * MiB))
    monkeypatch.setattr(planner, "free_bytes", lambda path: None)
    notes: list[Event] = []
    root = small_disk / "m"
    report = download(REPO, endpoint=hub.endpoint, local_dir=root, observer=notes.append)
    assert any(isinstance(note, Note) and "not known" in note.text for note in notes)
    assert report.exit_code == 7 and {failure.kind for failure in report.failures} == {"disk"}
    assert all("no space" in failure.message for failure in report.failures)
    assert 1 <= len(report.failures) <= 2
    fill.unlink()
    sent = hub.bytes_sent("cdn")
    again = download(REPO, endpoint=hub.endpoint, local_dir=root)
    assert again.ok and tree(root) == tree(source) and leftovers(root) == []
    assert hub.bytes_sent("cdn") - sent == again.received < 17 * MiB


@pytest.mark.parametrize(
    "link", [".cache", ".cache/huggingface", ".cache/huggingface/trees", "sub"]
)
def test_a_planted_link_is_refused_before_anything_is_written(
    link: str, repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {"sub/c.json": "{}"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "m" / link).parent.mkdir(parents=True)
    (tmp_path / "m" / link).symlink_to(outside)
    hub = start_hub()
    with pytest.raises(UnsafeError) as caught:
        download(REPO, endpoint=hub.endpoint)
    assert caught.value.exit_code == 8
    assert list(outside.iterdir()) == [] and hub.requests(path="*/resolve/*") == []


def test_a_plan_writes_nothing(repos_root: Path, start_hub: StartHub, tmp_path: Path) -> None:
    make_model(repos_root, REPO, {"c.json": "{}"})
    hub = start_hub()
    before = sorted(tmp_path.rglob("*"))
    assert plan(REPO, endpoint=hub.endpoint).items[0].state is ItemState.MISSING
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_in_place_of_the_folder_is_wrong_use(
    repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    make_model(repos_root, REPO, {"c.json": "{}"})
    (tmp_path / "m").write_text("mine")
    with pytest.raises(UsageError):
        download(REPO, endpoint=start_hub().endpoint)
    assert (tmp_path / "m").read_text() == "mine"


@pytest.mark.parametrize("garbage", [b"", b"\0" * 50, b"{}", b"[" * 9999, b'{"files": 5}'])
def test_garbage_in_every_record_costs_a_look_and_nothing_else(
    garbage: bytes, repos_root: Path, start_hub: StartHub, tmp_path: Path
) -> None:
    source = make_model(repos_root, REPO, {"sub/w.bin": 2 * MiB, "c.json": "{}"})
    hub = start_hub()
    assert download(REPO, endpoint=hub.endpoint).ok
    records = tmp_path / "m" / ".cache" / "huggingface"
    spoilt = [path for path in records.rglob("*") if path.is_file()]
    assert len(spoilt) >= 6
    for path in spoilt:
        path.write_bytes(garbage)
    sent = hub.bytes_sent(path="*/resolve/*") + hub.bytes_sent("cdn")
    report = download(REPO, endpoint=hub.endpoint)
    assert report.ok and report.received == 0 and tree(tmp_path / "m") == tree(source)
    assert hub.bytes_sent(path="*/resolve/*") + hub.bytes_sent("cdn") == sent
    requests = len(hub.log)
    assert download(REPO, endpoint=hub.endpoint).ok
    assert len(hub.log) - requests == 1, "all is recorded again"


def test_who_has_the_lock_shows_that_it_is_alive(
    repos_root: Path, start_hub: StartHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_module, "_BEAT_SECONDS", 0.0)
    make_model(repos_root, REPO, {"a.bin": 4 * MiB})
    hub = start_hub(rate_total=8 * MiB)
    holder = tmp_path / "m" / ".cache" / "huggingface" / "hfget.lock.holder"
    signs = set()

    def look(event: Event) -> None:
        if isinstance(event, Progress):
            signs.add(holder.stat().st_mtime_ns)

    assert download(REPO, endpoint=hub.endpoint, local_dir=tmp_path / "m", observer=look).ok
    assert len(signs) > 2 and not holder.exists()
