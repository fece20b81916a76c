"""What surrounds the process: signals it was told to ignore, streams that are not there, pid 1."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, make_model
from tests.support.command import HFGET, Shell, ShellAt, tree, wait_until

REPO = "org/model"


@contextmanager
def under(
    shell: Shell, script: str, *arguments: str, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """`hfget ARGUMENTS` as `"$@"` of a line of shell; ended when the block is left."""
    process = subprocess.Popen(
        ["sh", "-c", script, "sh", *HFGET, *arguments],
        cwd=shell.directory,
        env={**shell.environment(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, number: signal.Signals
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 24 * MiB})
    hub = start_hub(rate_total=24 * MiB)
    shell = shell_at(hub.endpoint)
    name = number.name.removeprefix("SIG")
    with under(shell, f"trap '' {name}; exec \"$@\"", REPO) as process:
        wait_until(lambda: hub.bytes_sent("cdn") > 4 * MiB)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert tree(shell.directory / "model") == tree(source)


def test_nohup_survives_the_terminal(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 24 * MiB})
    hub = start_hub(rate_total=24 * MiB)
    shell = shell_at(hub.endpoint)
    with under(shell, 'exec nohup "$@" > nohup.out 2>&1', REPO) as process:
        wait_until(lambda: hub.bytes_sent("cdn") > 4 * MiB)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode == 0, (shell.directory / "nohup.out").read_text()
    assert tree(shell.directory / "model") == tree(source)


@pytest.mark.parametrize(
    "closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "<&- >&- 2>/dev/full"]
)
@pytest.mark.parametrize("options", [(), ("--json",), ("--quiet",), ("--debug",)])
def test_closed_streams_keep_nothing_from_coming(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, closed: str, options: tuple[str, ...]
) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 3 * MiB, "c.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    with under(shell, f'exec "$@" {closed}', REPO, *options) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (out, err)
    assert b"Traceback" not in err
    assert tree(shell.directory / "model") == tree(source)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ls", REPO), 0),
        (("--dry-run", REPO), 0),
        (("--help",), 0),
        (("--version",), 0),
        ((), 2),
        (("--no-such-option",), 2),
        (("org/none",), 3),
        (("verify", "nothing"), 3),
        ((REPO, "--local-dir", "home"), 2),
        ((REPO, "--token", "-"), 2),
    ],
)
def test_closed_streams_change_no_exit_code(
    repos_root: Path,
    start_hub: StartHub,
    shell_at: ShellAt,
    closed: str,
    arguments: tuple[str, ...],
    code: int,
) -> None:
    make_model(repos_root, REPO, {"c.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    with under(shell, f'exec "$@" {closed}', *arguments) as process:
        _, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    assert process.returncode == code, err


def test_as_the_first_process_of_a_container(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    """The kernel delivers no signal to pid 1 for which there is no handler."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-pf", "true"], check=False).returncode:
        pytest.skip("needs pid namespaces")
    source = make_model(repos_root, REPO, {"w.bin": 24 * MiB})
    hub = start_hub(rate_total=24 * MiB)
    shell = shell_at(hub.endpoint)
    script = f'exec {unshare} --pid --fork --kill-child "$@"'
    with under(shell, script, REPO) as process:
        wait_until(lambda: hub.bytes_sent("cdn") > 8 * MiB)
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 143, err
    with under(shell, script, REPO, "--json") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert tree(shell.directory / "model") == tree(source)
    assert hub.bytes_sent("cdn") < 40 * MiB, out


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
def test_a_system_with_no_room_for_threads(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, threads: int
) -> None:
    """As `curl`, which needs none. The limit is of a user who has nothing else."""
    user = 54_000 + threads
    setpriv = shutil.which("setpriv")
    if setpriv is None or os.geteuid() != 0:
        pytest.skip("needs setpriv, and root")
    source = make_model(repos_root, REPO, {"w.bin": 40 * MiB, "c.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    may = "+dac_override,+dac_read_search"
    become = f"--reuid={user} --clear-groups --inh-caps={may} --ambient-caps={may}"
    script = f'exec prlimit --nproc={threads + 1} {setpriv} {become} "$@"'
    probe = "import threading; threading.Thread(target=print).start()"
    limited = script.split()[1:-1]
    tried = subprocess.run(
        [*limited, sys.executable, "-c", probe], check=False, capture_output=True
    )
    assert (tried.returncode != 0) == (threads == 0), "the limit is not that of this system"
    with under(shell, script, REPO) as process:
        _, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    assert tree(shell.directory / "model") == tree(source)


def test_little_address_space(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> None:
    source = make_model(repos_root, REPO, {"w.bin": 80 * MiB, "c.json": "{}"})
    shell = shell_at(start_hub().endpoint)
    for limit in (130_000, 180_000, 250_000):
        with under(shell, f'ulimit -v {limit}; exec "$@"', REPO, "--force") as process:
            _, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
        assert tree(shell.directory / "model") == tree(source)
