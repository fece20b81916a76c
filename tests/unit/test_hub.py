"""The API plane: a commit and a listing from an endpoint that may be broken or hostile."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfget import events, hub, retry
from hfget.errors import (
    AccessError,
    GatedRepoError,
    HfgetError,
    InterruptedRunError,
    NetworkError,
    RepoNotFoundError,
    RevisionNotFoundError,
    UnsafeError,
)
from hfget.http import HttpClient
from hfget.hub import Hub
from hfget.model import PathKind, RemoteFile, RepoRef, Snapshot
from hfget.secret import Secret
from hfget.settings import Credential, Settings, origin_of
from hfget.stop import Stop
from tests.hub import Fault, LocalHub, effects
from tests.hub.repos import make_model
from tests.unit.helpers import BOUND, Answer, Asked, Loopback, Reply

pytestmark = pytest.mark.usefixtures("no_proxies")

REPO = "org/m"
COMMIT = "c" * 40
FILES: dict[str, bytes | str | int] = {f"{n}.txt": str(n) for n in range(5)}


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "backoff", lambda attempt: 0.001)


class Client:
    """A hub client, with what it told."""

    def __init__(
        self,
        endpoint: str,
        credential: Credential | None = None,
        *,
        stop: threading.Event | None = None,
        **kwargs: Any,
    ) -> None:
        self.told: list[events.Event] = []
        given_: dict[str, Any] = {"api_timeout": BOUND, "retries": 3, **kwargs}
        self._settings = Settings(endpoint=endpoint, credential=credential, **given_)
        self.http = HttpClient(
            credential, env={}, observer=self.told.append, offline=self._settings.offline
        )
        self._hub = Hub(self.http, self._settings, self.told.append, stop)

    def snapshot(self, ref: RepoRef | None = None, **kwargs: Any) -> Snapshot:
        return self._hub.snapshot(ref or RepoRef(REPO), **kwargs)

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.told if isinstance(event, events.Note)]

    @property
    def retries(self) -> list[str]:
        return [event.reason for event in self.told if isinstance(event, events.Retrying)]


def token_for(endpoint: str, *, eager: bool = True) -> Credential:
    return Credential(
        Secret("made-up-" + secrets.token_hex(12)), "HF_TOKEN", origin_of(endpoint), eager
    )


# what an honest hub says


@pytest.fixture
def local(repos_root: Path, start_hub: Callable[..., LocalHub]) -> Callable[..., LocalHub]:
    make_model(repos_root, REPO, FILES)

    def start(**kwargs: Any) -> LocalHub:
        return start_hub(**kwargs)

    return start


def test_a_snapshot_in_pages(local: Callable[..., LocalHub]) -> None:
    server = local(page_size=2)
    client = Client(server.endpoint)
    snapshot = client.snapshot()
    assert snapshot.commit == server.commit(REPO)
    assert sorted(file.path for file in snapshot.files) == sorted(FILES)
    assert not any(file.defect for file in snapshot.files)
    assert client.http.requests_sent == 1 + 3
    assert client.told == []


def test_a_listing_that_is_known_is_not_asked_for(local: Callable[..., LocalHub]) -> None:
    server = local()
    client = Client(server.endpoint)
    known = (RemoteFile("a", 1, "a" * 40),)
    asked: list[str] = []

    def known_tree(commit: str) -> tuple[RemoteFile, ...]:
        asked.append(commit)
        return known

    snapshot = client.snapshot(known_tree=known_tree)
    assert snapshot.files == known and asked == [snapshot.commit]
    assert client.http.requests_sent == 1


def test_a_renamed_repo_is_followed_and_said(local: Callable[..., LocalHub]) -> None:
    server = local(aliases={"old": REPO})
    client = Client(server.endpoint)
    snapshot = client.snapshot(RepoRef("old"))
    assert snapshot.ref.repo_id == REPO
    assert client.notes == [f"old is {REPO} today"]


def test_what_a_hub_does_not_have(local: Callable[..., LocalHub]) -> None:
    client = Client(local().endpoint)
    with pytest.raises(RepoNotFoundError):
        client.snapshot(RepoRef("org/other"))
    with pytest.raises(RevisionNotFoundError) as met:
        client.snapshot(RepoRef(REPO, revision="v9"))
    assert "v9" in met.value.message
    assert client.http.requests_sent == 2, "a final no is not asked for again"


def test_a_trail_is_split_where_the_hub_knows_a_revision(local: Callable[..., LocalHub]) -> None:
    server = local()
    ref = RepoRef(REPO, trail=("main", "1.txt"), path_kind=PathKind.FILE)
    snapshot = Client(server.endpoint).snapshot(ref)
    assert (snapshot.ref.revision, snapshot.ref.path, snapshot.ref.trail) == ("main", "1.txt", ())
    with pytest.raises(RevisionNotFoundError):
        Client(server.endpoint).snapshot(RepoRef(REPO, trail=("no", "such", "1.txt")))
    with pytest.raises(RevisionNotFoundError) as met:
        Client(server.endpoint).snapshot(RepoRef(REPO, trail=("a..b",)))
    assert met.value.hint


def test_gated_and_private(local: Callable[..., LocalHub]) -> None:
    gated, private = local(gated=[REPO]), local(private=[REPO])
    assert Client(gated.endpoint).snapshot().files, "the listing of a gated repo is public"
    code = {"X-Error-Code": "GatedRepo"}
    gated.faults.add(Fault(effects.Status(403, code), origin="hub", path="*/tree/*"))
    with pytest.raises(GatedRepoError):
        Client(gated.endpoint).snapshot()
    with pytest.raises(RepoNotFoundError):
        Client(private.endpoint).snapshot()
    with pytest.raises(AccessError) as met:
        Client(private.endpoint, withheld_token="stored login").snapshot()
    assert "stored login was not sent" in met.value.hint


def test_a_token_that_waits_is_sent_once_it_is_asked_for(local: Callable[..., LocalHub]) -> None:
    token = "made-up-" + secrets.token_hex(8)
    for private in ([], [REPO]):
        server = local(private=private, tokens=[token])
        credential = Credential(Secret(token), "HF_TOKEN", origin_of(server.endpoint), eager=False)
        client = Client(server.endpoint, credential)
        assert client.snapshot().files
        seen = [request.token_seen for request in server.log]
        assert seen == ([False, True, True] if private else [False, False])
        assert len(client.notes) == len(private)


# what a passing failure says


PASSING: dict[str, tuple[Fault, str]] = {
    "429": (Fault(effects.Status(429, {"Retry-After": "0"}), times=2), "HTTP 429"),
    "the hub's header": (
        Fault(effects.Status(429, {"RateLimit": '"api";r=0;t=0'}), times=1),
        "HTTP 429",
    ),
    "503": (Fault(effects.Status(503), times=2), "HTTP 503"),
    "reset": (Fault(effects.Reset(), times=2), "connection reset"),
    "reset amid": (Fault(effects.Reset(after_bytes=20), times=2), "connection reset"),
    "closed": (Fault(effects.Close(), times=2), "connection closed without an answer"),
    "closed amid": (Fault(effects.Close(after_bytes=20), times=2), "the answer was cut short"),
    "closed amid without a length": (
        Fault(effects.Close(after_bytes=20, length_header=False), times=2),
        "no JSON",
    ),
    "silent": (Fault(effects.Stall(after_bytes=None)), "no answer within the time-out"),
    "silent amid": (Fault(effects.Stall(after_bytes=10)), "no byte within the time-out"),
    "a login page": (Fault(effects.Html(), times=2), "login page"),
}


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("path", ["/api/models/org/m", "*/tree/*"])
def test_what_passes_is_tried_again(name: str, path: str, local: Callable[..., LocalHub]) -> None:
    fault, words = PASSING[name]
    server = local()
    added = server.faults.add(Fault(fault.effect, origin="hub", path=path, times=fault.times))
    client = Client(server.endpoint, api_timeout=0.5)
    assert len(client.snapshot().files) == len(FILES)
    assert added.fired == len(client.retries) >= 1
    assert all(words in reason for reason in client.retries)


def test_what_does_not_pass_is_given_up(local: Callable[..., LocalHub]) -> None:
    server = local()
    server.faults.add(Fault(effects.Status(503), origin="hub", times=None))
    client = Client(server.endpoint, retries=2)
    with pytest.raises(NetworkError) as met:
        client.snapshot()
    assert len(client.retries) == 2 and client.http.requests_sent == 3
    assert "503" in met.value.message and met.value.hint


def test_too_long_a_wait_is_an_end(local: Callable[..., LocalHub]) -> None:
    server = local()
    server.faults.add(Fault(effects.Status(429, {"Retry-After": "86400"}), origin="hub"))
    client = Client(server.endpoint)
    with pytest.raises(NetworkError, match="24 h"):
        client.snapshot()
    assert client.http.requests_sent == 1


def test_gzip_unasked_and_chunks_are_understood(local: Callable[..., LocalHub]) -> None:
    server = local(page_size=2)
    server.faults.add(Fault(effects.Gzip(), origin="hub", times=None))
    server.faults.add(Fault(effects.Chunked(), origin="hub", times=None))
    assert len(Client(server.endpoint).snapshot().files) == len(FILES)


def test_offline_nothing_is_asked(local: Callable[..., LocalHub]) -> None:
    server = local()
    client = Client(server.endpoint, offline=True)
    with pytest.raises(NetworkError, match="offline"):
        client.snapshot()
    assert server.log == [] and client.retries == []


def test_a_stop_ends_the_tries(local: Callable[..., LocalHub]) -> None:
    server = local()
    server.faults.add(Fault(effects.Status(503), origin="hub", times=None))
    stop = Stop()
    stop.set()
    with pytest.raises(InterruptedRunError):
        Client(server.endpoint, stop=stop).snapshot()


# where a next link or a redirect may lead


def test_a_next_link_to_the_hub_itself_stays_on_the_mirror(
    local: Callable[..., LocalHub],
) -> None:
    server = local(page_size=2)
    there = f"https://huggingface.co/api/models/{REPO}/tree/{server.commit(REPO)}?page=last"
    link = effects.Headers(put={"Link": f'<{there}>; rel="next"'})
    server.faults.add(Fault(link, origin="hub", path="*/tree/*"))
    server.clear_log()
    Client(server.endpoint).snapshot()
    assert {request.origin for request in server.log} == {"hub"}
    assert any("page=last" in request.query for request in server.log)


def test_a_next_link_to_elsewhere_is_followed_without_the_token(
    local: Callable[..., LocalHub],
) -> None:
    token = "made-up-" + secrets.token_hex(8)
    server = local(page_size=1, tokens=[token])
    server.faults.add(Fault(effects.NextLink("foreign"), origin="hub", path="*/tree/*", times=1))
    credential = Credential(Secret(token), "--token", origin_of(server.endpoint), eager=True)
    Client(server.endpoint, credential).snapshot()
    assert server.requests("foreign")
    assert not any(request.token_seen for request in server.requests("foreign"))


def entry(path: str = "a.txt", **kwargs: Any) -> dict[str, Any]:
    return {"type": "file", "path": path, "size": 1, "oid": "a" * 40, **kwargs}


def page(*entries: Any, link: str = "") -> Answer:
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    return Answer(json.dumps(list(entries)).encode(), headers=headers)


INFO = Answer(json.dumps({"id": REPO, "sha": COMMIT}).encode())


def scripted(tree: Callable[[Asked], Reply], info: Reply = INFO) -> Callable[[Asked], Reply]:
    return lambda asked: tree(asked) if "/tree/" in asked.target else info


def test_the_token_does_not_come_back_with_a_link_that_leads_home() -> None:
    """A → B → A: what B says must not regain it."""
    home_url = ""

    def home(asked: Asked) -> Reply:
        first = "page" not in asked.target
        return page(entry(asked.target), link=f"{away.url}/tree/b" if first else "")

    with (
        Loopback(lambda asked: page(entry("b"), link=f"{home_url}/api/tree/?page=3")) as away,
        Loopback(scripted(home)) as server,
    ):
        home_url = server.url
        credential = token_for(server.url)
        assert len(Client(server.url, credential).snapshot().files) == 3
    sent = ["authorization" in asked.headers for asked in server.asked]
    assert sent == [True, True, False]
    assert not any("authorization" in asked.headers for asked in away.asked)


def test_a_link_that_parsers_read_differently_is_refused() -> None:
    with Loopback(lambda asked: page(entry("b"))) as away:

        def home(asked: Asked) -> Reply:
            host = server.url.removeprefix("http://")
            return page(entry("a"), link=f"{away.url}\\@{host}/api/tree/x")

        with (
            Loopback(scripted(home)) as server,
            pytest.raises(NetworkError, match="no address"),
        ):
            Client(server.url, token_for(server.url)).snapshot()
    assert away.asked == []


@pytest.mark.parametrize("link", ["file:///etc/passwd", "ftp://127.0.0.1/"])
def test_a_link_of_another_scheme_is_refused(link: str) -> None:
    tree = page(entry(), link=link)
    with Loopback(scripted(lambda asked: tree)) as server, pytest.raises(UnsafeError):
        Client(server.url).snapshot()


def test_the_token_does_not_follow_a_redirect_and_does_not_come_back() -> None:
    home_url = ""

    def home(asked: Asked) -> Reply:
        if "away" in asked.target:
            return INFO
        return Answer(b"", status=307, headers={"Location": f"{away.url}/api/models/x"})

    def elsewhere(asked: Asked) -> Reply:
        return Answer(b"", status=307, headers={"Location": f"{home_url}/api/models/away/x"})

    with Loopback(elsewhere) as away, Loopback(home) as server:
        home_url = server.url
        Client(server.url, token_for(server.url)).snapshot(known_tree=lambda commit: ())
    assert ["authorization" in asked.headers for asked in server.asked] == [True, False]
    assert not any("authorization" in asked.headers for asked in away.asked)


def test_a_circle_of_redirects_ends() -> None:
    def turn(asked: Asked) -> Reply:
        return Answer(b"", status=302, headers={"Location": asked.target + "x"})

    with Loopback(turn) as server, pytest.raises(NetworkError, match="circle") as met:
        Client(server.url).snapshot()
    assert len(server.asked) == 11 and met.value.hint


# what a broken or hostile hub says


def test_a_page_that_leads_to_itself_ends() -> None:
    def again(asked: Asked) -> Reply:
        return page(entry(), link=asked.target)

    with Loopback(scripted(again)) as server, pytest.raises(NetworkError) as met:
        Client(server.url).snapshot()
    assert "again and again" in met.value.message and met.value.hint
    assert len(server.asked) == 2


@pytest.mark.parametrize("entries", [0, 1, 300])
def test_pages_without_end_end(entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "MAX_ENTRIES", 1000)

    def more(asked: Asked) -> Reply:
        number = len(server.asked)
        names = (entry(f"{number}/{n}") for n in range(entries))
        return page(*names, link=f"{server.url}/api/tree/?page={number}")

    with Loopback(scripted(more)) as server, pytest.raises(UnsafeError) as met:
        Client(server.url).snapshot()
    assert "1,000 entries" in met.value.message and met.value.hint
    assert len(server.asked) <= 2 + 1000 // max(entries, hub.FEWEST_PER_PAGE)


def test_a_path_twice_with_the_same_content_is_one_file() -> None:
    with Loopback(scripted(lambda asked: page(entry(), entry()))) as server:
        assert len(Client(server.url).snapshot().files) == 1


def test_a_path_twice_with_another_hash_is_refused() -> None:
    twins = page(entry("a\x1b[31m"), entry("a\x1b[31m", oid="b" * 40))
    with Loopback(scripted(lambda asked: twins)) as server, pytest.raises(UnsafeError) as met:
        Client(server.url).snapshot()
    assert met.value.exit_code == 8 and met.value.hint
    assert met.value.path == "a\\x1b[31m"


def test_one_bad_entry_is_one_bad_file() -> None:
    entries = page(entry("a"), entry("b", size=-1), {"type": "directory", "path": "c"})
    with Loopback(scripted(lambda asked: entries)) as server:
        files = Client(server.url).snapshot().files
    assert [(file.path, bool(file.defect)) for file in files] == [("a", False), ("b", True)]


def test_another_commit_than_asked_for_is_refused() -> None:
    with Loopback(scripted(lambda asked: page())) as server:
        with pytest.raises(NetworkError) as met:
            Client(server.url).snapshot(RepoRef(REPO, revision="d" * 40))
        assert COMMIT in met.value.message and "d" * 40 in met.value.message
        assert Client(server.url).snapshot(RepoRef(REPO, revision=COMMIT.upper())).commit == COMMIT


@pytest.mark.parametrize(
    "name", ["a%1b%5bb", "..", "a/b/c", "%2e%2e%2fx", "a%20b", "%E6%A8%A1", "a?b"]
)
def test_a_name_at_the_end_of_redirects_that_is_none_is_not_taken(name: str) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.target == f"/api/models/{REPO}":
            return Answer(b"", status=307, headers={"Location": f"/api/models/{name}"})
        return INFO

    with Loopback(answer) as server:
        client = Client(server.url)
        try:
            snapshot = client.snapshot(known_tree=lambda commit: ())
        except HfgetError:
            return
    assert re.fullmatch(r"[\w.-]+(/[\w.-]+)?", snapshot.ref.repo_id, re.ASCII)
    assert "\x1b" not in str(client.notes)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
INFOS = JSON | st.fixed_dictionaries(
    {"sha": st.just(COMMIT) | JSON},
    optional={
        "id": JSON,
        "lastModified": JSON,
        "siblings": JSON,
        "cardData": JSON,
        "safetensors": JSON,
        "self": JSON,
    },
)
ENTRIES = JSON | st.fixed_dictionaries(
    {"type": st.sampled_from(["file", "directory"]) | JSON},
    optional={"path": st.text(max_size=9) | JSON, "size": JSON, "oid": JSON, "lfs": JSON},
)


@pytest.fixture(scope="module")
def parrot() -> Iterator[tuple[Loopback, dict[str, bytes]]]:
    """A server that says what stands in the dictionary."""
    says: dict[str, bytes] = {}

    def answer(asked: Asked) -> Reply:
        return Answer(says["tree" if "/tree/" in asked.target else "info"])

    with Loopback(answer) as server:
        yield server, says


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(info=INFOS, entries=st.lists(ENTRIES, max_size=4) | JSON)
def test_any_json_gives_a_snapshot_or_a_sentence(
    info: Any, entries: Any, parrot: tuple[Loopback, dict[str, bytes]]
) -> None:
    server, says = parrot
    says.update(info=json.dumps(info).encode(), tree=json.dumps(entries).encode())
    try:
        snapshot = Client(server.url, retries=0).snapshot()
    except HfgetError as error:
        assert error.exit_code in (5, 8) and error.message and error.hint
        return
    assert snapshot.commit == COMMIT
    assert all(file.defect or file.size >= 0 for file in snapshot.files)
