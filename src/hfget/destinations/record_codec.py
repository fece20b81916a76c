"""The records in `DIR/.cache/huggingface/`, in the format huggingface_hub reads and writes.

`download/PATH.metadata` has three lines: commit hash, etag (sha256 or git sha1), unix time
(`_local_folder.py`). `trees/COMMIT.json` is a listing, format version 1 (`_tree_cache.py`).
What hfget records besides: `wanted_files.py` what was asked for, `record_log.py` what was hashed
and found right.

What another user has written is not read, unless a function is told to take `anyones` word.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hfget.destinations.record_files import read_record
from hfget.destinations.record_json import FORMAT_VERSION, listing_text, read_json, tree_file
from hfget.destinations.wanted_files import read_wanted
from hfget.model import RemoteFile, Snapshot, is_commit, is_etag, is_sha256
from hfget.system import AtomicWriter, atomic_write, names_in

METADATA_SUFFIX = ".metadata"
_CACHEDIR_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory holds download records; see https://bford.info/cachedir/\n"
)
_MOST_METADATA_BYTES = 4096
_LATEST = 1e11  # unix seconds


def recorded_file(path: str, etag: str) -> RemoteFile:
    """A file of which only the content is recorded: -1 stands for its size."""
    return RemoteFile(path, -1, etag, etag if is_sha256(etag) else None)


class Metadata(NamedTuple):
    """What is recorded of one downloaded file; `timestamp` in unix seconds."""

    commit: str
    etag: str
    timestamp: float


def prepare(records: Path) -> None:
    """Make the record folder, with the marks that keep it out of git and of backups."""
    (records / "download").mkdir(parents=True, exist_ok=True)
    (records / "trees").mkdir(exist_ok=True)
    tag(records)
    with suppress(OSError):
        if not os.path.exists(records / ".gitignore"):
            atomic_write(records / ".gitignore", "*")


def tag(folder: Path) -> None:
    """Mark a folder as one that backups may leave out."""
    with suppress(OSError):
        if not os.path.exists(folder / "CACHEDIR.TAG"):
            atomic_write(folder / "CACHEDIR.TAG", _CACHEDIR_TAG)


def read_metadata(records: Path, path: str, *, anyones: bool = False) -> Metadata | None:
    """huggingface_hub's record of `path`, or None if there is none that can be read."""
    try:
        found = read_record(_metadata_name(records, path), _MOST_METADATA_BYTES)
        commit, etag, timestamp = (line.strip() for line in found.text.split("\n")[:3])
        modified = float(timestamp)
    except (OSError, ValueError):
        return None
    if not (found.is_mine or anyones) or not is_etag(etag) or not 0 <= modified < _LATEST:
        return None
    return Metadata(commit, etag, modified)


def has_records(records: Path, folder: str) -> bool:
    """Whether any file in `folder` of the repo has a record. Raises OSError."""
    try:
        with os.scandir(os.path.join(records, "download", folder)) as entries:
            return any(entry.name.endswith(METADATA_SUFFIX) for entry in entries)
    except FileNotFoundError:
        return False


def was_recorded_since(records: Path, path: str, moment: float) -> bool:
    """Whether the record of `path` was written after `moment` by the clock of the file system."""
    with suppress(OSError):
        return os.stat(_metadata_name(records, path)).st_mtime > moment
    return False


def write_metadata(
    records: Path,
    path: str,
    commit: str,
    etag: str,
    modified: float = 0.0,
    writer: AtomicWriter | None = None,
) -> None:
    """Record that `path` has this content now. Raises OSError.

    `modified` is the file's own time, which a server's clock may have set: the record is never
    older. A name too long for the record's suffix stays unrecorded: it is hashed on the next run.
    """
    target = _metadata_name(records, path)
    text = f"{commit}\n{etag}\n{max(time.time(), modified)}\n"
    try:
        write = atomic_write if writer is None else writer.write
        try:
            write(target, text)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            atomic_write(target, text)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise


def incomplete_stem(path: str, etag: str) -> str:
    """What huggingface_hub calls its partial of `path`, without suffix (`_local_folder.py`)."""
    name = path.rpartition("/")[2] + METADATA_SUFFIX
    digest = base64.urlsafe_b64encode(hashlib.sha1(name.encode()).digest()).decode()
    return f"{digest}.{etag}"


def forget(records: Path, path: str) -> None:
    """Remove the record of `path`, and the lock that huggingface_hub keeps beside it."""
    record = Path(_metadata_name(records, path))
    for name in (record, record.with_suffix(".lock")):
        with suppress(FileNotFoundError):
            name.unlink()


def recorded_paths(records: Path) -> Iterator[str]:
    """The repo path of every file that huggingface_hub's records speak of."""
    base = os.path.join(records, "download")
    for folder, _, names in os.walk(base):
        inside = folder[len(base) + 1 :].replace(os.sep, "/")
        prefix = f"{inside}/" if inside else ""
        for name in names:
            if name.endswith(METADATA_SUFFIX):
                yield prefix + name.removesuffix(METADATA_SUFFIX)


def read_tree(
    records: Path, commit: str, *, anyones: bool = False
) -> tuple[RemoteFile, ...] | None:
    """The recorded listing of a commit, or None if there is none that can be read."""
    if not is_commit(commit):
        return None
    data = read_json(records / "trees" / f"{commit}.json", anyones=anyones)
    if data is None or data.get("format_version") != FORMAT_VERSION:
        return None
    try:
        return tuple(tree_file(path, info) for path, info in data["files"].items())
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def write_tree(records: Path, snapshot: Snapshot) -> None:
    """Record a listing; one with defects is not worth keeping. Raises OSError."""
    if any(file.defect for file in snapshot.files):
        return
    files = sorted(snapshot.files, key=lambda file: file.path)
    atomic_write(records / "trees" / f"{snapshot.commit}.json", listing_text(files))


def forget_tree(records: Path, commit: str) -> None:
    """Remove a recorded listing."""
    with suppress(OSError):
        (records / "trees" / f"{commit}.json").unlink()


def read_etags(records: Path) -> dict[str, set[str]]:
    """By path, every content that a listing recorded here gives it: runs were to fetch that."""
    etags: dict[str, set[str]] = {}
    commits = [name[:-5] for name in names_in(records / "trees") if name.endswith(".json")]
    listings = [read_tree(records, commit) for commit in commits]
    wanted = read_wanted(records)
    for files in [*listings, wanted.files.values() if wanted else ()]:
        for file in files or ():
            etags.setdefault(file.path, set()).add(file.etag)
    return etags


def _metadata_name(records: Path, path: str) -> str:
    """A string: for ten thousand files, Paths would take most of the time."""
    return os.path.join(records, "download", path + METADATA_SUFFIX)
