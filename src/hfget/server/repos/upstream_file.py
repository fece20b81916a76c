"""A file that upstream lists: where it lies here by now, or how it comes."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from hfget.errors import HfgetError
from hfget.model import RemoteFile, Snapshot
from hfget.operations import KeptContents, Pull, Upstream
from hfget.server.repos.card import Card
from hfget.server.repos.listing import ServedFile
from hfget.server.repos.scanning import card_in
from hfget.server.repos.store import Store
from hfget.system import Stamp

#: So long a listing waits for the card of its repo, in seconds, and so large that may be.
_CARD_SECONDS, _MOST_CARD = 5.0, 1 << 20
_README = "README.md"
#: So long a client waits for the first byte from upstream, in seconds: if that does not answer,
#: and if it has answered.
_IMPATIENT_SECONDS, _PATIENT_SECONDS = 3.0, 25.0


class Kept(Protocol):
    """Where files of `upstream` are kept, and what brings them; `store` may have some, too."""

    upstream: Upstream
    contents: KeptContents
    store: Store
    is_down: bool

    def pull(self, snapshot: Snapshot, file: RemoteFile) -> Pull: ...


class UpstreamFile:
    """One file of a snapshot: where it lies here, or its transfer."""

    __slots__ = ("_file", "_found", "_mirror", "_pull", "_snapshot")

    def __init__(self, mirror: Kept, snapshot: Snapshot, file: RemoteFile) -> None:
        self._mirror = mirror
        self._snapshot = snapshot
        self._file = file
        self._found: ServedFile | None = None
        self._pull: Pull | None = None

    def located(self) -> ServedFile | None:
        pull = self._pull
        if pull is not None and pull.ended.is_set():
            self._pull = None
            if pull.place is not None:  # not recorded yet
                self._found = ServedFile(self._file, pull.place, pull.stamp)
        found = self._found
        if found is not None and _is_still(found):
            self._mirror.contents.used(found.real)
            return found
        self._found = self._kept() or self._elsewhere()
        return self._found

    def known(self) -> ServedFile | None:
        if (found := self._found) is not None:
            self._mirror.contents.used(found.real)
        return found

    def pull(self) -> Pull:
        self._pull = pull = self._mirror.pull(self._snapshot, self._file)
        return pull

    @property
    def patience(self) -> float:
        return _IMPATIENT_SECONDS if self._mirror.is_down else _PATIENT_SECONDS

    def _kept(self) -> ServedFile | None:
        with suppress(OSError, HfgetError):
            place = self._mirror.upstream.located(self._snapshot, self._file)
            if place is not None:
                self._mirror.contents.used(place)
                return ServedFile(self._file, place, Stamp.of(os.stat(place)))
        return None

    def _elsewhere(self) -> ServedFile | None:
        """The same content in a folder that is served, too, as far as that is known by now."""
        ref = self._snapshot.ref
        repo = self._mirror.store.find(ref.repo_type, ref.repo_id)
        for folder in repo.folders.values() if repo else ():
            listing = self._mirror.store.last_listing(folder)
            file = listing.files.get(self._file.path) if listing else None
            if file is not None and file.remote.etag == self._file.etag and _is_still(file):
                return replace(file, remote=self._file)
        return None


def _is_still(file: ServedFile) -> bool:
    try:
        return Stamp.of(os.stat(file.real)) == file.stamp
    except OSError:
        return False


def card_of(files: dict[str, ServedFile]) -> Card:
    """The card of a repo, fetched if it is not here; it is not waited for for long."""
    file = files.get(_README)
    if file is None or file.supply is None or file.remote.size > _MOST_CARD:
        return Card()
    if (located := file.supply.located()) is None:
        pull = file.supply.pull()
        pull.ended.wait(_CARD_SECONDS)
        located = file.supply.located() if pull.place else None
    return card_in(located)
