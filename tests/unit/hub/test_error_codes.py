"""What a final "no" of the hub means, as huggingface_hub takes it, and what to do next."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from hfget.endpoints import origin_of
from hfget.errors import (
    AccessError,
    EntryNotFoundError,
    GatedRepoError,
    HfgetError,
    InvalidTokenError,
    NetworkError,
    RepoNotFoundError,
    RevisionNotFoundError,
    UnseenError,
)
from hfget.http import from_status, given_up
from hfget.http.client import HttpClient
from hfget.hub.error_codes import refusal
from hfget.model import RepoRef
from hfget.settings import ENCRYPTED_ONLY, Credential, TokenSource, Withheld
from hfget.system.redaction import Secret
from hfget.system.text import safe_text
from tests.support.loopback import BOUND, Answer, Loopback

REF = RepoRef("org/name")
HTTP = HttpClient(env={})
HELD = Withheld("stored login", "it is for another", "to send it: --send-token-to mirror.test")
INVALID = {"X-Error-Message": "Invalid credentials in Authorization header"}


def refused(
    status: int,
    headers: Mapping[str, str] | None = None,
    *,
    ref: RepoRef = REF,
    sent: TokenSource | None = None,
    withheld: Withheld | None = None,
    path: str | None = None,
) -> HfgetError:
    """The error for such an answer of a real server, to a request with or without a token."""
    with Loopback(lambda asked: Answer(b"{}", status=status, headers=headers or {})) as server:
        credential = None
        if sent is not None:
            secret = Secret("made-up-" + secrets.token_hex(8))
            credential = Credential(secret, sent, origin_of(server.url), eager=True)
        http = HttpClient([credential] if credential else [], env={})
        with http.get(server.url + "/api/models/a?b=secret", read_timeout=BOUND) as response:
            held = {} if withheld is None else {origin_of(server.url): withheld}
            error = refusal(response, ref, http, withheld_tokens=held, path=path)
    assert error.url == server.url + "/api/models/a" and error.path == path
    assert error.hint and error.message
    if credential is not None:
        assert credential.secret.reveal() not in f"{error} {error.hint}"
    return error


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_repo_that_is_not_known(status: int) -> None:
    """huggingface_hub: X-Error-Code RepoNotFound, whatever the status."""
    error = refused(status, {"X-Error-Code": "RepoNotFound"})
    assert type(error) is RepoNotFoundError and error.exit_code == 3
    assert "org/name" in error.message and "127.0.0.1" in error.message
    assert "spelling" in error.hint and "--dataset" in error.hint and "HF_TOKEN" in error.hint


def test_a_repo_that_is_not_known_to_the_token() -> None:
    error = refused(401, {"X-Error-Code": "RepoNotFound"}, sent="HF_TOKEN")
    assert type(error) is RepoNotFoundError
    assert "your token may not be allowed" in error.hint


def test_a_dataset_that_is_not_known() -> None:
    ref = RepoRef("org/name", "dataset")
    error = refused(404, {"X-Error-Code": "RepoNotFound"}, ref=ref)
    assert "datasets/org/name" in error.message and "--dataset" not in error.hint


def test_a_revision_that_is_not_known() -> None:
    ref = RepoRef("org/name", revision="v\x1b[31m2")
    error = refused(404, {"X-Error-Code": "RevisionNotFound"}, ref=ref)
    assert type(error) is RevisionNotFoundError and error.exit_code == 3
    assert "\\x1b" in error.message and "\x1b" not in error.message
    assert "https://huggingface.co/org/name/tree/main" in error.hint


@pytest.mark.parametrize("headers", [{"X-Error-Code": "EntryNotFound"}, {}])
def test_a_file_that_is_listed_but_not_there(headers: dict[str, str]) -> None:
    error = refused(404, headers, path="a/b.bin")
    assert type(error) is EntryNotFoundError and error.exit_code == 3
    assert "--endpoint" in error.hint


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_repo(status: int) -> None:
    headers = {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."}
    error = refused(status, headers)
    assert type(error) is GatedRepoError and error.exit_code == 4
    assert "Access is restricted." in error.message
    assert "https://huggingface.co/org/name" in error.hint and "give a token" in error.hint
    error = refused(status, headers, sent="stored login")
    assert type(error) is GatedRepoError
    assert "https://huggingface.co/org/name" in error.hint and "give a token" not in error.hint
    error = refused(status, headers, withheld=HELD)
    assert type(error) is GatedRepoError
    assert "stored login was not sent" in error.hint and HELD.remedy in error.hint


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("kind", ["text/html", "application/xml", "", "application/json"])
def test_a_host_that_is_not_a_hub_is_not_helped_by_a_token(status: int, kind: str) -> None:
    """Where a login page or a store answers, to which the endpoint has led."""
    secret = Secret("made-up-" + secrets.token_hex(8))
    own = Credential(secret, "HF_TOKEN", "https://mirror.test:443", eager=True)
    for keys in ([], [own]):
        with Loopback(
            lambda asked: Answer(b"{}", status=status, headers={"Content-Type": kind})
        ) as server:
            http = HttpClient(keys, env={})
            with http.get(server.url + "/login", read_timeout=BOUND) as response:
                led = refusal(response, REF, http, endpoint="https://mirror.test/")
                own_answer = refusal(response, REF, http, endpoint=server.url + "/")
        assert type(led) in (AccessError, UnseenError) and led.exit_code == 4
        said = f"{led.message} {led.hint}"
        if kind == "application/json":  # a hub under another name
            assert "TOKEN" in said
        else:
            assert "TOKEN" not in said and "--endpoint" in said
            assert "mirror.test leads there" in led.message and "127.0.0.1" in led.message
        assert "TOKEN" in f"{own_answer.message} {own_answer.hint}"


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_stays_with_its_origin_where_another_answers(status: int) -> None:
    secret = Secret("made-up-" + secrets.token_hex(8))
    own = Credential(secret, "HF_TOKEN", "https://mirror.test:443", eager=True)
    with Loopback(lambda asked: Answer(b"{}", status=status)) as server:
        http = HttpClient([own], env={})
        with http.get(server.url + "/api/models/a", read_timeout=BOUND) as response:
            error = refusal(response, REF, http)
        assert "your HF_TOKEN was not sent" in error.hint and "mirror.test" in error.hint
        assert f"--endpoint {server.url}" in error.hint and "give a token" not in error.hint


@pytest.mark.parametrize("headers", [INVALID, {}, {"X-Error-Code": "Whatever"}])
@pytest.mark.parametrize("source", ["--token", "HF_TOKEN", "stored login"])
def test_a_token_that_is_not_accepted(headers: dict[str, str], source: TokenSource) -> None:
    error = refused(401, headers, sent=source)
    assert type(error) is InvalidTokenError and error.exit_code == 4
    assert source in error.message and "a token that 127.0.0.1" in error.hint
    assert ("--no-token" in error.hint) is (source != "--token")


def test_a_token_that_the_hub_does_not_accept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfget.hub.error_codes.is_public_hub", lambda host: True)
    error = refused(401, INVALID, sent="HF_TOKEN")
    assert "https://huggingface.co/settings/tokens" in error.hint


def test_a_login_in_the_endpoint_that_is_not_accepted() -> None:
    error = refused(401, sent="endpoint")
    assert type(error) is InvalidTokenError
    assert "user and password" in error.message and "--endpoint" in error.hint


def test_a_disabled_repo_is_not_a_matter_of_the_token() -> None:
    headers = {"X-Error-Message": "Access to this resource is disabled."}
    sources: tuple[TokenSource | None, ...] = (None, "HF_TOKEN")
    for sent in sources:
        for status in (401, 403):
            error = refused(status, headers, sent=sent)
            assert type(error) is AccessError and error.exit_code == 4
            assert error.message == "org/name is disabled"
            assert "token" not in error.hint


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("headers", [{}, {"X-Error-Code": "RepoNotFound"}])
def test_a_token_that_was_held_back(status: int, headers: dict[str, str]) -> None:
    error = refused(status, headers, withheld=HELD)
    assert type(error) is (UnseenError if status == 401 else AccessError)
    assert error.exit_code == 4
    assert "without a token" in error.message
    assert "stored login was not sent" in error.hint
    assert HELD.why in error.hint and HELD.remedy in error.hint
    assert "misspelt" in error.hint


@pytest.mark.parametrize("status", [401, 402, 403, 451, 495, 498])
def test_a_no_without_a_reason(status: int) -> None:
    error = refused(status, {"X-Error-Message": "Not for\x1b[2J you"})
    assert type(error) is (UnseenError if status == 401 else AccessError)
    assert error.exit_code == 4
    assert str(status) in error.message and "Not for\\x1b[2J you" in error.message
    assert "https://huggingface.co/org/name" in error.hint


def test_not_found_without_a_code() -> None:
    assert type(refused(404)) is RepoNotFoundError
    error = refused(404, ref=RepoRef("org/name", revision="v2"))
    assert type(error) is RevisionNotFoundError
    assert "org/name" in error.message and "v2" in error.message


@pytest.mark.parametrize("status", [400, 405, 410, 418, 501, 505])
def test_any_other_status(status: int) -> None:
    error = refused(status, {"X-Error-Message": "no"})
    assert isinstance(error, NetworkError) and error.exit_code == 5
    assert f"HTTP {status}: no" in error.message
    of_the_api = status not in (418, 505)
    assert ("does not take this request" in error.message) is of_the_api
    assert ("try again later" in error.hint) is not of_the_api
    assert "does not take" not in refused(status, path="a.bin").message


#: As `curl --retry`, huggingface_hub's `http_backoff`, the RFCs and the makers of proxies have it.
LATER = {408, 409, 420, 421, 423, 425, 429, 449, 460, 499, *range(500, 600)}


@pytest.mark.parametrize("path", [None, "a.bin"])
def test_every_status_is_either_tried_again_or_final_with_a_sentence(path: str | None) -> None:
    for status in range(400, 600):
        response = requests.Response()
        response.status_code, response.url = status, "https://mirror.test/a?b=secret"
        response.request = requests.Request("GET", response.url).prepare()
        again = from_status(response)
        assert (again is not None) is (status in LATER), status
        error = given_up(again, path) if again else refusal(response, REF, HTTP, path=path)
        said = f"{error.message} {error.hint}"
        assert "mirror.test" in said and error.hint and "secret" not in said
        assert str(status) in said or (status == 404 and path), said
        assert error.exit_code in (3, 4, 5)


@given(
    st.sampled_from([400, 401, 403, 404, 410, 451]),
    st.sampled_from(["", "GatedRepo", "RepoNotFound", "EntryNotFound", "RevisionNotFound", "x"]),
    st.booleans(),
    st.sampled_from([None, HELD]),
    st.sampled_from([None, "a.bin"]),
    st.text(max_size=500),
)
def test_every_no_says_what_where_why_and_what_next(
    status: int, code: str, sent: bool, withheld: Withheld | None, path: str | None, said: str
) -> None:
    response = requests.Response()
    response.status_code, response.url = status, "https://mirror.test/a?b=secret"
    response.headers.update({"X-Error-Code": code, "X-Error-Message": said})
    response.request = requests.Request("GET", response.url).prepare()
    if sent:
        response.request.headers["Authorization"] = "Bearer made-up"
    held = {} if withheld is None else {"https://mirror.test:443": withheld}
    error = refusal(response, REF, HttpClient(env={}), withheld_tokens=held, path=path)
    assert error.exit_code in (3, 4, 5) and error.hint
    assert "org/name" in error.message or "mirror.test" in error.message
    assert safe_text(error.message + error.hint, 10_000) == error.message + error.hint
    assert len(error.message) < 600
    assert error.url == "https://mirror.test/a"


def test_over_plain_http_no_flag_would_help() -> None:
    response = requests.Response()
    response.status_code, response.url = 401, "http://mirror.test/a"
    response.request = requests.Request("GET", response.url).prepare()
    held = Withheld("HF_TOKEN", *ENCRYPTED_ONLY)
    error = refusal(
        response, REF, HttpClient(env={}), withheld_tokens={"http://mirror.test:80": held}
    )
    assert "plain http" in error.hint and "--token" not in error.hint


@pytest.mark.parametrize("code", ["", "RepoNotFound"])
@pytest.mark.parametrize("revision", [None, "v2"])
def test_a_404_where_a_token_was_held_back_says_so(code: str, revision: str | None) -> None:
    """Repository managers answer 404 for what may not be seen."""
    error = refused(
        404, {"X-Error-Code": code}, withheld=HELD, ref=RepoRef("org/name", revision=revision)
    )
    assert error.exit_code == 3
    assert "stored login was not sent" in error.hint and HELD.remedy in error.hint
    assert "give a token" not in error.hint


def test_a_404_where_a_token_waits_for_a_401_says_so() -> None:
    with Loopback(lambda asked: Answer(b"{}", status=404)) as server:
        secret = Secret("made-up-" + secrets.token_hex(8))
        waits = Credential(secret, "HF_TOKEN", origin_of(server.url), eager=False)
        http = HttpClient([waits], env={})
        with http.get(server.url + "/api", read_timeout=BOUND) as response:
            error = refusal(response, REF, http)
        assert "authorization" not in server.asked[0].headers
    assert "HF_TOKEN was not sent" in error.hint and "404" in error.hint
    assert error.hint.endswith(f"--send-token-to 127.0.0.1:{server.port}")
