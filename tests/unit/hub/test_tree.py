"""A listing that is cut, mixed or not to be had: mended from what else is known, or an error."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hfget.errors import GatedRepoError, HfgetError, ListingError, NetworkError
from hfget.model import RepoRef, Snapshot
from tests.hub import Fault, LocalHub, effects
from tests.hub.faults import Effect
from tests.hub.repos import make_model, make_repo
from tests.support.api_client import REPO, Client

pytestmark = pytest.mark.usefixtures("no_proxies", "short_waits")

DEEP: dict[str, bytes | str | int] = {
    "README.md": "hello\n",
    "w.bin": 5000,
    "sub/c.txt": "c",
    "sub/deep/d.txt": "d",
    "sub/deep/e.bin": 3000,
    "sub/deep/er/f.txt": "f",
    "ünder/a b#%c.txt": "odd",
}
TREE, INFO, SIZE, PATHS = "*/tree/*", "/api/models/org/m", "*/treesize/*", "*/paths-info/*"

Serve = Callable[..., LocalHub]


def always(effect: Effect, path: str, **options: Any) -> Fault:
    return Fault(effect, origin="hub", path=path, times=None, **options)


def drop_query(target: str) -> str:
    return target.partition("?")[0]


def takes_only(text: str) -> Fault:
    """A hub that compares the text of `recursive`."""

    def edit(target: str) -> str:
        return target if text in target else drop_query(target)

    return always(effects.Target(edit), TREE)


def without_siblings(info: Any) -> Any:
    info.pop("siblings", None)
    return info


def siblings(edit: Callable[[list[Any]], list[Any]]) -> Fault:
    def change(info: Any) -> Any:
        info["siblings"] = edit(info["siblings"])
        return info

    return always(effects.EditJson(change), INFO)


def renamed_kind(page: Any) -> Any:
    return [{**entry, "type": "blob" if entry["type"] == "file" else "tree"} for entry in page]


DROPPED_QUERY = always(effects.Target(drop_query), TREE)
DROPPED_LINK = always(effects.Headers(strip=("Link",)), TREE)
NO_SIBLINGS = always(effects.EditJson(without_siblings), INFO)
NO_TREE = always(effects.NoRoute(), TREE)
NO_SIZE = always(effects.NoRoute(), SIZE)
NO_PATHS = always(effects.NoRoute(405), PATHS)
NO_QUERY = always(effects.NoRoute(400, lambda head: bool(head.query)), TREE)
NO_EXPAND = always(effects.NoRoute(404, lambda head: "expand" in head.query), TREE)
EMPTY = always(effects.EditJson(lambda page: []), TREE)
BLOBS = always(effects.EditJson(renamed_kind), TREE)
CDN_OF_LFS = {"cdn": True}

MENDED: dict[str, tuple[list[Fault], dict[str, Any]]] = {
    "the query is dropped": ([DROPPED_QUERY], {}),
    "the query is dropped, also of the next page": ([DROPPED_QUERY], {"page_size": 2}),
    "the query is dropped, and no siblings": ([DROPPED_QUERY, NO_SIBLINGS], {}),
    "the query is dropped, no siblings, no treesize": ([DROPPED_QUERY, NO_SIBLINGS, NO_SIZE], {}),
    "only recursive=true is taken": ([takes_only("recursive=true")], {}),
    "Link is dropped": ([DROPPED_LINK], {"page_size": 2}),
    "Link is dropped, no paths-info": ([DROPPED_LINK, NO_PATHS], {"page_size": 2}),
    "no siblings": ([NO_SIBLINGS], {}),
    "no siblings, no treesize": ([NO_SIBLINGS, NO_SIZE], {}),
    "any query is refused": ([NO_QUERY], {}),
    "expand is refused": ([NO_EXPAND], {}),
    "no tree route": ([NO_TREE], {}),
    "no tree route, no paths-info": ([NO_TREE, NO_PATHS], CDN_OF_LFS),
    "no tree route, no paths-info, no CDN": ([NO_TREE, NO_PATHS], {"cdn": False}),
    "an empty tree": ([EMPTY], {}),
    "an empty tree, no paths-info": ([EMPTY, NO_PATHS], {}),
    "entries are blobs": ([BLOBS], {}),
    "entries are blobs, no paths-info": ([BLOBS, NO_PATHS], {}),
    "info only with a revision": ([always(effects.NoRoute(), INFO)], {}),
    "the next page is refused": (
        [always(effects.NoRoute(404, lambda head: "cursor" in head.query), TREE)],
        {"page_size": 3},
    ),
}


@pytest.fixture
def deep(repos_root: Path, start_hub: Serve) -> Serve:
    make_model(repos_root, REPO, DEEP)
    return start_hub


def facts(snapshot: Snapshot) -> dict[str, tuple[int, str]]:
    return {file.path: (file.size, file.etag) for file in snapshot.files if not file.defect}


@pytest.mark.parametrize("name", MENDED)
def test_a_listing_is_mended(name: str, deep: Serve) -> None:
    faults, options = MENDED[name]
    server = deep(**options)
    honest = facts(Client(server.endpoint).snapshot())
    assert len(honest) == len(DEEP)
    for fault in faults:
        server.faults.add(Fault(fault.effect, origin="hub", path=fault.path, times=None))
    assert facts(Client(server.endpoint).snapshot()) == honest


LOST: dict[str, tuple[list[Fault], dict[str, Any], str]] = {
    "no tree route, no siblings": ([NO_TREE, NO_SIBLINGS], {}, "has no route that lists a repo"),
    "an empty tree, no siblings": ([EMPTY, NO_SIBLINGS], {}, "0 of the"),
    "an empty tree, no siblings, no treesize": ([EMPTY, NO_SIBLINGS, NO_SIZE], {}, "no file"),
    "entries are blobs, no siblings": ([BLOBS, NO_SIBLINGS], {}, "0 of the"),
    "a file that nobody has": (
        [siblings(lambda named: [*named, {"rfilename": "lost.bin"}])],
        {},
        "lacks 1 file of org/m that the repo info names: lost.bin",
    ),
    "no tree route, and a file that nobody has": (
        [NO_TREE, siblings(lambda named: [*named, {"rfilename": "lost.bin"}])],
        {},
        "has no route that lists a repo",
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_cannot_be_mended_is_an_error(name: str, deep: Serve) -> None:
    faults, options, words = LOST[name]
    server = deep(**options)
    for fault in faults:
        server.faults.add(Fault(fault.effect, origin="hub", path=fault.path, times=None))
    with pytest.raises(ListingError) as met:
        Client(server.endpoint).snapshot()
    assert words in met.value.message and met.value.hint and met.value.exit_code == 5
    assert "has no model" not in met.value.message


def test_what_is_no_file_is_told_where_the_info_has_all_files(deep: Serve) -> None:
    server = deep()
    module = {"type": "commit", "path": "module", "oid": "c" * 40, "size": 0}
    server.faults.add(always(effects.EditJson(lambda page: [*page, module]), TREE))
    client = Client(server.endpoint)
    assert len(client.snapshot().files) == len(DEEP)
    assert any("module" in told and "left out" in told for told in client.notes)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "./w.bin", "sub//c.txt"])
def test_a_name_that_leads_elsewhere_is_not_asked_for(name: str, deep: Serve) -> None:
    server = deep()
    server.faults.add(siblings(lambda named: [*named, {"rfilename": name}]))
    found = {file.path: file.defect for file in Client(server.endpoint).snapshot().files}
    assert "cannot be a path" in found[name]
    assert len(found) == len(DEEP) + 1
    assert not [one for one in server.log if one.path.rpartition("/")[2] == "x"]


@pytest.fixture
def flat(repos_root: Path, start_hub: Serve) -> Serve:
    """1,100 files in one folder: no page of 1,000 holds them, no walk finds more of them."""
    make_model(repos_root, REPO, {f"{number:04d}.txt": str(number) for number in range(1100)})
    return start_hub


def first_thousand(named: list[Any]) -> list[Any]:
    return named[:1000]


def test_link_dropped_in_a_large_folder(flat: Serve) -> None:
    server = flat()
    server.faults.add(DROPPED_LINK)
    assert len(Client(server.endpoint).snapshot().files) == 1100
    server.faults.add(siblings(first_thousand))
    with pytest.raises(ListingError, match=r"bytes of"):
        Client(server.endpoint).snapshot()
    server.faults.add(NO_SIZE)
    with pytest.raises(ListingError, match="as much as a page holds"):
        Client(server.endpoint).snapshot()
    server.faults.add(NO_SIBLINGS)
    with pytest.raises(ListingError, match="as much as a page holds"):
        Client(server.endpoint).snapshot()


def test_siblings_that_are_cut_are_no_fault(flat: Serve) -> None:
    server = flat()
    server.faults.add(siblings(first_thousand))
    client = Client(server.endpoint)
    assert len(client.snapshot().files) == 1100
    assert client.http.requests_sent == 3 and client.notes == []


def test_siblings_that_name_fewer_files_are_told_of(deep: Serve) -> None:
    server = deep()
    server.faults.add(siblings(lambda named: named[:-1]))
    client = Client(server.endpoint)
    assert len(client.snapshot().files) == len(DEEP) and client.notes == []
    server.faults.add(NO_SIZE)
    client = Client(server.endpoint)
    assert len(client.snapshot().files) == len(DEEP)
    assert "1 more files" in client.notes[0]


def test_a_whole_listing_costs_no_request_more(deep: Serve) -> None:
    server = deep()
    client = Client(server.endpoint)
    client.snapshot()
    assert client.http.requests_sent == 2 and client.notes == []
    queries = [request.query for request in server.log]
    assert queries == ["", "recursive=true&expand=false"]


def test_what_an_endpoint_lacks_is_named(deep: Serve) -> None:
    for fault, words in ((NO_QUERY, "does not take recursive=true (HTTP 400)"),
                         (NO_TREE, "has no route that lists a repo (HTTP 404)")):  # fmt: skip
        server = deep()
        server.faults.add(fault)
        client = Client(server.endpoint)
        client.snapshot()
        assert words in client.notes[0]


def test_a_route_that_is_refused_for_want_of_access_is_no_missing_route(deep: Serve) -> None:
    server = deep()
    gated = effects.NoRoute(403, headers={"X-Error-Code": "GatedRepo"})
    server.faults.add(always(gated, TREE))
    with pytest.raises(GatedRepoError):
        Client(server.endpoint).snapshot()


def test_an_info_that_nothing_answers_is_not_said_to_know_no_model(deep: Serve) -> None:
    server = deep()
    server.faults.add(always(effects.NoRoute(), "/api/models/*"))
    for ref in (RepoRef(REPO), RepoRef(REPO, revision="v1")):
        with pytest.raises(HfgetError) as met:
            Client(server.endpoint).snapshot(ref)
        assert met.value.exit_code == 3
        assert "HTTP 404" in met.value.message and "no such route" in met.value.hint


OTHER = "d" * 40


def alternating() -> Effect:
    """Two backends, of which every second one is at another commit."""
    turn = itertools.count()

    class Alternating(Effect):
        def after(self, moment: Any, answer: Any) -> Any:
            return answer.with_headers({"X-Repo-Commit": OTHER}) if next(turn) % 2 else None

    return Alternating()


def test_pages_of_two_commits_begin_anew(deep: Serve) -> None:
    server = deep(page_size=4)
    page = effects.Headers(put={"X-Repo-Commit": OTHER})
    server.faults.add(Fault(page, origin="hub", path=TREE, times=1, skip=1))
    client = Client(server.endpoint)
    assert len(client.snapshot().files) == len(DEEP)
    assert "commit dddddddddddd" in client.retries[0]


@pytest.mark.parametrize("effect", [alternating(), effects.Headers(put={"X-Repo-Commit": OTHER})])
def test_pages_that_never_agree_are_an_error(effect: Effect, deep: Serve) -> None:
    server = deep(page_size=4)
    server.faults.add(always(effect, TREE))
    with pytest.raises(NetworkError, match="answers for commit dddddddddddd instead"):
        Client(server.endpoint).snapshot()


def test_a_commit_header_that_contradicts_its_own_answer_says_nothing(deep: Serve) -> None:
    """A proxy that stamps everything, the repo info too."""
    server = deep(page_size=4)
    server.faults.add(always(effects.Headers(put={"X-Repo-Commit": OTHER}), "*"))
    client = Client(server.endpoint)
    assert len(client.snapshot().files) == len(DEEP) and client.retries == []


def test_a_commit_that_is_named_and_then_not_known(deep: Serve) -> None:
    server = deep()
    unknown = effects.NoRoute(404, headers={"X-Error-Code": "RevisionNotFound"})
    fault = server.faults.add(Fault(unknown, origin="hub", path=TREE, times=2))
    client = Client(server.endpoint)
    assert len(client.snapshot().files) == len(DEEP) and len(client.retries) == fault.fired == 2
    server.faults.add(always(unknown, TREE))
    with pytest.raises(NetworkError, match="does not know commit"):
        Client(server.endpoint).snapshot()


def test_the_tree_is_asked_for_by_commit(deep: Serve, repos_root: Path) -> None:
    """A push between info and tree."""
    make_repo(repos_root, REPO, DEEP, revision="v1")
    server = deep()
    Client(server.endpoint).snapshot(RepoRef(REPO, revision="v1"))
    asked = server.requests(path=TREE)
    assert [request.path.rpartition("/")[2] for request in asked] == [server.commit(REPO, "v1")]


LINKS = {
    "other case": '<{next}>; REL="NEXT"',
    "no quotes": "<{next}>;rel=next",
    "several relations": '<{next}>; rel="prev next"',
    "behind others": '<{first}>; rel="first", <{next}>; title="a, b"; rel="next"',
    "relative": '<?{query}>; rel="next"',
    "no brackets": '{next}; rel="next"',
    "another host": '<http://hub.internal:8080/x/{path}?{query}>; rel="next"',
    "https": '<https://127.0.0.1/{path}?{query}>; rel="next"',
    "the Hub": '<https://huggingface.co/{path}?{query}>; rel="next"',
    "only the cursor": '<{origin}/{path}?{cursor}>; rel="next"',
}


def relink(form: str) -> Effect:
    class Relink(Effect):
        def after(self, moment: Any, answer: Any) -> Any:
            link = answer.get("Link")
            if link is None:
                return None
            url = link.partition("<")[2].partition(">")[0]
            place, _, query = url.partition("?")
            parts = {
                "next": url,
                "first": place,
                "query": query,
                "path": place.split("/", 3)[3],
                "origin": moment.hub.urls["hub"],
                "cursor": next(part for part in query.split("&") if part.startswith("cursor")),
            }
            return answer.with_headers({"Link": form.format(**parts)})

    return Relink()


@pytest.mark.parametrize("name", LINKS)
def test_a_next_link_in_any_form(name: str, deep: Serve) -> None:
    server = deep(page_size=4)
    server.faults.add(always(relink(LINKS[name]), TREE))
    client = Client(server.endpoint)
    assert len(client.snapshot().files) == len(DEEP)
    assert client.http.requests_sent == 4, "pages alone, no mending"


def test_a_next_link_that_cannot_be_read_is_mended(deep: Serve) -> None:
    server = deep(page_size=4)
    server.faults.add(always(effects.Headers(put={"Link": "next, please"}), TREE))
    assert len(Client(server.endpoint).snapshot().files) == len(DEEP)


def test_the_same_entries_under_ever_new_links_end(deep: Serve) -> None:
    numbers = itertools.count()

    class Again(Effect):
        def after(self, moment: Any, answer: Any) -> Any:
            link = f"</x?cursor={next(numbers)}&n=1>; rel=next"
            return answer.with_headers({"Link": link})

    server = deep()
    server.faults.add(always(effects.Target(drop_query), TREE))
    server.faults.add(always(Again(), TREE))
    client = Client(server.endpoint)
    assert len(client.snapshot().files) == len(DEEP)
    assert client.http.requests_sent < 40
    for fault in (NO_SIBLINGS, NO_SIZE):
        server.faults.add(fault)
    with pytest.raises(ListingError, match="again and again"):
        Client(server.endpoint).snapshot()


def test_a_sha256_that_does_not_fit_is_told_of_and_counted(deep: Serve) -> None:
    def swap(page: Any) -> Any:
        for entry in page:
            if entry["path"] == "w.bin":
                entry["lfs"]["oid"] = "a" * 64
        return page

    server = deep()
    honest = Client(server.endpoint)
    proof = honest.snapshot().proof
    assert (proof.lfs_files, proof.lfs_proved, proof.folders, proof.folders_proved) == (2, 2, 4, 4)
    assert honest.notes == []
    server.faults.add(always(effects.EditJson(swap), TREE))
    client = Client(server.endpoint)
    assert client.snapshot().proof.lfs_proved == 1
    assert "1 LFS file" in client.notes[0] and "w.bin" in client.notes[0]
