"""Which answer of an endpoint leads to the next, which is final, and who has the commit too."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hfget import events, python_api
from hfget.endpoints import host_of
from hfget.errors import GatedRepoError, HfgetError
from hfget.http.client import HttpClient
from hfget.hub import CommitHolders
from hfget.model import RepoRef
from hfget.settings import Settings
from tests.support.loopback import BOUND, Answer, Asked, Loopback, git_sha1, small_file, snapshot_of

pytestmark = pytest.mark.usefixtures("no_proxies")

DATA = b"content\n"
COMMIT = "c" * 40
SNAPSHOT = replace(snapshot_of(small_file("a.txt", DATA)), ref=RepoRef("org/m"), commit=COMMIT)


def whole(asked: Asked) -> Answer:
    """A hub that has the repo."""
    if "/tree/" in asked.target:
        entry = {"type": "file", "size": len(DATA), "oid": git_sha1(DATA), "path": "a.txt"}
        return Answer(json.dumps([entry]).encode())
    info = {"id": "org/m", "sha": COMMIT, "siblings": [{"rfilename": "a.txt"}]}
    return Answer(json.dumps(info).encode())


def saying(status: int, headers: Mapping[str, str] | None = None) -> Callable[[Asked], Answer]:
    return lambda asked: Answer(b"{}", status, dict(headers or {}))


def code(name: str) -> dict[str, str]:
    return {"X-Error-Code": name}


def cut(asked: Asked) -> Answer:
    """A hub that names a file in the info, and no such file anywhere else."""
    if "/tree/" in asked.target:
        return Answer(b"[]")
    return whole(asked) if asked.target == "/api/models/org/m" else Answer(b"{}", 404)


Start = Callable[[Callable[[Asked], Answer]], Loopback]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(Loopback(answer))


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HF_TOKEN", "HF_ENDPOINT", "HFGET_MIRRORS", "HFGET_TOKEN_ORIGINS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HF_TOKEN_PATH", "/nowhere/token")


def plan(*servers: Loopback, **options: Any) -> tuple[str, list[str]]:
    """The endpoint that was taken, and the lines that were said."""
    told: list[str] = []

    def observe(event: events.Event, /) -> None:
        if isinstance(event, events.Note):
            told.append(event.text)

    urls = [server.url for server in servers]
    made = python_api.plan("org/m", endpoint=urls, observer=observe, retries=2, **options)
    return made.snapshot.endpoint, told


LEADS_ON: dict[str, Callable[[Asked], Answer]] = {
    "too many requests": saying(429, {"Retry-After": "100"}),
    "unavailable, for a while": saying(503, {"Retry-After": "100"}),
    "no such repo": saying(404, code("RepoNotFound")),
    "no such revision": saying(404, code("RevisionNotFound")),
    "no route": saying(404),
    "a 401 to nobody": saying(401),
    "private or missing": saying(401, code("RepoNotFound")),
    "no hub": lambda asked: Answer(b"<html>hello</html>"),
    "a listing that is cut": cut,
    "a redirect to a file": saying(302, {"Location": "file:///etc/passwd"}),
}


@pytest.mark.parametrize("name", LEADS_ON)
def test_another_endpoint_is_asked(name: str, start: Start) -> None:
    bad, good, third = start(LEADS_ON[name]), start(whole), start(whole)
    taken, told = plan(bad, good, third)
    assert taken == good.url and third.asked == []
    said = [text for text in told if text.endswith(f"; asking {host_of(good.url + '/')} instead")]
    assert len(said) == 1


FINAL: dict[str, Callable[[Asked], Answer]] = {
    "gated": saying(403, code("GatedRepo")),
    "gated, by 401": saying(401, code("GatedRepo")),
    "a no without a reason": saying(403),
    "for legal reasons": saying(451),
    "disabled": saying(403, {"X-Error-Message": "Access to this resource is disabled."}),
}


@pytest.mark.parametrize("name", FINAL)
def test_what_one_says_of_rights_is_asked_of_no_other(name: str, start: Start) -> None:
    no, good = start(FINAL[name]), start(whole)
    with pytest.raises(HfgetError) as met:
        plan(no, good)
    assert met.value.exit_code == 4 and good.asked == []


def test_a_token_that_is_not_accepted_is_final(start: Start) -> None:
    no, good = start(saying(401)), start(whole)
    with pytest.raises(HfgetError) as met:
        plan(no, good, token="made-up-for-a-test")
    assert met.value.kind == "invalid-token" and good.asked == []


def test_a_gated_repo_is_asked_for_where_a_token_is_bound_and_nowhere_else(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gated, open_, granting = start(FINAL["gated"]), start(whole), start(whole)
    login = tmp_path / "token"
    login.write_text("made-up-for-a-test")
    login.chmod(0o600)
    monkeypatch.setenv("HF_TOKEN_PATH", str(login))
    taken, told = plan(gated, open_, granting, send_token_to=granting.url)
    assert taken == granting.url and open_.asked == [] and len(gated.asked) == 1
    assert all("authorization" in asked.headers for asked in granting.asked)
    assert any(f"asking {host_of(granting.url + '/')} instead" in text for text in told)


def test_where_a_token_was_sent_and_the_repo_is_still_gated_that_is_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated, granting = start(FINAL["gated"]), start(whole)
    monkeypatch.setenv("HF_TOKEN", "made-up-for-a-test")
    with pytest.raises(GatedRepoError):
        plan(gated, granting, send_token_to=granting.url)
    assert ["authorization" in asked.headers for asked in gated.asked] == [False, True]
    assert granting.asked == []


def test_one_refused_by_the_first_round_is_asked_with_patience_in_the_second(start: Start) -> None:
    answers = iter([Answer(b"", 503), Answer(b"", 503), Answer(b"", 503)])
    late = start(lambda asked: next(answers, None) or whole(asked))
    missing = start(LEADS_ON["no such repo"])
    taken, _ = plan(late, missing)
    assert taken == late.url and len(missing.asked) == 1


def test_the_gravest_is_raised_and_the_others_are_named(start: Start) -> None:
    missing, down = start(LEADS_ON["no such repo"]), start(saying(500))
    with pytest.raises(HfgetError) as met:
        plan(missing, down)
    assert met.value.exit_code == 5
    assert "HTTP 500; " in met.value.message and host_of(missing.url + "/") in met.value.message
    with pytest.raises(HfgetError) as met:
        plan(missing, start(LEADS_ON["no such revision"]))
    assert met.value.exit_code == 3


def holders(
    *servers: Loopback, out: Loopback | None = None
) -> tuple[CommitHolders, HttpClient, list[str]]:
    told: list[str] = []

    def observe(event: events.Event, /) -> None:
        assert isinstance(event, events.Note)
        told.append(event.text)

    urls = tuple(server.url for server in servers)
    http = HttpClient(env={})
    settings = Settings(endpoint=urls[0], endpoints=urls, api_timeout=BOUND)
    snapshot = replace(SNAPSHOT, endpoint=urls[0])
    known = {out.url: "it was asked"} if out is not None else {}
    return CommitHolders(http, settings, snapshot, observe, out=known), http, told


def test_the_holders_of_a_commit_are_those_that_say_so(start: Start) -> None:
    def another(asked: Asked) -> Answer:
        return Answer(json.dumps({"id": "org/m", "sha": "d" * 40}).encode())

    home, without, behind, good = map(
        start, (whole, LEADS_ON["no such repo"], LEADS_ON["no such revision"], whole)
    )
    elsewhere = start(lambda asked: Answer(b"", 302, {"Location": f"{good.url}{asked.target}"}))
    closed, before = start(saying(403)), start(whole)
    others = without, behind, elsewhere, start(another), closed, before, good
    found, http, told = holders(home, *others, out=before)
    assert found.endpoints == (home.url,) and not found.is_decided
    found.begin()
    deadline = time.monotonic() + 60
    while not found.is_decided and time.monotonic() < deadline:
        found.wait(99, 1)
    assert list(found.endpoints) == [home.url, good.url]
    assert home.asked == [], "it listed the commit itself"
    assert good.asked[0].target == f"/api/models/org/m/revision/{COMMIT}"
    assert before.asked == [], "it has said so already"
    refusals = [text for text in told if "refuses access" in text]
    assert len(told) == 5 and len(refusals) == 1 and "HTTP 403" in refusals[0]
    assert sum(text.endswith("of org/m; not used") for text in told) == 4
    assert found.lacking.keys() == {one.url for one in others} - {good.url}
    found.close()
    http.abort()
    found.join()


def test_no_thread_waits_for_a_holder_that_is_silent_and_it_comes_back(start: Start) -> None:
    silent, failing = threading.Event(), threading.Event()

    def later(asked: Asked) -> Answer:
        silent.wait(60)
        return whole(asked)

    def again(asked: Asked) -> Answer:
        if not failing.is_set():
            failing.set()
            return Answer(b"", 503)
        return whole(asked)

    home, slow, shaky = start(whole), start(later), start(again)
    found, http, told = holders(home, slow, shaky)
    found.begin()
    assert found.endpoints[0] == home.url
    while len(found.endpoints) < 2:
        assert found.wait(1, 60)
    assert found.endpoints == (home.url, shaky.url) and told == []
    silent.set()
    assert found.wait(2, 60) == found.candidates == (home.url, slow.url, shaky.url)
    found.close()
    http.abort()
    found.join()
