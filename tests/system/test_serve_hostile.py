"""What half, endless and hostile requests cost `hfget serve`."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.repos import MiB, make_model
from tests.support.serving import Served, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("served")
    make_model(root, "org/name", {
        "config.json": "{}", "empty.txt": b"", "model.safetensors": 3 * MiB, "README.md": "# hi",
    })  # fmt: skip
    make_model(root, "org/many", {f"f{number:04}.txt": str(number) for number in range(1100)})
    arguments = ("--allow-origin", "https://app.example")
    with serving(root, *arguments, home=tmp_path_factory.mktemp("home")) as served:
        yield served


def test_what_would_change_something_is_refused(served: Served) -> None:
    for method, path in (
        ("POST", "/api/repos/create"), ("POST", "/api/models/org/name/commit/main"),
        ("POST", "/api/models/org/name/preupload/main"), ("DELETE", "/api/repos/delete"),
        ("PUT", "/org/name/resolve/main/config.json"), ("POST", "/api/models"),
    ):  # fmt: skip
        status, headers, _ = served.ask(path, method, Content_Length="0")
        assert (status, headers["x-error-message"]) == (405, "this server is read-only"), path


def test_half_requests_keep_no_client_out(served: Served) -> None:
    """Heads and bodies that never end, more of them than one client may have connections."""
    body = b"POST /api/models/org/name/paths-info/main HTTP/1.1\r\nHost: localhost\r\n"
    halves = [b"GET / HTTP/1.1\r\nX: ", b"", body + b"Content-Length: 99\r\n\r\npaths="]
    waiting = []
    try:
        for number in range(600):
            connection = served.connect()
            connection.sendall(halves[number % 3])
            waiting.append(connection)
        for _ in range(20):
            assert served.ask("/org/name/resolve/main/config.json")[::2] == (200, b"{}")
    finally:
        for connection in waiting:
            connection.close()


@pytest.mark.parametrize("length", ["1048577", "9" * 19])
@pytest.mark.parametrize("more", [b"", b"Expect: 100-continue\r\n"])
def test_a_body_that_is_too_large_is_not_waited_for(
    length: str, more: bytes, served: Served
) -> None:
    head = b"POST /api/models/org/name/paths-info/main HTTP/1.1\r\nHost: localhost\r\n"
    with served.connect() as connection:
        connection.settimeout(20)
        connection.sendall(head + more + b"Content-Length: " + length.encode() + b"\r\n\r\n")
        said = b""
        while piece := connection.recv(1 << 16):
            said += piece
    assert said.startswith(b"HTTP/1.1 413 "), said


def test_a_head_that_does_not_end_is_hung_up(served: Served) -> None:
    """Also one that comes byte by byte, and one behind an answer."""
    ends: list[bool] = []

    def drip(first: bytes) -> None:
        with served.connect() as connection:
            connection.sendall(first)
            until = time.monotonic() + 50
            try:
                while time.monotonic() < until:
                    connection.sendall(b"a")
                    connection.settimeout(0.5)
                    try:
                        if first and not connection.recv(1 << 16):
                            break
                    except TimeoutError:
                        continue
                else:
                    return
            except OSError:
                pass
            ends.append(True)

    whole = b"GET /api/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
    firsts = (b"GET / HTTP/1.1\r\nX: ", whole + b"GET / HTTP/1.1\r\nX: ")
    threads = [threading.Thread(target=drip, args=(first,)) for first in firsts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ends == [True, True]


_PARTS = (
    "api", "models", "datasets", "spaces", "org", "name", "many", "resolve", "raw", "tree",
    "main", "HEAD", "refs%2Fpr%2F1", "revision", "refs", "commits", "paths-info", "treesize",
    "auth-check", "v2", "manifests", "blobs", "latest", "sha256:00", "%00", "%ff%fe", "%ed%a0%80",
    "..", "%2e%2e", "", "a" * 300, "%C3%BC", "config.json", "empty.txt", "model.safetensors",
    "whoami-v2", "%0d%0aX:1", "*", "%", "%zz", "~", ";", "info", "0" * 40, "f" * 64, "README.md",
)  # fmt: skip


_QUERIES = (
    "cursor=!", "cursor=" + "A" * 5000, "cursor=7aCA", "limit=" + "9" * 5000, "limit=-1",
    "limit=%C2%B2", "recursive=true", "expand=TRUE", "blobs=1", "author=%00", "search=%ff",
    "filter=,,", "skip=" + "9" * 30, "p=" + "9" * 4999, "limit=0", "limit=1", "full=1", "&&=&",
    "cardData=true", "include_prs=1", "%", "a=%zz", "cursor=%F0%9F%98%80",
)  # fmt: skip


_HEADERS = (
    "Range: bytes=" + "9" * 5000 + "-", "Range: bytes=-" + "9" * 30, "Range: bytes=5-2",
    "Range: bytes=0-,-1", "Range: \xff", "If-Range: \xff", "If-None-Match: \xff, *",
    "Authorization: Bearer \xff", "Authorization: bearer", "User-Agent: \xff",
    "Content-Type: application/json", "Content-Type: \xff", "X-Forwarded-Host: [::1",
    "X-Forwarded-Prefix: \xff", "Origin: \xff", "Origin: https://app.example", "Upgrade: websocket",
    "Connection: upgrade", "Accept-Encoding: gzip", "Expect: 100-continue", "X-Forwarded-Host: [",
)  # fmt: skip


_BODIES = (
    b"", b"paths=%ff", b'{"paths": ' + b"[" * 5000, b"[]", b'{"paths": 1}',
    b'{"paths": ["\\ud800"]}',
    b"paths=config.json&expand=\xff", b'{"paths": ["config.json"], "expand": []}', b"\xff\xfe",
    b"paths=&" * 200_000, b'{"paths": NaN}',
)  # fmt: skip


_METHODS = ("GET", "GET", "GET", "HEAD", "POST", "POST", "OPTIONS", "PUT", "DELETE", "TRACE", "X")


def test_no_request_is_answered_by_a_failure(served: Served) -> None:
    seed = int(os.environ.get("HFGET_SEED", "0")) or random.randrange(1 << 32)
    chance = random.Random(seed)
    for number in range(1500):
        path = "/".join(chance.choices(_PARTS, k=chance.randint(1, 8)))
        if number % 3:  # one that names something, so that the routes are reached
            path = chance.choice(_STEMS) + chance.choice(_PARTS)
        query = "?" + "&".join(chance.choices(_QUERIES, k=2)) if number % 2 else ""
        method, body = chance.choice(_METHODS), chance.choice(_BODIES)
        lines = [f"{method} /{path}{query} HTTP/1.1", "Host: localhost"]
        lines += chance.choices(_HEADERS, k=chance.randint(0, 2))
        if method in ("POST", "PUT") or number % 10 == 0:
            lines.append(f"Content-Length: {len(body)}")
        else:
            body = b""
        request = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body
        try:
            status, _, _ = served.exchange(request)
        except ConnectionError:  # a body that was not wanted
            continue
        assert status and status != 500, (seed, request[:600])
    assert served.ask("/org/name/resolve/main/config.json")[0] == 200


_STEMS = (
    "api/models/org/name/revision/", "api/models/org/name/tree/", "api/models/org/name/tree/main/",
    "api/models/org/many/tree/main/", "api/models/org/name/paths-info/main", "org/name/raw/main/",
    "api/models/org/name/paths-info/", "org/name/resolve/main/", "org/name/resolve/",
    "api/models/org/name/commits/", "v2/org/name/manifests/", "v2/org/name/blobs/", "api/models",
    "api/datasets", "api/models/org/name/treesize/main/", "api/models/org/name/",
)  # fmt: skip


def test_times_that_no_calendar_has(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "root", "org/name", {"a": "a", "b": "b"})
    os.utime(folder / "a", (1e12, 1e12))
    os.utime(folder / "b", (-1e10, -1e10))
    with serving(tmp_path / "root", home=tmp_path) as served:
        assert served.ask("/api/models/org/name")[0] == 200
        assert served.ask("/api/models/org/name/tree/main?expand=true")[0] == 200
        assert served.ask("/api/models/org/name/commits/main")[0] == 200
