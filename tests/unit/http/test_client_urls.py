"""URLs that need no parser: what is asked for must be what the parsers would have made of them."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import url as urllib3_url

from hfget.endpoints import origin_of
from hfget.http.client import _PLAIN_URL
from hfget.http.transport import encode_target

HOSTS = ("hub.example.org", "127.0.0.1", "localhost", "a-b.c", "xn--bcher-kva.example", "0x7f.1")
PLAIN = (
    "http://127.0.0.1:8090/gpt2/resolve/main/config.json",
    "https://hub.example.org/org/name/resolve/0123/data/part-00001_of~2+x=1,2.bin",
    "https://hub.example.org/a?download=true",
    "https://cdn.example.org/repos/ab/cd?response-content-disposition=inline%3B+filename%2A%3D"
    "UTF-8%27%27model.bin%3B&X-Amz-Signature=0123abcd&Expires=17&Key-Pair-Id=K/+:;,!$()*'",
)
#: What only a parser may judge.
ODD = (
    "https://hub.example.org",
    "https://hub.example.org/",
    "https://hub.example.org//a",
    "https://hub.example.org/a/",
    "https://hub.example.org/a/../b",
    "https://hub.example.org/a/.b",
    "https://hub.example.org/a?",
    "https://hub.example.org/a?b c",
    "https://hub.example.org/a?b=%2a",
    "https://hub.example.org/a?b=%41",
    "https://hub.example.org/a?b=%2D%2E%5F%7E%39%7A",
    "https://hub.example.org/a?b=%",
    "https://hub.example.org/a?b#c",
    "https://hub.example.org/a?b@c",
    "https://hub.example.org/a#b",
    "https://hub.example.org/a%20b",
    "https://hub.example.org/a b",
    "https://hub.example.org/ä",
    "https://hub.example.org/a\n",
    "https://hub.example.org/a\\b",
    "https://user:password@hub.example.org/a",
    "https://hub.example.org:0/a",
    "https://hub.example.org:080/a",
    "https://hub.example.org:70000/a",
    "https://HUB.example.org/a",
    "HTTPS://hub.example.org/a",
    "https://.example.org/a",
    "https://*.example.org/a",
    "https://bücher.example/a",
    "https://[::1]:8090/a",
    "ftp://hub.example.org/a",
    " https://hub.example.org/a",
)


def parsed(url: str) -> str | None:
    request = requests.PreparedRequest()
    request.prepare_url(url, "")
    return request.url


@pytest.mark.parametrize("url", PLAIN)
def test_most_urls_need_no_parser(url: str) -> None:
    assert _PLAIN_URL.fullmatch(url)


@pytest.mark.parametrize("url", ODD)
def test_whatever_is_odd_is_left_to_the_parser(url: str) -> None:
    assert not _PLAIN_URL.fullmatch(url)


@given(
    st.one_of(
        st.from_regex(_PLAIN_URL, fullmatch=True),
        st.builds(
            "{}://{}{}/{}".format,
            st.sampled_from(("http", "https")),
            st.sampled_from(HOSTS),
            st.one_of(st.just(""), st.integers(0, 70_000).map(":{}".format)),
            st.text("abz09_-.~%/?#&=+,@:;\\ é", max_size=12),
        ),
    )
)
def test_what_is_plain_stays_as_it_is(url: str) -> None:
    plain = _PLAIN_URL.fullmatch(url)
    if plain is None:
        return
    assert parsed(url) == url
    assert origin_of(plain[1]) == origin_of(url)


@given(
    st.builds(
        "/{}".format,
        st.text("abz09_-.~%2F/?#&=+,@:;!$'()*\\ \"é", max_size=16)
        | st.lists(st.sampled_from(("%2F", "%2f", "?", "a=b", "&", "/")), max_size=8).map("".join),
    )
)
def test_a_target_that_is_encoded_already_is_sent_as_urllib3_sends_it(target: str) -> None:
    assert encode_target(target) == urllib3_url._encode_target(target)
