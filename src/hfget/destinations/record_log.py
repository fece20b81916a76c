"""hfget's own record of what lies in a folder: which content each file was hashed to have.

A record is believed for one file only, the one that was hashed: size, modification time, change
time and inode are as they were, neither time is in the future, and file and record belong to
this user. Nothing that was downloaded, copied, unpacked or cloned fits, for no one can choose an
inode together with a change time; such a file is hashed once, and then recorded.

A line a file, the last one of a name counts:

    CRC ETAG SIZE MODIFIED CHANGED INODE TYPE REPO COMMIT NAME

Times are in nanoseconds. ETAG is `!` for a file that was found wrong, `-` for one that is not to
be there any more. Without a hash (`- - - -` in place of the stamp) the line says which repo the
file is of; what is known of the same content stays known, as another process may have just
written it. Lines are appended, so that several processes lose nothing of each other's; the CRC-32
of the rest tells a line that a crash has torn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from hfget.destinations.record_files import is_mine, read_record
from hfget.destinations.safe_directories import Seen
from hfget.destinations.shared_log import append, write_anew
from hfget.system import Stamp, atomic_write, writes_in_order_only

WRONG, GONE = "!", "-"
_UNKNOWN = "-"
_MOST_BYTES = 256 << 20
_FIELDS = 10
#: A log with so many lines that say nothing any more, beside as many as count, is written anew.
_STALE_LINES = 1_000


class Entry(NamedTuple):
    """What is recorded of one file; `stamp` is what was hashed, `repo_id` may be empty."""

    etag: str
    stamp: Stamp | None
    repo_type: str
    repo_id: str
    commit: str

    @property
    def repo(self) -> tuple[str, str]:
        return self.repo_type, self.repo_id


class RecordLog:
    """The records at `path`. Thread-safe; lines of other processes are kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, str] | None = None
        self._lines = 0
        self._version: Stamp | None = None
        self._unwritten: dict[str, str] = {}
        #: The user ID whose record this is, if it is not this user's and therefore not believed.
        self.foreign_owner: int | None = None

    def get(self, name: str) -> Entry | None:
        """What is recorded of `name`."""
        with self._lock:
            said = self._entries().get(name)
        return _entry(said) if said is not None else None

    def holds(self, name: str, seen: Seen) -> Entry | None:
        """The record of `name`, if it was made for the very file that was seen."""
        said = self._held(name, seen)
        if said is None:
            return None
        etag, _, _, _, _, *repo = said.split(" ")
        return Entry(etag, seen.stamp, *map(_known, repo))

    def is_held(self, name: str, seen: Seen) -> bool:
        """Whether there is such a record."""
        return self._held(name, seen) is not None

    def _held(self, name: str, seen: Seen) -> str | None:
        """Compared as text: to make numbers of it takes longer than all else."""
        known = self._known
        if known is None:
            with self._lock:
                known = self._entries()
        said = known.get(name)
        if said is None or not said.startswith(_stamp(seen), said.index(" ") + 1):
            return None
        if not is_mine(seen.owner):
            return None
        if max(seen.modified_ns, seen.changed_ns) > time.time_ns():
            return None
        return said

    def names(self) -> list[str]:
        """Every name that has a record."""
        with self._lock:
            return list(self._entries())

    def repos(self) -> set[tuple[str, str]]:
        """Type and ID of every repo that files are recorded for."""
        with self._lock:
            found = {_repo(said) for said in self._entries().values()}
        return {repo for repo in found if repo[1] != _UNKNOWN}

    def of_repo(self, repo: tuple[str, str]) -> Iterator[tuple[str, Entry]]:
        """Names and records of the files of one repo."""
        with self._lock:
            found = [item for item in self._entries().items() if _repo(item[1]) == repo]
        for name, said in found:
            if (entry := _entry(said)) is not None:
                yield name, entry

    def add(self, name: str, entry: Entry) -> None:
        """From now on this is what is known of `name`; `write` brings that to disk."""
        said = _said(entry)
        with self._lock:
            entries = self._entries()
            if entry.stamp is None:
                said = _with_stamp(said, entries.get(name))
            if entries.get(name) != said:
                entries[name] = said
                self._unwritten[name] = said
            if entry.etag == GONE:
                entries.pop(name, None)

    def drop(self, name: str) -> None:
        """Nothing is known of `name` any more."""
        if self.get(name) is not None:
            self.add(name, Entry(GONE, None, "", "", ""))

    def refresh(self) -> None:
        """Look again what other processes have recorded."""
        with self._lock:
            if self._known is not None and self._version != _version(self._path):
                self._known = None

    def write(self) -> None:
        """Append what was added. Raises OSError."""
        with self._lock:
            lines, self._unwritten = self._unwritten, {}
            if not lines:
                return
            text = "".join(_line(name, said) for name, said in lines.items())
            try:
                self._append(text)
            except BaseException:
                self._unwritten = lines | self._unwritten
                raise
            self._lines += len(lines)
            self._version = None
            self.foreign_owner = None

    def _append(self, text: str) -> None:
        """Some mounts let nothing be appended: there the log is written anew. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not writes_in_order_only(self._path.parent):
            append(self._path, text)
            return
        known, _, _ = _read(self._path)
        atomic_write(self._path, _lines(known) + text)

    def compact(self) -> None:
        """Write the log anew if most of it does not count any more. Raises OSError.

        Not while another process appends, or where files cannot be locked.
        """
        with self._lock:
            if self._version != _version(self._path):
                self._known = None
            entries = self._entries()
            if self._unwritten or self._lines <= 2 * len(entries) + _STALE_LINES:
                return
            write_anew(self._path, lambda: _lines(_read(self._path)[0]))
            self._known = None

    def _entries(self) -> dict[str, str]:
        """By name, what its last line says: the fields between CRC and NAME."""
        if self._known is None:
            self._version = _version(self._path)
            self._known, self._lines, self.foreign_owner = _read(self._path)
            self._known |= self._unwritten
        return self._known


def _version(path: Path) -> Stamp | None:
    with suppress(OSError):
        return Stamp.of(path.lstat())
    return None


def _read(path: Path) -> tuple[dict[str, str], int, int | None]:
    """What is said of each name, how many lines there are, and whose they are if not mine."""
    entries: dict[str, str] = {}
    try:
        text, owner = read_record(path, _MOST_BYTES, errors="replace")
    except OSError:
        return entries, 0, None
    if not is_mine(owner):
        return entries, 0, owner
    lines = text.split("\n")
    for line in lines:
        fields = line.split(" ", _FIELDS - 1)
        if len(fields) < _FIELDS or fields[0] != f"{crc32(line[9:].encode()):08x}":
            continue
        name = fields[-1]
        if fields[1] == GONE:
            entries.pop(name, None)
        else:
            said = line[9 : -len(name) - 1]
            entries[name] = said if fields[2] != _UNKNOWN else _with_stamp(said, entries.get(name))
    return entries, len(lines), None


def _said(entry: Entry) -> str:
    stamp = _stamp(entry.stamp) if entry.stamp is not None else "- - - - "
    repo = f"{entry.repo_type or _UNKNOWN} {entry.repo_id or _UNKNOWN} {entry.commit or _UNKNOWN}"
    return f"{entry.etag} {stamp}{repo}"


def _with_stamp(said: str, known: str | None) -> str:
    """A line without a hash, with the one that is known of the same content."""
    etag, *fields = said.split(" ")
    if known is None or not known.startswith(f"{etag} "):
        return said
    return " ".join((*known.split(" ")[:5], *fields[4:]))


def _stamp(stamp: Stamp | Seen) -> str:
    return f"{stamp.size} {stamp.modified_ns} {stamp.changed_ns} {stamp.inode} "


def _line(name: str, said: str) -> str:
    rest = f"{said} {name}"
    return f"{crc32(rest.encode()):08x} {rest}\n"


def _repo(said: str) -> tuple[str, str]:
    """Type and ID of the repo."""
    _, repo_type, repo_id, _ = said.rsplit(" ", 3)
    return repo_type, repo_id


def _entry(said: str) -> Entry | None:
    """None for a line that this codec does not write."""
    etag, size, modified, changed, inode, *repo = said.split(" ")
    stamp = None
    if size != _UNKNOWN:
        try:
            stamp = Stamp(int(size), int(modified), int(changed), int(inode))
        except ValueError:
            return None
    return Entry(etag, stamp, *map(_known, repo))


def _known(field: str) -> str:
    return "" if field == _UNKNOWN else field


def _lines(entries: Mapping[str, str]) -> str:
    return "".join(_line(name, said) for name, said in entries.items())
