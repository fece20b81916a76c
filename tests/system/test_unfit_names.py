"""Names that only this disk cannot hold: each is refused by itself, the rest comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import ShellAt, tree

REPO = "org/m"
TOO_LONG = ["n" * 256 + ".json", "sub/" + "é" * 128, "/".join(["d" * 200] * 30), "x" * 5000]
LAYOUTS = pytest.mark.parametrize("layout", [(), ("--cache",)], ids=["folder", "cache"])


def listing_also(hub: LocalHub, *paths: str) -> None:
    """The listing has `c.json` under further names."""

    def add(page: list[dict[str, object]]) -> list[dict[str, object]]:
        model = next(entry for entry in page if entry["path"] == "c.json")
        return [*page, *({**model, "path": path} for path in paths)]

    hub.faults.add(Fault(effects.EditJson(add), path="*/tree/*", times=None))


@LAYOUTS
@pytest.mark.parametrize("path", TOO_LONG, ids=["long", "long in bytes", "deep", "very long"])
def test_the_rest_comes(
    path: str, layout: tuple[str, ...], repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"c.json": "{}", "d.json": "[]"})
    hub = start_hub()
    listing_also(hub, path)
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO, *layout, "--json")
    assert done.code == 7, done.err
    (failure,) = done.report["failures"]
    assert failure["file"] == path and "longer than" in failure["message"]
    assert "--exclude" in failure["hint"]
    assert tree(shell.directory / done.report["path"]) == tree(source)
    for fewer in (["c.json"], ["--exclude", path[:200] + "*"]):
        again = shell.run(REPO, *layout, *fewer, "--json")
        assert again.code == 0, again.err
    planned = shell.run(REPO, *layout, "--dry-run")
    assert planned.code == 0 and "cannot hold" in planned.err
    assert shell.run("verify", done.report["path"]).code == 0


@LAYOUTS
@pytest.mark.parametrize("path", ["n" * 256 + "/../../x", "../x", ".cache/huggingface/x"])
def test_a_hostile_name_shuts_the_whole_repo(
    path: str, layout: tuple[str, ...], repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, REPO, {"c.json": "{}"})
    hub = start_hub()
    listing_also(hub, path, "n" * 256)
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO, "c.json", *layout).code == 8
    assert hub.requests(path="*/resolve/*") == []
