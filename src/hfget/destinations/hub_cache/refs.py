"""The refs of a repo in the Hub cache: which commit a branch or tag was when it was complete."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from hfget.destinations.asked_revisions import Remembered
from hfget.destinations.record_files import read_own_text
from hfget.destinations.safe_directories import Directories
from hfget.destinations.safe_paths import destination
from hfget.destinations.wanted_files import read_wanted
from hfget.errors import UnsafeError
from hfget.model import RepoRef, Snapshot, is_commit
from hfget.system import READ_ONLY, atomic_write, disk_error, read_text


class Refs:
    """`refs` in the folder of one repo; `own` is hfget's folder there."""

    def __init__(self, folder: Path, own: Path, directories: Directories, *, fsync: bool) -> None:
        self._folder = folder
        self._own = own
        self._directories = directories
        self._fsync = fsync

    def path(self, snapshot: Snapshot) -> Path:
        """Where the commit of the revision asked for is kept. Raises UnsafeError."""
        return destination(self._folder / "refs", snapshot.ref.revision or "main")

    def remembered(self, ref: RepoRef, *, anyones: bool = False) -> Remembered | None:
        """See `Layout.remembered`. A ref of huggingface_hub's counts as one of hfget's."""
        asked = ref.revision or "main"
        commit, moment = asked, 0.0
        with suppress(OSError, ValueError, UnsafeError):
            name = destination(self._folder / "refs", asked)
            self._directories.refuse_escape(name.parent)
            commit = read_own_text(name, 100, foreign=anyones).strip()
            moment = name.stat().st_mtime
        if not is_commit(commit):
            return None
        wanted = read_wanted(self._own / commit, anyones=anyones)
        return Remembered(wanted.repo_id if wanted else ref.repo_id, commit, moment)

    def point(self, snapshot: Snapshot) -> None:
        """Let the branch or tag that was asked for name the commit (huggingface_hub: `refs`).

        As there, a cache that cannot be written to goes without.
        """
        if snapshot.ref.revision == snapshot.commit:
            return
        target = self.path(snapshot)
        temporary = self._own / snapshot.commit / "ref"
        with suppress(OSError, ValueError):
            if read_text(target, 100) == snapshot.commit:
                if not snapshot.stale:
                    os.utime(target, follow_symlinks=False)  # it was this commit today, too
                return
        try:
            atomic_write(temporary, snapshot.commit, sync=self._fsync)
            self._directories.move_in(temporary, target, replace=True)
        except OSError as error:
            if error.errno not in READ_ONLY and error.errno != errno.ENOENT:
                raise disk_error(error, target) from error
