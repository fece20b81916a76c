"""What is said of a repo that is another now than in a lock file or a download."""

from __future__ import annotations

from hfget.model import FileChange, RepoChange, RepoRef
from hfget.ui.changes import change_text

MOVED = RepoChange(
    RepoRef("org/m"),
    "m",
    "a" * 40,
    "b" * 40,
    (
        FileChange("c.json", 2, 8),
        FileChange("same-size.bin", 5, 5),
        FileChange("new.bin", None, 100_000),
        FileChange("old.bin", 3_000_000, None),
    ),
    5_000_000,
    100_013,
)


def test_a_repo_that_has_moved_names_its_files_and_the_cost() -> None:
    assert change_text(MOVED).splitlines() == [
        "org/m: aaaaaaa → bbbbbbb, 4 files changed, 100 kB to fetch",
        "  changed  c.json, 2 B → 8 B",
        "  changed  same-size.bin, 5 B",
        "  new      new.bin, 100 kB",
        "  gone     old.bin, 3.0 MB",
    ]


def test_the_folder_is_named_where_it_is_not_the_name() -> None:
    text = change_text(MOVED._replace(folder="models/x", files=(), need=0))
    assert text == "org/m in models/x: aaaaaaa → bbbbbbb, the files are the same"


def test_what_is_new_is_told_in_a_line() -> None:
    text = change_text(MOVED._replace(before=""))
    assert text == "org/m: locked at bbbbbbb, 4 files, 5.0 MB, 100 kB to fetch"


def test_what_is_current_and_what_is_chosen_otherwise() -> None:
    assert change_text(MOVED._replace(before="b" * 40, files=())) == "org/m: bbbbbbb is up to date"
    text = change_text(MOVED._replace(before="b" * 40, need=0))
    assert text.startswith("org/m: bbbbbbb, 4 files changed, nothing to fetch\n")


def test_a_long_list_is_cut() -> None:
    files = tuple(FileChange(f"{number}.bin", None, 1) for number in range(33))
    lines = change_text(MOVED._replace(files=files)).splitlines()
    assert len(lines) == 22 and lines[-1] == "  and 13 more; --json lists all of them"
