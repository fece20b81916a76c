"""hfget, `hf` and huggingface_hub on one Hub cache: each takes the other's work as its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import KiB, MiB, make_model
from tests.support.command import ShellAt, tree
from tests.support.hub_cache import HubCache, content_sent

pytestmark = pytest.mark.interop

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {
    "config.json": "{}",
    "empty.txt": b"",
    "w-00001.bin": 3 * MiB,
    "sub dir/ünicode #1.txt": "text",
    "sub dir/k.bin": 300 * KiB,
}
#: With nothing to ask: what it prints was in the cache.
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}


def test_what_hfget_fetched_is_the_cache_of_hf(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False)
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    done = shell.run(REPO, "--cache")
    assert done.code == 0, done.err
    snapshot = Path(done.out.strip())
    sent = content_sent(hub)
    listed = cache.hf("cache", "ls")
    assert listed.code == 0 and f"model/{REPO}" in listed.out
    verified = cache.hf("cache", "verify", REPO)
    assert verified.code == 0, verified.err
    fetched = cache.hf("download", REPO)
    assert fetched.code == 0 and str(snapshot) in fetched.out
    assert content_sent(hub) == sent
    offline = HubCache(shell.with_env(**OFFLINE))
    for path in FILES:
        assert offline.offline(REPO, path).read_bytes() == (source / path).read_bytes()
    again = offline.hf("download", REPO)
    assert again.code == 0 and str(snapshot) in again.out
    assert tree(snapshot) == tree(source)
    assert shell.run("verify", snapshot).code == 0


def test_what_hf_fetched_is_the_cache_of_hfget(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False)
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    fetched = cache.hf("download", REPO)
    assert fetched.code == 0, fetched.err
    sent = content_sent(hub)
    first = shell.run(REPO, "--cache", "--json")
    assert first.code == 0 and first.report["received"] == 0, first.err
    asked = len(hub.log)
    assert shell.run(REPO, "--cache").code == 0
    assert len(hub.log) - asked == 1 and content_sent(hub) == sent
    snapshot = Path(first.report["path"])
    assert tree(snapshot) == tree(source) and str(snapshot) in fetched.out
    assert cache.scan() == {f"model/{REPO}": {"main": snapshot.name}}


def test_what_hf_knows_not_to_exist_is_asked_for_by_hfget_all_the_same(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    """Both write the same marks; a mark never keeps hfget from a file that the listing has."""
    make_model(repos_root, REPO, FILES)
    hub = start_hub(cdn=False)
    shell = shell_at(hub.endpoint)
    cache = HubCache(shell)
    assert cache.hf("download", REPO, "config.json").code == 0
    assert cache.hf("download", REPO, "by-hf.json").code != 0
    assert shell.run(REPO, "by-hfget.json", "--cache").code == 2
    marks = cache.repo() / ".no_exist" / hub.commit(REPO)
    found = {path.name: path.stat().st_size for path in marks.iterdir()}
    assert found == {"by-hf.json": 0, "by-hfget.json": 0}
    assert cache.look_up(REPO, "by-hfget.json") == cache.look_up(REPO, "by-hf.json")
    (marks / "empty.txt").touch()
    assert cache.look_up(REPO, "empty.txt") == "no such file"
    assert shell.run(REPO, "--cache").code == 0
    assert Path(cache.look_up(REPO, "empty.txt")).read_bytes() == b""
