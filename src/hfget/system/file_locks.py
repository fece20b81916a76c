"""Taking a file lock without waiting, where a refusal is not always someone who has it.

Some file systems answer EACCES to who may not lock at all. filelock takes that for a lock that is
taken, and who waits for it waits for ever.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_TAKEN = (errno.EAGAIN, errno.EWOULDBLOCK)


def take(lock: BaseFileLock) -> bool:
    """Take the lock; False if someone has it.

    Raises OSError or NotImplementedError where it cannot be had for another reason.
    """
    from filelock import Timeout

    try:
        lock.acquire(timeout=0)
    except Timeout:
        _raise_refusal(lock.lock_file)
        return False
    return True


def _raise_refusal(path: str) -> None:
    """Raise the OSError that the system answers, unless that says that the lock is taken."""
    try:
        import fcntl
    except ImportError:
        return
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    fd = -1
    with suppress(OSError):  # it may have gone, or have become someone else's
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
