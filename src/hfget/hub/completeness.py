"""Is a listing whole? What was listed, held against all else that the endpoint says (pure).

A listing can be cut without a trace: a proxy that drops the query lists the top folder alone,
one that drops `Link` the first page. But git keeps no empty folders, the repo info names the
files (`siblings`), and a page that is full is seldom the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from hfget.hub.entries import remote_file, tree_id
from hfget.hub.git_ids import pointer_size
from hfget.messages import hub_texts as texts
from hfget.model import RemoteFile

#: The Hub's pages of a listing, and where hubs have been seen to cut siblings, are multiples.
_PAGE = 1000
_ROUND = 100


class TwiceError(Exception):
    """A path is listed twice, with different content."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Listed:
    """What was listed so far: files and folders by path, and what is neither."""

    def __init__(self) -> None:
        self.files: dict[str, RemoteFile] = {}
        self.folders: dict[str, str] = {}
        self.unknown: set[str] = set()
        self.odd_pointers: set[str] = set()
        #: Why there may be more than was listed, empty if nothing says so.
        self.may_go_on = ""

    def add(self, entries: Iterable[dict[str, Any]]) -> int:
        """Take entries in; how many of them are new. Raises TwiceError."""
        before = len(self.files) + len(self.folders) + len(self.unknown)
        for entry in entries:
            path = entry.get("path")
            if entry["type"] == "file":
                file = remote_file(entry)
                if self.files.setdefault(file.path, file) != file:
                    raise TwiceError(file.path)
                if file.is_lfs and _has_odd_pointer(entry, file.size):
                    self.odd_pointers.add(file.path)
            elif not isinstance(path, str):
                self.unknown.add("")
            elif entry["type"] == "directory":
                self.folders.setdefault(path, tree_id(entry))
            else:
                self.unknown.add(path)
        return len(self.files) + len(self.folders) + len(self.unknown) - before

    def add_file(self, file: RemoteFile) -> None:
        self.files.setdefault(file.path, file)

    @property
    def bytes(self) -> int | None:
        """The size of all files; None where one of them gives none."""
        if any(file.defect for file in self.files.values()):
            return None
        return sum(file.size for file in self.files.values())

    def empty_folders(self) -> list[str]:
        """Folders below which nothing is listed."""
        filled = {""}
        for path in [*self.files, *self.folders, *self.unknown]:
            while (path := path.rpartition("/")[0]) not in filled:
                filled.add(path)
        return [path for path in self.folders if path not in filled]


class Doubt(NamedTuple):
    """What speaks against a listing.

    `missing` are files that the info names, `empty` folders without content, `unknown` entries
    of no known kind; `surplus` tells how many more files are listed than the info names, and
    `maybe_cut` why it may not be all.
    """

    missing: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    surplus: int = 0
    maybe_cut: str = ""

    @property
    def is_vague(self) -> bool:
        """Whether the size of the whole would settle it."""
        return not (self.missing or self.unknown)


def doubt(listed: Listed, siblings: Sequence[str] | None) -> Doubt | None:
    """What speaks against `listed`, None if nothing does. `siblings` may be cut, None if unknown.

    Siblings that are cut are cut at a round number: then they can only show that files are
    missing. Empty ones beside files say nothing.
    """
    missing = tuple(name for name in siblings or () if name not in listed.files)
    names = frozenset(siblings or ())
    exact = siblings is not None and not missing and len(names) == len(listed.files)
    if exact and (len(names) % _ROUND or not names or not listed.may_go_on):
        return None
    surplus = len(listed.files) - len(names) if names and not missing else 0
    if len(names) % _ROUND == 0:
        surplus = 0
    found = Doubt(
        missing,
        tuple(listed.empty_folders()),
        tuple(sorted(listed.unknown - names)),
        surplus,
        listed.may_go_on or (texts.LISTS_NO_FILE if not listed.files else ""),
    )
    return found if any(found) else None


def is_full(entries: int) -> bool:
    """Whether a page of so many entries may be followed by another one."""
    return entries > 0 and entries % _PAGE == 0


def _has_odd_pointer(entry: dict[str, Any], size: int) -> bool:
    told = entry["lfs"].get("pointerSize")
    return told is not None and told != pointer_size(size)
