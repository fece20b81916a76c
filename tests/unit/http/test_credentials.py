"""The policy of the token: which secret may go where, and when."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfget.endpoints import EndpointSource
from hfget.errors import UnsafeError, UsageError
from hfget.http.credentials import CredentialChoice, choose_credential
from hfget.system.redaction import redact
from tests.support.verdicts import refused

HUB = "https://huggingface.co"
MIRROR = "https://mirror.test"
NAMED: tuple[EndpointSource, ...] = ("flag", "environment")


def check_held(choice: CredentialChoice, source: str, endpoint: str) -> None:
    """A token stays here; why, and the one option that would send it where any may."""
    assert choice.credential is None and choice.warnings == ()
    assert choice.withheld is not None and choice.withheld.source == source
    if endpoint.startswith("http://") and "127.0.0.1" not in endpoint:
        assert "plain http" in choice.withheld.why and "https" in choice.withheld.remedy
    else:
        host = endpoint.partition("://")[2]
        assert choice.withheld.remedy.endswith(f"--send-token-to {host}")


def made_up() -> str:
    return "made-up-" + secrets.token_hex(12)


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `hf auth login` would leave the token; nothing is there yet."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))
    return tmp_path / "token"


def log_in(login: Path, token: str) -> None:
    login.write_text(token + "\n")
    login.chmod(0o600)


@pytest.mark.parametrize("endpoint", [HUB, MIRROR, "http://127.0.0.1:8090", "http://localhost"])
@pytest.mark.parametrize("source", ["flag", "environment", "url", "default"])
def test_a_flag_goes_to_the_endpoint_at_once(endpoint: str, source: EndpointSource) -> None:
    token = made_up()
    credential, withheld, _ = choose_credential(
        endpoint, source, flag=token, env={"HF_TOKEN": made_up()}
    )
    assert credential is not None and withheld is None
    assert credential.secret.reveal() == token
    assert (credential.source, credential.eager) == ("--token", True)


def test_hf_token_goes_to_the_hub_at_once(login: Path) -> None:
    token = made_up()
    log_in(login, made_up())
    credential, withheld, _ = choose_credential(HUB, "default", flag=None, env={"HF_TOKEN": token})
    assert credential is not None and withheld is None
    assert credential.secret.reveal() == token
    assert (credential.source, credential.eager) == ("HF_TOKEN", True)
    assert credential.origin == "https://huggingface.co:443"


@pytest.mark.parametrize("source", NAMED)
@pytest.mark.parametrize("endpoint", [MIRROR, "http://127.0.0.1:8090"])
def test_hf_token_waits_for_a_named_endpoint_to_ask(endpoint: str, source: EndpointSource) -> None:
    credential, withheld, _ = choose_credential(
        endpoint, source, flag=None, env={"HF_TOKEN": made_up()}
    )
    assert credential is not None and withheld is None
    assert (credential.source, credential.eager) == ("HF_TOKEN", False)


@pytest.mark.parametrize(
    ("endpoint", "source"),
    [
        (MIRROR, "url"),
        (MIRROR, "record"),
        ("http://lan.test", "flag"),
        ("https://huggingface.co:8443", "url"),
    ],
)
def test_hf_token_is_held_back_elsewhere(endpoint: str, source: EndpointSource) -> None:
    env = {"HF_TOKEN": made_up()}
    check_held(choose_credential(endpoint, source, flag=None, env=env), "HF_TOKEN", endpoint)


@pytest.mark.parametrize(("source", "from_where"), [("url", "pasted URL"), ("record", "record")])
def test_a_held_token_is_told_where_the_endpoint_comes_from(
    source: EndpointSource, from_where: str
) -> None:
    _, withheld, _ = choose_credential(MIRROR, source, flag=None, env={"HF_TOKEN": made_up()})
    assert withheld is not None and from_where in withheld.why


def test_the_stored_login_goes_to_the_hub_alone(login: Path) -> None:
    token = made_up()
    log_in(login, token)
    credential, withheld, _ = choose_credential(HUB, "default", flag=None, env={})
    assert credential is not None and withheld is None
    assert credential.secret.reveal() == token
    assert (credential.source, credential.eager) == ("stored login", True)
    for endpoint in (MIRROR, "http://127.0.0.1:8090", "https://huggingface.co:8443"):
        check_held(choose_credential(endpoint, "flag", flag=None, env={}), "stored login", endpoint)


def test_without_a_stored_login_nothing_is_held_back(login: Path) -> None:
    assert choose_credential(HUB, "default", flag=None, env={}) == CredentialChoice()
    assert choose_credential(MIRROR, "flag", flag=None, env={}) == CredentialChoice()


def test_an_origin_can_be_allowed(login: Path) -> None:
    log_in(login, made_up())
    env = {"HFGET_TOKEN_ORIGINS": "https://other.test, HTTPS://Mirror.test.:443/ http://lan.test"}
    credential, *_ = choose_credential(MIRROR, "url", flag=None, env=env)
    assert credential is not None and credential.eager and credential.source == "stored login"
    credential, *_ = choose_credential(MIRROR, "url", flag=None, env={**env, "HF_TOKEN": made_up()})
    assert credential is not None and credential.eager and credential.source == "HF_TOKEN"
    for endpoint in ("https://mirror.test:8443", "https://a.mirror.test", "http://lan.test"):
        check_held(
            choose_credential(endpoint, "flag", flag=None, env=env), "stored login", endpoint
        )


def test_an_origin_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError) as met:
        choose_credential(
            MIRROR, "flag", flag=None, env={"HFGET_TOKEN_ORIGINS": "ftp://mirror.test"}
        )
    assert "HFGET_TOKEN_ORIGINS" in met.value.message and met.value.hint


@pytest.mark.parametrize("switch", ["1", "true", "YES"])
def test_ambient_tokens_can_be_switched_off(switch: str, login: Path) -> None:
    log_in(login, made_up())
    env = {"HF_TOKEN": made_up()}
    off = {**env, "HF_HUB_DISABLE_IMPLICIT_TOKEN": switch}
    for name, tokens in (("HF_TOKEN", env), ("stored login", {})):
        by_env = choose_credential(
            HUB, "default", flag=None, env={**tokens, "HF_HUB_DISABLE_IMPLICIT_TOKEN": switch}
        )
        by_flag = choose_credential(HUB, "default", flag=None, use_ambient=False, env=tokens)
        assert by_env.credential is None and by_flag.credential is None
        assert by_env.withheld is not None and by_env.withheld.source == name
        assert "HF_HUB_DISABLE_IMPLICIT_TOKEN" in by_env.withheld.why
        assert by_flag.withheld is not None and "--no-token" in by_flag.withheld.why
    given_, *_ = choose_credential(HUB, "default", flag=made_up(), env=off)
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
    credential, withheld, _ = choose_credential(endpoint, "environment", flag=None, env=env)
    assert credential is not None and withheld is None
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
        credential, *_ = choose_credential(HUB, "default", flag=flag, env=env)
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
        credential, *_ = choose_credential(HUB, "default", flag=text, env={})
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
    credential, withheld, warnings = choose_credential(HUB, "default", flag=None, env={})
    assert credential is not None and withheld is None
    (warning,) = warnings
    assert "chmod 600" in warning and str(login) in warning


def unusable(login: Path, *words: str) -> None:
    """The login is not used, which does not end a run; why is told."""
    credential, withheld, warnings = choose_credential(HUB, "default", flag=None, env={})
    assert credential is None and withheld is not None
    (warning,) = warnings
    for text in (warning, f"{withheld.why}; {withheld.remedy}"):
        assert all(word in text for word in words), text
        assert "hf auth login" in text and "HF_TOKEN" in text
    assert str(login) in warning and withheld.source == "stored login"
    assert choose_credential(HUB, "default", flag=made_up(), env={}).credential is not None
    by_name = choose_credential(HUB, "default", flag=None, env={"HF_TOKEN": made_up()})
    assert by_name.credential is not None and by_name.warnings == ()


@posix
def test_the_login_of_another_user_is_not_used(
    login: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(login, made_up())
    mine = login.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: mine + 4711)
    if mine == 0:
        assert choose_credential(HUB, "default", flag=None, env={})[0] is not None
        os.chown(login, 4712, -1)
    unusable(login, "belongs to another user")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert choose_credential(HUB, "default", flag=None, env={})[0] is not None


KINDS = {
    "a directory": "is not a file",
    "a loop": "cannot be read",
    "a pipe": "is not a file",
    "a device": "is not a file",
    "bytes": "is not text",
    "another script": "contains characters that no token has",
    "a page": "contains characters that no token has",
    "a megabyte": "is too large for a token",
}


@posix
@pytest.mark.parametrize("kind", KINDS)
def test_a_login_that_is_none_is_not_used(kind: str, login: Path) -> None:
    if kind == "a directory":
        login.mkdir()
    elif kind == "a loop":
        login.symlink_to(login)
    elif kind == "a pipe":
        os.mkfifo(login)
    elif kind == "a device":
        login.symlink_to("/dev/zero")
    elif kind == "bytes":
        login.write_bytes(b"\xff\xfe\x00")
    elif kind == "another script":
        log_in(login, made_up() + "é")
    elif kind == "a page":
        log_in(login, "<html>Log in \x1b[2J</html>")
    else:
        log_in(login, "x" * (1 << 20))
    unusable(login, KINDS[kind])


def test_a_login_that_may_not_be_read_is_not_used(
    login: Path, nobody: Callable[[Path], None]
) -> None:
    log_in(login, made_up())
    nobody(login.parent)
    unusable(login, "cannot be read: permission denied")


def test_an_empty_login_is_none(login: Path) -> None:
    for text in ("", "\n", " \r\n"):
        log_in(login, text)
        assert choose_credential(HUB, "default", flag=None, env={}) == CredentialChoice()
    login.unlink()
    login.symlink_to(login.with_name("nowhere"))
    assert choose_credential(HUB, "default", flag=None, env={}) == CredentialChoice()


def store(login: Path, token: str, expires_at: object, mode: int = 0o600) -> None:
    """As `hf auth login` in the browser leaves it, beside another login."""
    path = login.with_name("stored_tokens")
    path.write_text(
        f"[other]\nhf_token = {made_up()}\n\n[mine % é]\nhf_token = {token}\n"
        f"refresh_token = {made_up()}\nexpires_at = {expires_at}\n\n"
    )
    path.chmod(mode)


def test_a_login_that_has_expired_is_asked_for_in_words(login: Path) -> None:
    token = made_up()
    log_in(login, token)
    store(login, token, int(time.time()) - 5)
    unusable(login, "has expired")


@pytest.mark.parametrize("expires_at", ["soon", "", "1e9", 1 << 40])
def test_a_login_is_used_as_long_as_it_is_good_or_nothing_else_is_known(
    login: Path, expires_at: object
) -> None:
    token = made_up()
    log_in(login, token)
    for of in (token, made_up()):
        store(login, of, expires_at)
        credential, *_ = choose_credential(HUB, "default", flag=None, env={})
        assert credential is not None and credential.secret.reveal() == token
    login.with_name("stored_tokens").write_bytes(b"\xff[[[ expires_at")
    assert choose_credential(HUB, "default", flag=None, env={}).credential is not None


def test_no_library_is_asked_for_a_token(login: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """huggingface_hub would send the refresh token to HF_ENDPOINT, or fail where it cannot."""
    import huggingface_hub
    from huggingface_hub.utils import _auth

    def asked(*args: object, **kwargs: object) -> None:
        raise AssertionError("a library was handed a secret")

    for name in ("get_token", "get_stored_tokens"):
        monkeypatch.setattr(_auth, name, asked)
    monkeypatch.setattr(huggingface_hub, "get_token", asked)
    token = made_up()
    log_in(login, token)
    store(login, token, int(time.time()) + 60)
    before = dict.fromkeys(login.parent.iterdir())
    monkeypatch.setattr(socket, "getaddrinfo", asked)
    assert choose_credential(HUB, "default", flag=None, env={}).credential is not None
    assert dict.fromkeys(login.parent.iterdir()) == before


def test_oidc_is_answered_in_words(login: Path) -> None:
    env = {"HF_OIDC_RESOURCE": "org/name", "HF_OIDC_ID_TOKEN": made_up()}
    credential, withheld, warnings = choose_credential(HUB, "default", flag=None, env=env)
    assert credential is None and withheld is not None and len(warnings) == 1
    assert withheld.source == "HF_OIDC_RESOURCE" and "hf auth token" in withheld.remedy
    env["HF_TOKEN"] = made_up()
    credential, withheld, warnings = choose_credential(HUB, "default", flag=None, env=env)
    assert credential is not None and withheld is None and warnings == ()


def test_the_older_name_of_the_variable_is_read_as_hf_reads_it(login: Path) -> None:
    older, newer = made_up(), made_up()
    env = {"HUGGING_FACE_HUB_TOKEN": older, "HF_TOKEN": ""}
    credential, *_ = choose_credential(HUB, "default", flag=None, env=env)
    assert credential is not None and credential.secret.reveal() == older
    assert credential.source == "HUGGING_FACE_HUB_TOKEN"
    credential, *_ = choose_credential(HUB, "default", flag=None, env={**env, "HF_TOKEN": newer})
    assert credential is not None and credential.secret.reveal() == newer
    check_held(
        choose_credential(MIRROR, "url", flag=None, env=env), "HUGGING_FACE_HUB_TOKEN", MIRROR
    )


@pytest.mark.parametrize(
    "named", ["mirror.test", "MIRROR.test.", MIRROR, "https://mirror.test:443"]
)
@pytest.mark.parametrize("source", ["flag", "environment", "url"])
def test_a_host_can_be_named_for_the_token(login: Path, named: str, source: EndpointSource) -> None:
    log_in(login, made_up())
    for env in ({}, {"HF_TOKEN": made_up()}):
        credential, withheld, warnings = choose_credential(
            MIRROR, source, flag=None, send_to=[named], env=env
        )
        assert credential is not None and credential.eager and withheld is None
        assert credential.origin == "https://mirror.test:443" and warnings == ()


@pytest.mark.parametrize("named", ["mirror.test:8443", "a.mirror.test", "http://mirror.test"])
def test_another_host_than_the_named_gets_no_token(login: Path, named: str) -> None:
    log_in(login, made_up())
    choice = choose_credential(MIRROR, "flag", flag=None, send_to=[named], env={})
    check_held(choice._replace(warnings=()), "stored login", MIRROR)
    (warning,) = choice.warnings
    assert "--send-token-to" in warning and "the endpoint is mirror.test" in warning


def test_no_option_sends_a_token_in_the_clear(login: Path) -> None:
    log_in(login, made_up())
    for env in ({}, {"HF_TOKEN": made_up()}):
        choice = choose_credential(
            "http://mirror.test", "flag", flag=None, send_to=["mirror.test"], env=env
        )
        assert choice.credential is None
        assert choice.withheld is not None and "plain http" in choice.withheld.why


@pytest.mark.parametrize("named", ["", "a b", "ftp://h", "h:x", "https://", "\x1b"])
def test_what_names_no_host_is_wrong_use(named: str) -> None:
    with pytest.raises(UsageError) as met:
        choose_credential(MIRROR, "flag", flag=None, send_to=[named], env={})
    assert "--send-token-to" in met.value.message and "\x1b" not in met.value.message
