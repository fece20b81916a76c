"""The API plane of an honest hub: a commit, a listing, a no, and failures that pass."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from hfget.endpoints import origin_of
from hfget.errors import (
    AccessError,
    GatedRepoError,
    InterruptedRunError,
    NetworkError,
    RepoNotFoundError,
    RevisionNotFoundError,
)
from hfget.hub.tree import Tree
from hfget.model import PathKind, Proof, RemoteFile, RepoRef
from hfget.settings import Credential, Withheld
from hfget.system.cancellation import Stop
from hfget.system.redaction import Secret
from tests.hub import Fault, LocalHub, effects
from tests.support.api_client import FILES, REPO, Client
from tests.support.loopback import BOUND

pytestmark = pytest.mark.usefixtures("no_proxies", "short_waits")


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
    files = tuple(RemoteFile(path, 1, "a" * 40) for path in FILES)
    known = Tree(files, Proof(3, 2, 1, 0))
    asked: list[str] = []

    def known_tree(endpoint: str, commit: str) -> Tree:
        asked.append(commit)
        return known

    snapshot = client.snapshot(known_tree=known_tree)
    assert snapshot.files == files and asked == [snapshot.commit]
    assert snapshot.proof == known.proof
    assert client.http.requests_sent == 1


def test_a_listing_that_is_known_but_lacks_a_file_is_asked_for(
    local: Callable[..., LocalHub],
) -> None:
    client = Client(local().endpoint)
    snapshot = client.snapshot(known_tree=lambda endpoint, commit: Tree((), Proof()))
    assert len(snapshot.files) == len(FILES) and client.http.requests_sent == 2


def test_a_renamed_repo_is_followed_and_said(local: Callable[..., LocalHub]) -> None:
    server = local(aliases={"old": REPO})
    client = Client(server.endpoint)
    snapshot = client.snapshot(RepoRef("old"))
    assert snapshot.ref.repo_id == REPO
    assert client.notes == [f"old is now {REPO}"]


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
        held = {origin_of(private.endpoint): Withheld("stored login", "why", "what")}
        Client(private.endpoint, withheld_tokens=held).snapshot()
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
        "not JSON",
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
    client = Client(server.endpoint, api_timeout=2.0 if "silent" in name else BOUND)
    assert len(client.snapshot().files) == len(FILES)
    # a kept connection that has died is asked again at once, which is no retry
    assert len(client.retries) >= 1 and added.fired - len(client.retries) in (0, 1)
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
