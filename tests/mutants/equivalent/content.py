"""Of what becomes the bytes of a file."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "partials/journal.py",
        "self._epoch = secrets.randbits(32)",
        "self._epoch = secrets.randbits( 31)",
    ): "a random number of either size does",
    (
        "partials/journal.py",
        "if self._fd >= 0:",
        "if self._fd > 0:",
    ): "descriptor 0 is standard input",
    (
        "transfer/ledger.py",
        "_ASSUMED_RATE = 1e9",
        "_ASSUMED_RATE = 999999999.0",
    ): "faster than any connection",
    (
        "transfer/ledger.py",
        "_ASSUMED_RATE = 1e9",
        "_ASSUMED_RATE = 1000000001.0",
    ): "faster than any connection",
    (
        "partials/recovery.py",
        "_COPY_BYTES = 1 << 20",
        "_COPY_BYTES = 1 << 19",
    ): "how much is copied at a time",
    (
        "partials/recovery.py",
        "_COPY_BYTES = 1 << 20",
        "_COPY_BYTES = 1 << 21",
    ): "how much is copied at a time",
    (
        "partials/recovery.py",
        "_COPY_BYTES = 1 << 20",
        "_COPY_BYTES = 2 << 20",
    ): "how much is copied at a time",
    (
        "partials/recovery.py",
        "if journal is None and not os.path.lexists(own):",
        "if journal is None or not os.path.lexists(own):",
    ): "a journal that names the inode of the data is its journal wherever it lies",
    (
        "partials/digest.py",
        "while follower.position < size:",
        "while follower.position <= size:",
    ): "one look more, which finds nothing and ends it",
    (
        "partials/digest.py",
        "self._buffer = bytearray(min(_READ_BYTES, max(size, 1)))",
        "self._buffer = bytearray(min(_READ_BYTES, max(size, 2)))",
    ): "a byte of a buffer that nothing is read into",
    (
        "partials/digest.py",
        "self._buffer = bytearray(min(_READ_BYTES, max(size, 1)))",
        "self._buffer = bytearray(min(_READ_BYTES, max(size, 0)))",
    ): "a byte of a buffer that nothing is read into",
    (
        "partials/digest.py",
        "if length > 0:",
        "if length >= 0:",
    ): "nothing is read, and nothing is hashed of it",
    (
        "partials/digest.py",
        "if length > 0:",
        "if length > -1:",
    ): "nothing is read, and nothing is hashed of it",
    (
        "transfer/durability.py",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 2.0",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 1.0",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 2.0",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 3.0",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 2.0",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 33, 2.0",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 2.0",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 65 * 32, 2.0",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 2.0",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 63 * 32, 2.0",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 32, 2.0",
        "SYNC_JOURNAL_BYTES, SYNC_SECONDS = 64 * 31, 2.0",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "partials/journal.py",
        "_MAX_HEADER = 1 << 20",
        "_MAX_HEADER = 2 << 20",
    ): "far above any header, far below what hurts",
    (
        "partials/journal.py",
        "_MAX_HEADER = 1 << 20",
        "_MAX_HEADER = 1 << 19",
    ): "far above any header, far below what hurts",
    (
        "partials/journal.py",
        "_MAX_HEADER = 1 << 20",
        "_MAX_HEADER = 1 << 21",
    ): "far above any header, far below what hurts",
    (
        "partials/journal.py",
        "fd = os.dup(self._fd) if self._fd >= 0 else -1",
        "fd = os.dup(self._fd) if self._fd > 0 else -1",
    ): "descriptor 0 is standard input",
    (
        "partials/journal.py",
        "if self._fd >= 0:",
        "if self._fd >= 1:",
    ): "descriptor 0 is standard input",
    (
        "partials/journal.py",
        "fd = os.dup(self._fd) if self._fd >= 0 else -1",
        "fd = os.dup(self._fd) if self._fd >= 1 else -1",
    ): "descriptor 0 is standard input",
    (
        "partials/partial.py",
        "return cls(stem, identity, (), data, create=True)",
        "return cls(stem, identity, (), data, create=False)",
    ): "what is not there is then made by the second try",
    (
        "partials/partial.py",
        "mark = journal.mark() if journal else 0",
        "mark = journal.mark() if journal else -1",
    ): "where there is no journal nobody asks for the mark",
    (
        "partials/partial.py",
        "if mine is None or not mine.blocks or (there.movable and there.worth > mine.bytes):",
        "if mine is None or not mine.blocks or (there.movable and there.worth >= mine.bytes):",
    ): "of two that are worth as much either may stay",
}
