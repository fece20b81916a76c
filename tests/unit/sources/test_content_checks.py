"""An answer is held against what was asked for: whatever it claims, it is taken or called a lie."""

from __future__ import annotations

import io
import string
from collections.abc import Mapping

import pytest
import requests
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from hfget.http.retry import Transient
from hfget.model import RemoteFile, Span
from hfget.sources.byte_source import NoRangesError
from hfget.sources.content_checks import Answer, check, content_length
from tests.support.loopback import lfs_file, small_file
from tests.support.verdicts import refused

SIZE = 1000
PART = (100, 300)
LFS = lfs_file("model.bin", bytes(SIZE))
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%b\nsize 1000\n" % (b"a" * 64)


def answered(
    status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> requests.Response:
    """A response as `HttpClient.get` gives it, its body unread."""
    response = requests.Response()
    response.status_code = status
    response.url = "https://cdn.test/file?Signature=secret"
    response.headers = CaseInsensitiveDict(headers or {})
    response.raw = urllib3.HTTPResponse(io.BytesIO(body), headers, preload_content=False)
    return response


def lie_about(
    file: RemoteFile,
    span: Span | None,
    status: int,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> str:
    """What is wrong with an answer, in words."""
    with pytest.raises(Transient) as caught:
        check(file, span, answered(status, headers, body))
    failure = caught.value
    assert failure.lie and not failure.whole_host and not failure.overloaded
    assert failure.host == "cdn.test" and "Signature" not in failure.url
    return failure.reason


def content_range(first: int, last: int, total: int | str = SIZE) -> dict[str, str]:
    return {"Content-Range": f"bytes {first}-{last}/{total}"}


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "1000"}, {"ETag": '"x"'}])
def test_the_whole_file_as_asked(headers: dict[str, str]) -> None:
    answer = check(LFS, None, answered(200, headers))
    assert answer == Answer(0, SIZE, "", whole=True, exact="Content-Length" in headers)
    assert not answer.encoded


@pytest.mark.parametrize("length", [None, "200"])
def test_a_part_as_asked(length: str | None) -> None:
    headers = content_range(100, 299) | ({"Content-Length": length} if length else {})
    answer = check(LFS, PART, answered(206, headers))
    assert answer == Answer(100, 300, "", whole=False, exact=length is not None)


def test_a_shorter_part_than_asked_is_a_beginning() -> None:
    headers = content_range(100, 149) | {"Content-Length": "50"}
    assert check(LFS, PART, answered(206, headers)) == Answer(100, 150, "", False, True)


def test_the_whole_file_for_a_part_says_so() -> None:
    answer = check(LFS, PART, answered(200, {"Content-Length": "1000"}))
    assert (answer.start, answer.end, answer.whole) == (0, SIZE, True)


@pytest.mark.parametrize(
    "text",
    [
        "bytes 0-199/1000",  # another place
        "bytes 101-299/1000",
        "bytes 99-299/1000",
        "bytes 100-300/1000",  # more than was asked for
        "bytes 100-99/1000",  # nothing, or less
        "bytes 300-100/1000",
        "bytes -100-299/1000",
        "bytes 100-299/-1000",
        "bytes 100-299/999",  # another total
        "bytes 100-299/1001",
        "bytes */1000",
        "bytes 100-/1000",
        "bytes 100-299",
        "bytes 100-299/1000, bytes 300-399/1000",
        "items 100-299/1000",
        "bytes 1e2-299/1000",
        "bytes \xb9\xb2-299/1000",
        "bytes 100-299/" + "9" * 5000,
        "bytes 100-" + "9" * 19 + "/1000",
        "",
        "nonsense",
    ],
)
def test_a_part_of_another_place_or_file_is_a_lie(text: str) -> None:
    lie_about(LFS, PART, 206, {"Content-Range": text})


def test_another_total_is_named() -> None:
    reason = lie_about(LFS, PART, 206, content_range(100, 299, 1001))
    assert "has 1001 bytes" in reason and "says 1000" in reason


def test_parts_in_several_bodies_are_not_understood() -> None:
    headers = {"Content-Type": "multipart/byteranges; boundary=x", "Content-Length": "400"}
    assert "part" in lie_about(LFS, PART, 206, headers)


def test_a_part_that_was_not_asked_for_is_a_lie() -> None:
    assert "part" in lie_about(LFS, None, 206, content_range(0, 998))


@pytest.mark.parametrize("span", [None, PART])
def test_the_whole_file_may_come_as_a_part(span: Span | None) -> None:
    for headers in (content_range(0, 999), {}, content_range(0, 999, "*")):
        answer = check(LFS, span, answered(206, {**headers, "Content-Length": "1000"}))
        assert answer == Answer(0, SIZE, "", whole=True, exact=True)


@pytest.mark.parametrize("text", ["bytes=100-299/1000", "bytes 100-299/*"])
def test_a_part_that_is_clear_enough(text: str) -> None:
    assert check(LFS, PART, answered(206, {"Content-Range": text})).start == 100
    headers = {"Content-Range": text, "Content-Length": "200"}
    assert check(LFS, PART, answered(200, headers)) == Answer(100, 300, "", False, True)


def test_what_is_no_part_says_so_where_one_was_asked_for() -> None:
    bare = {"Content-Length": "200"}
    wrong = content_range(100, 299, 999)
    for status, headers in ((416, {}), (206, bare), (200, bare), (206, wrong)):
        with pytest.raises(NoRangesError):
            check(LFS, PART, answered(status, headers))


def test_a_length_that_is_not_the_files_is_a_lie() -> None:
    for length in (0, 999, 1001, 10**18):
        reason = lie_about(LFS, None, 200, {"Content-Length": str(length)}, bytes(SIZE))
        assert f"has {length} bytes" in reason and "says 1000" in reason
    for length in (0, 199, 201, SIZE):
        headers = content_range(100, 299) | {"Content-Length": str(length)}
        assert "length" in lie_about(LFS, PART, 206, headers)


def test_the_pointer_instead_of_the_file_is_named() -> None:
    headers = {"Content-Length": str(len(POINTER))}
    assert "LFS pointer" in lie_about(LFS, None, 200, headers, POINTER)
    assert "LFS pointer" not in lie_about(LFS, None, 200, headers, POINTER[1:])
    small = small_file("pointer.txt", bytes(SIZE))
    assert "LFS pointer" not in lie_about(small, None, 200, headers, POINTER)


@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=utf-8", "Text/HTML"])
@pytest.mark.parametrize("span", [None, PART])
def test_a_web_page_is_not_the_file_unless_that_is_one(kind: str, span: Span | None) -> None:
    headers = {"Content-Type": kind, "Content-Length": "900"}
    assert "web page" in lie_about(LFS, span, 200, headers)
    for right in ({"Content-Type": kind, "Content-Length": "1000"}, {"Content-Type": kind}):
        assert check(LFS, span, answered(200, right)).page, "to be looked at"
        for path in ("index.html", "A.HTM", "b.xhtml"):
            answer = check(lfs_file(path, bytes(SIZE)), span, answered(200, right))
            assert answer.whole and not answer.page


def test_416_means_that_the_file_is_shorter_there() -> None:
    assert "shorter" in lie_about(LFS, PART, 416, {"Content-Range": "bytes */50"})


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " br ", "gzip, gzip", "gzip,aws-chunked"])
def test_an_encoded_length_tells_nothing_about_the_file(encoding: str) -> None:
    headers = {"Content-Encoding": encoding, "Content-Length": "17"}
    answer = check(LFS, None, answered(200, headers))
    assert answer.encoded and answer.whole and not answer.exact


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "br", "utf-8", "aws-chunked", "x"])
def test_the_files_own_length_tells_that_a_label_is_wrong(encoding: str) -> None:
    file = lfs_file("model.tar.gz", bytes(5000))
    headers = {"Content-Encoding": encoding, "Content-Length": "5000"}
    answer = check(file, None, answered(200, headers))
    assert not answer.encoded and answer.whole and answer.exact
    assert check(LFS, None, answered(200, {"Content-Encoding": "utf-8"})) == Answer(
        0, SIZE, "", whole=True, exact=False
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        (" 12 ", 12),
        ("007", 7),
        ("9" * 19, int("9" * 19)),
        *((text, None) for text in ("", "-5", "+5", "5, 5", "1_0", "\xb2", "9" * 5000, "x")),
    ],
)
def test_a_length_is_a_number_or_not_told(text: str, number: int | None) -> None:
    assert content_length(answered(200, {"Content-Length": text})) == number


latin = st.text(st.characters(codec="latin-1"), max_size=30)
digits = st.text(string.digits + "-+ \xb2\xb3", max_size=25)
numbers = st.one_of(st.integers(-5, SIZE + 5).map(str), digits, st.just("*"), latin)
ranges = st.one_of(
    latin, st.tuples(numbers, numbers, numbers).map(lambda t: f"bytes {t[0]}-{t[1]}/{t[2]}")
)
kinds = st.one_of(latin, st.sampled_from(["text/html", "multipart/byteranges", "text/plain"]))
encodings = st.one_of(latin, st.sampled_from(["gzip", "identity", "br", "deflate"]))
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Range": ranges,
        "Content-Length": numbers,
        "Content-Type": kinds,
        "Content-Encoding": encodings,
    },
)


@settings(max_examples=500, deadline=None)
@given(status=st.sampled_from([200, 206, 416]), headers=headers, asked=st.booleans())
def test_whatever_the_headers_say_the_answer_lies_within_what_was_asked(
    status: int, headers: dict[str, str], asked: bool
) -> None:
    span = PART if asked else None
    try:
        answer = check(LFS, span, answered(status, headers, POINTER))
    except Transient as failure:
        assert failure.lie
        refused()
        return
    if answer.whole:
        assert (answer.start, answer.end) == (0, SIZE)
    else:
        assert asked and answer.start == PART[0] < answer.end <= PART[1]
    if answer.exact:
        assert headers["Content-Length"].strip().lstrip("0") == str(answer.end - answer.start)


def test_a_part_may_be_one_byte_long() -> None:
    answer = check(LFS, PART, answered(206, {**content_range(100, 100), "Content-Length": "1"}))
    assert (answer.start, answer.end) == (100, 101) and answer.exact
