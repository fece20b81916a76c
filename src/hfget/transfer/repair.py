"""Which blocks of a file are kept when its hash is wrong or its data cannot be read back."""

from __future__ import annotations

import errno
from collections.abc import Callable

from hfget.errors import DiskError, VerificationError
from hfget.limits import MAX_DISK_REPAIRS, MAX_READ_REPAIRS, MAX_REFETCHES
from hfget.messages import advice
from hfget.messages import transfer_texts as texts
from hfget.model import RemoteFile
from hfget.partials import Block, Partial
from hfget.sources import ByteSource
from hfget.system import disk_error
from hfget.transfer.suspects import Suspects


class Repairs:
    """The tries of one file. The CRC of each block tells the disk's faults from the server's."""

    def __init__(self, file: RemoteFile, source: ByteSource) -> None:
        self._file = file
        self._source = source
        self._suspects = Suspects(file, source)
        self._of_disk = self._of_reading = self._refetches = 0

    def after_wrong_hash(
        self, partial: Partial, actual: str, check: Callable[[], None] = lambda: None
    ) -> tuple[Block, ...]:
        """All but the blocks that the disk changed; else all but those of one sender; else none.

        `check` raises what is to end it. Raises DiskError and VerificationError when the tries are
        used up.
        """
        damaged = partial.damaged()
        if damaged and self._of_disk < MAX_DISK_REPAIRS:
            self._of_disk += 1
            return _without(partial, damaged)
        if damaged:
            raise DiskError(
                texts.DISK_LOSES(damaged=len(damaged)),
                path=self._file.path,
                hint=advice.CHECK_DISK_OR_OTHER_FOLDER,
            )
        keep = self._suspects.keep(partial, check)
        if keep is not None:
            return keep
        if agreed := self._suspects.agree:
            raise VerificationError(
                texts.LISTING_WRONG(
                    agreed=agreed,
                    hash_kind=self._file.hash_kind,
                    actual=actual[:12],
                    etag=self._file.etag[:12],
                ),
                path=self._file.path,
                hint=advice.NAME_LISTER_FIRST,
            )
        if self._refetches < MAX_REFETCHES:
            self._refetches += 1
            return ()
        raise VerificationError(
            texts.WRONG_BYTES(
                origin=self._source.origin,
                hash_kind=self._file.hash_kind,
                actual=actual[:12],
                etag=self._file.etag[:12],
            ),
            path=self._file.path,
            hint=advice.OTHER_MIRROR,
        )

    def after_right_hash(self, partial: Partial) -> None:
        """Name who has sent what had to be fetched again. Raises DiskError."""
        self._suspects.convict(partial)

    def after_read_error(self, partial: Partial, error: OSError) -> tuple[Block, ...]:
        """All but the blocks that cannot be read, or are not what was written.

        Raises DiskError for any error but EIO, and when the tries are used up.
        """
        if error.errno != errno.EIO or self._of_reading >= MAX_READ_REPAIRS:
            raise disk_error(error, partial.data_path, texts.READING_BACK) from error
        self._of_reading += 1
        return _without(partial, partial.damaged())


def _without(partial: Partial, damaged: list[Block]) -> tuple[Block, ...]:
    bad = {block.offset for block in damaged}
    return tuple(block for block in partial.recorded() if block.offset not in bad)
