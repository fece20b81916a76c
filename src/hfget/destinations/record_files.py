"""How records are read: the one door between what lies on the disk and what is believed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from hfget.system import check_shortage, owner_of, read_bytes, read_text

#: Where a folder has the records of what was downloaded into it.
RECORDS = os.path.join(".cache", "huggingface")
#: Which files were hashed, below `RECORDS`.
LOG_NAME = "hfget.records"

_HAS_OWNERS = hasattr(os, "geteuid")


class RecordText(NamedTuple):
    """What a record says, and the user ID of the one who could have written it."""

    text: str
    owner: int

    @property
    def is_mine(self) -> bool:
        return is_mine(self.owner)


def read_record(path: Path | str, most: int, *, errors: str = "strict") -> RecordText:
    """The text of a regular file of at most `most` bytes, and whose it is.

    Follows no link and waits for no pipe. Raises OSError, ValueError;
    DiskError where that says nothing about the record: it would count as lost.
    """
    try:
        data, found = read_bytes(path, most, foreign=True)
    except OSError as error:
        check_shortage(error, path)
        raise
    return RecordText(data.decode("utf-8", errors), owner_of(found))


def read_own_text(path: Path, most: int, *, foreign: bool = False) -> str:
    """As `read_record` and `system.read_text`: text of another user counts only with `foreign`."""
    try:
        return read_text(path, most, foreign=foreign)
    except OSError as error:
        check_shortage(error, path)
        raise


def is_mine(owner: int) -> bool:
    """Whether files of that user ID are this process's own; always where there are none."""
    return not _HAS_OWNERS or owner == os.geteuid()
