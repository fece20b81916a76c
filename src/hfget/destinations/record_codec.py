"""The records in `DIR/.cache/huggingface/`, in the format huggingface_hub reads and writes.

`download/PATH.metadata` has three lines: commit hash, etag (sha256 or git sha1), unix time
(`_local_folder.py`). `trees/COMMIT.json` is a listing, format version 1 (`_tree_cache.py`).
`hfget.json` is hfget's own: which files were asked for, and of which repo. What was hashed and
found right is in another record (`recordlog.py`).

What another user has written is not read, unless a function is told to take `anyones` word.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from hfget.destinations.record_files import read_record
from hfget.destinations.record_json import FORMAT_VERSION, listing_text, wanted_entry, wanted_text
from hfget.model import RemoteFile, Snapshot, is_commit, is_etag, is_sha1, is_sha256
from hfget.system import atomic_write

RECORD_NAME = "hfget.json"
METADATA_SUFFIX = ".metadata"
_CACHEDIR_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory holds download records; see https://bford.info/cachedir/\n"
)
_MOST_METADATA_BYTES = 4096
#: Larger listings (a million files) are not read back; what is not read is asked for again.
_MOST_JSON_BYTES = 256 << 20
_MOST_SIZE = 1 << 62
_LATEST = 1e11  # unix seconds


class Metadata(NamedTuple):
    """What is recorded of one downloaded file; `timestamp` in unix seconds."""

    commit: str
    etag: str
    timestamp: float


class Home(NamedTuple):
    """Where a file was asked for: a repo at a commit, and the endpoint that listed it."""

    repo_type: str
    repo_id: str
    commit: str
    endpoint: str

    @property
    def repo(self) -> tuple[str, str]:
        return self.repo_type, self.repo_id


class Wanted(NamedTuple):
    """What `hfget.json` says: for each file asked for the content it should have.

    The repo is the one of the last run; `homes` has the files that an earlier run asked for,
    of another repo or commit. `written` is when the last was asked for, in unix seconds by the
    clock of the file system.
    """

    repo_id: str
    repo_type: str
    commit: str
    endpoint: str
    files: dict[str, RemoteFile]
    homes: dict[str, Home]
    written: float
    revision: str = ""

    def home(self, path: str) -> Home:
        """Where the file at `path` was asked for."""
        last = Home(self.repo_type, self.repo_id, self.commit, self.endpoint)
        return self.homes.get(path, last)


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


def write_metadata(records: Path, path: str, commit: str, etag: str, modified: float = 0.0) -> None:
    """Record that `path` has this content now. Raises OSError.

    `modified` is the file's own time, which a server's clock may have set: the record is never
    older. A name too long for the record's suffix stays unrecorded: it is hashed on the next run.
    """
    target = _metadata_name(records, path)
    text = f"{commit}\n{etag}\n{max(time.time(), modified)}\n"
    try:
        try:
            atomic_write(target, text)
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
    data = _read_json(records / "trees" / f"{commit}.json", anyones=anyones)
    if data is None or data.get("format_version") != FORMAT_VERSION:
        return None
    try:
        return tuple(_tree_file(path, info) for path, info in data["files"].items())
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


def _names_in(folder: Path) -> list[str]:
    """What lies in a folder; nothing where it is closed: what is needed of it is missed later."""
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []


def read_etags(records: Path) -> dict[str, set[str]]:
    """By path, every content that a listing recorded here gives it: runs were to fetch that."""
    etags: dict[str, set[str]] = {}
    commits = [name[:-5] for name in _names_in(records / "trees") if name.endswith(".json")]
    listings = [read_tree(records, commit) for commit in commits]
    wanted = read_wanted(records)
    for files in [*listings, wanted.files.values() if wanted else ()]:
        for file in files or ():
            etags.setdefault(file.path, set()).add(file.etag)
    return etags


def read_wanted(records: Path, *, anyones: bool = False) -> Wanted | None:
    """What was asked for here, or None if hfget has not downloaded into this folder."""
    return _wanted_in(_read_json(records / RECORD_NAME, anyones=anyones), records)


def _wanted_in(data: dict[str, Any] | None, records: Path) -> Wanted | None:
    try:
        if data is None or data["format_version"] != FORMAT_VERSION:
            return None
        files = {path: _tree_file(path, info) for path, info in data["files"].items()}
        homes = {
            path: Home(*(str(info["home"][name]) for name in Home._fields))
            for path, info in data["files"].items()
            if "home" in info
        }
        repo_id, repo_type, commit = (str(data[n]) for n in ("repo_id", "repo_type", "commit"))
        written = (records / RECORD_NAME).stat().st_mtime
        endpoint = str(data.get("endpoint", ""))
        revision = str(data.get("revision", ""))
        return Wanted(repo_id, repo_type, commit, endpoint, files, homes, written, revision)
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return None


def write_wanted(records: Path, snapshot: Snapshot, wanted: Sequence[RemoteFile]) -> None:
    """Record what is being downloaded, beside what was before. Raises OSError."""
    there = _read_json(records / RECORD_NAME)
    before = _wanted_in(there, records)
    last = Home(snapshot.ref.repo_type, snapshot.ref.repo_id, snapshot.commit, snapshot.endpoint)
    files: dict[str, tuple[RemoteFile, dict[str, str] | None]] = {
        file.path: (file, None) for file in wanted if not file.defect
    }
    for path, file in before.files.items() if before else ():
        if before and path not in files:
            home = before.home(path)
            files[path] = file, home._asdict() if home != last else None
    head = {
        "format_version": FORMAT_VERSION,
        "repo_id": snapshot.ref.repo_id,
        "repo_type": snapshot.ref.repo_type,
        "revision": snapshot.ref.revision or "main",
        "commit": snapshot.commit,
        "endpoint": snapshot.endpoint,
    }
    target = records / RECORD_NAME
    if there and _says(there, head, files):
        with suppress(OSError):
            os.utime(target)
    else:
        atomic_write(target, wanted_text(head, files), sync=True)


def _says(
    document: dict[str, Any],
    head: dict[str, Any],
    files: dict[str, tuple[RemoteFile, dict[str, str] | None]],
) -> bool:
    """Whether the document is what would be written."""
    listed = document.get("files")
    if not isinstance(listed, dict) or {**head, "files": listed} != document:
        return False
    return len(listed) == len(files) and all(
        listed.get(path) == wanted_entry(*asked) for path, asked in files.items()
    )


def unwant(records: Path, paths: Iterable[str]) -> None:
    """These files are not to be there any more. Raises OSError."""
    document = _read_json(records / RECORD_NAME)
    files = document.get("files") if document else None
    if document is None or not isinstance(files, dict):
        return
    for path in paths:
        files.pop(path, None)
    atomic_write(records / RECORD_NAME, json.dumps(document), sync=True)


def _tree_file(path: str, info: dict[str, Any]) -> RemoteFile:
    """Raises KeyError, TypeError or ValueError for what no listing can hold."""
    size, blob_id, sha256 = info["size"], info["blob_id"], info.get("lfs_sha256")
    xet_hash = info.get("xet_hash")
    sound = type(size) is int and 0 <= size < _MOST_SIZE and isinstance(blob_id, str)
    known = is_sha1(blob_id) if sha256 is None else is_sha256(sha256)
    if not sound or not known:
        raise ValueError("not a listing")
    return RemoteFile(path, size, blob_id, sha256, xet_hash if isinstance(xet_hash, str) else None)


def _metadata_name(records: Path, path: str) -> str:
    """A string: for ten thousand files, Paths would take most of the time."""
    return os.path.join(records, "download", path + METADATA_SUFFIX)


def _read_json(path: Path, *, anyones: bool = False) -> dict[str, Any] | None:
    try:
        found = read_record(path, _MOST_JSON_BYTES)
        data = json.loads(found.text) if found.is_mine or anyones else None
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None
