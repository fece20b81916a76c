"""One process at a time on one folder: the second waits, and says for whom.

The lock saves bandwidth, it does not keep files right: where the file system has no locks,
or only pretends to, every process still writes to partials of its own. So nothing is worth
waiting for that shows no sign of life: who has the lock touches a file beside it now and then.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hfget import events
from hfget.errors import LockedError
from hfget.limits import LEASE_SECONDS
from hfget.messages import advice
from hfget.messages import system_texts as texts
from hfget.system.atomic_files import atomic_write
from hfget.system.cancellation import Stop
from hfget.system.disk import READ_ONLY, disk_error, names_in
from hfget.system.file_locks import take
from hfget.system.process_identity import ProcessIdentity, Standing, lease_is_over
from hfget.system.safe_open import read_bytes
from hfget.system.text import safe_text

if TYPE_CHECKING:
    from filelock import BaseFileLock

_POLL_SECONDS = 0.2
#: How often the holder gives a sign of life; without one for the lease it is not waited for.
_BEAT_SECONDS = 10.0
_PATIENCE_SECONDS = LEASE_SECONDS
#: A living hfget says who it is at once: so long to one that does not, or is known to be dead.
_GRACE_SECONDS = 5.0
_UNKNOWN_HOLDER = texts.ANOTHER_PROGRAM
#: Who may not write to the folder has no business with its lock: also a reader could hold it.
_MODE = 0o660


class _Holder(NamedTuple):
    """Who has the lock, as far as the file beside it says; `signs` change as long as it lives."""

    name: str = _UNKNOWN_HOLDER
    stopped: int = 0
    signs: tuple[bytes, int] = (b"", 0)

    @classmethod
    def of(cls, path: Path) -> _Holder:
        with suppress(OSError):
            text, found = read_bytes(_holder_path(path), 1000, foreign=True)
            signs = (text, found.st_mtime_ns)
            with suppress(ValueError):
                host, tag = text.decode().split()
                owner = ProcessIdentity.parse(tag)
                standing = owner.standing() if owner else Standing.DEAD
                if owner and standing is not Standing.DEAD:
                    name = texts.PROCESS_ON_HOST(pid=owner.pid, host=safe_text(host, 80))
                    return cls(name, owner.pid if standing is Standing.STOPPED else 0, signs)
            return cls(signs=signs)
        return cls()

    @property
    def patience(self) -> float:
        """How long it is waited for without a sign of life, in seconds."""
        return _GRACE_SECONDS if self.name == _UNKNOWN_HOLDER else _PATIENCE_SECONDS

    @property
    def what(self) -> str:
        """What it is doing, and what can be done about that."""
        if self.stopped:
            return texts.STOPPED(pid=self.stopped)
        return texts.HAS_THE_LOCK if self.name == _UNKNOWN_HOLDER else texts.WORKS_HERE


@contextmanager
def folder_lock(
    path: Path, *, wait: bool, stop: Stop, observer: events.Observer
) -> Iterator[Callable[[], None]]:
    """Hold the lock at `path`. What it yields is to be called several times a minute meanwhile.

    Raises LockedError if it is taken and `wait` is false, the error of `stop` if the wait
    for it was stopped, DiskError if its folder cannot be made. What is read-only is not locked,
    and a holder that shows no sign of life for a minute, or nothing of itself, is not waited for.
    """
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno not in READ_ONLY:
            raise disk_error(error, path.parent) from error
    # a lock file that only exists would outlive a killed process
    lock = FileLock(path, mode=_MODE, fallback_to_soft=False)
    if not _acquired(lock, path, wait=wait, stop=stop, observer=observer):
        yield lambda: None
        return
    beat = _Beat(_holder_path(path))
    try:
        yield beat
    finally:
        beat.end()
        with suppress(OSError):
            lock.release()


def is_shared(path: Path) -> bool:
    """Whether a process with a lock of its own beside that at `path` shows a sign of life."""
    start, end = f"{path.stem}-", f"{path.suffix}.holder"
    for name in names_in(path.parent):
        if not (name.startswith(start) and name.endswith(end)):
            continue
        holder = path.with_name(name)
        with suppress(OSError, ValueError, IndexError):
            text, _ = read_bytes(holder, 1000, foreign=True)
            owner = ProcessIdentity.parse(text.decode().split()[1])
            standing = owner.standing() if owner else Standing.DEAD
            is_gone = standing is Standing.UNKNOWN and lease_is_over(holder)
            if standing is not Standing.DEAD and not is_gone:
                return True
    return False


def _acquired(
    lock: BaseFileLock, path: Path, *, wait: bool, stop: Stop, observer: events.Observer
) -> bool:
    """Wait for the lock; false where locks do not exist, or its holder seems to be gone."""
    told: tuple[str, int] | None = None
    signs, since = None, time.monotonic()
    while True:
        try:
            if take(lock):
                return True
        except (NotImplementedError, OSError) as error:
            why = (getattr(error, "strerror", None) or "not implemented").lower()
            observer(events.Note(texts.CANNOT_LOCK(why=why), "warning"))
            return False
        holder = _Holder.of(path)
        if not wait:
            raise LockedError(
                texts.LOCKED(name=holder.name, what=holder.what),
                hint=advice.WAIT_OR_NO_WAIT,
            )
        if told is None or (holder.name, holder.stopped) not in (told, (_UNKNOWN_HOLDER, 0)):
            observer(events.Note(texts.WAITING_FOR(name=holder.name, what=holder.what)))
            told = holder.name, holder.stopped
        if holder.signs != signs:
            signs, since = holder.signs, time.monotonic()
        elif time.monotonic() - since > holder.patience:
            text = texts.NO_SIGN_OF_LIFE(name=holder.name)
            observer(events.Note(text, "warning"))
            return False
        if stop.wait(_POLL_SECONDS):
            raise stop.error(texts.STOPPED_WAITING)


class _Beat:
    """Says who has the lock, and, each time it is called, that it is alive."""

    def __init__(self, holder: Path) -> None:
        self._holder = holder
        self._told = time.monotonic()
        with suppress(OSError):
            atomic_write(holder, f"{socket.gethostname()} {ProcessIdentity.mine()}\n")

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._told >= _BEAT_SECONDS:
            self._told = now
            with suppress(OSError):
                os.utime(self._holder, follow_symlinks=False)

    def end(self) -> None:
        with suppress(OSError):
            self._holder.unlink()


def _holder_path(path: Path) -> Path:
    return path.with_name(path.name + ".holder")
