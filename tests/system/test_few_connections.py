"""Servers and boxes on the way that allow one client few connections, and count those that rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub import Places
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import ShellAt, tree

REPO = "org/m"


@pytest.mark.parametrize(
    ("cdn", "count", "refuse"),
    [(True, 1, False), (True, 1, True), (True, 4, True), (False, 1, False)],
    ids=["one, waits", "one, resets", "four, resets", "one of the hub, waits"],
)
def test_all_comes_over_few_connections(
    cdn: bool, count: int, refuse: bool, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    small = {f"c{number:02}.json": f"{number}" for number in range(12)}
    files: dict[str, bytes | str | int] = {
        **small,
        "w1.bin": 3_000_000,
        "w2.safetensors": 40_000_000,
    }
    source = make_model(repos_root, REPO, files)
    places = Places(count, refuse=refuse)
    hub = start_hub(cdn=cdn, places=places)
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO, "--json")
    assert done.code == 0, done.report["failures"]
    assert places.full.is_set(), "the limit was never met"
    assert tree(shell.directory / "m") == tree(source)
    assert sum(hub.bytes_sent(name) for name in ("hub", "cdn")) < 50_000_000
