"""A run that begins with a snapshot: exactly that, without asking a hub what a branch means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hfget import Snapshot, download, plan
from hfget.destinations.record_codec import read_tree
from hfget.destinations.wanted_files import read_wanted
from tests.hub import LocalHub
from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import tree

REPO = "org/m"
FILES: dict[str, str | int] = {"w.bin": 2 * MiB, "c.json": "{}"}


pytestmark = pytest.mark.usefixtures("home_of_one_test")


@pytest.fixture
def moved(repos_root: Path, start_hub: StartHub) -> tuple[LocalHub, Snapshot, Path]:
    """A hub, a snapshot of it, and the folder with that; what the branch means now is another."""
    former = make_model(repos_root, REPO, FILES, revision="former")
    for name in FILES:
        (repos_root / REPO).mkdir(exist_ok=True)
        (repos_root / REPO / name).write_bytes((former / name).read_bytes())
    hub = start_hub()
    snapshot = plan(REPO, endpoint=hub.endpoint).snapshot
    (repos_root / REPO / "c.json").write_text('{"changed": true}')
    hub.rescan()
    assert hub.commit(REPO) != snapshot.commit == hub.commit(REPO, "former")
    hub.clear_log()
    return hub, snapshot, former


def records(root: str) -> Path:
    return Path(root) / ".cache" / "huggingface"


def test_it_is_brought_without_a_question(moved: tuple[LocalHub, Snapshot, Path]) -> None:
    hub, snapshot, former = moved
    report = download(snapshot)
    assert report.ok and report.snapshot == snapshot
    assert tree(Path("m")) == tree(former)
    assert hub.requests(path="/api/*") == []
    assert read_tree(records("m"), snapshot.commit) == tuple(
        replace(file, xet_hash=None) for file in sorted(snapshot.files, key=lambda one: one.path)
    )


def test_what_is_here_already_needs_no_hub(moved: tuple[LocalHub, Snapshot, Path]) -> None:
    hub, snapshot, _ = moved
    assert download(snapshot).ok
    hub.refuse("hub")
    again = download(snapshot)
    assert again.ok and (again.requests, again.reused) == (0, again.bytes_total)


def test_force_fetches_it_again(moved: tuple[LocalHub, Snapshot, Path]) -> None:
    _, snapshot, _ = moved
    assert download(snapshot).ok
    assert download(snapshot, force=True).received == sum(file.size for file in snapshot.files)


def test_another_mirror_may_be_asked_for_it(
    moved: tuple[LocalHub, Snapshot, Path], start_hub: StartHub
) -> None:
    hub, snapshot, former = moved
    mirror = start_hub()
    assert download(snapshot, endpoint=mirror.endpoint).ok
    assert tree(Path("m")) == tree(former)
    assert hub.log == [] and mirror.requests(path="*/resolve/*")


def test_some_files_of_a_commit_are_not_taken_for_its_listing(
    moved: tuple[LocalHub, Snapshot, Path],
) -> None:
    hub, snapshot, _ = moved
    config = next(file for file in snapshot.files if file.path == "c.json")
    part = replace(snapshot, files=(config,), endpoint="", whole=False)
    report = download(part, endpoint=hub.endpoint)
    assert report.ok and [path.name for path in Path("m").glob("[!.]*")] == ["c.json"]
    assert read_tree(records("m"), snapshot.commit) is None
    wanted = read_wanted(records("m"))
    assert wanted is not None and wanted.endpoint == hub.endpoint
    assert list(wanted.files) == ["c.json"]
    whole = download(REPO, revision=snapshot.commit, endpoint=hub.endpoint)
    assert whole.ok and whole.files_total == 2


def test_a_snapshot_may_be_planned_and_selected_from(
    moved: tuple[LocalHub, Snapshot, Path],
) -> None:
    hub, snapshot, _ = moved
    made = plan(snapshot, include="*.json")
    assert [item.file.path for item in made.items] == ["c.json"] and hub.log == []
