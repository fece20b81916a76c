"""Who listed what: a recorded listing with the endpoints that gave it.

The listing itself is huggingface_hub's record (`trees/COMMIT.json`), which every program may
write and read. Beside it hfget keeps a note of its own: which endpoints it had this listing
from, how far it is proved, and the hash of the record that this is true of. A record without a
note that fits was written by another program, and may be cut.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

from hfget.destinations import record_codec
from hfget.destinations.record_files import read_own_text
from hfget.endpoints import origin_of
from hfget.model import Proof, RemoteFile, Snapshot
from hfget.system import atomic_write, read_bytes

_FORMAT_VERSION = 1
_MOST_NOTE_BYTES = 16_384
_MOST_LISTING_BYTES = 256 << 20
_MOST_ENDPOINTS = 16


class RecordedListing(NamedTuple):
    """A listing that was written down; `endpoints` is empty where its owner is not known.

    Only with `own` may it be written down again, as this user's.
    """

    files: tuple[RemoteFile, ...]
    endpoints: tuple[str, ...]
    proof: Proof
    own: bool = True

    def is_from(self, endpoint: str) -> bool:
        return recorded_name(endpoint) in self.endpoints


class Differences(NamedTuple):
    """How two listings of one commit differ: paths by what is the matter with them."""

    other: tuple[str, ...]
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        return self.other + self.only_here + self.only_there


class Origins:
    """The recorded listings below `records`; the note of a commit lies at `note(commit)`."""

    def __init__(self, records: Path, notes: Path, suffix: str) -> None:
        self._records = records
        self._notes = notes
        self._suffix = suffix
        self._read: dict[str, RecordedListing | None] = {}

    def recorded(self, commit: str, *, anyones: bool = False) -> RecordedListing | None:
        """The listing of a commit, or None if there is none that can be read.

        With `anyones` it may be another user's, of whose endpoints nothing is believed.
        """
        if anyones and self.recorded(commit) is None:
            files = record_codec.read_tree(self._records, commit, anyones=True)
            return None if files is None else RecordedListing(files, (), Proof(), own=False)
        if commit not in self._read:
            self._read[commit] = self._look(commit)
        return self._read[commit]

    def write(self, snapshot: Snapshot) -> None:
        """Record the listing, if it is one, and that its endpoint gave it. Raises OSError."""
        if not snapshot.whole:
            return
        before = self.recorded(snapshot.commit)
        same = before is not None and (
            before.files == snapshot.files or not any(differences(before.files, snapshot.files))
        )
        known = before is not None and (not snapshot.endpoint or before.is_from(snapshot.endpoint))
        if same and known:
            return
        self._read.pop(snapshot.commit, None)
        if any(file.defect for file in snapshot.files):
            self.forget(snapshot.commit)
            return
        if not same:
            record_codec.write_tree(self._records, snapshot)
        if not snapshot.endpoint:
            return
        digest = self._digest(snapshot.commit)
        if digest is None:
            return
        others = before.endpoints if before is not None and same else ()
        document = {
            "format_version": _FORMAT_VERSION,
            "listing_sha256": digest,
            "endpoints": [*others, recorded_name(snapshot.endpoint)][-_MOST_ENDPOINTS:],
            "proof": asdict(snapshot.proof),
        }
        note = self._note(snapshot.commit)
        note.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(note, json.dumps(document))

    def forget(self, commit: str) -> None:
        """Remove a recorded listing, and the note on it."""
        self._read.pop(commit, None)
        record_codec.forget_tree(self._records, commit)
        with suppress(OSError):
            self._note(commit).unlink()

    def _note(self, commit: str) -> Path:
        return self._notes / f"{commit}{self._suffix}"

    def _look(self, commit: str) -> RecordedListing | None:
        files = record_codec.read_tree(self._records, commit)
        if files is None:
            return None
        endpoints, proof = self._read_note(commit)
        return RecordedListing(files, endpoints, proof)

    def _read_note(self, commit: str) -> tuple[tuple[str, ...], Proof]:
        """What the note says, or nothing if it is not on the listing that is there."""
        try:
            note = json.loads(read_own_text(self._note(commit), _MOST_NOTE_BYTES))
            if note["format_version"] != _FORMAT_VERSION:
                return (), Proof()
            if note["listing_sha256"] != self._digest(commit):
                return (), Proof()
            return tuple(map(str, note["endpoints"])), _proof(note["proof"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return (), Proof()

    def _digest(self, commit: str) -> str | None:
        with suppress(OSError, ValueError):
            path = self._records / "trees" / f"{commit}.json"
            return hashlib.sha256(read_bytes(path, _MOST_LISTING_BYTES)[0]).hexdigest()
        return None


def differences(here: Sequence[RemoteFile], there: Sequence[RemoteFile]) -> Differences:
    """How two listings differ in the content of files; in what names it, they may."""
    ours, theirs = ({file.path: file for file in files} for files in (here, there))
    other = (path for path, file in ours.items() if path in theirs and _other(file, theirs[path]))
    return Differences(
        tuple(other),
        tuple(path for path in ours if path not in theirs),
        tuple(path for path in theirs if path not in ours),
    )


def recorded_name(endpoint: str) -> str:
    """An endpoint as it is written down: origin and path."""
    return origin_of(endpoint) + "/" + endpoint.partition("://")[2].partition("/")[2].strip("/")


def _other(one: RemoteFile, two: RemoteFile) -> bool:
    return (one.etag, one.size) != (two.etag, two.size)


def _proof(told: Mapping[str, Any]) -> Proof:
    counts = {field.name: told[field.name] for field in fields(Proof)}
    if not all(type(count) is int and count >= 0 for count in counts.values()):
        raise ValueError("not a count")
    return Proof(**counts)
