"""What plain requests get by a shortcut is what the ordinary way answers, and no more."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.repos import KiB, MiB, make_model, write
from tests.support.command import wait_until
from tests.support.serving import SECONDS, Served, serving

SIZES: dict[str, bytes | str | int] = {
    "empty.txt": b"", "small.txt": 3 * KiB, "sub dir/ü #1.txt": "text", "mid.bin": 300 * KiB,
    "large.safetensors": 9 * MiB, ".env": "hidden",
}  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("served")
    make_model(root, "org/name", SIZES)
    make_model(root, "org/name", {"small.txt": "other"}, revision="refs/pr/1")
    with serving(root, home=tmp_path_factory.mktemp("home")) as served:
        yield served


def ask(served: Served, request: str) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers but the time, and body."""
    connection = served.connect()
    with connection:
        connection.sendall(request.encode("latin-1"))
        received, length = b"", None
        while b"\r\n\r\n" not in received:
            received += connection.recv(1 << 16)
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}
        if not request.startswith("HEAD") and " 304 " not in first:
            length = int(headers["content-length"])
        while length is not None and len(body) < length:
            block = connection.recv(1 << 20)
            assert block, "the connection ended early"
            body += block
    headers.pop("date")
    return first, headers, body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "extra",
    [
        "", "Range: bytes=0-0\r\n", "Range: bytes=5-\r\n", "Range: bytes=-7\r\n",
        "Range: bytes=5-2\r\n", "Range: bytes=99999999-\r\n", "Range: bytes=0-1,4-5\r\n",
        "Range: bytes=0-1,99999999-\r\n", 'If-Match: "x"\r\n', "If-Match: *\r\n",
        "If-None-Match: *\r\n", 'Range: bytes=1-2\r\nIf-Range: "x"\r\n', "Host: evil.example\r\n",
        "Range: bytes=1-2\r\nRange: bytes=3-4\r\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "path",
    [
        "main/small.txt", "main/empty.txt", "main/sub%20dir/%C3%BC%20%231.txt", "main/mid.bin",
        "main/large.safetensors", "refs%2Fpr%2F1/small.txt", "refs/pr/1/small.txt", "main/.env",
        "main/none", "main/", "main//small.txt", "none/small.txt", "main/small.txt?download=true",
        "main/%2e%2e/small.txt", "main/small.txt/",
    ],
)  # fmt: skip
def test_both_ways_lead_to_the_same(served: Served, method: str, extra: str, path: str) -> None:
    host = "" if extra.startswith("Host") else "Host: localhost\r\n"
    head = f"{method} /org/name/resolve/{path} HTTP/1.1\r\n{host}{extra}"
    # a field that is answered in the ordinary way alone
    ordinary = ask(served, head + "TE: trailers\r\n\r\n")
    for _ in range(2):
        assert ask(served, head + "\r\n") == ordinary


def test_requests_one_after_the_other_and_in_a_row(served: Served) -> None:
    one = b"GET /org/name/resolve/main/%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
    names = [b"small.txt", b"large.safetensors", b"empty.txt", b"mid.bin", b"small.txt"]
    expected = b""
    with served.connect() as connection:
        reader = connection.makefile("rb")
        bodies = []
        for name in names:
            connection.sendall(one % name)
            bodies.append(read_one(reader))
        connection.sendall(b"".join(one % name for name in names))
        assert [read_one(reader) for _ in names] == bodies
        for byte in one % b"small.txt":
            connection.send(bytes([byte]))
        assert read_one(reader) == bodies[0]
    assert not expected and len(bodies[1]) == 9 * MiB


def read_one(reader: object) -> bytes:
    line = reader.readline()  # type: ignore[attr-defined]
    assert line.startswith(b"HTTP/1.1 200"), line
    length = 0
    while line := reader.readline().strip():  # type: ignore[attr-defined]
        name, _, text = line.partition(b": ")
        length = int(text) if name.lower() == b"content-length" else length
    body: bytes = reader.read(length)  # type: ignore[attr-defined]
    return body


def test_what_changes_on_disk_is_seen(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "root", "org/name", {"a.txt": "one", "b.safetensors": MiB})
    with serving(tmp_path / "root", home=tmp_path) as served:
        request = "GET /org/name/resolve/main/a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"
        assert ask(served, request)[2] == b"one"
        write(folder / "a.txt", "two more")
        wait_until(lambda: ask(served, request)[2] == b"two more", SECONDS)
        (folder / "a.txt").unlink()
        wait_until(lambda: " 404 " in ask(served, request)[0], SECONDS)


def test_a_client_that_takes_nothing_holds_up_no_one(served: Served) -> None:
    request = "GET /org/name/resolve/main/large.safetensors HTTP/1.1\r\nHost: localhost\r\n\r\n"
    slow = []
    for _ in range(40):  # more than there are threads that send
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(SECONDS)
        connection.connect(("127.0.0.1", served.port))
        connection.sendall(request.encode())
        slow.append(connection)
    assert len(ask(served, request)[2]) == 9 * MiB
    for connection in slow:
        connection.close()
    assert len(ask(served, request)[2]) == 9 * MiB
