"""Whose files lie in a destination: what another user owns is told of, and never believed."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from hfget.destinations.record_files import is_mine
from hfget.destinations.safe_directories import Seen
from hfget.messages import destination_texts as texts
from hfget.system import owner_of, safe_text

_ROOT_USER = 0


class Owners:
    """What is seen of other users in the folder `root` and among its `records`."""

    def __init__(self, root: Path, *records: Path) -> None:
        self._root = root
        self._records = records
        self._files: Counter[int] = Counter()

    def file(self, seen: Seen) -> None:
        """A file that a run looks at."""
        if not is_mine(seen.owner):
            self._files[seen.owner] += 1

    def cautions(self, foreign: int | None = None) -> list[str]:
        """A line for the folder, its records and its files, as far as they are another user's.

        `foreign` is the user ID of records that were read and not believed. What root owns is
        no news where root could change it anyway: a folder without its records.
        """
        lines = []
        name = safe_text(str(self._root), 200)
        owner = _owner(self._root)
        if owner is not None and owner != _ROOT_USER and not is_mine(owner):
            lines.append(texts.FOLDER_OF_OTHER(name=name, owner=_user_name(owner)))
        owners = [foreign, *map(_owner, self._records)]
        others = {owner for owner in owners if owner is not None and not is_mine(owner)}
        if others:
            names = " and ".join(sorted(map(_user_name, others)))
            lines.append(texts.RECORDS_OF_OTHER(name=name, names=names))
        for other, count in sorted(self._files.items()):
            said = texts.FILE_OF_OTHER if count == 1 else texts.FILES_OF_OTHER
            lines.append(said(number=count, name=name, other=_user_name(other)))
        self._files.clear()
        return lines


def _owner(path: Path) -> int | None:
    """The user ID of the owner; None if nothing is there, or nothing can be seen."""
    try:
        return owner_of(os.lstat(path))
    except OSError:
        return None


def _user_name(owner: int) -> str:
    """A user as messages name it: `user alice`, or `user 1001`."""
    try:
        import pwd

        return texts.USER(pw_name=pwd.getpwuid(owner).pw_name)
    except (ImportError, KeyError):
        return texts.USER(pw_name=owner)
