"""What a request to the embedded hub asks for: which bytes, of which repo."""

from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.server.protocol.ranges import (
    ByteRange,
    UnsatisfiableRangeError,
    matches,
    multipart,
    requested_spans,
)
from hfget.server.protocol.targets import candidates

_ONE = st.tuples(st.integers(0, 60), st.integers(0, 60)).flatmap(
    lambda pair: st.sampled_from(
        (f"{pair[0]}-{pair[1]}", f"{pair[0]}-", f"-{pair[1]}", f"{pair[0]}-{'9' * 5000}")
    )
)


@given(size=st.integers(1, 50), asked=st.lists(_ONE, min_size=1, max_size=4))
def test_ranges(size: int, asked: list[str]) -> None:
    body = bytes(range(size))
    wanted = [part for one in asked if (part := _part(body, one))]
    try:
        spans = requested_spans(f"bytes={', '.join(asked)}", None, "etag", size)
    except UnsatisfiableRangeError:
        assert not wanted
        return
    if sum(map(len, wanted)) > size:
        assert spans == ()
    else:
        assert [body[span.start : span.stop] for span in spans] == wanted
        assert {span.size for span in spans} == {size}


def _part(body: bytes, asked: str) -> bytes:
    first, _, last = asked.partition("-")
    if not first:
        return body[max(0, len(body) - int(last)) :]
    return body[int(first) : int(last[:9]) + 1] if last else body[int(first) :]


@pytest.mark.parametrize("size", [0, 10])
@pytest.mark.parametrize("header", [None, "", "bytes", "lines=0-1", "bytes=0-,0-"])
def test_other_ranges_mean_the_whole(header: str | None, size: int) -> None:
    assert requested_spans(header, None, "etag", size) == ()


@pytest.mark.parametrize(
    "header",
    [
        "bytes=-", "bytes=", "bytes=,", "bytes=a-b", "bytes=5-1", "bytes=0-1,x", "bytes=-0",
        "bytes=10-", "bytes=99999999999999999999-", "bytes=10-11,12-", "bytes=1-2-3",
    ],
)  # fmt: skip
def test_what_is_no_range_of_the_body_is_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        requested_spans(header, None, "etag", 10)
    assert requested_spans(header, None, "etag", 0) == ()
    assert requested_spans(header, '"other"', "etag", 10) == ()


def test_many_ranges_are_not_read_one_by_one() -> None:
    for count, expected in ((256, 256), (257, 0)):
        many = ",".join(f"{at}-{at}" for at in range(count))
        assert len(requested_spans(f"bytes={many}", None, "etag", 1000)) == expected


def test_several_spans_are_one_body_of_parts() -> None:
    spans = (ByteRange(1, 3, 10), ByteRange(7, 10, 10))
    pieces, length = multipart(spans, "application/octet-stream", "etag")
    data = b"0123456789"
    body = b"".join(
        data[one.start : one.stop] if isinstance(one, ByteRange) else one for one in pieces
    )
    head = b"MIME-Version: 1.0\r\nContent-Type: multipart/byteranges; boundary=etag\r\n\r\n"
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    parts = [(part["Content-Range"], part.get_content()) for part in message.iter_parts()]
    assert len(body) == length
    assert parts == [("bytes 1-2/10", b"12"), ("bytes 7-9/10", b"789")]


@pytest.mark.parametrize(
    ("if_match", "same"),
    [(None, True), ("*", True), ('"a", "etag"', True), ('W/"etag"', False), ("etag", False)],
)
def test_if_match_wants_the_strong_etag(if_match: str | None, same: bool) -> None:
    assert matches(if_match, "etag") is same


@pytest.mark.parametrize(
    ("if_range", "partial"),
    [('"etag"', True), ('W/"etag"', False), ('"other"', False), ("etag", False)],
)
def test_if_range_wants_the_strong_etag(if_range: str, partial: bool) -> None:
    expected = (ByteRange(1, 3, 10),) if partial else ()
    assert requested_spans("bytes=1-2", if_range, "etag", 10) == expected


def test_paths_are_read_in_every_way_they_can_be() -> None:
    first, *_ = candidates("/datasets/org/name/resolve/refs%2Fpr%2F1/a%20b/c")
    assert (first.repo_type, first.repo_id, first.action) == ("dataset", "org/name", "resolve")
    assert first.rest == ("refs/pr/1", "a b", "c")
    assert first.moved("new/id") == "/datasets/new/id/resolve/refs%2Fpr%2F1/a%20b/c"
    assert [target.repo_id for target in candidates("/gpt2/resolve/main/x")] == ["gpt2"]
    assert [target.action for target in candidates("/api/models/gpt2/refs")] == ["info", "refs"]
    for path in ("/", "/api", "/api/models", "/api/models/", "/a", "/a/b", "/resolve/main/x"):
        assert candidates(path) == ()
