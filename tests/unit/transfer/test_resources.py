"""How many connections the limit of open files has room for."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from hfget.transfer.concurrency import room_for_connections


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield limits
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_few_files_are_few_connections_but_never_none(limits: tuple[int, int]) -> None:
    rooms = []
    for files in (0, 1, 16, 24, 40, 64, 256, 1024):
        if files > limits[1] >= 0:
            break
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, limits[1]))
        rooms.append(room_for_connections())
    assert min(rooms) == rooms[0] == 1 and rooms == sorted(rooms)
    assert rooms[4] > 1 and rooms[-1] >= 64


def test_no_limit_is_no_limit(limits: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    infinite = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda which: infinite)
    assert room_for_connections() > 10_000
