"""What a folder's records say of a file that is there, and whether that may be replaced."""

from __future__ import annotations

import os
import stat
from functools import cached_property
from pathlib import Path

from hfget.destinations import record_codec
from hfget.destinations.layout import Placement
from hfget.destinations.record_log import RecordLog
from hfget.destinations.safe_directories import Seen
from hfget.errors import DiskError
from hfget.messages import advice
from hfget.messages import destination_texts as texts
from hfget.model import ItemState

_NO_REPO = ("", "")


class History:
    """What earlier runs, and huggingface_hub, have put into a folder. Only reads."""

    def __init__(self, records: Path, log: RecordLog) -> None:
        self._records = records
        self._log = log

    def put_here(self, path: str, seen: Seen, repo: tuple[str, str]) -> bool:
        """Whether this run's repo put the file there, and it was not edited since.

        Who edits a file sets its time. The same file with other bytes at the same time is damaged.
        """
        entry = self._log.get(path)
        if entry is None or entry.stamp is None or entry.repo not in (repo, _NO_REPO):
            return False
        stamp = entry.stamp
        return (stamp.inode, stamp.modified_ns) == (seen.inode, seen.modified_ns)

    def knows(self, path: str) -> bool:
        """Whether something was recorded as downloaded here under this name."""
        if self._log.get(path) is not None:
            return True
        return record_codec.read_metadata(self._records, path, anyones=True) is not None

    def earlier(self, path: str, repo: tuple[str, str]) -> frozenset[str]:
        """The contents that were downloaded here under this name, or were to be."""
        etags = set(self._etags.get(path, ()))
        if (entry := self._log.get(path)) is not None:
            if entry.repo not in (repo, _NO_REPO):
                return frozenset()  # another repo's, which is also here
            etags.add(entry.etag)
        if (metadata := record_codec.read_metadata(self._records, path)) is not None:
            etags.add(metadata.etag)
        return frozenset(etags)

    @cached_property
    def _etags(self) -> dict[str, set[str]]:
        """By path, the contents that runs before this one were to fetch."""
        return record_codec.read_etags(self._records)


def at_obstacle(target: Path, found: os.stat_result, *, force: bool) -> Placement:
    """What is not a file may be replaced by force, but for a folder."""
    if stat.S_ISDIR(found.st_mode):
        error = DiskError(texts.FOLDER_NOT_FILE(target=target), hint=advice.MOVE_AWAY)
        return Placement.refused(target, error)
    if force:
        return Placement(target, ItemState.OUTDATED)
    what = "a link" if stat.S_ISLNK(found.st_mode) else texts.NOT_A_REGULAR_FILE
    return Placement.refused(
        target, DiskError(texts.TARGET_IS(target=target, what=what), hint=advice.MOVE_AWAY_OR_FORCE)
    )
