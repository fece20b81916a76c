"""What speaks against a listing, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from hfget.hub.completeness import Doubt, Listed, TwiceError, doubt, is_full
from hfget.hub.pages import next_link
from tests.support.api_client import entry


def folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "oid": "b" * 40, "size": 0}


def listed(*entries: dict[str, Any], may_go_on: str = "") -> Listed:
    made = Listed()
    made.add(entries)
    made.may_go_on = may_go_on
    return made


def many(count: int) -> tuple[Listed, list[str]]:
    names = [f"{number}.txt" for number in range(count)]
    return listed(*map(entry, names)), names


def test_nothing_speaks_against_what_the_info_names() -> None:
    whole = listed(entry("a"), folder("f"), entry("f/b"))
    assert doubt(whole, ["a", "f/b"]) is None
    assert doubt(whole, None) is None
    assert doubt(whole, []) is None, "a server that names none says nothing"
    assert doubt(listed(), []) is None, "a repo without files"


def test_a_folder_that_the_info_does_not_know_either_is_no_doubt() -> None:
    """One that holds nothing but a submodule is listed without content."""
    assert doubt(listed(entry("a"), folder("module")), ["a"]) is None
    round_number, names = many(100)
    round_number.add([folder("module")])
    assert doubt(round_number, names) is None
    submodule = {"type": "commit", "path": "module", "oid": "c" * 40}
    assert doubt(listed(entry("a"), submodule), ["a"]) is None


@pytest.mark.parametrize(
    ("what", "siblings", "found"),
    [
        (listed(entry("a")), ["a", "b"], Doubt(missing=("b",))),
        (listed(entry("a"), folder("f")), None, Doubt(empty=("f",))),
        (listed(folder("f"), folder("f/g"), entry("f/h")), None, Doubt(empty=("f/g",))),
        (listed({"type": "blob", "path": "a"}, entry("b")), None, Doubt(unknown=("a",))),
        (listed({"type": "blob", "path": "a"}, entry("b")), ["a", "b"], Doubt(missing=("a",))),
        (listed({"type": "directory", "path": 5}, entry("b")), None, Doubt(unknown=("",))),
        (listed(entry("a"), entry("b")), ["a"], Doubt(surplus=1)),
        (listed(), None, Doubt(maybe_cut="lists no file")),
        (listed(entry("a"), may_go_on="ends oddly"), None, Doubt(maybe_cut="ends oddly")),
    ],
)
def test_what_speaks_against_a_listing(what: Listed, siblings: Any, found: Doubt) -> None:
    assert doubt(what, siblings) == found


def test_siblings_may_be_cut_at_a_round_number() -> None:
    all_listed, names = many(250)
    assert doubt(all_listed, names[:200]) is None
    assert doubt(all_listed, names[:199]) == Doubt(surplus=51)
    some_listed, _ = many(190)
    assert doubt(some_listed, names[:200]) == Doubt(missing=tuple(names[190:200]))


def test_a_full_page_and_siblings_cut_at_the_same_place_are_doubted() -> None:
    same, names = many(1000)
    same.may_go_on = "lists as much as a page holds"
    found = doubt(same, names)
    assert found is not None and found.maybe_cut and found.is_vague
    same.may_go_on = ""
    assert doubt(same, names) is None


def test_a_page_is_full_at_thousands() -> None:
    assert [count for count in (0, 1, 999, 1000, 1001, 3000) if is_full(count)] == [1000, 3000]


def test_a_path_twice() -> None:
    made = listed(entry("a"))
    made.add([entry("a")])
    with pytest.raises(TwiceError):
        made.add([entry("a", oid="b" * 40)])


def test_a_long_header_of_links_takes_no_time() -> None:
    for text in ("<" * 60_000, "<a>;" + " " * 60_000, "<a>; rel" * 9000, "<a>" + ";rel=" * 9000,
                 "<a>; " + '"' * 60_000):  # fmt: skip
        assert next_link(text) == ""
