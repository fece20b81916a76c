"""What the server reads of records: nothing that it would wait for, or that has no end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hfget.server import records
from hfget.server.hashes import HashCache

COMMIT = "c" * 40
FOLDER = Path(".cache/huggingface")
PLACES = ("hfget.json", f"trees/{COMMIT}.json", "download/w.bin.metadata")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("planted", ["pipe", "/dev/zero", "sparse", "folder"])
def test_what_is_no_record_counts_as_absent(planted: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / FOLDER / place
    path.parent.mkdir(parents=True)
    if planted == "pipe":
        os.mkfifo(path)
    elif planted == "folder":
        path.mkdir()
    elif planted == "sparse":
        path.touch()
        os.truncate(path, 1 << 40)
    else:
        path.symlink_to(planted)
    assert records.read_folder_record(tmp_path) is None
    assert records.read_tree_record(tmp_path, COMMIT) is None
    assert records.read_file_record(tmp_path, "w.bin") is None


@pytest.mark.timeout(20)
def test_a_pipe_in_place_of_the_hashes_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "hashes.json")
    HashCache(tmp_path / "hashes.json").save()
