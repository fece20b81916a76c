"""Endpoints and origins, time-outs and the env file."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hfget.endpoints import (
    NamedEndpoint,
    host_of,
    is_loopback,
    is_official,
    named_endpoints,
    origin_of,
    with_mirrors,
    without_login,
)
from hfget.errors import UsageError
from hfget.settings import ENV_NAMES, check_time_outs, load_env_file, positive_seconds
from tests.support.verdicts import refused


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://hub.test", "https://hub.test:443"),
        ("https://hub.test:443/a?b#c", "https://hub.test:443"),
        ("HTTPS://HUB.test./", "https://hub.test:443"),
        ("http://hub.test", "http://hub.test:80"),
        ("http://hub.test:8080/a", "http://hub.test:8080"),
        ("https://user:word@hub.test/a", "https://hub.test:443"),
        ("http://[::1]:80/", "http://[::1]:80"),
        ("http://my_hub:80/", "http://my_hub:80"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_origins_that_differ_in_anything_differ() -> None:
    urls = [
        "https://hub.test",
        "http://hub.test",
        "https://hub.test:444",
        "https://a.hub.test",
        "https://hub.test.evil.test",
        "https://hub.test@evil.test",
        "https://hubtest",
    ]
    assert len({origin_of(url) for url in urls}) == len(urls)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hub.test",
        "ftp://hub.test",
        "https://",
        "https:///a",
        "https://hub.test:port",
        "https://hub.test:99999",
        "https://evil.test\\@hub.test",
        "https://hub.test\\.evil.test",
        "https://hub\t.test",
        "https://hub.test\n",
        "https://hub .test",
        "https://hüb.test",
        "https://hub。test",
        "https://hub%2etest",
        "https://[::1",
    ],
)
def test_what_can_be_misunderstood_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError):
        origin_of(url)


@given(st.from_regex(r"https?://[a-zA-Z0-9@:%.\\\[\]_-]{1,20}(/[^ ]{0,8})?", fullmatch=True))
def test_no_parser_takes_an_origin_for_another(url: str) -> None:
    """requests connects to where its prepared URL leads; the origin must be that one's."""
    try:
        origin = origin_of(url)
        prepared = requests.Request("GET", url).prepare().url
    except (ValueError, requests.RequestException):
        refused()
        return
    assert prepared is not None and origin_of(prepared) == origin


@pytest.mark.parametrize(
    ("given_", "endpoint"),
    [
        ("https://hf-mirror.com", "https://hf-mirror.com"),
        (" https://hf-mirror.com/ ", "https://hf-mirror.com"),
        ("'https://hf-mirror.com'", "https://hf-mirror.com"),
        ("hf-mirror.com", "https://hf-mirror.com"),
        ("localhost:8090", "http://localhost:8090"),
        ("127.0.0.1:8090/", "http://127.0.0.1:8090"),
        ("http://lan.test:8090/api/hf/", "http://lan.test:8090/api/hf"),
        ("https://hf.co", "https://huggingface.co"),
        ("http://www.huggingface.co/", "https://huggingface.co"),
        ("huggingface.co.", "https://huggingface.co"),
        ("https://huggingface.co:8443", "https://huggingface.co:8443"),
    ],
)
def test_an_endpoint_is_normalised(given_: str, endpoint: str) -> None:
    assert named_endpoints([given_], {}) == ((endpoint, "flag"),)
    assert named_endpoints([], {"HF_ENDPOINT": given_}) == ((endpoint, "environment"),)


def test_a_flag_wins_and_nothing_is_nothing() -> None:
    env = {"HF_ENDPOINT": "https://env.test"}
    assert named_endpoints(["https://flag.test"], env) == (("https://flag.test", "flag"),)
    assert named_endpoints([], {}) == ()
    assert named_endpoints([], {"HF_ENDPOINT": " "}) == ()


def test_the_order_of_several_endpoints_is_that_of_preference() -> None:
    flags = ["hf-mirror", "http://lan.test:8090/", "Official", "https://hf-mirror.com/"]
    assert named_endpoints(flags, {}) == (
        ("https://hf-mirror.com", "flag"),
        ("http://lan.test:8090", "further"),
        ("https://huggingface.co", "further"),
    )


def test_mirrors_come_behind_the_endpoint_unless_they_name_the_default() -> None:
    env = {"HFGET_MIRRORS": "http://lan.test:8090, hf-mirror official"}
    lan, mirror = "http://lan.test:8090", "https://hf-mirror.com"
    named = with_mirrors(NamedEndpoint(mirror, "environment"), env)
    assert [one.url for one in named] == [mirror, lan, "https://huggingface.co"]
    by_default = with_mirrors(NamedEndpoint("https://huggingface.co", "default"), env)
    assert by_default == (
        (lan, "environment"),
        (mirror, "further"),
        ("https://huggingface.co", "further"),
    )
    hub = NamedEndpoint("https://huggingface.co", "default")
    assert with_mirrors(hub, {"HFGET_MIRRORS": " , "}) == (hub,)
    behind = with_mirrors(hub, {"HFGET_MIRRORS": lan})
    assert [one.url for one in behind] == ["https://huggingface.co", lan]


def test_HF_ENDPOINT_holds_one_address_as_other_programs_read_it() -> None:
    with pytest.raises(UsageError, match="more than one address") as met:
        named_endpoints([], {"HF_ENDPOINT": "https://a.test,https://b.test"})
    assert "HFGET_MIRRORS" in met.value.hint


@pytest.mark.parametrize(
    "text",
    ["ftp://hub.test", "https://", "https://[", "https://hub.test:x", "https://hub.test/?a=b",
     "https://hub.test/#a", "https://hub\n.test", "hüb.test", "\x1b[31m"],
)  # fmt: skip
def test_an_endpoint_that_is_none_is_refused(text: str) -> None:
    for flags, env in (([text], {}), ([], {"HF_ENDPOINT": text})):
        with pytest.raises(UsageError) as met:
            named_endpoints(flags, env)
        assert ("--endpoint" if flags else "HF_ENDPOINT") in met.value.message
        assert met.value.hint and "\x1b" not in met.value.message


def test_a_password_in_a_bad_endpoint_is_not_echoed() -> None:
    with pytest.raises(UsageError) as met:
        named_endpoints(["https://user:made-up@hub.test/?a=made-up"], {})
    assert "made-up" not in met.value.message + met.value.hint


def test_an_address_without_its_login() -> None:
    assert without_login("https://user:w@rd@hub.test:8443/a?b") == "https://hub.test:8443/a?b"
    assert without_login("https://hub.test/@a") == "https://hub.test/@a"


def test_the_official_hub_is_known_by_its_origin() -> None:
    for url in ("https://huggingface.co", "https://HF.co:443/", "https://www.huggingface.co"):
        assert is_official(url)
    for url in (
        "http://huggingface.co",
        "https://huggingface.co:8443",
        "https://huggingface.co.evil.test",
        "https://cdn-lfs.huggingface.co",
        "https://huggingface.co@evil.test",
    ):
        assert not is_official(url)


def test_loopback_is_this_machine() -> None:
    for host in ("localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"):
        assert is_loopback(f"http://{host}:80/")
    for host in ("localhost.evil.test", "127.0.0.1.evil.test", "0.0.0.0", "10.0.0.1", "[::2]"):
        assert not is_loopback(f"http://{host}/")


def test_a_host_in_a_message() -> None:
    assert host_of("https://user:word@hub.test:8443/a?b") == "hub.test:8443"
    assert host_of("https://hub.test/a") == "hub.test"


@pytest.mark.parametrize(
    "text",
    ["-1", "nan", "inf", "1e9", "ten", "٣", "\x1b[31m", "1 2", ".", "1_000", "0x10", "9" * 40],
)
def test_a_time_out_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as met:
        positive_seconds({"HF_HUB_ETAG_TIMEOUT": text}, "HF_HUB_ETAG_TIMEOUT", 10.0)
    assert "HF_HUB_ETAG_TIMEOUT" in met.value.message and met.value.hint
    assert "\x1b" not in met.value.message
    for name in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"):
        with pytest.raises(UsageError, match=name):
            check_time_outs({name: text})


def test_a_time_out() -> None:
    check_time_outs({"HF_HUB_ETAG_TIMEOUT": "5", "HF_HUB_DOWNLOAD_TIMEOUT": " "})
    assert positive_seconds({"A": " 25 "}, "A", 10.0) == 25.0
    assert positive_seconds({"A": " "}, "A", 10.0) == 10.0
    assert positive_seconds({}, "A", 10.0) == 10.0
    assert positive_seconds({"A": "0"}, "A", 10.0) == 10.0
    assert positive_seconds({"A": "2.5"}, "A", 10.0) == 2.5


@pytest.mark.parametrize("text", ["86400", "86401", "604800", "1000000000000", "86400.5"])
def test_a_time_out_of_days_is_one_of_a_day(text: str) -> None:
    assert positive_seconds({"A": text}, "A", 10.0) == 86_400.0
    with socket.socket() as sock:  # which takes no time-out however long
        sock.settimeout(positive_seconds({"A": text}, "A", 10.0))


@pytest.mark.parametrize(
    ("text", "whole"), [("2.5", "3"), (".5", "1"), ("30.0", "30"), (" ", "10"), ("7", "7")]
)
def test_a_time_out_is_one_for_huggingface_hub_too(text: str, whole: str) -> None:
    env = {"HF_HUB_DOWNLOAD_TIMEOUT": text}
    check_time_outs(env)
    assert env == {"HF_HUB_DOWNLOAD_TIMEOUT": whole}


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENV_NAMES:
        monkeypatch.setenv(name, "x")  # so that what a test sets is undone
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("clean_environment")
def test_an_env_file_gives_the_documented_names_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "made-up-" + secrets.token_hex(8)
    monkeypatch.delenv("PYTHONSTARTUP", raising=False)
    path = tmp_path / "settings.env"
    path.write_text(
        f"\ufeffHF_TOKEN='{token}'\nexport HF_ENDPOINT=https://file.test\n"
        "PYTHONSTARTUP=/tmp/x.py\nLD_PRELOAD=x.so\nHF_HUB_OFFLINE\n"
        "HTTPS_PROXY=http://${HF_TOKEN}.test\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("HF_ENDPOINT", "https://environment.test")
    load_env_file(path)
    assert os.environ["HF_TOKEN"] == token
    assert os.environ["HF_ENDPOINT"] == "https://environment.test"
    assert os.environ["HTTPS_PROXY"] == "http://${HF_TOKEN}.test"
    assert "HF_HUB_OFFLINE" not in os.environ
    assert "PYTHONSTARTUP" not in os.environ and "LD_PRELOAD" not in os.environ


def test_an_env_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "bytes"):
        with pytest.raises(UsageError, match=str(path)):
            load_env_file(path)


def test_the_example_of_the_settings_names_every_variable() -> None:
    example = Path(__file__).parents[2] / ".env.example"
    lines = example.read_text(encoding="utf-8").splitlines()
    named = {line.lstrip("#").partition("=")[0] for line in lines if "=" in line}
    assert {name for name in named if name.isupper()} == set(ENV_NAMES)
