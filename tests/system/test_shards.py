"""One download by several processes, in one folder and in several."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from hfget import download
from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import ShellAt, Started, all_end_well, new_shell, tree, wait_until

REPO = "org/m"
COUNT = 8
FILES: dict[str, bytes | str | int] = {
    **{f"w{n:02}.bin": 200_000 + 31_000 * n for n in range(20)},
    **{f"sub/c{n}.json": f"{n}" for n in range(20)},
}
BYTES = sum(200_000 + 31_000 * n for n in range(20))
SECONDS = 90


def all_of(processes: Sequence[Started]) -> list[str]:
    """What each says of itself; all must end well."""
    return [err for _, err in all_end_well(processes, SECONDS)]


@pytest.mark.parametrize("where", [("--local-dir", "m"), ("--cache",)], ids=["folder", "cache"])
def test_eight_at_once_fetch_every_byte_once(
    where: tuple[str, ...], repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    pinned = ("--revision", hub.commit(REPO))
    said = all_of(
        [
            shell.start(REPO, *pinned, "--shard", f"{number}/{COUNT}", *where)
            for number in range(1, COUNT + 1)
        ]
    )
    assert hub.bytes_sent("cdn") == BYTES
    assert any(f"all {COUNT} shards are here: 40 files" in text for text in said), said
    assert not any("may get different commits" in text for text in said)
    done = shell.run(REPO, *pinned, *where, "--json")
    assert done.code == 0 and done.report["received"] == 0
    assert tree(Path(done.report["path"])) == tree(source)


def test_the_last_of_the_shards_sees_which_are_missing(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    first = shell.run(REPO, "--shard", "1/3")
    assert first.code == 0 and "not here yet" in first.err and "shards 2, 3" in first.err
    assert f"--revision {hub.commit(REPO)}" in first.err  # of a branch
    third = shell.run(REPO, "--shard", "3/3")
    assert third.code == 0 and "of shards 2\n" in third.err
    assert shell.run("verify", "m").code == 6
    last = shell.run(REPO, "--shard", "2/3")
    assert last.code == 0 and "all 3 shards are here" in last.err
    assert shell.run("verify", "m").code == 0
    assert tree(shell.directory / "m") == tree(source)
    again = shell.run(REPO, "--shard", "2/3", "--json")
    assert again.code == 0 and again.report["received"] == 0


def test_machines_with_a_disk_each_divide_the_bytes(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = tree(make_model(repos_root, REPO, FILES))
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    shares: list[int] = []
    found: dict[str, str] = {}
    for number in range(1, 5):
        machine = new_shell(shell.directory / str(number), hub.endpoint)
        done = machine.run(REPO, "--shard", f"{number}/4", "--json")
        assert done.code == 0, done.err
        part = tree(machine.directory / "m")
        assert not found.keys() & part.keys()
        found.update(part)
        shares.append(done.report["received"])
    assert found == source
    assert max(shares) < 1.2 * sum(shares) / 4


def test_a_killed_shard_resumes_its_own_part(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"a.bin": 30_000_000, "b.bin": 30_000_000})
    hub = start_hub(rate_total=20_000_000)
    shell = shell_at(hub.endpoint)
    process = shell.start(REPO, "--shard", "2/2")
    try:
        wait_until(lambda: hub.bytes_sent("cdn") > 10_000_000)
        process.send_signal(signal.SIGKILL)
    finally:
        process.wait(SECONDS)
    hub.set_rate(None)
    done = shell.run(REPO, "--shard", "2/2", "--json")
    assert done.code == 0 and done.report["received"] < 30_000_000
    assert shell.run(REPO, "--shard", "1/2").code == 0
    assert tree(shell.directory / "m") == tree(source)


def test_more_shards_than_files_is_no_error(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"c.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    for number in (3, 2, 1):
        assert shell.run(REPO, "--shard", f"{number}/3").code == 0
    assert tree(shell.directory / "m") == tree(source)


def test_the_library_takes_a_pair(repos_root: Path, start_hub: StartHub, tmp_path: Path) -> None:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    for number in (1, 2):
        report = download(REPO, shard=(number, 2), local_dir=tmp_path / "m", endpoint=hub.endpoint)
        assert report.ok and report.files_total < 40
    assert tree(tmp_path / "m") == tree(source)


def test_a_shard_deletes_nothing(shell_at: ShellAt) -> None:
    done = shell_at("http://127.0.0.1:9").run(REPO, "--shard", "1/2", "--delete")
    assert done.code == 2 and "--shard and --delete" in done.err
