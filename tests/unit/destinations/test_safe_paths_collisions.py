"""Paths that would be one file, or a file and a folder: by definition and by example."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.destinations.safe_paths import check_hostile, unfit_paths
from hfget.errors import UnsafeError
from hfget.system.text import safe_text
from tests.support import verdicts
from tests.support.path_refusals import refusal, refused

KELVIN = "\u212a"
NFC, NFD = "caf\u00e9.txt", "cafe\u0301.txt"


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (("a", "a"), "is listed twice"),
        (("a", "a/b"), "'a' is a file where another path needs a folder"),
        (("a/b/c/d", "a.b", "a/b"), "'a/b' is a file where another path needs a folder"),
        (("a", "a!", "a-b", "a/b"), "'a' is a file where another path needs a folder"),
    ],
)
def test_paths_that_collide_everywhere(paths: tuple[str, ...], reason: str) -> None:
    for order in permutations(paths):
        for folding in (False, True):
            error = refused(*order, case_insensitive=folding)
            assert reason in error.message
            assert "1 of its paths" in error.message
            assert "Linux" not in error.hint


@pytest.mark.parametrize(
    "paths",
    [
        ("A/x", "a/x"),
        ("README", "readme"),
        ("K.bin", f"{KELVIN}.bin"),
        ("k.bin", f"{KELVIN}.bin"),
        (NFC, NFD),
        (f"{NFC}/x", f"{NFD}/X"),
        ("stra\u00dfe", "STRASSE"),
        ("\u03c3", "\u03c2"),
        ("a", "A/b"),
    ],
)
def test_paths_that_are_one_file_where_case_is_folded(paths: tuple[str, str]) -> None:
    assert refusal(*paths) is None
    for order in (paths, paths[::-1]):
        error = refused(*order, case_insensitive=True)
        assert "on this disk" in error.message or "needs a folder" in error.message
        assert "download it on Linux" in error.hint


def test_folders_that_differ_in_case_only_are_merged() -> None:
    assert refusal("A/x", "a/y", case_insensitive=True) is None


def key_of(path: str, *, folding: bool) -> tuple[str, ...]:
    """Canonical caseless matching, D145 of the Unicode standard."""
    if not folding:
        return tuple(path.split("/"))
    decomposed = unicodedata.normalize("NFD", path).casefold()
    return tuple(unicodedata.normalize("NFD", decomposed).split("/"))


def collide(paths: Iterable[str], *, folding: bool) -> set[str]:
    """By definition: the same key as another path, or the beginning of another's."""
    keyed = [(path, key_of(path, folding=folding)) for path in paths]
    return {
        path
        for number, (path, key) in enumerate(keyed)
        for other, (_, longer) in enumerate(keyed)
        if number != other and longer[: len(key)] == key
    }


SMALL = st.lists(
    st.lists(
        st.text(alphabet=f"aAkK{KELVIN}ßsSéÉ\u0301-!", min_size=1, max_size=3),
        min_size=1,
        max_size=3,
    ).map("/".join),
    max_size=8,
)


@settings(max_examples=600, deadline=None)
@given(SMALL, st.booleans())
def test_collisions_are_what_the_definition_says(paths: list[str], folding: bool) -> None:
    expected = collide(paths, folding=folding)
    error = refusal(*paths, case_insensitive=folding)
    if not expected:
        assert error is None
        return
    assert error is not None
    verdicts.refused()
    assert f"{len(expected)} of its paths" in error.message
    for path in expected:
        assert f"'{safe_text(path)}' is" in error.message


@pytest.mark.parametrize(
    ("paths", "unfit"),
    [
        (["a/B", "A/b", "c"], {"A/b"}),
        (["x", "X/y", "z"], {"x"}),
        (["É", "e\u0301", "é"], {"e\u0301", "é"}),
        (["one", "two"], set()),
    ],
)
def test_of_paths_that_are_one_file_here_the_first_comes(paths: list[str], unfit: set[str]) -> None:
    assert set(unfit_paths(paths, case_insensitive=True)) == unfit
    assert unfit_paths(paths) == {}
    check_hostile(paths)


def test_what_only_this_disk_cannot_hold_is_not_hostile() -> None:
    paths = ["n" * 256, "é" * 128, "/".join(["d" * 200] * 30), "CON", "a.", "n" * 144, "ok"]
    check_hostile(paths)
    assert set(unfit_paths(paths, windows=True, longest=143)) == set(paths[:-1])
    assert set(unfit_paths(paths)) == set(paths[:3])


@pytest.mark.parametrize("hostile", ["n" * 300 + "/../../x", "CON/../..", "n" * 5000 + "/.git/x"])
def test_what_is_both_is_hostile(hostile: str) -> None:
    with pytest.raises(UnsafeError):
        check_hostile([hostile])
