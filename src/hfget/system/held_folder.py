"""The folder that a thread makes one file after the other in: opened once, looked at each time."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

from hfget.system import safe_open


class HeldFolder:
    """An open folder that was no link, and which one it is; closed when it is held no more.

    `fd` is None where the system has none (Windows). Raises OSError, UntrustedError.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.fd = safe_open.open_folder(path)
        self.found = os.stat(path) if self.fd is None else os.fstat(self.fd)

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):
            safe_open.close(self.fd)

    @property
    def is_there(self) -> bool:
        """Whether it still has its path, itself and not by a link."""
        with suppress(OSError):
            return self.fd is not None and os.path.samestat(self.found, os.lstat(self.path))
        return False


class _Held(threading.local):
    folder: HeldFolder | None = None


_held = _Held()


def hold_folder(path: str) -> HeldFolder:
    """The folder, open until this thread asks for another, or ends. Raises OSError."""
    held = _held.folder
    if held is None or held.path != path or not held.is_there:
        held = _held.folder = HeldFolder(path)
    return held
