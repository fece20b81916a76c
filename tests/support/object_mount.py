"""A mount over an object store (mountpoint-s3, gcsfuse, rclone): files are written in order, once.

Run as `python -m tests.support.object_mount BACKING MOUNT HOW LOG` until it is unmounted. HOW is
`renames`, `no-rename`, `short-names` (143 bytes, as eCryptfs) or `folds-case`. What is refused
goes to LOG.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import fuse

_SHORT = 143


class ObjectMount(fuse.Operations):  # type: ignore[misc]
    def __init__(self, backing: str, how: str, log: str) -> None:
        self._backing = backing
        self._how = how
        self._longest = _SHORT if how == "short-names" else 255
        self._log = log
        self._written: dict[int, int] = {}
        self._open: dict[str, int] = {}

    def _refuse(self, what: str, number: int) -> Any:
        with open(self._log, "a") as log:
            log.write(what + "\n")
        raise fuse.FuseOSError(number)

    def _real(self, path: str) -> str:
        if self._how == "short-names" and len(os.path.basename(path).encode()) > _SHORT:  # noqa: PTH119
            self._refuse("long name", errno.ENAMETOOLONG)
        return self._backing + (path.lower() if self._how == "folds-case" else path)

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        found = os.lstat(self._real(path))
        names = ("ino", "mode", "nlink", "uid", "gid", "size", "atime", "mtime", "ctime")
        return {f"st_{name}": getattr(found, f"st_{name}") for name in names}

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *os.listdir(self._real(path))]  # noqa: PTH208

    def mkdir(self, path: str, mode: int) -> None:
        os.mkdir(self._real(path), mode)  # noqa: PTH102

    def rmdir(self, path: str) -> None:
        os.rmdir(self._real(path))  # noqa: PTH106

    def unlink(self, path: str) -> None:
        os.unlink(self._real(path))

    def statfs(self, path: str) -> dict[str, int]:
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": 0, "f_namemax": self._longest}

    def rename(self, old: str, new: str) -> None:
        if self._how == "no-rename":
            self._refuse("rename", errno.ENOSYS)
        os.rename(self._real(old), self._real(new))  # noqa: PTH104

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        fd = os.open(self._real(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        self._written[fd] = 0
        self._open[path] = fd
        return fd

    def open(self, path: str, flags: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            self._refuse("open to write", errno.EPERM)
        return os.open(self._real(path), os.O_RDONLY)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        if fh in self._written:
            self._refuse("read while writing", errno.EPERM)
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        if offset != self._written[fh]:
            self._refuse("write out of order", errno.EINVAL)
        count = os.pwrite(fh, data, offset)
        self._written[fh] += count
        return count

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        self._refuse("truncate", errno.EOPNOTSUPP)

    def release(self, path: str, fh: int) -> None:
        self._written.pop(fh, None)
        os.close(fh)


if __name__ == "__main__":
    backing, mount, how, log = sys.argv[1:5]
    served = ObjectMount(backing, how, log)
    fuse.FUSE(served, mount, foreground=True, nothreads=True, use_ino=True)
