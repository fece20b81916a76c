"""Two endpoints, one commit: whose listing counts, and what is said where they differ."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import _tree_cache

from tests.hub import Fault, LocalHub, effects
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import Result, Shell, ShellAt, tree

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"w.bin": 9000, "sub/c.json": '{"a": 1}', "d.txt": "d\n"}
CACHE = "home/hf/hub/models--org--m"


@dataclass
class Pair:
    """An honest hub, and a mirror that lists another content under the same commit."""

    honest: LocalHub
    liar: LocalHub
    shell: Shell
    commit: str

    def run(self, hub: LocalHub, *arguments: str) -> Result:
        return self.shell.run(REPO, *arguments, "--endpoint", hub.endpoint)

    def ls(self, hub: LocalHub) -> dict[str, str]:
        done = self.shell.run("ls", REPO, "--json", "--endpoint", hub.endpoint)
        assert done.code == 0, done.out
        return {e["file"]: e["hash"] for e in done.events if e["event"] == "file"}

    def state(self) -> dict[str, str]:
        return {
            path: digest
            for path, digest in tree(self.shell.directory).items()
            if not path.endswith((".lock", ".metadata"))
        }


@pytest.fixture
def pair(
    tmp_path: Path, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> Iterator[Pair]:
    make_model(repos_root, REPO, FILES)
    make_model(tmp_path / "lies", REPO, {**FILES, "w.bin": 9001, "d.txt": "another\n"})
    with LocalHub(tmp_path / "lies") as liar:
        honest = start_hub()
        yield _posing(honest, liar, shell_at(honest.endpoint))


def _posing(honest: LocalHub, liar: LocalHub, shell: Shell) -> Pair:
    ours, theirs = honest.commit(REPO), liar.commit(REPO)

    def pose(info: Any) -> Any:
        return {**info, "sha": ours}

    liar.faults.add(Fault(effects.EditJson(pose), path="/api/models/org/m", times=None))
    as_theirs = effects.Target(lambda target: target.replace(ours, theirs))
    liar.faults.add(Fault(as_theirs, times=None))
    liar.faults.add(Fault(effects.Headers(strip=("X-Repo-Commit",)), times=None))
    return Pair(honest, liar, shell, ours)


@pytest.mark.parametrize("where", [(), ("--cache",)])
def test_a_liars_listing_counts_for_the_liar_alone(pair: Pair, where: tuple[str, ...]) -> None:
    right = pair.ls(pair.honest)
    assert pair.run(pair.liar, *where).code == 0
    assert pair.ls(pair.honest) == right != pair.ls(pair.liar)
    dry = pair.run(pair.honest, *where, "--dry-run", "--json")
    sizes = {e["file"]: e["size"] for e in dry.events if e["event"] == "plan_file"}
    assert sizes["w.bin"] == 9000
    before = pair.state()
    done = pair.run(pair.honest, *where)
    assert done.code == 8, done.err
    for words in ("2 files of commit", pair.honest.endpoint.removeprefix("http://"), "--force",
                  pair.liar.endpoint.removeprefix("http://"), "differently"):  # fmt: skip
        assert words in done.err
    assert pair.state() == before, "nothing is written while nobody is named as right"
    assert pair.run(pair.honest, *where, "--force").code == 0
    assert pair.run(pair.honest, *where).code == 0
    assert pair.run(pair.liar, *where).code == 8
    if not where:
        assert (pair.shell.directory / "m/d.txt").read_text() == "d\n"
        assert pair.shell.run("verify", "m").code == 0


def test_a_listing_is_asked_for_once_by_each_endpoint(pair: Pair) -> None:
    """The CDN's origin of the honest hub stands for another honest mirror."""
    other = pair.honest.foreign

    def trees() -> int:
        return len(pair.honest.requests(path="*/tree/*"))

    def at(endpoint: str, *more: str) -> int:
        before = trees()
        assert pair.shell.run(REPO, "--endpoint", endpoint, *more).code == 0
        return trees() - before

    here = pair.honest.endpoint
    asked = [at(here), at(here), at(other), at(other), at(here), at(here, "--force"), at(here)]
    assert asked == [1, 0, 1, 0, 0, 1, 0]


@pytest.mark.parametrize("where", [(), ("--cache",)])
@pytest.mark.parametrize("cut", ["hf wrote it", "hf wrote it over hfget's", "older hfget"])
def test_a_listing_of_another_program_is_not_taken_as_whole(
    pair: Pair, where: tuple[str, ...], cut: str
) -> None:
    records = pair.shell.directory / (CACHE if where else "m/.cache/huggingface")
    if cut == "hf wrote it over hfget's":
        assert pair.run(pair.honest, *where, "d.txt").code == 0
    file = records / "trees" / f"{pair.commit}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    right = pair.ls(pair.honest)
    entry = {"size": 2, "blob_id": right["d.txt"]}
    file.write_text(json.dumps({"format_version": 1, "files": {"d.txt": entry}}, indent=1))
    done = pair.run(pair.honest, *where)
    assert done.code == 0 and "2 files of commit" in done.err, done.err
    known = _tree_cache._read_tree_cache_from_disk(str(file))
    assert known is not None and set(known) == set(FILES), "huggingface_hub reads the whole one"
    again = pair.run(pair.honest, *where)
    assert again.code == 0 and "of commit" not in again.err


def test_a_note_that_is_garbage_is_as_none(pair: Pair) -> None:
    assert pair.run(pair.honest).code == 0
    note = pair.shell.directory / f"m/.cache/huggingface/trees/{pair.commit}.origin"
    good = json.loads(note.read_text())
    assert good["endpoints"] == [pair.honest.endpoint + "/"]
    for text in ("", "[]", "{}", "\0", json.dumps({**good, "endpoints": 5}),
                 json.dumps({**good, "format_version": 2}), "[" * 5000,
                 json.dumps({**good, "proof": {"lfs_files": -1}})):  # fmt: skip
        note.write_text(text)
        pair.honest.clear_log()
        assert pair.run(pair.honest).code == 0
        assert len(pair.honest.requests(path="*/tree/*")) == 1, text
        assert json.loads(note.read_text()) == good


def test_the_proof_is_reported_also_of_a_recorded_listing(pair: Pair) -> None:
    proof = {"lfs_files": 1, "lfs_proved": 1, "folders": 1, "folders_proved": 1}
    for _ in range(2):
        done = pair.run(pair.honest, "--json")
        assert done.report["proof"] == proof
    listed = pair.shell.run("ls", REPO, "--json", "--endpoint", pair.honest.endpoint)
    assert listed.events[-1]["proof"] == proof


def test_the_record_of_another_endpoint_does_not_stand_for_one_that_is_gone(pair: Pair) -> None:
    assert pair.run(pair.liar).code == 0
    pair.honest.refuse("hub")
    gone = ("--endpoint", pair.honest.endpoint)
    for words in ((REPO, "--retries=0"), (REPO, "--dry-run", "--retries=0"), ("ls", REPO)):
        assert pair.shell.impatient().run(*words, *gone).code == 5


CUTS = {
    "Link is dropped": effects.Headers(strip=("Link",)),
    "the query is dropped": effects.Target(lambda target: target.partition("?")[0]),
    "an empty tree": effects.EditJson(lambda page: []),
    "entries are blobs": effects.EditJson(
        lambda page: [{**entry, "type": "blob"} for entry in page]
    ),
    "no route": effects.NoRoute(),
}


@pytest.mark.parametrize(
    ("name", "where"), list(itertools.product(CUTS, [(), ("--cache",)])), ids=lambda part: str(part)
)
def test_a_cut_listing_is_mended_before_a_byte_comes(
    name: str, where: tuple[str, ...], repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {**FILES, "sub/deep/e.bin": 5000})
    hub = start_hub(page_size=2)
    hub.faults.add(Fault(CUTS[name], path="*/tree/*", times=None))
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO, *where)
    assert done.code == 0, done.err
    folder = Path(done.out.rstrip("\n"))
    assert tree(shell.directory / folder) == tree(source)
    assert shell.run("verify", folder).code == 0
    hub.faults.clear()
    assert shell.run(REPO, *where).code == 0
