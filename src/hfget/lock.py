"""One process at a time on one folder: the second waits, and says for whom.

The lock saves bandwidth, it does not keep files right: where the file system has no locks,
or only pretends to, every process still writes to partials of its own.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hfget import events
from hfget.disk import READ_ONLY, atomic_write, disk_error, read_text
from hfget.errors import LockedError
from hfget.stop import Stop
from hfget.text import safe_text

if TYPE_CHECKING:
    from filelock import BaseFileLock

_POLL_SECONDS = 0.2
_SOMEBODY = "another hfget"


@contextmanager
def folder_lock(path: Path, *, wait: bool, stop: Stop, observer: events.Observer) -> Iterator[None]:
    """Hold the lock at `path`.

    Raises LockedError if it is taken and `wait` is false, the error of `stop` if the wait
    for it was stopped, DiskError if its folder cannot be made. What is read-only is not locked.
    """
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno not in READ_ONLY:
            raise disk_error(error, path.parent) from error
    # a lock file that only exists would outlive a killed process
    lock = FileLock(path, mode=0o664, fallback_to_soft=False)
    held = _acquired(lock, path, wait, stop, observer)
    if held:
        with suppress(OSError):
            atomic_write(_holder_path(path), f"{os.getpid()} {socket.gethostname()}\n")
    try:
        yield
    finally:
        if held:
            with suppress(OSError):
                _holder_path(path).unlink()
            with suppress(OSError):
                lock.release()


def _acquired(
    lock: BaseFileLock, path: Path, wait: bool, stop: Stop, observer: events.Observer
) -> bool:
    """Wait for the lock; false where there is no such thing."""
    from filelock import Timeout

    told = ""
    while True:
        try:
            lock.acquire(timeout=0)
            return True
        except Timeout:
            holder = _holder(path)
        except (NotImplementedError, OSError) as error:
            why = (getattr(error, "strerror", None) or "not implemented").lower()
            observer(events.Note(f"the folder cannot be locked ({why}); going on", "warning"))
            return False
        if not wait:
            raise LockedError(
                f"{holder} is working on this folder", hint="wait for it, or leave --no-wait out"
            )
        if not told or holder not in (told, _SOMEBODY):
            observer(events.Note(f"waiting for {holder}, which works on this folder"))
            told = holder
        if stop.wait(_POLL_SECONDS):
            raise stop.error("stopped while waiting for another process")


def _holder_path(path: Path) -> Path:
    return path.with_name(path.name + ".holder")


def _holder(path: Path) -> str:
    with suppress(OSError, ValueError):
        pid, host = read_text(_holder_path(path), 1000).split()
        return f"process {int(pid)} on {safe_text(host, 80)}"
    return _SOMEBODY
