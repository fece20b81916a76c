"""Where a server may send us, and where not."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hfget.endpoints import is_loopback, is_private, is_private_address, origin_of
from hfget.errors import HfgetError, NetworkError, UnsafeError
from hfget.http.redirects import follow, is_redirect, rebase, stays_home
from tests.support.verdicts import refused

HUB = "https://huggingface.co"
MIRROR = "https://mirror.test/hub"
SOURCE = "https://mirror.test/hub/api/models/a"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://cdn.test/x?Signature=a%2Fb&c=d", "https://cdn.test/x?Signature=a%2Fb&c=d"),
        ("/api/models/b", "https://mirror.test/api/models/b"),
        ("b?c", "https://mirror.test/hub/api/models/b?c"),
        ("//cdn.test/x", "https://cdn.test/x"),
        ("HTTPS://CDN.test/x", "https://CDN.test/x"),
        ("https://huggingface.co/api/models/b?c", "https://mirror.test/hub/api/models/b?c"),
        ("https://HF.co./api/models/b", "https://mirror.test/hub/api/models/b"),
        ("http://huggingface.co/api/models/b", "https://mirror.test/hub/api/models/b"),
        ("https://cdn-lfs.huggingface.co/x", "https://cdn-lfs.huggingface.co/x"),
        ("https://user:word@cdn.test/x", "https://cdn.test/x"),
        ("https://a@b@cdn.test/x", "https://cdn.test/x"),
        ("https://cdn.test/x?to=https://other.test/", "https://cdn.test/x?to=https://other.test/"),
        ("https://proxy.test/https://other.test/", "https://proxy.test/https://other.test/"),
        ("/\xe6\xa8\xa1", "https://mirror.test/模"),
    ],
)
def test_a_redirect_is_followed(location: str, target: str) -> None:
    assert follow(SOURCE, location, MIRROR) == target


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://cdn.test/x",
        "data:text/plain,x",
        "gopher://cdn.test/",
        "javascript:alert(1)",
        "ftp://huggingface.co/x",
    ],
)
def test_another_scheme_is_refused(location: str) -> None:
    with pytest.raises(UnsafeError) as met:
        follow(SOURCE, location, MIRROR)
    assert met.value.exit_code == 8
    assert "mirror.test" in met.value.message and location.partition(":")[0] in met.value.message
    assert met.value.hint


def test_a_downgrade_is_refused_and_an_upgrade_is_not() -> None:
    with pytest.raises(UnsafeError) as met:
        follow(SOURCE, "http://cdn.test/x?Signature=secret", MIRROR)
    assert "secret" not in f"{met.value} {met.value.url}" and met.value.hint
    assert follow("http://mirror.test/a", "https://cdn.test/x", "http://mirror.test")
    assert follow("http://mirror.test/a", "http://cdn.test/x", "http://mirror.test")


PRIVATE = [
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "localhost",
    "localhost.",
    "a.localhost",
    "169.254.169.254",
    "10.1.2.3",
    "192.168.1.1",
    "172.16.0.1",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fd00::1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:224.0.0.1]",
    "router",
    "nas.local",
    "hub.lan",
    "metadata.google.internal",
    "printer.home.arpa",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_behind_a_public_one_is_refused(host: str) -> None:
    location = f"https://{host}:8080/x"
    with pytest.raises(UnsafeError) as met:
        follow(SOURCE, location, MIRROR)
    assert met.value.exit_code == 8 and "--allow-private" in met.value.hint
    assert follow(SOURCE, location, MIRROR, allow_private=True) == location
    assert follow("https://10.0.0.1/a", location, "https://10.0.0.1") == location


@pytest.mark.parametrize(
    "host",
    [
        "8.8.8.8",
        "cdn.test",
        "[2606:4700::1]",
        "[::ffff:8.8.8.8]",
        "local.test",
        "10.0.0.1.test",
        "1.2.3.4.5",
    ],
)
def test_a_public_address_is_not_private(host: str) -> None:
    assert not is_private(f"https://{host}/")


@pytest.mark.parametrize(
    "location",
    [
        "",
        "https://cdn.test /x",
        "https://cdn .test/x y",
        "https://cdn.test/x\r\nSet-Cookie: a=b",
        "https://cdn.test/\x00",
        "https://cas-bridge.test/https:/cdn.testhttps://cdn.test/\tx",
        "https://cas-bridge.testhttps://cdn.test/x",
        "https://cas-bridge.testHTTP://cdn.test/x",
        "https://evil.test\\@mirror.test/",
        "https://[::1/x",
        "https://cdn.test:99999/x",
        "https://cdn.test:port/x",
        "https:///x",
        "https://",
        "https://m\xc3\xbcll.test/",
        "https://cdn%2etest/",
    ],
)
def test_what_is_no_address_is_refused(location: str) -> None:
    with pytest.raises(NetworkError) as met:
        follow(SOURCE, location, MIRROR)
    assert met.value.exit_code == 5
    assert "mirror.test" in met.value.message and met.value.hint


def test_the_hub_itself_is_not_replaced_by_itself() -> None:
    url = "https://hf.co/api/models/a"
    assert rebase(url, HUB) == url
    assert follow("https://huggingface.co/a", url, HUB) == url


SOURCES = st.sampled_from([SOURCE, "http://mirror.test/a", "http://127.0.0.1:80/a", HUB + "/a"])
ADDRESSES = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"(https?|ftp|HTTP)?:?/{0,3}([\w.\\@\[\]:%-]{0,20}/){0,3}[^ ]{0,10}"),
)
_RELATIONS = st.sampled_from(['rel="next"', "rel=next", 'rel="last next"', 'REL="next"', "x", ""])
LINKS = st.one_of(
    st.text(max_size=60),
    st.tuples(ADDRESSES, _RELATIONS).map(lambda parts: f"<{parts[0]}>; {parts[1]}"),
    st.lists(
        st.sampled_from(["<", ">", ";", ",", "=", '"', "rel", "next", "https://h.test/a"])
    ).map("".join),
)


@given(SOURCES, ADDRESSES)
def test_whatever_a_server_says_the_way_leads_to_a_safe_address(source: str, location: str) -> None:
    assert_safe(source, location)


def assert_safe(source: str, location: str) -> None:
    """The way is refused, or leads to what may be fetched."""
    try:
        target = follow(source, location, MIRROR)
    except HfgetError as error:
        assert error.exit_code in (5, 8) and error.hint
        refused()
        return
    parts = urlsplit(target)
    assert parts.scheme in ("http", "https") and "@" not in parts.netloc
    assert origin_of(target)
    assert not (source.startswith("https:") and parts.scheme == "http")
    assert not is_loopback(target) or is_loopback(source)


@given(SOURCES, LINKS)
def test_whatever_a_link_says_it_leads_to_a_safe_address_or_nowhere(source: str, link: str) -> None:
    response = requests.Response()
    response.headers["Link"] = link
    address = response.links.get("next", {}).get("url", "")
    if not address:
        refused()
        return
    assert_safe(source, address)


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("fe80::1%eth0", True),
        ("::ffff:192.168.0.1", True),
        ("224.0.0.1", True),
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("", False),
        ("hub.test", False),
    ],
)
def test_an_address_of_a_local_network(text: str, private: bool) -> None:
    assert is_private_address(text) is private


@pytest.mark.parametrize(
    ("location", "target"),
    [
        (" https://cdn.test/x ", "https://cdn.test/x"),
        ("https://cdn.test/a b?c=d e", "https://cdn.test/a%20b?c=d%20e"),
        ("/a b", "https://mirror.test/a%20b"),
        ("https://cdn.test/\xc3\xa9", "https://cdn.test/\u00e9"),
    ],
)
def test_a_blank_in_a_path_is_no_end_of_it(location: str, target: str) -> None:
    assert follow(SOURCE, location, MIRROR) == target


@pytest.mark.parametrize("path", ["/org/m/resolve/main/x", "/org/m/resolve/main/x/"])
def test_a_mirror_that_leaves_an_address_to_the_hub_is_followed_there(path: str) -> None:
    source, hub = f"{MIRROR}/org/m/resolve/main/x", f"https://huggingface.co{path}"
    assert follow(source, hub, MIRROR) == hub
    assert follow(f"{MIRROR}/other", hub, MIRROR) == f"{MIRROR}{path}"
    lfs = "https://huggingface.co/lfs/x"
    assert follow(hub, lfs, MIRROR) == lfs, "on the Hub itself, nothing leads back to the mirror"


def test_a_data_host_on_plain_http_is_allowed_by_name() -> None:
    location = "http://cdn.test/x"
    assert follow(SOURCE, location, MIRROR, allow_http=True) == location
    with pytest.raises(UnsafeError) as met:
        follow(SOURCE, location, MIRROR, allow_http=False)
    assert "--allow-http-data" in str(met.value.hint)
    with pytest.raises(UnsafeError) as met:
        follow(SOURCE, location, MIRROR)
    assert "--allow-http-data" not in str(met.value.hint), "no option makes it safe for the API"


def test_a_way_that_has_left_its_origin_is_not_at_home_again() -> None:
    home, there = "https://hub.example/a", "https://other.example/a"
    assert stays_home(True, "https://HUB.example:443/b", home)
    assert not stays_home(True, there, home)
    assert not stays_home(True, "http://hub.example/a", home), "another scheme"
    assert not stays_home(stays_home(True, there, home), home, home)


@pytest.mark.parametrize(
    ("status", "location", "leads"),
    [
        (301, None, True),
        (308, "/x", True),
        (300, "/x", True),
        (305, "/x", True),
        (399, "/x", True),
        (300, None, False),
        (304, "/x", False),
        (201, "/x", False),
        (404, "/x", False),
    ],
)
def test_what_leads_elsewhere(status: int, location: str | None, leads: bool) -> None:
    response = requests.Response()
    response.status_code = status
    if location is not None:
        response.headers["Location"] = location
    assert is_redirect(response) is leads


def test_blanks_and_tabs_around_an_address_are_not_of_it() -> None:
    assert follow(SOURCE, " https://cdn.test/x \t", MIRROR) == "https://cdn.test/x"
