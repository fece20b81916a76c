"""What a request to the embedded hub asks for: which bytes, of which repo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.server.protocol.ranges import ByteRange, UnsatisfiableRangeError, requested_span
from hfget.server.protocol.targets import candidates


@given(size=st.integers(0, 50), start=st.integers(0, 60), stop=st.integers(0, 60))
def test_ranges(size: int, start: int, stop: int) -> None:
    body = bytes(range(size))
    for header, wanted in (
        (f"bytes={start}-{stop}", body[start : stop + 1]),
        (f"bytes={start}-", body[start:]),
        (f"bytes=-{stop}", body[size - min(stop, size) :]),
    ):
        try:
            span = requested_span(header, None, "etag", size)
        except UnsatisfiableRangeError:
            assert wanted == b""
            continue
        if span is None:
            assert stop < start or size == 0
        else:
            assert body[span.start : span.stop] == wanted and span.size == size


@pytest.mark.parametrize(
    "header", [None, "", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0-1,3-4", "bytes=5-1"]
)
def test_other_ranges_mean_the_whole(header: str | None) -> None:
    assert requested_span(header, None, "etag", 10) is None


@pytest.mark.parametrize(
    ("if_range", "partial"),
    [('"etag"', True), ('W/"etag"', False), ('"other"', False), ("etag", False)],
)
def test_if_range_wants_the_strong_etag(if_range: str, partial: bool) -> None:
    expected = ByteRange(1, 3, 10) if partial else None
    assert requested_span("bytes=1-2", if_range, "etag", 10) == expected


def test_paths_are_read_in_every_way_they_can_be() -> None:
    first, *_ = candidates("/datasets/org/name/resolve/refs%2Fpr%2F1/a%20b/c")
    assert (first.repo_type, first.repo_id, first.action) == ("dataset", "org/name", "resolve")
    assert first.rest == ("refs/pr/1", "a b", "c")
    assert first.moved("new/id") == "/datasets/new/id/resolve/refs%2Fpr%2F1/a%20b/c"
    assert [target.repo_id for target in candidates("/gpt2/resolve/main/x")] == ["gpt2"]
    assert [target.action for target in candidates("/api/models/gpt2/refs")] == ["info", "refs"]
    for path in ("/", "/api", "/api/models", "/api/models/", "/a", "/a/b", "/resolve/main/x"):
        assert candidates(path) == ()
