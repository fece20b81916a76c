"""One large file by several processes in one folder: each brings a range, the last one the file."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from hfget import download
from hfget.errors import UsageError
from hfget.limits import LEASE_SECONDS
from hfget.operations.shards import sharding, shared_plan
from tests.hub import Fault, LocalHub, effects
from tests.hub.repos import MiB, make_model
from tests.support.command import Shell, ShellAt, Started, all_end_well, leftovers, tree, wait_until
from tests.system.test_list import age, journals, listed

REPO = "org/m"
#: Three of four shards have a range of it, the fourth the rest.
LARGE = 12 * MiB + 777
FILES: dict[str, bytes | str | int] = {"big.bin": LARGE, "a.bin": 2 * MiB, "c.json": "{}"}
BYTES = LARGE + 2 * MiB
#: Files of a few MiB are divided there.
SMALL_RANGES = Path(__file__).parents[1] / "support" / "small_ranges"
CACHED = "home/hf/hub/models--org--m"
SECONDS = 90


@pytest.fixture
def source(repos_root: Path) -> Path:
    return make_model(repos_root, REPO, FILES)


@pytest.fixture
def shell(hub: LocalHub, shell_at: ShellAt) -> Shell:
    return shell_at(hub.endpoint).with_env(PYTHONPATH=str(SMALL_RANGES))


def shard(number: int, count: int = 4, where: tuple[str, ...] = ()) -> tuple[str, ...]:
    return (REPO, "--shard", f"{number}/{count}:ranges", *where)


def start(shell: Shell, hub: LocalHub, number: int, *where: str) -> Started:
    return shell.start(*shard(number), "--revision", hub.commit(REPO), *where)


@pytest.mark.parametrize("where", [(), ("--cache",)], ids=["folder", "cache"])
def test_four_at_once_fetch_every_byte_once_and_one_makes_the_file(
    where: tuple[str, ...], source: Path, hub: LocalHub, shell: Shell
) -> None:
    processes = [start(shell, hub, number, *where) for number in range(1, 5)]
    said = all_end_well(processes, SECONDS)
    assert hub.bytes_sent("cdn") == BYTES
    assert len(hub.requests("hub", path="*/big.bin")) == 3
    assert any("all 4 shards are here: 3 files" in err for _, err in said), said
    root = Path(said[-1][0].splitlines()[-1])
    assert tree(root) == tree(source)
    assert leftovers(root) == [] and not list(shell.directory.rglob("*.incomplete"))
    assert shell.run("verify", root).code == 0
    again = shell.run(*shard(2, where=where), "--json")
    assert (again.code, again.report["received"]) == (0, 0)


def test_one_after_the_other_says_what_is_missing_and_a_killed_one_goes_on(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    first = shell.run(*shard(1), "--json")
    assert first.code == 0 and first.report["files_total"] == 0
    assert first.report["range_bytes"] == first.report["received"] > BYTES // 4
    said = [one["text"] for one in first.events if one["event"] == "note"]
    assert any("not here yet: 3 files of shards 2, 3, 4" in text for text in said), said
    assert shell.run("verify", "m").code == 6
    one = listed(shell)["m"]
    assert one["complete"] is False and "big.bin" in one["missing"]
    assert one["partial_bytes"] == first.report["received"]

    hub.set_rate(4 * MiB)
    before = set(journals(shell.directory / "m"))
    process = start(shell, hub, 2)
    try:
        wait_until(lambda: set(journals(shell.directory / "m")) > before, 60)
        hub.set_rate(1)  # it is still at work when it is killed
        age(shell.directory / "m" / ".cache" / "huggingface" / "download", LEASE_SECONDS * 100)
        pruned = shell.run("prune", "--older-than", "1h", "--yes", "--json")
        assert pruned.code == 0 and pruned.events[-1]["removed"] == 0, pruned.out
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=SECONDS)
    hub.set_rate(None)
    assert shell.run(*shard(3)).code == 0
    fourth = shell.run(*shard(4))
    assert "not here yet: 1 file of shards 2\n" in fourth.err
    again = shell.run(*shard(2), "--json")
    assert again.code == 0 and again.report["files_done"] == 1
    assert again.report["received"] < first.report["received"]
    said = [one["text"] for one in again.events if one["event"] == "note"]
    assert any("all 4 shards are here: 3 files" in text for text in said), said
    assert tree(shell.directory / "m") == tree(source)
    assert hub.bytes_sent("cdn") < BYTES + 3 * MiB  # what was in flight at the kill
    assert leftovers(shell.directory / "m") == []


def test_a_wrong_range_costs_one_more_fetch_by_the_last(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    hub.faults.add(Fault(effects.BitFlip(5 * MiB), origin="cdn"))
    for number in (3, 1, 4):
        assert shell.run(*shard(number)).code == 0
    last = shell.run(*shard(2))
    assert last.code == 0 and "big.bin" in last.err and "all 4 shards are here" in last.err
    assert tree(shell.directory / "m") == tree(source)
    assert hub.bytes_sent("cdn") <= BYTES + LARGE


def test_what_is_always_wrong_gets_no_name_and_leaves_nothing(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    lie = hub.faults.add(Fault(effects.BitFlip(5 * MiB), origin="cdn", times=None))
    for number in (1, 4, 2):
        assert shell.run(*shard(number)).code == 0
    last = shell.run(*shard(3), "--json")
    assert last.code == 6
    assert [one["file"] for one in last.report["failures"]] == ["big.bin"]
    assert not (shell.directory / "m" / "big.bin").exists()
    assert leftovers(shell.directory / "m") == []
    hub.faults.clear()
    assert lie.fired
    for number in (1, 2, 3, 4):
        done = shell.run(*shard(number))
    assert done.code == 0 and tree(shell.directory / "m") == tree(source)


def test_any_other_run_takes_the_ranges_that_are_there(
    source: Path, hub: LocalHub, shell: Shell
) -> None:
    for number in (2, 4):
        assert shell.run(*shard(number)).code == 0
    assert shell.run(*shard(3, 3)).code == 0  # of another number of shards
    done = shell.run(REPO, "--json")
    assert done.code == 0 and tree(shell.directory / "m") == tree(source)
    assert hub.bytes_sent("cdn") < BYTES + 2 * MiB
    assert leftovers(shell.directory / "m") == []


def test_a_list_of_repos_is_divided_too(
    repos_root: Path, source: Path, hub: LocalHub, shell: Shell
) -> None:
    other = make_model(repos_root, "org/n", {"big.bin": 6 * MiB + 1, "d.json": "[]"})
    hub.rescan()
    for number in (2, 1):
        done = shell.run(REPO, "org/n", "--shard", f"{number}/2:ranges")
        assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(source)
    assert tree(shell.directory / "n") == tree(other)
    assert hub.bytes_sent("cdn") == BYTES + 6 * MiB + 1


def test_without_the_word_whole_files_come_and_a_line_says_what_would_divide_them(
    hub: LocalHub, shell: Shell
) -> None:
    done = shell.run(REPO, "--shard", "1/4")
    assert done.code == 0 and (shell.directory / "m" / "big.bin").exists()
    assert "--shard 1/4:ranges divides it" in done.err
    assert "ranges" not in shell.run(REPO, "c.json", "--shard", "1/4").err


def test_a_mount_that_takes_writes_in_order_only_is_refused(
    hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharding, "DIVIDED_BYTES", 4 * MiB)
    monkeypatch.setattr(sharding, "RANGE_BYTES", MiB)
    monkeypatch.setattr(shared_plan, "writes_in_order_only", lambda folder: True)
    given: dict[str, Any] = {"local_dir": tmp_path / "m", "endpoint": hub.endpoint}
    with pytest.raises(UsageError) as refused:
        download(REPO, shard="1/2:ranges", **given)
    assert refused.value.hint == "leave :ranges out" and hub.bytes_sent("cdn") == 0
    assert download(REPO, shard="1/2", **given).ok
