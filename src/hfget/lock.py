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

from hfget import events
from hfget.disk import disk_error
from hfget.errors import InterruptedRunError, LockedError
from hfget.stop import Stop
from hfget.text import safe_text

_POLL_SECONDS = 0.2


@contextmanager
def folder_lock(path: Path, *, wait: bool, stop: Stop, observer: events.Observer) -> Iterator[None]:
    """Hold the lock at `path`. Raises LockedError if it is taken and `wait` is false."""
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, path.parent) from error
    lock = FileLock(path, mode=0o664)
    told = False
    held = False
    while not held:
        try:
            lock.acquire(timeout=0)
            held = True
        except Timeout:
            if not wait:
                raise LockedError(
                    f"{_holder(path)} is working on this folder",
                    hint="wait for it, or leave --no-wait out",
                ) from None
            if not told:
                observer(events.Note(f"waiting for {_holder(path)}, which works on this folder"))
                told = True
            if stop.wait(_POLL_SECONDS):
                raise InterruptedRunError(
                    stop.signal_number, "stopped while waiting for another process"
                ) from None
        except (NotImplementedError, OSError):
            observer(events.Note("this file system has no locks; going on without", "warning"))
            break
    if held:
        with suppress(OSError):
            _holder_path(path).write_text(f"{os.getpid()} {socket.gethostname()}\n")
    try:
        yield
    finally:
        if held:
            with suppress(OSError):
                _holder_path(path).unlink()
            with suppress(OSError):
                lock.release()


def _holder_path(path: Path) -> Path:
    return path.with_name(path.name + ".holder")


def _holder(path: Path) -> str:
    with suppress(OSError, ValueError):
        pid, host = _holder_path(path).read_text().split()
        return f"process {int(pid)} on {safe_text(host, 80)}"
    return "another hfget"
