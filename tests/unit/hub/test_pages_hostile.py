"""The API plane of a hub that is broken or hostile: where it leads, and what it says."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfget.endpoints import origin_of
from hfget.errors import HfgetError, InterruptedRunError, NetworkError, UnsafeError
from hfget.hub import pages
from hfget.hub.tree import Tree
from hfget.limits import FEWEST_PER_PAGE
from hfget.model import Proof, RepoRef
from hfget.settings import Credential
from hfget.system.cancellation import Stop
from hfget.system.redaction import Secret
from tests.hub import Fault, LocalHub, effects
from tests.support.api_client import (
    COMMIT,
    FILES,
    INFO,
    REPO,
    Client,
    entry,
    page,
    scripted,
    token_for,
)
from tests.support.loopback import Answer, Asked, Loopback, Reply
from tests.support.verdicts import refused

NOTHING = Tree((), Proof())

pytestmark = pytest.mark.usefixtures("no_proxies", "short_waits")


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


def test_a_next_link_to_elsewhere_is_asked_for_at_home(local: Callable[..., LocalHub]) -> None:
    token = "made-up-" + secrets.token_hex(8)
    server = local(page_size=1, tokens=[token])
    server.faults.add(Fault(effects.NextLink("foreign"), origin="hub", path="*/tree/*", times=1))
    credential = Credential(Secret(token), "--token", origin_of(server.endpoint), eager=True)
    assert len(Client(server.endpoint, credential).snapshot().files) == len(FILES)
    assert not server.requests("foreign")


def test_a_next_link_without_a_query_is_followed_elsewhere_without_the_token() -> None:
    with Loopback(lambda asked: page(entry("b"))) as away:
        first = page(entry("a"), link=f"{away.url}/tree/b")
        with Loopback(scripted(lambda asked: first)) as server:
            snapshot = Client(server.url, token_for(server.url)).snapshot()
    assert [file.path for file in snapshot.files] == ["a", "b"]
    assert len(away.asked) == 1 and "authorization" not in away.asked[0].headers


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
            pytest.raises(NetworkError, match="not an address"),
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
        Client(server.url, token_for(server.url)).snapshot(
            known_tree=lambda endpoint, commit: NOTHING
        )
    assert ["authorization" in asked.headers for asked in server.asked] == [True, False]
    assert not any("authorization" in asked.headers for asked in away.asked)


def test_a_circle_of_redirects_ends() -> None:
    def turn(asked: Asked) -> Reply:
        return Answer(b"", status=302, headers={"Location": asked.target + "x"})

    with Loopback(turn) as server, pytest.raises(NetworkError, match="circle") as met:
        Client(server.url).snapshot()
    assert len(server.asked) == 11 and met.value.hint


def test_a_page_that_leads_to_itself_ends() -> None:
    def again(asked: Asked) -> Reply:
        return page(entry(), link=asked.target)

    with Loopback(scripted(again)) as server, pytest.raises(NetworkError) as met:
        Client(server.url).snapshot()
    assert "again and again" in met.value.message and met.value.hint
    assert len([target for target in server.targets if "recursive=true" in target]) == 1
    assert len(server.asked) < 10


@pytest.mark.parametrize("entries", [0, 1, 300])
def test_pages_without_end_end(entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_ENTRIES", 1000)

    def more(asked: Asked) -> Reply:
        number = len(server.asked)
        names = (entry(f"{number}/{n}") for n in range(entries))
        return page(*names, link=f"{server.url}/api/tree/?page={number}")

    with Loopback(scripted(more)) as server, pytest.raises(UnsafeError) as met:
        Client(server.url).snapshot()
    assert "1,000 entries" in met.value.message and met.value.hint
    assert len(server.asked) <= 2 + 1000 // max(entries, FEWEST_PER_PAGE)


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
    folder = {"type": "directory", "path": "c"}
    entries = page(entry("a"), entry("b", size=-1), folder, entry("c/d"))
    with Loopback(scripted(lambda asked: entries)) as server:
        files = Client(server.url).snapshot().files
    assert [file.path for file in files if not file.defect] == ["a", "c/d"]
    assert [file.path for file in files if file.defect] == ["b"]


def test_another_commit_than_asked_for_is_refused() -> None:
    with Loopback(scripted(lambda asked: page(entry()))) as server:
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
            snapshot = client.snapshot(known_tree=lambda endpoint, commit: NOTHING)
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


@contextmanager
def parrot_server() -> Iterator[tuple[Loopback, dict[str, bytes]]]:
    """A server that says what stands in the dictionary."""
    says: dict[str, bytes] = {}

    def answer(asked: Asked) -> Reply:
        return Answer(says["tree" if "/tree/" in asked.target else "info"])

    with Loopback(answer) as server:
        yield server, says


@pytest.fixture(scope="module")
def parrot() -> Iterator[tuple[Loopback, dict[str, bytes]]]:
    with parrot_server() as found:
        yield found


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
        refused()
        return
    assert snapshot.commit == COMMIT
    assert all(file.defect or file.size >= 0 for file in snapshot.files)


def test_a_stop_is_seen_between_pages() -> None:
    stop = Stop()

    def pages(asked: Asked) -> Answer:
        stop.set()
        return page(
            entry(f"{len(server.asked)}.txt"), link=f"{server.url}/tree/{len(server.asked)}"
        )

    with Loopback(scripted(pages)) as server, pytest.raises(InterruptedRunError):
        Client(server.url, stop=stop).snapshot()
    assert len(server.asked) == 2
