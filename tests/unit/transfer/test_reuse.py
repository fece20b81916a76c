"""Files with the same content: one is fetched, the others wait for it and are copied."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from hfget import events
from hfget.destinations.hub_cache.cache import CacheLayout
from hfget.destinations.hub_cache.cache_paths import HubCache
from hfget.destinations.local_dir.folder import FolderLayout
from hfget.errors import DiskError
from hfget.model import ItemState, Plan, PlanItem, RemoteFile, RepoRef
from hfget.operations.planner import make_plan, space_needed
from hfget.operations.tasks import Turns, make_tasks
from hfget.system.cancellation import Stopped
from hfget.transfer import reuse
from hfget.transfer.file_job import FileJob
from hfget.transfer.reuse import Reuse
from tests.support.loopback import lfs_file, snapshot_of
from tests.support.schedules import GivenSources

DATA = b"twins" * 1000
TWINS = tuple(lfs_file(name, DATA) for name in ("a.bin", "b.bin", "sub/c.bin"))
SNAPSHOT = snapshot_of(*TWINS)
REF = RepoRef("org/name")


class Ended:
    """Results that only note which jobs succeeded."""

    def __init__(self) -> None:
        self.jobs: list[FileJob] = []

    def succeed(self, job: FileJob) -> None:
        job.task.ended()
        self.jobs.append(job)


def jobs_for(
    layout: FolderLayout | CacheLayout,
    *,
    force: bool = False,
    link: bool = False,
    notes: list[events.Event] | None = None,
) -> tuple[Plan, list[FileJob]]:
    plan = make_plan(SNAPSHOT, SNAPSHOT.files, layout, force=force)
    layout.begin(SNAPSHOT, SNAPSHOT.files)
    observer: Any = (lambda event: None) if notes is None else notes.append
    turns = Turns(observer=observer)
    tasks = make_tasks(plan, layout, GivenSources(), link=link, force=force, turns=turns)
    return plan, [FileJob(task) for task in tasks]


def take(job: FileJob, *, stop: threading.Event | None = None) -> bool:
    offer = job.task.local()
    assert offer is not None
    results: Any = Ended()
    return Reuse(results, stop or threading.Event(), fsync=True).take(job, offer)


def fetched(layout: FolderLayout | CacheLayout, job: FileJob) -> None:
    """As if the content had come over the network."""
    job.stem.parent.mkdir(parents=True, exist_ok=True)
    data = job.stem.with_name("data.incomplete")
    data.write_bytes(DATA)
    job.task.publish(data)
    job.task.ended()


def layouts(tmp_path: Path) -> dict[str, FolderLayout | CacheLayout]:
    return {
        "folder": FolderLayout(tmp_path / "m"),
        "cache": CacheLayout(tmp_path / "hub", REF),
        "cache without links": CacheLayout(tmp_path / "hub", REF, links=False),
    }


@pytest.mark.parametrize("kind", ["folder", "cache", "cache without links"])
def test_the_first_is_fetched_the_others_are_copied(kind: str, tmp_path: Path) -> None:
    layout = layouts(tmp_path)[kind]
    plan, (first, *others) = jobs_for(layout)
    assert [item.state for item in plan.items] == [ItemState.MISSING, *[ItemState.TWIN] * 2]
    assert plan.need_bytes == len(DATA)
    offer = first.task.local()
    assert offer is not None and offer.existing is None and offer.copies == ()
    assert [other.task.local() for other in others] == [None, None]
    fetched(layout, first)
    assert [take(other) for other in others] == [True, True]
    layout.flush()
    layout.close()
    for item in plan.items:
        assert item.destination.read_bytes() == DATA
        assert item.destination.is_symlink() == (kind == "cache")
        assert layout.place(SNAPSHOT, item.file).state is ItemState.COMPLETE


@pytest.mark.parametrize("kind", ["folder", "cache"])
def test_when_the_first_fails_the_next_has_its_turn(kind: str, tmp_path: Path) -> None:
    layout = layouts(tmp_path)[kind]
    _, (first, second, third) = jobs_for(layout)
    assert first.task.local() is not None and second.task.local() is None
    first.task.ended()
    offer = second.task.local()
    assert offer is not None and offer.copies == () and third.task.local() is None
    layout.close()


def test_one_that_is_complete_is_copied_from(tmp_path: Path) -> None:
    layout = FolderLayout(tmp_path / "m")
    _, jobs = jobs_for(layout)
    assert jobs[2].task.local() is not None
    fetched(layout, jobs[2])
    layout.flush()
    layout.close()
    layout = FolderLayout(tmp_path / "m")
    plan, jobs = jobs_for(layout)
    assert [item.state for item in plan.items] == [*[ItemState.TWIN] * 2, ItemState.COMPLETE]
    assert plan.need_bytes == 0 and space_needed(plan, layout) in (0, 2 * len(DATA))
    assert all(take(job) for job in jobs)
    assert not (tmp_path / "m" / "a.bin").samefile(tmp_path / "m" / "b.bin")


def test_space_for_twins_is_needed_where_they_are_copied(tmp_path: Path) -> None:
    for kind, layout in layouts(tmp_path).items():
        plan = make_plan(SNAPSHOT, SNAPSHOT.files, layout)
        copies = 0 if kind.startswith("cache") else 2
        assert space_needed(plan, layout) == (1 + copies) * len(DATA)


def test_force_fetches_every_one(tmp_path: Path) -> None:
    layout = FolderLayout(tmp_path / "m")
    plan, jobs = jobs_for(layout, force=True)
    assert plan.need_bytes == 3 * len(DATA)
    assert jobs[0].task.local() is not None
    fetched(layout, jobs[0])
    assert all(job.task.local() is not None for job in jobs[1:])


def test_another_program_is_waited_for_and_that_is_said_once(tmp_path: Path) -> None:
    theirs = CacheLayout(tmp_path / "hub", REF)
    assert theirs.reserve(TWINS[0])
    layout = CacheLayout(tmp_path / "hub", REF)
    notes: list[events.Event] = []
    _, jobs = jobs_for(layout, notes=notes)
    assert [job.task.local() for job in jobs * 2] == [None] * 6
    (note,) = notes
    assert isinstance(note, events.Note) and "waiting for another program" in note.text
    _, their_jobs = jobs_for(theirs)
    fetched(theirs, their_jobs[0])
    theirs.flush()
    theirs.close()
    assert take(jobs[1])
    layout.flush()
    layout.close()
    assert (tmp_path / "hub").joinpath("models--org--name/snapshots", "c" * 40, "b.bin").exists()


def in_the_hub_cache(tmp_path: Path, content: bytes) -> tuple[FolderLayout, Path]:
    blob = tmp_path / "hub" / "models--org--name" / "blobs" / TWINS[0].etag
    blob.parent.mkdir(parents=True)
    blob.write_bytes(content)
    return FolderLayout(tmp_path / "m", hub=HubCache(tmp_path / "hub", REF)), blob


@pytest.mark.parametrize("link", [False, True])
def test_what_is_wrong_in_the_cache_is_not_taken(link: bool, tmp_path: Path) -> None:
    layout, blob = in_the_hub_cache(tmp_path, DATA[::-1])
    _, (job, *_) = jobs_for(layout, link=link)
    assert not take(job)
    assert blob.read_bytes() == DATA[::-1] and blob.stat().st_nlink == 1
    assert not (tmp_path / "m" / "a.bin").exists()
    assert list(layout.partial_directory(TWINS[0]).iterdir()) == []


def test_a_copy_from_the_cache_may_be_a_hard_link_one_within_the_folder_not(
    tmp_path: Path,
) -> None:
    layout, blob = in_the_hub_cache(tmp_path, DATA)
    _, (first, *others) = jobs_for(layout, link=True)
    assert take(first)
    assert (tmp_path / "m" / "a.bin").samefile(blob)
    blob.unlink()
    assert all(take(job) for job in others)
    assert not (tmp_path / "m" / "b.bin").samefile(tmp_path / "m" / "a.bin")


def test_a_file_that_was_renamed_is_copied_never_linked(tmp_path: Path) -> None:
    layout = FolderLayout(tmp_path / "m")
    old = snapshot_of(lfs_file("old.bin", DATA), commit="a" * 40)
    layout.begin(old, old.files)
    (tmp_path / "m" / "old.bin").write_bytes(DATA)
    _, (job, *_) = jobs_for(FolderLayout(tmp_path / "m"), link=True)
    assert take(job)
    assert (tmp_path / "m" / "a.bin").read_bytes() == DATA
    assert not (tmp_path / "m" / "a.bin").samefile(tmp_path / "m" / "old.bin")


def test_force_takes_nothing_from_the_cache(tmp_path: Path) -> None:
    layout, _ = in_the_hub_cache(tmp_path, DATA)
    plan, jobs = jobs_for(layout, force=True)
    assert plan.cached_bytes == 0 and plan.need_bytes == 3 * len(DATA)
    offer = jobs[0].task.local()
    assert offer is not None and offer.copies == ()
    plan, _ = jobs_for(layout)
    assert plan.cached_bytes == 3 * len(DATA)


def test_a_copy_stops_when_asked_and_leaves_nothing(tmp_path: Path) -> None:
    layout, _ = in_the_hub_cache(tmp_path, DATA)
    _, (job, *_) = jobs_for(layout)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        take(job, stop=stop)
    assert list(layout.partial_directory(TWINS[0]).iterdir()) == []


def test_a_full_disk_is_not_taken_for_a_source_that_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    layout, _ = in_the_hub_cache(tmp_path, DATA)
    _, (job, *_) = jobs_for(layout)
    monkeypatch.setattr(reuse, "duplicate", full)
    with pytest.raises(DiskError, match="no space"):
        take(job)


def test_turns_are_for_one_content_each() -> None:
    a, b, known = RemoteFile("a", 1, "a"), RemoteFile("b", 1, "b"), RemoteFile("c", 1, "known")
    turns = Turns({"known": PlanItem(known, Path("here"), ItemState.COMPLETE, 1)})
    assert turns.place(RemoteFile("x", 1, "known")) == Path("here/c")
    assert turns.take(a) and turns.take(b) and not turns.take(RemoteFile("other", 1, "a"))
    turns.end(a)
    assert turns.place(a) is None and turns.take(a)
    turns.end(a, PlanItem(a, Path("there"), ItemState.MISSING, 0))
    assert turns.place(RemoteFile("other", 1, "a")) == Path("there/a")
