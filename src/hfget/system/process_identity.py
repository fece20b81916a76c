"""Who owns a partial file: a tag in its name that tells host, boot, process and start time.

On some file systems (Lustre, GPFS, NFS) every process gets a lock. What keeps files right
is therefore a name: a process that works on a partial has renamed it to a name of its own, and
rename is atomic there too. The tag tells others whether that owner can still be alive.
"""

from __future__ import annotations

import functools
import hashlib
import os
import random
import re
import socket
import time
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from hfget.limits import LEASE_SECONDS

#: States of a process (proc_pid_stat(5)): one that only waits for its parent, and one that was
#: halted by a signal or a debugger.
_ENDED, _HALTED = ("Z", "X", "x"), ("T", "t")

_TAG = re.compile(r"([0-9a-f]{8})([0-9a-f]{8})-(\d{1,10})-([0-9a-z]{1,16})-([0-9a-f]{8})")


class Standing(Enum):
    """What is known about an owner."""

    ALIVE = "alive"
    STOPPED = "stopped"
    DEAD = "dead"
    UNKNOWN = "unknown"


class ProcessIdentity(NamedTuple):
    """A process on a host in a boot, and a number that makes the name unique."""

    host: str
    boot: str
    pid: int
    start: str
    unique: str

    def __str__(self) -> str:
        return f"{self.host}{self.boot}-{self.pid}-{self.start}-{self.unique}"

    @classmethod
    def mine(cls) -> ProcessIdentity:
        """A tag for one partial of this process."""
        pid, unique = os.getpid(), f"{random.getrandbits(32):08x}"
        return cls(_host_tag(), _boot_tag(), pid, _own_start_time(pid), unique)

    @classmethod
    def parse(cls, text: str) -> ProcessIdentity | None:
        match = _TAG.fullmatch(text)
        if match is None:
            return None
        host, boot, pid, start, unique = match.groups()
        return cls(host, boot, int(pid), start, unique)

    def standing(self) -> Standing:
        """Whether the owner can still write: same host and boot are asked, an old boot is over."""
        if self.host != _host_tag():
            return Standing.UNKNOWN
        if self.boot != _boot_tag():
            return Standing.DEAD
        if os.name == "nt":
            return Standing.UNKNOWN
        try:
            os.kill(self.pid, 0)
        except (ProcessLookupError, OverflowError):
            return Standing.DEAD
        except OSError:
            pass
        state, start = _process(self.pid)
        if start not in ("", self.start) or state in _ENDED:
            return Standing.DEAD
        return Standing.STOPPED if state in _HALTED else Standing.ALIVE


def lease_is_over(path: Path) -> bool:
    """Whether the file shows no sign of life for longer than the lease."""
    with suppress(OSError):
        return time.time() - path.lstat().st_mtime > LEASE_SECONDS
    return True


@functools.cache
def boot_id() -> str:
    """What changes with every boot of this machine; without such a thing, a constant."""
    with suppress(OSError):
        return _text("/proc/sys/kernel/random/boot_id")
    return "unknown"


@functools.cache
def _host_tag() -> str:
    parts = [socket.gethostname()]
    for path in ("/etc/machine-id", "/proc/self/ns/pid"):
        with suppress(OSError):
            parts.append(os.fspath(Path(path).readlink()) if "/ns/" in path else _text(path))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


@functools.cache
def _boot_tag() -> str:
    return hashlib.sha256(boot_id().encode()).hexdigest()[:8]


@functools.cache
def _own_start_time(pid: int) -> str:
    return _process(pid)[1] or "0"


def _text(path: str) -> str:
    return Path(path).read_text().strip()


def _process(pid: int) -> tuple[str, str]:
    """State, and start in clock ticks after boot (/proc/PID/stat, fields 3, 22); "" if unknown."""
    with suppress(OSError, IndexError, ValueError):
        fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
        return fields[0], str(int(fields[19]))
    return "", ""
