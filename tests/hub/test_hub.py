"""The hub's protocol and the harness around it, asked by a plain HTTP client."""

from __future__ import annotations

import hashlib
import secrets
import socket
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, content, make_dataset, make_many, make_model

TIMEOUT = 20
BIG = 3 * MiB + 17
REPO = "org/name"
BIG_URL = f"/{REPO}/resolve/main/model.safetensors"
SMALL_URL = f"/{REPO}/resolve/main/config.json"
SMALL = b'{"a": 1}'


@pytest.fixture(autouse=True)
def sample(repos_root: Path) -> None:
    make_model(repos_root, REPO, {
        "config.json": SMALL, "model.safetensors": BIG, "sub dir/ü#?.txt": "text", "empty": b"",
    })  # fmt: skip
    make_model(repos_root, REPO, {"config.json": "pr", "x/y": "z"}, revision="refs/pr/1")
    make_model(repos_root, REPO, {"config.json": "tag"}, revision="refs/tags/v1.0")
    make_dataset(repos_root, "org/data", {"train/0.parquet": 1000, "README.md": "# data"})


@pytest.fixture
def big() -> bytes:
    return content(BIG, f"{REPO}/model.safetensors")


def get(http: requests.Session, url: str, **arguments: Any) -> requests.Response:
    return http.get(url, timeout=TIMEOUT, **arguments)


# The API


def test_info(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    data = get(http, f"{hub.endpoint}/api/models/{REPO}?blobs=true").json()
    assert data["id"] == REPO and data["sha"] == hub.commit(REPO)
    assert data["private"] is False and data["gated"] is False
    sizes = {sibling["rfilename"]: sibling["size"] for sibling in data["siblings"]}
    assert sizes == {"config.json": 8, "empty": 0, "model.safetensors": BIG, "sub dir/ü#?.txt": 4}
    plain = get(http, f"{hub.endpoint}/api/models/{REPO}").json()
    assert plain["siblings"][0] == {"rfilename": "config.json"}


@pytest.mark.parametrize("revision", ["refs%2Fpr%2F1", "refs/pr/1"])
def test_revisions_with_slashes(start_hub: StartHub, http: requests.Session, revision: str) -> None:
    hub = start_hub()
    commit = hub.commit(REPO, "refs/pr/1")
    info = get(http, f"{hub.endpoint}/api/models/{REPO}/revision/{revision}").json()
    assert info["sha"] == commit
    tree = get(http, f"{hub.endpoint}/api/models/{REPO}/tree/{revision}/x").json()
    assert [entry["path"] for entry in tree] == ["x/y"]
    for name in (revision, commit):
        file = get(http, f"{hub.endpoint}/{REPO}/resolve/{name}/config.json")
        assert file.content == b"pr" and file.headers["X-Repo-Commit"] == commit


def test_tree(start_hub: StartHub, http: requests.Session, big: bytes) -> None:
    hub = start_hub()
    url = f"{hub.endpoint}/api/models/{REPO}/tree/main"
    entries = {
        entry["path"]: entry for entry in get(http, url, params={"recursive": "True"}).json()
    }
    assert list(entries) == sorted(entries)
    lfs = entries["model.safetensors"]["lfs"]
    assert lfs["oid"] == hashlib.sha256(big).hexdigest() and lfs["size"] == BIG
    pointer = get(http, f"{hub.endpoint}/{REPO}/raw/main/model.safetensors").content
    assert lfs["pointerSize"] == len(pointer) and lfs["oid"].encode() in pointer
    blob = hashlib.sha1(b"blob %d\0" % len(pointer) + pointer).hexdigest()
    assert entries["model.safetensors"]["oid"] == blob
    assert entries["sub dir"]["type"] == "directory"
    flat = [entry["path"] for entry in get(http, url).json()]
    assert flat == ["config.json", "empty", "model.safetensors", "sub dir"]
    expanded = get(http, url, params={"expand": "True"}).json()
    assert expanded[0]["lastCommit"]["id"] == hub.commit(REPO)


def test_pages(start_hub: StartHub, http: requests.Session, repos_root: Path) -> None:
    make_many(repos_root, "org/many", 95)
    hub = start_hub(page_size=20)
    url: str | None = f"{hub.endpoint}/api/models/org/many/tree/main?recursive=True"
    pages: list[list[str]] = []
    while url is not None and len(pages) < 10:
        answer = get(http, url)
        pages.append([entry["path"] for entry in answer.json()])
        url = answer.links.get("next", {}).get("url")
        assert url is None or url.startswith(hub.endpoint + "/")
    paths = [path for page in pages for path in page]
    assert [len(page) for page in pages] == [20, 20, 20, 20, 20, 5]
    assert paths == sorted(set(paths)) and len(paths) == 95 + 10
    assert get(http, f"{hub.endpoint}/api/models/org/many/tree/main?cursor=!").status_code == 400


def test_refs_paths_and_sizes(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    api = f"{hub.endpoint}/api/models/{REPO}"
    refs = get(http, f"{api}/refs?include_prs=1").json()
    assert [ref["name"] for ref in refs["branches"]] == ["main"]
    assert [ref["name"] for ref in refs["tags"]] == ["v1.0"]
    assert refs["pullRequests"][0]["ref"] == "refs/pr/1"
    assert "pullRequests" not in get(http, f"{api}/refs").json()
    assert get(http, f"{hub.endpoint}/{REPO}/resolve/v1.0/config.json").content == b"tag"
    for body in ({"data": {"paths": ["config.json", "no"]}}, {"json": {"paths": ["config.json"]}}):
        answer = http.post(f"{api}/paths-info/main", timeout=TIMEOUT, **body)  # type: ignore[arg-type]
        assert [entry["path"] for entry in answer.json()] == ["config.json"]
    assert get(http, f"{api}/treesize/main").json()["size"] == BIG + 8 + 4
    assert get(http, f"{api}/treesize/main/sub dir").json()["size"] == 4


@pytest.mark.parametrize(
    ("path", "token", "status", "code"),
    [
        ("/api/models/org/none", False, 401, "RepoNotFound"),
        ("/api/models/org/none", True, 404, "RepoNotFound"),
        ("/api/datasets/org/name", True, 404, "RepoNotFound"),
        ("/org/none/resolve/main/x", False, 401, "RepoNotFound"),
        ("/api/models/org/name/revision/none", False, 404, "RevisionNotFound"),
        ("/api/models/org/name/tree/" + "0" * 40, False, 404, "RevisionNotFound"),
        ("/org/name/resolve/none/config.json", False, 404, "RevisionNotFound"),
        ("/org/name/resolve/main/none", False, 404, "EntryNotFound"),
        ("/org/name/resolve/main/..%2f..%2fgpt2", False, 404, "EntryNotFound"),
        ("/org/name/resolve/main/../../../etc/passwd", False, 404, "EntryNotFound"),
        ("/org/name/resolve/main/%2e%2e/%2e%2e/x", False, 404, "EntryNotFound"),
        ("/org/name/resolve/main//etc/passwd", False, 404, "EntryNotFound"),
        ("/api/models/org/name/tree/main/none", False, 404, "EntryNotFound"),
        ("/api/models/../name", True, 404, "RepoNotFound"),
        ("/nothing", False, 404, None),
    ],
)
def test_errors(start_hub: StartHub, path: str, token: bool, status: int, code: str | None) -> None:
    secret = secrets.token_hex(12)
    hub = start_hub(tokens=[secret])
    extra = f"Authorization: Bearer {secret}\r\n" if token else ""
    # a client library would normalise the path
    answer = exchange(hub.endpoint, f"GET {path} HTTP/1.1\r\nHost: x\r\n{extra}\r\n")
    assert f" {status} " in answer.splitlines()[0]
    headers = dict(
        line.lower().split(": ", 1) for line in answer.split("\r\n\r\n")[0].splitlines()[1:]
    )
    assert headers.get("x-error-code") == (code and code.lower())
    assert "x-error-message" in headers and '{"error":' in answer
    assert ("x-repo-commit" in headers) is (code == "EntryNotFound")


def exchange(origin: str, request: str) -> str:
    """What a server sends until it closes or a second passes without a byte."""
    parts = urlsplit(origin)
    with socket.create_connection(("127.0.0.1", parts.port or 80), timeout=TIMEOUT) as connection:
        connection.sendall(request.encode().replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        received = b""
        while block := connection.recv(65536):
            received += block
    return received.decode()


def test_access(start_hub: StartHub, http: requests.Session) -> None:
    member, stranger = secrets.token_hex(12), secrets.token_hex(12)
    hub = start_hub(
        gated=[REPO], private=["datasets/org/data"], tokens=[member], strangers=[stranger]
    )

    def ask(path: str, token: str | None) -> tuple[int, str | None]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = get(http, hub.endpoint + path, headers=headers)
        return answer.status_code, answer.headers.get("X-Error-Code")

    assert ask(SMALL_URL, None) == (401, "GatedRepo")
    assert ask(SMALL_URL, stranger) == (403, "GatedRepo")
    assert ask(SMALL_URL, member) == (200, None)
    assert get(http, f"{hub.endpoint}/api/models/{REPO}").json()["gated"] == "manual"
    assert ask("/api/datasets/org/data", None) == (401, "RepoNotFound")
    assert ask("/api/datasets/org/data", stranger) == (404, "RepoNotFound")
    assert ask("/api/datasets/org/data", member) == (200, None)
    assert ask("/api/whoami-v2", None) == (401, None)
    assert ask("/api/whoami-v2", member) == (200, None)
    assert ask(SMALL_URL, secrets.token_hex(12)) == (401, None)
    seen = [request for request in hub.log if request.token_seen]
    assert all(request.authorization for request in seen) and len(seen) == 5
    assert not any(member in str(request) for request in hub.log)


def test_alias(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub(aliases={"old": REPO, "datasets/old/data": "datasets/org/data"})
    answer = get(http, f"{hub.endpoint}/api/models/old/tree/main?x=1", allow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["Location"] == f"/api/models/{REPO}/tree/main?x=1"
    moved = get(http, f"{hub.endpoint}/datasets/old/data/resolve/main/README.md")
    assert moved.content == b"# data"


# Bytes


@pytest.mark.parametrize("cdn", [True, False])
@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=5-9", 5, 9),
        (f"bytes=2000000-{BIG + 5}", 2000000, BIG - 1),
        ("bytes=3000000-", 3000000, BIG - 1),
        ("bytes=-7", BIG - 7, BIG - 1),
        (f"bytes=1-{2 * MiB}", 1, 2 * MiB),
    ],
)
def test_ranges(
    start_hub: StartHub, http: requests.Session, big: bytes, cdn: bool, header: str, first: int,
    last: int,
) -> None:  # fmt: skip
    hub = start_hub(cdn=cdn)
    answer = get(http, hub.endpoint + BIG_URL, headers={"Range": header})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{BIG}"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.content == big[first : last + 1]
    assert hub.requests("cdn" if cdn else "hub")[-1].bytes_sent == last - first + 1


@pytest.mark.parametrize("cdn", [True, False])
def test_range_behind_the_end(start_hub: StartHub, http: requests.Session, cdn: bool) -> None:
    hub = start_hub(cdn=cdn)
    answer = get(http, hub.endpoint + BIG_URL, headers={"Range": f"bytes={BIG}-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{BIG}")
    empty = get(http, f"{hub.endpoint}/{REPO}/resolve/main/empty")
    assert (empty.status_code, empty.headers["Content-Length"]) == (200, "0")


def test_conditions(start_hub: StartHub, http: requests.Session, big: bytes) -> None:
    url = start_hub(cdn=False).endpoint + BIG_URL
    etag = get(http, url).headers["ETag"]
    assert etag == f'"{hashlib.sha256(big).hexdigest()}"'
    same = get(http, url, headers={"If-None-Match": f'"x", W/{etag}'})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert get(http, url, headers={"If-None-Match": '"x"'}).status_code == 200
    part = {"Range": "bytes=1-2"}
    assert get(http, url, headers={**part, "If-Range": etag}).status_code == 206
    whole = get(http, url, headers={**part, "If-Range": '"x"'})
    assert (whole.status_code, whole.content) == (200, big)


def test_head(start_hub: StartHub, http: requests.Session, big: bytes) -> None:
    hub = start_hub()
    for url in (SMALL_URL, "/datasets/org/data/resolve/main/README.md"):
        head = http.head(hub.endpoint + url, timeout=TIMEOUT)
        body = get(http, hub.endpoint + url)
        assert head.status_code == 200 and head.content == b""
        assert head.headers["Content-Length"] == str(len(body.content))
        blob = b"blob %d\0" % len(body.content) + body.content
        assert head.headers["ETag"] == f'"{hashlib.sha1(blob).hexdigest()}"'
        assert "X-Linked-Etag" not in head.headers
    head = http.head(hub.endpoint + BIG_URL, timeout=TIMEOUT)
    assert head.status_code == 302
    assert head.headers["X-Linked-Size"] == str(BIG)
    assert head.headers["X-Linked-Etag"] == f'"{hashlib.sha256(big).hexdigest()}"'
    assert head.headers["X-Repo-Commit"] == hub.commit(REPO)
    assert hub.cdn is not None and head.headers["Location"].startswith(hub.cdn + "/")
    odd = get(http, f"{hub.endpoint}/{REPO}/resolve/main/sub%20dir/%C3%BC%23%3F.txt")
    assert odd.content == b"text"


def test_changed_files_are_seen(
    start_hub: StartHub, http: requests.Session, repos_root: Path
) -> None:
    hub = start_hub()
    before = get(http, hub.endpoint + SMALL_URL)
    (repos_root / REPO / "config.json").write_bytes(b'{"a": 2}')
    # no rescan is asked for: the file that is opened is not the one that was listed
    after = get(http, hub.endpoint + SMALL_URL)
    assert after.content == b'{"a": 2}'
    assert after.headers["X-Repo-Commit"] != before.headers["X-Repo-Commit"]
    assert after.headers["ETag"] != before.headers["ETag"]


def test_cdn_wants_a_fresh_signature_and_no_token(
    start_hub: StartHub, http: requests.Session, big: bytes
) -> None:
    hub = start_hub(cdn_ttl=1.0)
    answer = get(http, hub.endpoint + BIG_URL, allow_redirects=False)
    place = answer.headers["Location"]
    fresh = get(http, place)
    assert fresh.content == big
    assert fresh.headers["ETag"] != answer.headers["X-Linked-Etag"]
    with_token = get(http, place, headers={"Authorization": "Bearer x"})
    assert with_token.status_code == 400
    assert get(http, place[:-1] + ("0" if place[-1] != "0" else "1")).status_code == 403
    deadline = time.monotonic() + TIMEOUT
    while (late := get(http, place)).status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert late.status_code == 403 and b"expired" in late.content
    assert late.headers["Content-Type"] == "application/xml"
    assert get(http, hub.endpoint + BIG_URL).content == big


def test_foreign_origin_has_the_same_content(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    assert get(http, hub.foreign + SMALL_URL).content == SMALL
    assert [request.origin for request in hub.log] == ["foreign"]
    origins = {hub.endpoint, hub.cdn, hub.foreign}
    assert len(origins) == 3
    assert urljoin(hub.endpoint, "/x") == hub.endpoint + "/x"


def test_connections_are_kept_alive(start_hub: StartHub, http: requests.Session) -> None:
    hub = start_hub()
    for _ in range(5):
        get(http, hub.endpoint + SMALL_URL)
    assert len({request.connection for request in hub.log}) == 1


def test_many_clients_at_once(start_hub: StartHub, big: bytes) -> None:
    hub = start_hub(cdn=False)
    good: list[bool] = []

    def fetch() -> None:
        with requests.Session() as session:
            session.trust_env = False
            good.append(get(session, hub.endpoint + BIG_URL).content == big)

    threads = [threading.Thread(target=fetch) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert good == [True] * 24
