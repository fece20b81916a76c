"""Hosts of redirects: pairs as people write them, what is known of a mirror, strict hosts."""

from __future__ import annotations

import pytest

from hfget.errors import OutsideError, UsageError
from hfget.http.rewrites import KNOWN, HostRules, known_of, parse_rewrites

MIRROR = "https://hf-mirror.com"
PLAIN = "https://cas-bridge.xethub.hf.co/xet-bridge-us/a?X-Amz-Signature=s"
MIRRORED = "https://cas-bridge.xethub.hf-mirror.com/xet-bridge-us/a?X-Amz-Signature=s"


@pytest.mark.parametrize(
    ("pair", "url", "renamed"),
    [
        ("a.test=b.test", "https://a.test/x?y", "https://b.test/x?y"),
        ("a.test=b.test", "https://a.test:8443/x", "https://b.test:8443/x"),
        ("a.test:8443=b.test", "https://a.test:8443/x", "https://b.test:8443/x"),
        ("a.test=b.test:8443", "https://a.test/x", "https://b.test:8443/x"),
        ("a.test=http://b.test", "https://a.test/x", "http://b.test/x"),
        ("http://a.test=b.test", "https://a.test/x", None),
        ("A.test=B.test", "https://a.TEST/X", "https://b.test/X"),
        ("a.test=b.test", "https://aa.test/x", None),
        ("a.test=b.test", "https://a.test.evil.test/x", None),
        ("cdn-*.a.test=cdn-*.b.test", "https://cdn-us.a.test/x", "https://cdn-us.b.test/x"),
        ("cdn-*.a.test=b.test", "https://cdn-us.a.test/x", "https://b.test/x"),
        ("cdn-*.a.test=b.test", "https://cdn-us.eu.a.test/x", None),
    ],
)
def test_a_pair_renames_its_host_and_no_other(pair: str, url: str, renamed: str | None) -> None:
    assert HostRules(parse_rewrites([pair], {})).renamed(url) == renamed


def test_pairs_come_from_the_option_and_from_the_environment_in_that_order() -> None:
    env = {"HFGET_REWRITE_HOSTS": "a.test=c.test, d.test=e.test"}
    pairs = parse_rewrites(["a.test=b.test"], env)
    assert pairs == (("a.test", "b.test"), ("a.test", "c.test"), ("d.test", "e.test"))
    assert HostRules(pairs).renamed("https://a.test/") == "https://b.test/"


@pytest.mark.parametrize(
    "text",
    ["a.test", "a.test=", "=b.test", "a b=c", "a.test=b.test/path", "a.test=*.test",
     "*.*.test=a.test", "ftp://a.test=b.test", "a.test=b.test=c.test", "\x1b[31m=b"],
)  # fmt: skip
def test_what_is_no_pair_is_refused(text: str) -> None:
    for given, env in (([text], {}), ([], {"HFGET_REWRITE_HOSTS": text.replace(" ", "")})):
        if text == "a b=c" and env:
            continue
        with pytest.raises(UsageError) as met:
            parse_rewrites(given, env)
        assert "not a pair of hosts" in met.value.message and "\x1b" not in met.value.message


def test_what_is_known_of_a_mirror_is_for_that_mirror_alone() -> None:
    rules = HostRules()
    assert known_of(MIRROR) == known_of("https://alpha.hf-mirror.com") == KNOWN["hf-mirror.com"]
    assert rules.other_way(PLAIN, "https://huggingface.co") is None
    assert rules.other_way(PLAIN, "https://evil-hf-mirror.com") is None
    assert rules.other_way("https://elsewhere.test/a", MIRROR) is None


def test_the_mirrors_own_host_is_taken_only_once_the_plain_one_was_not_reached() -> None:
    rules = HostRules()
    assert rules.rerouted(PLAIN, MIRROR) == PLAIN
    assert rules.other_way(PLAIN, MIRROR) == MIRRORED
    assert rules.rerouted(PLAIN, MIRROR) == MIRRORED, "the next file need not find out"
    assert rules.rerouted(PLAIN, "https://huggingface.co") == PLAIN
    assert rules.other_way(MIRRORED, MIRROR) is None
    assert rules.rerouted(PLAIN, MIRROR) == PLAIN, "that one failed too"
    assert (
        rules.other_way("https://cdn-lfs-us-1.huggingface.co/repos/a", MIRROR)
        == "https://cdn-lfs-us-1.hf-mirror.com/repos/a"
    )


def test_only_named_hosts_are_asked_where_that_is_wished() -> None:
    pairs = parse_rewrites(["cas.test=data.test"], {})
    rules = HostRules(pairs, [MIRROR, "http://lan.test:8090/hf"], strict=True)
    for url in (MIRROR + "/a", "http://lan.test:8090/x", "https://data.test/x"):
        rules.check(url)
    for url in (
        "https://cas.test/x",
        "http://hf-mirror.com/a",
        "https://hf-mirror.com:8443/a",
        "https://a.hf-mirror.com/a",
        "http://lan.test/x",
        "https://huggingface.co/",
    ):
        with pytest.raises(OutsideError) as met:
            rules.check(url)
        assert "--strict-endpoint" in met.value.message and "--rewrite-host" in met.value.hint
        HostRules(pairs, [MIRROR]).check(url)
