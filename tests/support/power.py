"""Pulling the plug for real: an ext4 of its own in a file, shut down without a last write.

Linux's shutdown ioctl stops a file system where it is: what was not synced, and what its
journal has not committed, is gone when it is mounted again. Needs root and loop devices.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.hub import LocalHub
from tests.hub.repos import KiB, MiB, make_model
from tests.support.command import HFGET, TIMEOUT_SECONDS, Shell, new_shell
from tests.support.kills import Tally, Trial

REPO = "org/power"
FILES: dict[str, bytes | str | int] = {
    "w.bin": 60 * MiB,
    **{f"sub/{number}/m.bin": 2 * MiB for number in range(4)},
    **{f"small/{number}.bin": 20 * KiB for number in range(40)},
}

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, linux/fs/ext4/ext4.h
_WITHOUT_LAST_WRITE = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH
_SECONDS = 60.0


@dataclass
class Disk:
    """A file system whose power can be cut. Its journal is committed every second."""

    image: Path
    mounted: Path
    boots: int = field(default=0)

    def format(self) -> bool:
        """Make it; false where that is not possible."""
        self.mounted.mkdir()
        try:
            with open(self.image, "wb") as image:
                image.truncate(256 * MiB)
            _run("mkfs.ext4", "-q", "-F", str(self.image))
            self.mount()
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    def mount(self) -> None:
        _run("mount", "-o", "loop,commit=1", str(self.image), str(self.mounted))
        self.boots += 1

    def unmount(self) -> None:
        _run("umount", str(self.mounted))

    def cut(self) -> None:
        """From now on nothing reaches the disk, and nothing can be read that is not cached."""
        folder = os.open(self.mounted, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _SHUTDOWN, struct.pack("I", _WITHOUT_LAST_WRITE))
        finally:
            os.close(folder)


@contextmanager
def disk_in(folder: Path) -> Iterator[Disk | None]:
    """A disk below `folder`, or None where there can't be one."""
    disk = Disk(folder / "disk.img", folder / "disk")
    if not disk.format():
        yield None
        return
    try:
        yield disk
    finally:
        disk.unmount()


@dataclass(frozen=True)
class Cut:
    """What one cut cost: of the bytes `sent` in that run, `again` must be sent again."""

    sent: int
    again: int


def cut_and_go_on(
    root: Path, disk: Disk, folder: Path, moments: Iterable[tuple[float, ...]], tally: Tally
) -> list[Cut]:
    """Downloads onto `disk` whose power is cut, each gone on with to its end after a "reboot".

    `moments` are for each download the seconds after the first byte of a run. Whatever must
    hold is noted in `tally`.
    """
    source = make_model(root, REPO, FILES)
    cuts: list[Cut] = []
    with LocalHub(root, rate_total=24 * MiB) as hub:
        for number, of_one in enumerate(moments):
            shell = new_shell(disk.mounted / f"work-{number}", hub.endpoint)
            trial = Trial(hub, shell, REPO, {"main": source})
            for seconds in of_one:
                if cut := _cut(disk, folder, trial, shell, seconds):
                    cuts.append(cut)
                trial.check(tally)
            process = _start(disk, folder, shell)
            _, errors = process.communicate(timeout=TIMEOUT_SECONDS)
            if process.returncode != 0:
                tally.violations.append(errors.decode())
            trial.look_again(tally, "main")
            shutil.rmtree(shell.directory)
            hub.clear_log()
    return cuts


def _cut(disk: Disk, folder: Path, trial: Trial, shell: Shell, seconds: float) -> Cut | None:
    """One run whose disk loses power so many seconds after the first byte.

    None if the run was done first.
    """
    have, sent = trial.have("main"), trial.sent()
    process = _start(disk, folder, shell)
    deadline = time.monotonic() + _SECONDS
    while process.poll() is None and trial.sent() == sent:
        assert time.monotonic() < deadline, "nothing is fetched"
        time.sleep(0.005)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    done = process.poll() == 0
    disk.cut()
    if not done:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=_SECONDS)
    came = trial.sent() - sent
    disk.unmount()
    disk.mount()
    if done:
        return None
    return Cut(came, came - (trial.have("main") - have))


def _start(disk: Disk, folder: Path, shell: Shell) -> subprocess.Popen[bytes]:
    """The command, as in the boot that this is: under another boot id than before the cut."""
    boot = folder / "boot_id"
    boot.write_text(f"00000000-0000-4000-8000-{disk.boots:012d}\n")
    kernel = "/proc/sys/kernel/random/boot_id"
    script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
    command = [*HFGET, REPO, "--quiet", "--revision", "main"]
    return subprocess.Popen(
        ["unshare", "-m", "sh", "-c", script, "sh", str(boot), kernel, *command],
        cwd=shell.directory,
        env=shell.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
