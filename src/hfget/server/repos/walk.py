"""The files under a folder that may be served, found without following anything outside."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from hfget.server.repos.provenance import Provenance
from hfget.server.repos.visibility import Visibility, is_never_shown, is_text, looks_like_home
from hfget.system import Stamp, is_shortage

_MOST_DEEP = 100


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file: its path in the repo, the real file behind it, its stamp and unix times.

    `must_be` is the one content it may be shown with, where only a record makes it visible.
    """

    path: str
    real: Path
    stamp: Stamp
    mtime: float
    must_be: str | None = None

    @property
    def changed(self) -> float:
        """When its content or anything else about it last changed, as far as the disk knows."""
        return max(self.mtime, self.stamp.changed_ns / 1e9)


@dataclass(slots=True)
class Walk:
    """One look at the folder of a repo; `withheld` counts the files that are not shown."""

    folder: Path
    sight: Visibility
    provenance: Provenance
    #: What an earlier look has found, by path: most of it is found again as it was.
    before: Mapping[str, FoundFile] = field(default_factory=dict)
    withheld: int = field(default=0, init=False)
    _homes: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._homes = frozenset(map(str, self.sight.homes))

    def files(self) -> list[FoundFile]:
        """Every regular file that may be shown, sorted by path.

        A symlink is followed as long as its target may be shown; loops end where they began.
        Raises OSError where descriptors are short.
        """
        real = Path(os.path.realpath(self.folder))
        if real != self.sight.root and not self.sight.allows(real):
            return []
        found = self._walk(real, (), frozenset({real}), hidden=self._is_private(real))
        return sorted(found, key=attrgetter("path"))

    def _is_private(self, real: Path) -> bool:
        """Whether a folder on the way from the root is closed to others."""
        way = [real, *real.parents]
        for folder in way[: way.index(self.sight.root)]:
            try:
                if self.sight.is_restricted((), os.stat(folder)):
                    return True
            except OSError:
                return True
        return False

    def _walk(
        self, folder: Path, parts: tuple[str, ...], above: frozenset[Path], *, hidden: bool = False
    ) -> Iterator[FoundFile]:
        try:
            with os.scandir(folder) as listed:
                entries = list(listed)
        except OSError as error:
            if is_shortage(error):
                raise
            return
        if looks_like_home({entry.name for entry in entries}) or self.sight.in_home(folder):
            return
        for entry in entries:
            here = (*parts, entry.name)
            if is_never_shown(here) or not is_text(entry.name):
                continue
            try:
                place = entry.path
                if entry.is_symlink():
                    place = os.path.realpath(place)
                    if not self.sight.allows(Path(place)):
                        continue
                found = entry.stat()
            except OSError:
                continue
            restricted = hidden or self.sight.is_restricted((entry.name,), found)
            if stat.S_ISDIR(found.st_mode):
                real = Path(place)
                if real in above or len(here) > _MOST_DEEP:
                    continue
                if restricted and not self.provenance.reaches_into("/".join(here)):
                    continue
                yield from self._walk(real, here, above | {real}, hidden=restricted)
            elif stat.S_ISREG(found.st_mode) and place not in self._homes:
                yield from self._file("/".join(here), place, found, restricted=restricted)

    def _file(
        self, path: str, place: str, found: os.stat_result, *, restricted: bool
    ) -> Iterator[FoundFile]:
        must_be = self.provenance.etag(path) if restricted else None
        if restricted and must_be is None:
            self.withheld += 1
            return
        stamp, before = Stamp.of(found), self.before.get(path)
        if (
            before is not None
            and before.stamp == stamp
            and before.must_be == must_be
            and str(before.real) == place
        ):
            yield before
        else:
            yield FoundFile(path, Path(place), stamp, found.st_mtime, must_be)
