"""What is here already is found without the hub: offline, pinned, or when it cannot be reached."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.repos import make_model
from tests.support.command import Shell, tree

StartHub = Callable[..., LocalHub]
ShellAt = Callable[[str], Shell]
REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"w.bin": 90_000, "sub/c.json": '{"a": 1}', "d.txt": "d\n"}
WHERE = [(), ("--cache",)]
DEAD = "http://127.0.0.1:9"

SELECTIONS: list[tuple[str, ...]] = [
    (),
    ("d.txt",),
    ("sub", "--include", "*.json"),
    ("--exclude", "*.bin"),
    ("--weights", "bin", "w.bin", "d.txt"),
]


@pytest.fixture
def hub(repos_root: Path, start_hub: StartHub) -> LocalHub:
    make_model(repos_root, REPO, FILES)
    return start_hub()


def offline(shell: Shell, name: str = "HF_HUB_OFFLINE", value: str = "1") -> Shell:
    return shell.with_env(**{name: value})


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("chosen", SELECTIONS, ids=" ".join)
def test_offline_what_is_complete_is_taken_and_nothing_else(
    where: tuple[str, ...], chosen: tuple[str, ...], hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    first = shell.run(REPO, *chosen, *where)
    assert first.code == 0, first.err
    hub.clear_log()
    again = offline(shell).run(REPO, *chosen, *where, "--json")
    assert again.code == 0, again.out
    assert again.report["path"] == first.out.strip() and again.report["stale"] is True
    assert again.report["commit"] == hub.commit(REPO) and again.report["requests"] == 0
    notes = [e["text"] for e in again.events if e["event"] == "note"]
    assert any(hub.commit(REPO)[:12] in text and "not asked" in text for text in notes), notes
    everything = offline(shell).run(REPO, *where)
    assert everything.code == (0 if not chosen else 5), everything.err
    assert offline(shell).run(REPO, *chosen, *where, "--no-stale").code == 5
    if not chosen:
        assert offline(shell).run(REPO, *where, "--force").code == 5
        assert offline(shell).run("other/m", *where).code == 5
    assert hub.requests() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("HF_HUB_OFFLINE", "TRUE", 0),
        ("HF_HUB_OFFLINE", "yes", 0),
        ("TRANSFORMERS_OFFLINE", "1", 0),
        ("TRANSFORMERS_OFFLINE", "on", 0),
        ("TRANSFORMERS_OFFLINE", "0", 5),
        ("HF_HUB_OFFLINE", "false", 5),
    ],
)
def test_offline_is_spelt_as_huggingface_hub_reads_it(
    name: str, value: str, code: int, hub: LocalHub, shell_at: ShellAt
) -> None:
    """Without it the dead endpoint is another one than the files are from."""
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    dead = shell.with_env(HF_ENDPOINT=DEAD)
    done = offline(dead, name, value).run(REPO, "--retries", "0")
    assert done.code == code, done.err
    assert offline(shell, name, value).run("org/none").code == (5 if code == 0 else 3)


@pytest.mark.parametrize("where", WHERE)
def test_a_commit_that_is_complete_needs_no_request(
    where: tuple[str, ...], hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO, *where).code == 0
    commit = hub.commit(REPO)
    hub.clear_log()
    for more in ((), ("--dry-run",), ("--no-stale",)):
        done = shell.run(REPO, *where, "--revision", commit, "--json", *more)
        assert done.code == 0 and done.events[0]["stale"] is False, done.out
    assert hub.requests() == []
    folder = shell.directory / shell.run(REPO, *where, "--revision", commit).out.strip()
    assert hub.requests() == []
    (folder / "d.txt").unlink()
    assert offline(shell).run(REPO, *where, "--revision", commit).code == (0 if where else 5)
    mended = shell.run(REPO, *where, "--revision", commit)
    assert mended.code == 0 and (folder / "d.txt").read_text() == "d\n"


UNREACHED = {
    "reset": effects.Reset(),
    "500": effects.Status(500),
    "503": effects.Status(503),
    "504": effects.Status(504),
    "511": effects.Status(511),
    "a login page": effects.Html(),
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("how", [*UNREACHED, "refused"])
def test_a_hub_that_gives_no_answer_is_asked_once(
    how: str, where: tuple[str, ...], hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint).impatient()
    assert shell.run(REPO, *where).code == 0
    hub.clear_log()
    if how == "refused":
        hub.refuse("hub")
    else:
        hub.faults.add(Fault(UNREACHED[how], times=None))
    done = shell.run(REPO, *where, "--json")
    assert done.code == 0 and done.report["stale"] is True, done.out
    assert done.report["requests"] == 1
    assert not [e for e in done.events if e["event"] == "retry"]
    dry = shell.run(REPO, *where, "--dry-run", "--json")
    assert dry.code == 0 and dry.events[-1]["need_bytes"] == 0
    listed = shell.run("ls", REPO, "--json")
    assert listed.code == 0, listed.out
    assert {e["file"] for e in listed.events if e["event"] == "file"} == set(FILES)
    assert shell.run(REPO, *where, "--no-stale", "--retries", "1").code == 5
    assert shell.run(REPO, *where, "--revision", "other", "--retries", "0").code == 5


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_hub_that_says_no_is_believed(status: int, hub: LocalHub, shell_at: ShellAt) -> None:
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    hub.faults.add(Fault(effects.Status(status), times=None))
    assert shell.run(REPO).code in (3, 4)
    assert shell.run("ls", REPO).code in (3, 4)


def test_a_hub_that_asks_for_calm_is_asked_again(hub: LocalHub, shell_at: ShellAt) -> None:
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    hub.faults.add(Fault(effects.Status(429), times=1))
    done = shell.run(REPO, "--json")
    assert done.code == 0 and done.report["stale"] is False


def test_the_first_of_several_endpoints_may_answer_after_all(
    hub: LocalHub, repos_root: Path, shell_at: ShellAt
) -> None:
    """What was found here when it did not is not what it names then."""
    shell = shell_at(hub.endpoint).impatient()
    assert shell.run(REPO).code == 0
    make_model(repos_root, REPO, {**FILES, "d.txt": "newer\n"})
    commit = hub.commit(REPO)
    hub.faults.add(Fault(effects.Status(503), path="/api/*", times=2))
    done = shell.run(REPO, "--json", "--endpoint", hub.endpoint, "--endpoint", DEAD)
    assert done.code == 0 and done.report["commit"] == commit, done.out
    assert done.report["stale"] is False
    assert (shell.directory / "m/d.txt").read_text() == "newer\n"


#: What a time-out between two bytes never ends.
SLOW = {
    "a head that drips": effects.DripHead(0.2),
    "a body that drips": effects.Drip(0.2),
    "a body that does not end": effects.Stall(20),
    "an hour": effects.Status(429, {"Retry-After": "250"}),
}


@pytest.mark.parametrize("how", SLOW)
def test_a_hub_that_takes_long_is_asked_for_one_time_out(
    how: str, hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint).impatient().with_env(HF_HUB_ETAG_TIMEOUT="1")
    assert shell.run(REPO).code == 0
    hub.clear_log()
    fault = hub.faults.add(Fault(SLOW[how], path="/api/*", times=None))
    began = [shell.start(*words) for words in ((REPO, "--json"), ("ls", REPO, "--json"))]
    ended = [process.communicate(timeout=60) for process in began]
    assert [process.returncode for process in began] == [0, 0], ended
    for out, _ in ended:
        lines = [json.loads(line) for line in out.splitlines()]
        assert [e for e in lines if e["event"] == "note" and "not asked" in e["text"]], lines
        assert not [e for e in lines if e["event"] == "retry"]
    assert fault.fired == 2 and len(hub.requests()) == 2


def test_what_a_slow_hub_answers_in_the_end_is_what_counts(
    hub: LocalHub, shell_at: ShellAt
) -> None:
    """Nothing is here, or --no-stale: all patience there is."""
    shell = shell_at(hub.endpoint).impatient().with_env(HF_HUB_ETAG_TIMEOUT="1")
    fault = hub.faults.add(Fault(effects.Drip(0.002, 1), path="/api/*", times=None))
    assert shell.run(REPO, "--json").report["stale"] is False
    done = shell.run(REPO, "--no-stale", "--json")
    assert done.code == 0 and done.report["stale"] is False and fault.fired > 2


@pytest.mark.parametrize("where", WHERE)
def test_where_bytes_would_have_to_come_nothing_is_stale(
    where: tuple[str, ...], hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    done = shell.run(REPO, *where)
    assert done.code == 0
    folder = shell.directory / done.out.strip()
    victim = (folder / "w.bin").resolve()
    before = victim.stat()
    victim.write_bytes(bytes(90_000))
    os.utime(victim, ns=(before.st_atime_ns, before.st_mtime_ns))
    hub.refuse("hub")
    wrong = shell.run(REPO, *where, "--retries", "0")
    assert wrong.code == 5, wrong.err
    victim.unlink()
    assert shell.run(REPO, *where, "--retries", "0").code == 5


@pytest.mark.parametrize("where", WHERE)
def test_a_hub_that_names_a_commit_and_cannot_list_it_was_asked(
    where: tuple[str, ...], hub: LocalHub, repos_root: Path, shell_at: ShellAt
) -> None:
    """What is here is then not taken for the newest, and the hint takes it for what it is."""
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO, *where).code == 0
    commit = hub.commit(REPO)
    make_model(repos_root, REPO, {"d.txt": "newer"})
    hub.rescan()
    hub.faults.add(Fault(effects.Status(503), path="*/tree/*", times=None))
    done = shell.run(REPO, *where, "--retries", "0")
    assert done.code == 5 and f"to take what is here: --revision {commit}" in done.err, done.err
    assert shell.run(REPO, *where, "--revision", commit).code == 0
    assert "to take" not in shell.run(REPO, *where, "--retries", "0", "--no-stale").err


def test_another_endpoints_listing_counts_only_where_none_is_asked(
    hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    other = shell.with_env(HF_ENDPOINT=DEAD).impatient()
    for words in ((REPO, "--retries=0"), (REPO, "--dry-run", "--retries=0"), ("ls", REPO)):
        assert other.run(*words).code == 5
    done = offline(other).run(REPO, "--json")
    assert done.code == 0 and done.report["endpoint"] == hub.endpoint


def test_a_branch_is_what_it_was_when_it_was_last_complete(
    hub: LocalHub, repos_root: Path, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO).code == 0
    first = hub.commit(REPO)
    shutil.copytree(shell.directory / "m", shell.directory / "elsewhere" / "m")
    make_model(repos_root, REPO, {**FILES, "d.txt": "newer\n"})
    assert hub.commit(REPO) != first
    hub.faults.add(Fault(effects.Status(500), path="*/resolve/*", times=None))
    assert shell.run(REPO, "--retries", "0", "--json").code == 5
    kept = offline(shell).run(REPO, "--json")
    assert kept.code == 0 and kept.report["commit"] == first, "the newer one was never complete"
    copied = offline(shell).run(REPO, "--local-dir", "elsewhere/m", "--json")
    assert copied.code == 0 and copied.report["commit"] == first, "a copy is hashed"
    assert tree(shell.directory / "m") == tree(shell.directory / "elsewhere/m")


def test_a_folder_is_filled_from_the_hub_cache_offline(hub: LocalHub, shell_at: ShellAt) -> None:
    shell = shell_at(hub.endpoint)
    assert shell.run(REPO, "--cache").code == 0
    hub.refuse("hub")
    done = shell.run(REPO)
    assert done.code == 0, done.err
    assert set(tree(shell.directory / "m")) == set(FILES)
    assert shell.run("verify", "m").code == 0


def test_what_hf_has_put_into_the_cache_is_hashed_once_and_taken(
    hub: LocalHub, shell_at: ShellAt
) -> None:
    shell = shell_at(hub.endpoint)
    script = f"from huggingface_hub import snapshot_download as get; get({REPO!r})"
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=shell.directory,
        env=shell.environment(),
        capture_output=True,
        timeout=90,
        check=True,
    )
    hub.refuse("hub")
    for hashed in (3, 0):
        done = shell.run(REPO, "--cache", "--json")
        assert done.code == 0 and done.report["endpoint"] == "", done.out
        assert len([e for e in done.events if e["event"] == "file_done"]) == hashed
    repo = Path(done.report["path"]).parent.parent
    assert not list((repo / ".hfget").glob("*/origin.json")), "no endpoint is said to have given it"
    assert shell.run("ls", REPO).out.count("\n") == 3
    assert shell.run(REPO, "--json").report["from_cache"] == 90_010


def test_a_former_name_is_known_offline(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    make_model(repos_root, "new/m", FILES)
    hub = start_hub(aliases={"m": "new/m"})
    shell = shell_at(hub.endpoint)
    for where in WHERE:
        assert shell.run("m", *where).code == 0
        done = offline(shell).run("m", *where, "--json")
        assert done.code == 0 and done.report["repo_id"] == "new/m", done.out
    assert offline(shell).run("new/m").code == 0
