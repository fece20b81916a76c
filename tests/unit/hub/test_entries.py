"""An entry of a tree listing: a file with a hash to verify against, or a file with a defect."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import requests
from huggingface_hub.hf_api import RepoFile
from hypothesis import given
from hypothesis import strategies as st

from hfget.hub.entries import file_of_head, remote_file
from hfget.model import RemoteFile
from tests.support.verdicts import refused

SHA1, SHA256 = "a1" * 20, "b2" * 32
PLAIN: dict[str, Any] = {"type": "file", "path": "a.json", "size": 3, "oid": SHA1}
LFS: dict[str, Any] = {**PLAIN, "lfs": {"oid": SHA256, "size": 3, "pointerSize": 130}}


def test_a_plain_file() -> None:
    assert remote_file(PLAIN) == RemoteFile("a.json", 3, SHA1)


def test_an_lfs_file() -> None:
    xet = "c3" * 32
    assert remote_file({**LFS, "xetHash": xet}) == RemoteFile("a.json", 3, SHA1, SHA256, xet)


def headed(status: int = 200, **headers: str) -> RemoteFile:
    answer = requests.Response()
    answer.status_code = status
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return file_of_head("a", answer)


def test_a_file_as_the_head_of_its_content_shows_it() -> None:
    assert headed(ETag=f'"{SHA1}"', Content_Length="3") == RemoteFile("a", 3, SHA1)
    assert headed(ETag=f'W/"{SHA1}"', Content_Length="3") == RemoteFile("a", 3, SHA1)
    lfs = RemoteFile("a", 3, "", SHA256)
    linked = {"X_Linked_Etag": f'"{SHA256}"', "X_Linked_Size": "3"}
    assert headed(302, ETag='"of the CDN"', Content_Length="1", **linked) == lfs
    assert headed(ETag=SHA256, Content_Length="3") == lfs


@pytest.mark.parametrize(
    "answer",
    [
        headed(302, ETag=SHA1, Content_Length="3"),
        headed(ETag=SHA1, Content_Length="3", Content_Encoding="gzip"),
        headed(ETag=SHA1),
        headed(ETag=SHA1, Content_Length="-3"),
        headed(ETag="5d41402abc4b2a76b9719d911017c592", Content_Length="3"),
        headed(Content_Length="3"),
    ],
)
def test_a_head_without_size_or_hash_gives_a_file_that_fails(answer: RemoteFile) -> None:
    assert answer.defect


@pytest.mark.parametrize("entry", [PLAIN, LFS, {**LFS, "xetHash": "c3" * 32}])
def test_an_entry_is_read_as_huggingface_hub_reads_it(entry: dict[str, Any]) -> None:
    file = remote_file(entry)
    make: Any = RepoFile
    theirs = make(**copy.deepcopy(entry))  # it takes the entry to pieces
    assert (file.path, file.size, file.blob_id) == (theirs.path, theirs.size, theirs.blob_id)
    assert file.sha256 == (theirs.lfs.sha256 if theirs.lfs else None)
    assert file.xet_hash == theirs.xet_hash


def test_upper_case_is_normalised() -> None:
    entry = {**LFS, "oid": SHA1.upper(), "lfs": {**LFS["lfs"], "oid": SHA256.upper()}}
    assert remote_file(entry) == RemoteFile("a.json", 3, SHA1, SHA256)


def test_what_no_one_needs_may_be_missing_or_odd() -> None:
    lfs = {"oid": SHA256, "size": 3}
    assert remote_file({**PLAIN, "lfs": lfs}) == RemoteFile("a.json", 3, SHA1, SHA256)
    assert remote_file({**LFS, "oid": "?"}) == RemoteFile("a.json", 3, "", SHA256)
    assert remote_file({**LFS, "xetHash": "?"}) == remote_file(LFS)
    odd = {"lastCommit": 7, "securityFileStatus": [], "self": 1, "": 2, "lfs": None}
    assert remote_file({**PLAIN, **odd}) == remote_file(PLAIN)


@pytest.mark.parametrize(
    "size", [None, -1, 1.0, "3", True, 1 << 62, 1 << 63, float("nan"), float("inf"), [], {}]
)
def test_a_size_that_is_none(size: Any) -> None:
    for entry in (
        {**PLAIN, "size": size},
        {**LFS, "size": size},
        {**LFS, "lfs": {**LFS["lfs"], "size": size}},
    ):
        assert "no usable size" in remote_file(entry).defect
    without = {name: value for name, value in PLAIN.items() if name != "size"}
    assert "no usable size" in remote_file(without).defect


def test_two_sizes_that_differ() -> None:
    assert "no usable size" in remote_file({**LFS, "size": 4}).defect


@pytest.mark.parametrize(
    "value",
    [None, "", "a1", SHA1 + "0", SHA1[:-1] + "g", SHA1 + "\n", SHA256 + "00", 7, [], "ａ" * 40],
)
def test_a_hash_that_is_none(value: Any) -> None:
    assert "no usable hash" in remote_file({**PLAIN, "oid": value}).defect
    lfs = {**LFS["lfs"], "oid": value}
    assert "no usable hash" in remote_file({**LFS, "lfs": lfs}).defect


@pytest.mark.parametrize("lfs", ["x", 1, [], True, {}])
def test_an_lfs_part_that_is_none(lfs: Any) -> None:
    found = remote_file({**PLAIN, "lfs": lfs})
    assert found.defect and found.path == "a.json"


@pytest.mark.parametrize("path", [None, 7, ["a"], {}])
def test_a_path_that_is_none(path: Any) -> None:
    assert remote_file({**PLAIN, "path": path}).defect == "the listing gives no path"
    assert remote_file({}).defect == "the listing gives no path"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=10,
)


ODD = st.fixed_dictionaries(
    {},
    optional={
        "path": JSON | st.just("a"),
        "size": JSON | st.just(3),
        "oid": JSON | st.just(SHA1),
        "xetHash": JSON,
        "lfs": JSON | st.fixed_dictionaries({"oid": JSON, "size": JSON | st.just(3)}),
        "lastCommit": JSON,
        "securityFileStatus": JSON,
    },
)
#: Mostly sound: one field is odd.
ENTRIES = ODD | st.tuples(st.sampled_from([PLAIN, LFS]), ODD).map(
    lambda pair: {**pair[0], **dict(list(pair[1].items())[:1])}
)


@given(ENTRIES)
def test_any_entry_is_a_file_that_can_be_verified_or_has_a_defect(entry: dict[str, Any]) -> None:
    found = remote_file(entry)
    assert type(found.path) is str and type(found.size) is int and 0 <= found.size < 1 << 62
    if found.defect:
        refused()
    else:
        assert len(found.etag) == (64 if found.is_lfs else 40)
        assert found.etag == found.etag.lower() and int(found.etag, 16) >= 0
