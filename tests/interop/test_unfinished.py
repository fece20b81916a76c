"""A real `hf download` is killed midway; hfget fetches only what it had not written."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import Shell, ShellAt, tree, wait_until
from tests.support.hub_cache import HubCache

pytestmark = pytest.mark.interop

REPO = "org/m"
#: huggingface_hub writes pieces of 10 MiB.
PIECE, SIZE = 10 * MiB, 25 * MiB + 7
LAYOUTS = {"cache": ([], ["--cache"]), "folder": (["--local-dir", "m"], [])}


def partials(shell: Shell) -> dict[Path, int]:
    """What is unfinished below a shell's folder, and how long it is."""
    found = {}
    for path in shell.directory.rglob("*.incomplete"):
        with suppress(FileNotFoundError):  # finished meanwhile
            found[path] = path.stat().st_size
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_hf_was_killed_in_is_gone_on_with(
    number: int, layout: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    theirs, ours = LAYOUTS[layout]
    source = make_model(repos_root, REPO, {"sub/w.bin": SIZE, "c.json": "{}"})
    hub = start_hub(cdn=False, rate_total=30 * MiB)
    shell = shell_at(hub.endpoint)
    process = HubCache(shell).start_hf("download", REPO, "sub/w.bin", *theirs)
    wait_until(lambda: PIECE in partials(shell).values(), 60)
    process.send_signal(number)
    process.communicate(timeout=60)
    ((left, length),) = partials(shell).items()
    assert length in (PIECE, 2 * PIECE)
    before, asked = left.read_bytes(), len(hub.log)
    done = shell.run(REPO, *ours, "--json")
    assert done.code == 0, done.err
    content = [r for r in hub.log[asked:] if r.status == 206 or r.path.endswith("c.json")]
    assert done.report["received"] == sum(r.bytes_sent for r in content) == SIZE - length + 2
    assert tree(shell.directory / done.report["path"]) == tree(source)
    # nobody has it open: it was moved; where the file system clones, it stays as it was
    assert partials(shell) in ({}, {left: length})
    assert not left.exists() or left.read_bytes() == before
    asked = len(hub.log)
    assert shell.run(REPO, *ours).code == 0
    assert [r.bytes_sent for r in hub.log[asked:] if not r.path.startswith("/api/")] == []


def test_the_process_that_hf_is_killed_in_is_waited_for(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    """In the cache hfget waits for its lock, and takes over when it falls."""
    source = make_model(repos_root, REPO, {"sub/w.bin": SIZE, "c.json": "{}"})
    hub = start_hub(cdn=False, rate_total=20 * MiB)
    shell = shell_at(hub.endpoint)
    theirs = HubCache(shell).start_hf("download", REPO, "sub/w.bin")
    wait_until(lambda: bool(partials(shell)), 60)
    ours = shell.start(REPO, "--cache")
    try:
        wait_until(lambda: PIECE in partials(shell).values(), 60)
        ours.send_signal(signal.SIGSTOP)  # it could take over before the length is known
    finally:
        theirs.kill()
        theirs.communicate(timeout=60)
    length = max(partials(shell).values())  # c.json may be under way too
    ours.send_signal(signal.SIGCONT)
    out, err = ours.communicate(timeout=60)
    assert ours.returncode == 0, err
    assert tree(Path(out.decode().strip())) == tree(source)
    assert sum(r.bytes_sent for r in hub.log if r.status == 206) == SIZE - length
