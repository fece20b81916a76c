"""What a job does with what lies at its destination, before and after the download."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hfget.destinations.local_dir.folder import FolderLayout
from hfget.errors import DiskError, HfgetError
from hfget.model import ItemState, RemoteFile, Snapshot
from hfget.operations.planner import make_plan
from hfget.operations.tasks import make_tasks
from hfget.transfer.file_job import FileJob
from hfget.transfer.reuse import Reuse
from tests.support.loopback import small_file, snapshot_of
from tests.support.schedules import GivenSources

FILE = small_file("sub/c.json", b"[1]")
SNAPSHOT = snapshot_of(FILE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "m"


def job_for(
    root: Path, snapshot: Snapshot = SNAPSHOT, *, force: bool = False
) -> tuple[FileJob, FolderLayout]:
    layout = FolderLayout(root, force=force)
    plan = make_plan(snapshot, snapshot.files, layout, force=force)
    layout.begin(snapshot, snapshot.files)
    (task,) = make_tasks(plan, layout, GivenSources(), force=force)
    task.local()
    return FileJob(task), layout


def data_for(layout: FolderLayout, content: bytes) -> Path:
    folder = layout.partial_directory(FILE)
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data.incomplete"
    data.write_bytes(content)
    return data


def adopted(job: FileJob) -> bool:
    class Anything:
        def __getattr__(self, name: str) -> Any:
            return lambda *arguments, **more: None

    results: Any = Anything()
    offer = job.task.local()
    assert offer is not None
    return Reuse(results, threading.Event(), fsync=False).take(job, offer)


def put(root: Path, content: bytes) -> Path:
    target = root / FILE.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def test_a_missing_file_has_nothing_to_adopt_and_is_published(root: Path) -> None:
    job, layout = job_for(root)
    assert not adopted(job)
    job.task.publish(data_for(layout, b"[1]"))
    layout.flush()
    assert (root / FILE.path).read_bytes() == b"[1]"
    assert FolderLayout(root).place(SNAPSHOT, FILE).state is ItemState.COMPLETE


def test_the_right_content_is_adopted_and_recorded(root: Path) -> None:
    put(root, b"[1]")
    job, layout = job_for(root)
    assert adopted(job)
    layout.flush()
    assert FolderLayout(root).place(SNAPSHOT, FILE).state is ItemState.COMPLETE


@pytest.mark.parametrize("content", [b"[9]", b"longer than that"])
def test_other_content_ends_the_job_before_anything_is_fetched(content: bytes, root: Path) -> None:
    put(root, content)
    job, _ = job_for(root)
    with pytest.raises(DiskError, match="is not the file that is wanted"):
        adopted(job)
    job, layout = job_for(root, force=True)
    assert not adopted(job)
    job.task.publish(data_for(layout, b"[1]"))
    assert (root / FILE.path).read_bytes() == b"[1]"


def test_content_of_an_earlier_run_is_replaced(root: Path) -> None:
    """The earlier run was killed before it could record what it had published."""
    older = small_file(FILE.path, b"older")
    FolderLayout(root).begin(snapshot_of(older, commit="d" * 40), [older])
    put(root, b"older")
    job, layout = job_for(root)
    assert not adopted(job)
    job.task.publish(data_for(layout, b"[1]"))
    assert (root / FILE.path).read_bytes() == b"[1]"


def a_pipe(target: Path) -> None:
    import os

    os.mkfifo(target)


def a_folder(target: Path) -> None:
    target.mkdir()


def a_link_to_the_right_content(target: Path) -> None:
    elsewhere = target.parent.parent.parent / "elsewhere"
    elsewhere.write_bytes(b"[1]")
    target.symlink_to(elsewhere)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [a_pipe, a_folder, a_link_to_the_right_content])
def test_what_is_no_file_ends_the_job_and_no_thread_waits_for_it(
    make: Callable[[Path], None], root: Path
) -> None:
    (root / "sub").mkdir(parents=True)
    make(root / FILE.path)
    job, _ = job_for(root)
    with pytest.raises(DiskError) as caught:
        adopted(job)
    assert str(root / FILE.path) in caught.value.message


def test_the_same_content_that_appeared_meanwhile_is_the_file(root: Path) -> None:
    """Another process published it, where locks do nothing."""
    job, layout = job_for(root)
    put(root, b"[1]")
    data = data_for(layout, b"[1]")
    job.task.publish(data)
    layout.flush()
    assert not data.exists()
    assert FolderLayout(root).place(SNAPSHOT, FILE).state is ItemState.COMPLETE


def appeared(root: Path, file: RemoteFile) -> None:
    put(root, b"mine")


def appeared_as_a_link(root: Path, file: RemoteFile) -> None:
    a_link_to_the_right_content(put(root, b"").parent / "link")
    (root / FILE.path).unlink()
    (root / "sub" / "link").rename(root / FILE.path)


@pytest.mark.parametrize("happens", [appeared, appeared_as_a_link])
def test_other_things_that_appeared_meanwhile_are_kept(
    happens: Callable[[Path, RemoteFile], None], root: Path
) -> None:
    job, layout = job_for(root)
    happens(root, FILE)
    before = (root / FILE.path).lstat()
    data = data_for(layout, b"[1]")
    with pytest.raises(DiskError) as caught:
        job.task.publish(data)
    assert "--force" in caught.value.hint and caught.value.path == FILE.path
    assert (root / FILE.path).lstat() == before and data.exists()


def test_what_was_edited_meanwhile_is_kept(root: Path) -> None:
    older = small_file(FILE.path, b"older")
    first, layout = job_for(root, snapshot_of(older, commit="d" * 40))
    first.task.publish(data_for(layout, b"older"))
    layout.flush()
    job, layout = job_for(root)
    put(root, b"edited")
    with pytest.raises(HfgetError, match="changed during the download"):
        job.task.publish(data_for(layout, b"[1]"))
    assert (root / FILE.path).read_bytes() == b"edited"
