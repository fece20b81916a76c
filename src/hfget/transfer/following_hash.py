"""The hash of a file that is still coming: it follows the finished beginning."""

from __future__ import annotations

from hfget.model import RemoteFile
from hfget.partials import PositionalFile, PrefixHash
from hfget.transfer.ledger import Ledger


class FollowingHash:
    """Hashes what is on disk, read back, up to the first gap.

    One thread at a time may advance it: who follows the file, or who finishes it. `position` is
    how many bytes are hashed, for all to read.
    """

    def __init__(self, file: RemoteFile, ledger: Ledger) -> None:
        self.position = 0
        self._file = file
        self._ledger = ledger
        self._reader: PositionalFile | None = None
        self._hash: PrefixHash | None = None

    def begin(self, reader: PositionalFile) -> None:
        """Hash the data of `reader` from its start, and close it in the end."""
        self.close()
        self._reader = reader
        self._hash = PrefixHash(reader, self._file.hash_kind, self._file.size)
        self.position = 0

    def advance(self) -> bool:
        """Hash the next piece; false if there is none. Raises OSError."""
        follower, prefix = self._hash, self._ledger.prefix()
        if follower is None or follower.position >= prefix:
            return False
        before = follower.position
        follower.advance(prefix)
        self.position = follower.position
        return follower.position > before

    def hexdigest(self) -> str:
        assert self._hash is not None
        return self._hash.hexdigest()

    def close(self) -> None:
        """Read no more. Idempotent."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
