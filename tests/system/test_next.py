"""What stands behind `next:` is run as a user would copy it, and mends the situation."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hub import Fault, LocalHub, effects
from tests.hub.repos import MiB, make_model
from tests.support.command import Shell, tree, wait_until
from tests.system.test_hints import run_hint

REPO = "org/m"
FILES: dict[str, bytes | str | int] = {"w.bin": 8 * MiB, "sub/c.json": "{}", "d.txt": "d\n"}
_NEXT = re.compile(r"^  next: (.*)$", re.MULTILINE)

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@dataclass
class Desk:
    """A user at a shell, and a hub with a sample repo."""

    hub: LocalHub
    shell: Shell
    source: Path

    def run(self, *words: str, code: int) -> str:
        """What the command says on stderr; it ends with that code."""
        done = self.shell.run(*words)
        assert done.code == code, (done.code, done.err)
        return done.err

    def folder(self) -> Path:
        return self.shell.directory / "m"


@pytest.fixture
def desk(
    repos_root: Path, start_hub: Callable[..., LocalHub], shell_at: Callable[[str], Shell]
) -> Desk:
    source = make_model(repos_root, REPO, FILES)
    hub = start_hub()
    return Desk(hub, shell_at(hub.endpoint), source)


def outage(desk: Desk) -> str:
    desk.hub.faults.add(Fault(effects.Status(500), path="*/w.bin", times=None))
    desk.hub.faults.add(Fault(effects.Status(500), origin="cdn", times=None))
    said = desk.run(REPO, "--retries", "0", code=5)
    desk.hub.faults.clear()
    return said


def time_is_over(desk: Desk) -> str:
    desk.hub.set_rate(MiB)
    said = desk.run(REPO, "--max-time", "3", code=124)
    desk.hub.set_rate(None)
    assert said.count("next:") == 1, said
    return said


def interrupted(desk: Desk) -> str:
    desk.hub.set_rate(MiB)
    process = desk.shell.start(REPO)
    try:
        wait_until(lambda: desk.hub.bytes_sent() > 1000)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1].decode()
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, said
    desk.hub.set_rate(None)
    return said


def a_verb(desk: Desk) -> str:
    return desk.run("download", REPO, code=2)


def damaged(desk: Desk) -> str:
    desk.run(REPO, code=0)
    (desk.folder() / "w.bin").write_bytes(bytes(8 * MiB))
    (desk.folder() / "d.txt").unlink()
    return desk.run("verify", "m", code=6)


COMMANDS = {one.__name__: one for one in (outage, time_is_over, interrupted, a_verb, damaged)}


@pytest.mark.parametrize("situation", list(COMMANDS))
def test_the_next_command_mends(situation: str, desk: Desk) -> None:
    said = COMMANDS[situation](desk)
    commands = [text for text in _NEXT.findall(said) if text.startswith("hfget ")]
    assert commands, said
    command = re.sub(r" --max-time \S+", " --max-time 60", commands[-1])
    done = run_hint(desk.shell, command)
    assert done.returncode == 0, (command, done.stderr.decode())
    assert tree(desk.folder()) == tree(desk.source)


def test_what_the_same_command_cannot_mend_is_not_told_to_be_repeated(desk: Desk) -> None:
    desk.folder().mkdir()
    (desk.folder() / "d.txt").write_text("mine, not from there\n")
    said = desk.run(REPO, code=7)
    hints = _NEXT.findall(said)
    assert len(hints) == 1 and "--force" in hints[0], said
    desk.run(REPO, "--force", code=0)
    assert tree(desk.folder()) == tree(desk.source)


def test_a_cache_is_not_told_to_be_a_folder(desk: Desk) -> None:
    repo = desk.shell.directory / "c" / "models--org--m"
    repo.mkdir(parents=True)
    (repo / "snapshots").symlink_to(desk.source)
    said = desk.run(REPO, "--cache-dir", "c", code=8)
    assert "--cache-dir DIR for the Hub cache" in said
    (repo / "snapshots").unlink()
    (repo / "snapshots").mkdir()
    (repo / "snapshots" / desk.hub.commit(REPO)).write_text("a file")
    said = desk.run(REPO, "--cache-dir", "c", code=2)
    assert "--cache-dir" in said and "--local-dir" not in said
    desk.run(REPO, "--cache-dir", "another", code=0)


@pytest.mark.parametrize("code", ["RepoNotFound", "RevisionNotFound"])
def test_a_repo_that_was_just_read_is_known(code: str, desk: Desk) -> None:
    answer = effects.Status(404, {"X-Error-Code": code})
    desk.hub.faults.add(Fault(answer, path="*/resolve/*", times=None))
    said = desk.run(REPO, code=3)
    assert "has no model" not in said and "no revision" not in said and "has listed" in said, said


def test_a_mirror_that_passes_on_to_the_hub_is_named_as_that(desk: Desk) -> None:
    onward = effects.Redirect("https://huggingface.co/api/models/org/m", status=308)
    desk.hub.faults.add(Fault(onward, path="/api/*", times=None))
    said = Desk(desk.hub, desk.shell.impatient(), desk.source).run(REPO, code=5)
    assert "broken" not in said and "huggingface.co: " in said, said
    assert "redirects to this host" in said, said


def test_a_run_that_took_a_recorded_listing_blames_no_server(desk: Desk) -> None:
    desk.run(REPO, "d.txt", code=0)
    desk.hub.faults.add(Fault(effects.BitFlip(0), path="*/c.json", times=None))
    said = desk.run(REPO, code=6)
    assert "next: use another mirror" not in said and "the listing recorded here" in said, said
    desk.hub.faults.clear()
    desk.run(REPO, code=0)
