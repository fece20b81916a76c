"""The policy of the token: which secret may go where, and when."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.credentials import choose_credential
from hfget.errors import UnsafeError, UsageError
from hfget.secret import redact
from hfget.settings import EndpointSource
from tests.unit.verdicts import refused

HUB = "https://huggingface.co"
MIRROR = "https://mirror.test"
NAMED: tuple[EndpointSource, ...] = ("flag", "environment")


def made_up() -> str:
    return "made-up-" + secrets.token_hex(12)


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `hf auth login` would leave the token; nothing is there yet."""
    from huggingface_hub import constants

    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    return tmp_path / "token"


def log_in(login: Path, token: str) -> None:
    login.write_text(token + "\n")
    login.chmod(0o600)


@pytest.mark.parametrize("endpoint", [HUB, MIRROR, "http://127.0.0.1:8090", "http://localhost"])
@pytest.mark.parametrize("source", ["flag", "environment", "url", "default"])
def test_a_flag_goes_to_the_endpoint_at_once(endpoint: str, source: EndpointSource) -> None:
    token = made_up()
    credential, withheld = choose_credential(
        endpoint, source, flag=token, env={"HF_TOKEN": made_up()}
    )
    assert credential is not None and withheld == ""
    assert credential.secret.reveal() == token
    assert (credential.source, credential.eager) == ("--token", True)


def test_hf_token_goes_to_the_hub_at_once(login: Path) -> None:
    token = made_up()
    log_in(login, made_up())
    credential, withheld = choose_credential(HUB, "default", flag=None, env={"HF_TOKEN": token})
    assert credential is not None and withheld == ""
    assert credential.secret.reveal() == token
    assert (credential.source, credential.eager) == ("HF_TOKEN", True)
    assert credential.origin == "https://huggingface.co:443"


@pytest.mark.parametrize("source", NAMED)
@pytest.mark.parametrize("endpoint", [MIRROR, "http://127.0.0.1:8090"])
def test_hf_token_waits_for_a_named_endpoint_to_ask(endpoint: str, source: EndpointSource) -> None:
    credential, withheld = choose_credential(
        endpoint, source, flag=None, env={"HF_TOKEN": made_up()}
    )
    assert credential is not None and withheld == ""
    assert (credential.source, credential.eager) == ("HF_TOKEN", False)


@pytest.mark.parametrize(
    ("endpoint", "source"),
    [(MIRROR, "url"), ("http://lan.test", "flag"), ("https://huggingface.co:8443", "url")],
)
def test_hf_token_is_held_back_elsewhere(endpoint: str, source: EndpointSource) -> None:
    env = {"HF_TOKEN": made_up()}
    assert choose_credential(endpoint, source, flag=None, env=env) == (None, "HF_TOKEN")


def test_the_stored_login_goes_to_the_hub_alone(login: Path) -> None:
    token = made_up()
    log_in(login, token)
    credential, withheld = choose_credential(HUB, "default", flag=None, env={})
    assert credential is not None and withheld == ""
    assert credential.secret.reveal() == token
    assert (credential.source, credential.eager) == ("stored login", True)
    assert credential.warning == ""
    for endpoint in (MIRROR, "http://127.0.0.1:8090", "https://huggingface.co:8443"):
        assert choose_credential(endpoint, "flag", flag=None, env={}) == (None, "stored login")


def test_without_a_stored_login_nothing_is_held_back(login: Path) -> None:
    assert choose_credential(HUB, "default", flag=None, env={}) == (None, "")
    assert choose_credential(MIRROR, "flag", flag=None, env={}) == (None, "")


def test_an_origin_can_be_allowed(login: Path) -> None:
    log_in(login, made_up())
    env = {"HFGET_TOKEN_ORIGINS": "https://other.test, HTTPS://Mirror.test.:443/ http://lan.test"}
    credential, _ = choose_credential(MIRROR, "url", flag=None, env=env)
    assert credential is not None and credential.eager and credential.source == "stored login"
    credential, _ = choose_credential(MIRROR, "url", flag=None, env={**env, "HF_TOKEN": made_up()})
    assert credential is not None and credential.eager and credential.source == "HF_TOKEN"
    for endpoint in ("https://mirror.test:8443", "https://a.mirror.test", "http://lan.test"):
        assert choose_credential(endpoint, "flag", flag=None, env=env) == (None, "stored login")


def test_an_origin_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError) as met:
        choose_credential(MIRROR, "flag", flag=None, env={"HFGET_TOKEN_ORIGINS": "mirror.test"})
    assert "HFGET_TOKEN_ORIGINS" in met.value.message and met.value.hint


@pytest.mark.parametrize("switch", ["1", "true", "YES"])
def test_ambient_tokens_can_be_switched_off(switch: str, login: Path) -> None:
    log_in(login, made_up())
    env = {"HF_TOKEN": made_up()}
    off = {**env, "HF_HUB_DISABLE_IMPLICIT_TOKEN": switch}
    assert choose_credential(HUB, "default", flag=None, env=off) == (None, "")
    assert choose_credential(HUB, "default", flag=None, use_ambient=False, env=env) == (None, "")
    given_, _ = choose_credential(HUB, "default", flag=made_up(), env=off)
    assert given_ is not None


def test_a_secret_over_plain_http_is_refused() -> None:
    for endpoint, flag in (("http://mirror.test", made_up()), ("http://u:p@mirror.test", None)):
        with pytest.raises(UnsafeError) as met:
            choose_credential(endpoint, "flag", flag=flag, env={})
        assert met.value.exit_code == 8 and "http://mirror.test:80" in met.value.message


def test_a_login_in_the_endpoint_goes_to_that_endpoint() -> None:
    password = "p@ss:" + secrets.token_hex(8)
    endpoint = f"https://user%40corp:{password.replace('@', '%40')}@mirror.test/hub"
    env = {"HF_TOKEN": made_up()}
    credential, withheld = choose_credential(endpoint, "environment", flag=None, env=env)
    assert credential is not None and withheld == ""
    assert (credential.scheme, credential.eager) == ("Basic", True)
    assert credential.origin == "https://mirror.test:443"
    assert base64.b64decode(credential.secret.reveal()) == f"user@corp:{password}".encode()
    for form in (password, password.replace("@", "%40"), credential.secret.reveal()):
        assert form not in redact(f"said: {form}")
    with pytest.raises(UsageError):
        choose_credential(endpoint, "environment", flag=made_up(), env={})


@pytest.mark.parametrize(
    "dirt", ["{}\n", " {}\r\n", "'{}'", '"{}"', "\ufeff{}", "Bearer {}", "bearer  {}\n", "\t{} "]
)
def test_a_token_is_cleaned_of_what_sticks_to_it(dirt: str, login: Path) -> None:
    token = made_up()
    for flag, env in ((dirt.format(token), {}), (None, {"HF_TOKEN": dirt.format(token)})):
        credential, _ = choose_credential(HUB, "default", flag=flag, env=env)
        assert credential is not None and credential.secret.reveal() == token


@pytest.mark.parametrize(
    "text",
    ["", "  ", "''", "Bearer ", "{0} {0}", "{0}\r\nX-Evil: yes", "{0}é", "{0}\x00", "“{0}”",
     "{0}\x7f", "{0}" + "x" * 10_000],
)  # fmt: skip
def test_a_malformed_token_is_refused_and_not_echoed(text: str, login: Path) -> None:
    token = made_up()
    cases: list[tuple[str | None, dict[str, str]]] = [(text.format(token), {})]
    if text.strip():
        cases.append((None, {"HF_TOKEN": text.format(token)}))
    for flag, env in cases:
        with pytest.raises(UsageError) as met:
            choose_credential(HUB, "default", flag=flag, env=env)
        assert met.value.exit_code == 2 and met.value.hint
        assert token[:16] not in f"{met.value} {met.value.hint}"
        assert ("--token" if flag is not None else "HF_TOKEN") in met.value.message


@given(st.text(max_size=50))
def test_what_goes_into_a_header_holds_nothing_but_printable_ascii(text: str) -> None:
    try:
        credential, _ = choose_credential(HUB, "default", flag=text, env={})
    except UsageError:
        refused()
        return
    assert credential is not None
    assert credential.secret.reveal().isascii() and credential.secret.reveal().isprintable()
    assert " " not in credential.secret.reveal()


posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")


@posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_login_that_others_can_read_is_warned_of(mode: int, login: Path) -> None:
    log_in(login, made_up())
    login.chmod(mode)
    credential, _ = choose_credential(HUB, "default", flag=None, env={})
    assert credential is not None
    assert "chmod 600" in credential.warning and str(login) in credential.warning


@posix
def test_the_login_of_another_user_is_refused(login: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(login, made_up())
    mine = login.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: mine + 4711)
    if mine == 0:
        assert choose_credential(HUB, "default", flag=None, env={})[0] is not None
        os.chown(login, 4712, -1)
    with pytest.raises(UsageError) as met:
        choose_credential(HUB, "default", flag=None, env={})
    assert "another user" in met.value.message and str(login) in met.value.message
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert choose_credential(HUB, "default", flag=None, env={})[0] is not None


@posix
@pytest.mark.parametrize("kind", ["a directory", "a loop", "a pipe", "bytes"])
def test_a_login_that_is_no_file_is_refused(kind: str, login: Path) -> None:
    if kind == "a directory":
        login.mkdir()
    elif kind == "a loop":
        login.symlink_to(login)
    elif kind == "a pipe":
        os.mkfifo(login)
    else:
        login.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError) as met:
        choose_credential(HUB, "default", flag=None, env={})
    assert "stored login" in met.value.message and "--no-token" in met.value.hint
    assert choose_credential(HUB, "default", flag=made_up(), env={})[0] is not None


def test_a_login_that_cannot_be_had_does_not_end_in_a_traceback(
    login: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_OIDC_RESOURCE", "org/name")
    monkeypatch.delenv("HF_OIDC_ID_TOKEN", raising=False)
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    try:
        from huggingface_hub import _oidc  # noqa: F401
    except ImportError:
        pytest.skip("this huggingface_hub knows no OIDC")
    with pytest.raises(UsageError) as met:
        choose_credential(HUB, "default", flag=None, env={})
    assert met.value.hint


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied", "/a/file"), ": Permission denied"),
        (ValueError("what the library said"), ": what the library said"),
        (ValueError(), ": ValueError"),
    ],
)
def test_why_a_login_cannot_be_had_is_told_in_the_words_there_are(
    error: Exception, reason: str, login: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    def fails() -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "get_token", fails)
    with pytest.raises(UsageError) as met:
        choose_credential(HUB, "default", flag=None, env={})
    assert met.value.message.endswith(reason)
