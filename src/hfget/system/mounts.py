"""What a mount can do: some over object stores take writes in order only, or rename nothing.

mountpoint-s3, gcsfuse, blobfuse and rclone differ by version and options, so they are asked, not
known by name: https://github.com/awslabs/mountpoint-s3/blob/main/doc/SEMANTICS.md,
https://rclone.org/commands/rclone_mount/#vfs-file-caching.
"""

from __future__ import annotations

import errno
import os
import random
import threading
from contextlib import suppress
from pathlib import Path

from hfget.system.safe_open import create_file

#: What says nothing of a mount's kind.
_OTHER_REASONS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOENT, errno.EMFILE, errno.EFBIG)

_known: dict[int, bool] = {}
_asking = threading.Lock()


def writes_in_order_only(folder: Path, device: int | None = None) -> bool:
    """Whether files in `folder` can only be written from the first byte to the last.

    Tried once a file system, with two bytes: `device` where that is known already. False where
    it cannot be tried. Raises OSError if it does not exist.
    """
    if not hasattr(os, "pwrite"):
        return False
    if device is None:
        device = os.stat(folder).st_dev
    if (known := _known.get(device)) is not None:
        return known
    with _asking:
        if device not in _known:
            with suppress(OSError):
                _known[device] = not _writes_anywhere(folder)
        return _known.get(device, False)


def cannot_rename(folder: Path) -> bool:
    """Whether a file in `folder` can be made, but not get another name."""
    first, second = folder / temporary_name(), folder / temporary_name()
    try:
        os.close(create_file(first, 0o600))
        try:
            first.rename(second)
        except OSError as error:
            return error.errno not in _OTHER_REASONS
        finally:
            for path in (first, second):
                with suppress(OSError):
                    path.unlink()
    except OSError:
        return False
    return False


def _writes_anywhere(folder: Path) -> bool:
    """Raises OSError where it cannot be tried."""
    trial = folder / temporary_name()
    fd = create_file(trial, 0o600)
    try:
        os.ftruncate(fd, 2)
        os.pwrite(fd, b"b", 1)
        os.pwrite(fd, b"a", 0)
        return os.pread(fd, 2, 0) == b"ab"
    except OSError as error:
        if error.errno in _OTHER_REASONS:
            raise
        return False
    finally:
        with suppress(OSError):
            os.close(fd)
        with suppress(OSError):
            trial.unlink()


def temporary_name() -> str:
    """A name that `sweep_temporaries` knows, of what is renamed or goes at once."""
    return f".{random.getrandbits(64):016x}.tmp"
