"""Taking a file lock without waiting, where a refusal is not always that another process has it.

Some file systems answer EACCES to who may not lock at all. filelock takes that for a lock that is
taken, and who waits for it waits for ever.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_TAKEN = (errno.EAGAIN, errno.EWOULDBLOCK)
_POLL_SECONDS = 0.02


def take(lock: BaseFileLock) -> bool:
    """Take the lock; False if another process has it.

    Raises OSError or NotImplementedError where it cannot be had for another reason.
    """
    from filelock import Timeout

    try:
        lock.acquire(timeout=0)
    except Timeout:
        _raise_refusal(lock.lock_file)
        return False
    return True


def lock_open_file(fd: int, seconds: float) -> bool:
    """Lock an open file until it is closed, and wait so long for a process that has it locked.

    False where it has it still, or where there are no locks.
    """
    try:
        import fcntl
    except ImportError:
        return False
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _TAKEN or time.monotonic() >= end:
                return False
        else:
            return True
        time.sleep(_POLL_SECONDS)


def _raise_refusal(path: str) -> None:
    """Raise the OSError that the system answers, unless that says that the lock is taken."""
    try:
        import fcntl
    except ImportError:
        return
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    fd = -1
    with suppress(OSError):  # it may have gone, or have become another process's
        fd = os.open(path, flags)
    if fd < 0:
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
    finally:
        os.close(fd)
