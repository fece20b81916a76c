"""A content whose name has changed in the repo: taken from its former name, never from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfget.destinations.layout import Elsewhere
from hfget.destinations.local_dir.folder import FolderLayout
from hfget.model import ItemState
from tests.support.loopback import small_file, snapshot_of

DATA = b"[1]"
FORMER = small_file("sub/former.json", DATA)
MOVED = small_file("moved.json", DATA)
LATER = snapshot_of(MOVED, commit="d" * 40)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder where a run before this one was to fetch the content under its former name."""
    root = tmp_path / "m"
    layout = FolderLayout(root)
    layout.begin(snapshot_of(FORMER), [FORMER])
    layout.close()
    return root


def elsewhere(root: Path) -> Elsewhere | None:
    placement = FolderLayout(root).place(LATER, MOVED)
    assert placement.state is ItemState.MISSING
    return placement.elsewhere


def test_what_only_moved_is_taken_from_its_former_name(root: Path) -> None:
    assert elsewhere(root) is None
    path = root / FORMER.path
    path.parent.mkdir()
    path.write_bytes(DATA)
    assert elsewhere(root) == Elsewhere(path, ItemState.TWIN)
    path.write_bytes(DATA + b"more")
    assert elsewhere(root) is None


@pytest.mark.parametrize("link", ["sub", "sub/former.json"])
def test_no_link_at_the_former_name_is_followed_out_of_the_folder(
    link: str, root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "former.json").write_bytes(DATA)
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(outside if link == "sub" else outside / "former.json")
    assert (root / FORMER.path).read_bytes() == DATA
    assert elsewhere(root) is None
