"""A recorded listing counts for the endpoint that gave it, and is held against all others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hfget import events
from hfget.destinations import record_files
from hfget.destinations.listing_origins import differences, recorded_name
from hfget.destinations.local_dir.folder import FolderLayout
from hfget.errors import UnsafeError
from hfget.model import Proof, RemoteFile, Snapshot
from hfget.operations.recorded_listing import Recall
from tests.support.loopback import lfs_file, small_file, snapshot_of

HERE, THERE = "https://hub.test", "https://mirror.test/hf"
A, B = small_file("a", b"a"), lfs_file("b/c.bin", b"content")
LISTED = replace(snapshot_of(A, B), proof=Proof(1, 1, 1, 1))
OTHER = replace(snapshot_of(small_file("a", b"another"), B), endpoint=THERE)


def recorded(root: Path, *snapshots: Snapshot) -> FolderLayout:
    for snapshot in snapshots:
        layout = FolderLayout(root)
        layout.begin(snapshot, snapshot.files)
        layout.close()
    return FolderLayout(root)


class Recalling(Recall):
    """One that keeps what it told."""

    def __init__(self, layout: FolderLayout, endpoint: str, *, force: bool = False) -> None:
        self.told: list[str] = []
        super().__init__(layout, endpoint, self._keep, force=force)

    def _keep(self, event: events.Event, /) -> None:
        assert isinstance(event, events.Note)
        self.told.append(event.text)


def test_it_counts_for_its_endpoint_alone(tmp_path: Path) -> None:
    layout = recorded(tmp_path, LISTED)
    known = Recalling(layout, HERE).tree(HERE, LISTED.commit)
    assert known is not None and set(known.files) == {A, B} and known.proof == LISTED.proof
    assert Recalling(layout, HERE, force=True).tree(HERE, LISTED.commit) is None
    for endpoint in (THERE, "http://hub.test", "https://hub.test:444", "https://hub.test/below"):
        assert Recalling(layout, endpoint).tree(endpoint, LISTED.commit) is None


def test_what_another_user_has_recorded_counts_on_demand_and_is_not_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = recorded(tmp_path, LISTED)
    monkeypatch.setattr(record_files, "is_mine", lambda owner: False)
    assert layout.recorded(LISTED.commit) is None
    found = layout.recorded(LISTED.commit, anyones=True)
    assert found is not None and set(found.files) == {A, B}
    assert not found.own and found.endpoints == () and found.proof == Proof()


def test_another_endpoint_that_agrees_counts_from_then_on(tmp_path: Path) -> None:
    layout = recorded(tmp_path, LISTED, replace(LISTED, endpoint=THERE))
    for endpoint in (HERE, THERE):
        assert Recalling(layout, endpoint).tree(endpoint, LISTED.commit) is not None


def test_another_endpoint_that_differs_is_refused_unless_it_is_named_as_right(
    tmp_path: Path,
) -> None:
    layout = recorded(tmp_path, LISTED)
    with pytest.raises(UnsafeError) as met:
        Recalling(layout, THERE).hold_against(OTHER)
    assert met.value.exit_code == 8 and "1 file of commit" in met.value.message
    assert "--force" in met.value.hint and "--endpoint https://hub.test" in met.value.hint
    forced = Recalling(layout, THERE, force=True)
    forced.hold_against(OTHER)
    assert "differently" in forced.told[0]
    layout = recorded(tmp_path, OTHER)
    assert Recalling(layout, HERE).tree(HERE, LISTED.commit) is None
    with pytest.raises(UnsafeError):
        Recalling(layout, HERE).hold_against(LISTED)


def test_a_file_more_or_less_is_a_difference(tmp_path: Path) -> None:
    layout = recorded(tmp_path, LISTED)
    for files in ((A,), (A, B, small_file("d", b"d"))):
        with pytest.raises(UnsafeError):
            Recalling(layout, THERE).hold_against(replace(OTHER, files=files))


def test_how_it_is_named_is_no_difference(tmp_path: Path) -> None:
    """Entries that were asked for by name have no pointer's id."""
    bare = replace(B, blob_id="")
    assert not differences((A, B), (bare, A)).paths
    Recalling(recorded(tmp_path, LISTED), THERE).hold_against(replace(OTHER, files=(A, bare)))


def test_a_record_that_was_changed_proves_nothing(tmp_path: Path) -> None:
    recorded(tmp_path, LISTED)
    tree = tmp_path / f".cache/huggingface/trees/{LISTED.commit}.json"
    tree.write_text(tree.read_text() + "\n")
    again = Recalling(FolderLayout(tmp_path), HERE)
    assert again.tree(HERE, LISTED.commit) is None
    again.hold_against(OTHER)
    assert "differently from what is recorded here" in again.told[0]


def test_a_listing_with_a_defect_is_not_kept(tmp_path: Path) -> None:
    broken = replace(LISTED, files=(A, RemoteFile(B.path, B.size, "", defect="no hash")))
    assert recorded(tmp_path, LISTED, broken).recorded(LISTED.commit) is None


def test_an_endpoint_is_written_down_as_origin_and_path() -> None:
    assert (
        recorded_name("https://Hub.test.")
        == recorded_name("https://hub.test:443/")
        != recorded_name(THERE)
    )
    assert recorded_name(THERE) == recorded_name(THERE + "/") == "https://mirror.test:443/hf"
