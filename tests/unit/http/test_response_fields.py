"""Header fields are those that http.client itself would read, faster."""

from __future__ import annotations

import http.client
import io
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from hfget.http.client import HttpClient
from hfget.http.response import Fields, parse_fields
from tests.support.loopback import Answer, Loopback

_ODD = st.sampled_from(
    (
        *(b" folded\r\n", b"\tfolded\r\n", b"no colon\r\n", b"space : x\r\n", b": x\r\n"),
        *(b"From x\r\n", b"a: b\rc: d\r\n", b"a: b\x0bc\r\n", b"a: b\r\r\n", b"a:\r\n"),
        *(b"a: \xff\x85\r\n", b"a: b"),
    )
)
_plain = st.builds(
    lambda name, value: name + b": " + value + b"\r\n",
    st.from_regex(rb"[!-9;-~]+", fullmatch=True),
    st.binary(max_size=20).filter(lambda value: b"\n" not in value),
)


@given(st.lists(st.one_of(_plain, _ODD, st.binary(min_size=1, max_size=30)), max_size=6))
@example([b"Content-Length: 5\r\n", b"content-length:  7 \r\n", b"X:\ty\n"])
def test_they_are_what_the_parser_for_mail_makes_of_them(pieces: list[bytes]) -> None:
    head = b"".join(pieces).replace(b"\n\r\n", b"\n") + b"\r\n"
    theirs = http.client.parse_headers(io.BytesIO(head))
    fields = parse_fields(http.client._read_headers(io.BytesIO(head)))  # type: ignore[attr-defined]
    assert fields.items() == theirs.items()
    for name in theirs:
        assert fields.get(name) == theirs.get(name)
        assert fields.get_all(name) == theirs.get_all(name)
    assert fields.defects == theirs.defects or not isinstance(fields, Fields)
    assert fields.is_multipart() == theirs.is_multipart()


def test_the_first_of_several_counts_whatever_its_case() -> None:
    fields = parse_fields([b"ETag: a\r\n", b"etag: b\r\n", b"\r\n"])
    assert isinstance(fields, Fields)
    assert fields.get("Etag") == "a" and fields.get_all("ETAG") == ["a", "b"]
    assert fields.get("none") is None and fields.get("none", "x") == "x"


def test_a_folded_field_is_left_to_the_parser_for_mail() -> None:
    fields = parse_fields([b"A: b\r\n", b" c\r\n", b"\r\n"])
    assert not isinstance(fields, Fields) and fields["a"] == "b\r\n c"


def test_answers_are_read_that_way() -> None:
    with Loopback(lambda asked: Answer(b"", headers={"X-Some": "thing"})) as server:
        response = HttpClient().get(server.url, read_timeout=10)
        response.close()
    read: Any = response.raw._original_response
    assert isinstance(read.msg, Fields)
    assert response.headers["x-some"] == "thing"
