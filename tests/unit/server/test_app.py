"""Who is let in by what a request says of its target, and of its length."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hfget.server.app import create_app
from hfget.server.repos.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    folder = tmp_path / "org" / "name"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    return Store(tmp_path)


def status_of(store: Store, target: bytes, version: str = "1.1", **fields: str) -> int:
    """The status of the answer to a GET; field names with `_` for `-`."""
    headers = [(name.replace("_", "-").encode(), text.encode()) for name, text in fields.items()]
    scope = {
        "type": "http", "method": "GET", "http_version": version, "scheme": "http", "path": "/",
        "raw_path": target, "query_string": b"", "headers": headers,
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> None:
        await create_app(store)(scope, receive, send)

    asyncio.run(ask())
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"/api/models", "localhost", 200), (b"/api/models", "evil.example", 421),
        (b"http://localhost/api/models", "evil.example", 200),
        (b"http://evil.example/api/models", "localhost", 421),
        (b"http://localhost@evil.example/api/models", "localhost", 421),
        (b"http://localhost", "localhost", 200), (b"api/models", "localhost", 400),
    ],
)  # fmt: skip
def test_the_host_that_is_asked_for_is_known(
    store: Store, target: bytes, host: str, status: int
) -> None:
    assert status_of(store, target, host=host) == status


def test_a_request_of_two_lengths_or_another_protocol_is_refused(store: Store) -> None:
    fields = {"host": "localhost", "content_length": "5"}
    assert status_of(store, b"/api/models", **fields) == 200
    assert status_of(store, b"/api/models", **fields, transfer_encoding="chunked") == 400
    assert status_of(store, b"/api/models", "2.0", host="localhost") == 505
