"""Answers of small files that were given before: whole, in memory, and looked at on the disk."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from hfget.server.repos.listing import Listing, ServedFile
from hfget.system import Stamp

#: Contents up to here are kept in memory, so many bytes of answers in all.
KEPT_BYTES, _MOST_KEPT = 16 << 10, 48 << 20


@dataclass(slots=True)
class Revision:
    """A listing, what its answers say besides, and until when that counts (monotonic)."""

    listing: Listing
    extra: bytes
    until: float


class _Answer(NamedTuple):
    """What follows the default headers; `here` is where the content lies, None for a head."""

    rest: bytes
    revision: Revision
    file: ServedFile
    here: ServedFile | None


@dataclass(slots=True)
class Answered:
    """By the first line of a request that asks for nothing but the whole."""

    _answers: dict[bytes, _Answer] = field(default_factory=dict)
    _total: int = 0

    def keep(
        self,
        line: bytes,
        rest: bytes,
        revision: Revision,
        file: ServedFile,
        here: ServedFile | None,
    ) -> None:
        """`rest` answers `line` as long as `revision` counts and the file is as it was."""
        before = self._answers.get(line)
        self._total += len(rest) - (len(before.rest) if before else 0)
        if self._total > _MOST_KEPT:
            self._answers.clear()
            self._total = len(rest)
        self._answers[line] = _Answer(rest, revision, file, here)

    def again(self, line: bytes) -> bytes | None:
        """The same answer, if it still is right. Raises OSError for a file that is gone."""
        known = self._answers.get(line)
        if known is None or time.monotonic() > known.revision.until:
            return None
        here, supply = known.here, known.file.supply
        if here is not None:
            if supply is not None and supply.known() is not here:
                return None
            if Stamp.of(os.stat(here.real)) != here.stamp:
                return None
        return known.rest
