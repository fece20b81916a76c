"""The plan: what counts as here, what a partial is worth, how much room is needed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hfget.destinations.local_dir.folder import FolderLayout
from hfget.errors import UnsafeError
from hfget.model import ItemState, Plan, RemoteFile
from hfget.operations.planner import make_plan, place, space_needed
from hfget.partials.clone import can_clone, can_take_alone
from hfget.partials.journal import Identity
from hfget.partials.partial import JOURNALED_BYTES, Partial
from hfget.partials.partial_names import stem_for
from tests.support.loopback import lfs_file, small_file, snapshot_of

SIZE = 4 * JOURNALED_BYTES
DATA = hashlib.shake_128(b"plan").digest(SIZE)
LARGE = lfs_file("sub/w.bin", DATA)
SMALL = small_file("c.json", b"{}")
SNAPSHOT = snapshot_of(LARGE, SMALL)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "m"


def planned(
    root: Path, *files: RemoteFile, force: bool = False, commit: str = "c" * 40
) -> tuple[Plan, FolderLayout]:
    layout = FolderLayout(root, force=force)
    snapshot = snapshot_of(*files, commit=commit)
    return make_plan(snapshot, files, layout, force=force), layout


def partial_with(root: Path, *pieces: tuple[int, int], commit: str = "c" * 40) -> Partial:
    layout = FolderLayout(root)
    stem = stem_for(layout.partial_directory(LARGE), LARGE.path, LARGE.etag)
    partial = Partial.open(stem, Identity.of(LARGE, commit))
    for start, end in pieces:
        partial.write(memoryview(DATA)[start:end], start)
    return partial


def test_nothing_here(root: Path) -> None:
    plan, layout = planned(root, LARGE, SMALL)
    assert [(item.state, item.have) for item in plan.items] == [(ItemState.MISSING, 0)] * 2
    assert plan.need_bytes == plan.total_bytes == space_needed(plan, layout) == SIZE + 2
    assert plan.root == root and not root.exists()
    assert plan.items[0].destination == root / "sub" / "w.bin"


@pytest.mark.parametrize("commit", ["c" * 40, "d" * 40])
def test_a_partial_counts_for_what_its_journal_says(root: Path, commit: str) -> None:
    """Also one begun for another commit that has the same content."""
    partial_with(root, (0, 1000), (50_000, 60_000)).park()
    plan, layout = planned(root, LARGE, SMALL, commit=commit)
    item = plan.items[0]
    assert (item.state, item.have, item.need) == (ItemState.PARTIAL, 11_000, SIZE - 11_000)
    reserved = next(layout.partial_directory(LARGE).glob("*.incomplete")).stat().st_blocks * 512
    assert space_needed(plan, layout) == max(SIZE - reserved, 0) + SMALL.size


def test_a_partial_that_somebody_works_on_counts_for_nothing(root: Path) -> None:
    partial = partial_with(root, (0, 1000))
    plan, layout = planned(root, LARGE)
    assert (plan.items[0].state, plan.items[0].have) == (ItemState.MISSING, 0)
    assert space_needed(plan, layout) == SIZE
    partial.discard()


def test_a_partial_of_other_content_counts_for_nothing(root: Path) -> None:
    partial_with(root, (0, 1000)).park()
    plan, _ = planned(root, lfs_file(LARGE.path, DATA[::-1]))
    assert plan.items[0].have == 0


def test_a_partial_beside_an_outdated_file_counts(root: Path) -> None:
    partial_with(root, (0, 1000)).park()
    (root / "sub").mkdir()
    (root / LARGE.path).write_bytes(b"old")
    plan, layout = planned(root, LARGE)
    assert (plan.items[0].state, plan.items[0].have) == (ItemState.OUTDATED, 1000)
    assert space_needed(plan, layout) <= SIZE - 1000


def test_what_is_to_be_hashed_needs_nothing_for_now(root: Path) -> None:
    root.mkdir()
    (root / SMALL.path).write_bytes(b"[]")
    plan, layout = planned(root, SMALL)
    assert (plan.items[0].state, plan.items[0].need) == (ItemState.ADOPTABLE, 0)
    assert space_needed(plan, layout) == 0


def test_force_takes_nothing_for_complete_but_goes_on_with_partials(root: Path) -> None:
    layout = FolderLayout(root)
    layout.begin(SNAPSHOT, [SMALL])
    (root / SMALL.path).write_bytes(b"{}")
    layout.place(SNAPSHOT, SMALL)
    layout.adopt(SNAPSHOT, SMALL)
    layout.flush()
    layout.close()
    partial_with(root, (0, 1000)).park()
    assert planned(root, SMALL)[0].items[0].state is ItemState.COMPLETE
    plan, _ = planned(root, LARGE, SMALL, force=True)
    assert [item.state for item in plan.items] == [ItemState.PARTIAL, ItemState.OUTDATED]
    assert plan.need_bytes == SIZE - 1000 + 2


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_in_the_way_is_not_planned_over(force: bool, root: Path) -> None:
    (root / SMALL.path).mkdir(parents=True)
    layout = FolderLayout(root, force=force)
    make_plan(SNAPSHOT, [SMALL], layout, force=force)
    placement = place(layout, SNAPSHOT, SMALL, force=force)
    assert placement.blocked is not None and not placement.replaceable


def test_one_unsafe_path_of_the_listing_refuses_all_though_it_is_not_wanted(root: Path) -> None:
    snapshot = snapshot_of(SMALL, small_file("../x", b""))
    with pytest.raises(UnsafeError):
        make_plan(snapshot, [SMALL], FolderLayout(root))


def test_a_defect_in_the_listing_is_planned_as_nothing(root: Path) -> None:
    plan, layout = planned(root, RemoteFile("odd.bin", 2 * SIZE, "", defect="no usable hash"))
    assert plan.items[0].have == 0 and space_needed(plan, layout) == 2 * SIZE


@pytest.mark.parametrize("own", [0, 30_000, 60_000])
def test_what_huggingface_hub_has_begun_counts_if_it_is_more(own: int, root: Path) -> None:
    """It is moved where no process has it open; a copy takes its space."""
    if own:
        partial_with(root, (0, own)).park()
    layout = FolderLayout(root)
    folder = layout.partial_directory(LARGE)
    folder.mkdir(parents=True, exist_ok=True)
    theirs = folder / f"{layout.prefix_name(LARGE)}.0a1b2c3d.incomplete"
    theirs.write_bytes(DATA[:40_000])
    plan, layout = planned(root, LARGE)
    item = plan.items[0]
    assert (item.state, item.have) == (ItemState.PARTIAL, max(own, 40_000))
    assert item.source == (theirs if own < 40_000 else None)
    if item.source and not can_clone(theirs, root):
        rest = SIZE - 40_000 if can_take_alone(theirs) else SIZE
        assert space_needed(plan, layout) == space_needed(plan, layout, link=True) == rest
        with theirs.open("r+b"):
            assert space_needed(plan, layout) == space_needed(plan, layout, link=True) == SIZE
