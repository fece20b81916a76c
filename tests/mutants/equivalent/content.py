"""Of what becomes the bytes of a file."""

from __future__ import annotations

_CREATED = """\
try:
    return cls(stem, identity, (), data, create=True, folder=folder)
except FileNotFoundError:
    stem.parent.mkdir(parents=True, exist_ok=True)
    return cls(stem, identity, (), data, create=True)"""
_FIRST_NOT = _CREATED.replace("True, folder", "False, folder")
_THEN_NOT = _CREATED.removesuffix("True)") + "False)"

EQUIVALENT: dict[tuple[str, str, str, str], str] = {
    (
        "partials/journal.py",
        "JournalWriter.__init__",
        "secrets.randbits(32)",
        "secrets.randbits(31)",
    ): "a random number of either size does",
    (
        "partials/journal.py",
        "JournalWriter.close",
        "self._fd >= 0",
        "self._fd > 0",
    ): "descriptor 0 is standard input",
    (
        "partials/journal.py",
        "JournalWriter._add",
        "self._fd >= 0",
        "self._fd > 0",
    ): "descriptor 0 is standard input",
    (
        "transfer/ledger.py",
        "",
        "_ASSUMED_RATE = 1000000000.0",
        "_ASSUMED_RATE = 999999999.0",
    ): "faster than any connection",
    (
        "transfer/ledger.py",
        "",
        "_ASSUMED_RATE = 1000000000.0",
        "_ASSUMED_RATE = 1000000001.0",
    ): "faster than any connection",
    ("partials/recovery.py", "", "1 << 20", "1 << 19"): "how much is copied at a time",
    ("partials/recovery.py", "", "1 << 20", "1 << 21"): "how much is copied at a time",
    ("partials/recovery.py", "", "1 << 20", "2 << 20"): "how much is copied at a time",
    (
        "partials/recovery.py",
        "found_at",
        "journal is None and (not os.path.lexists(own))",
        "journal is None or not os.path.lexists(own)",
    ): "a journal that names the inode of the data is its journal wherever it lies",
    (
        "partials/digest.py",
        "hash_file",
        "follower.position < size",
        "follower.position <= size",
    ): "one look more, which finds nothing and ends it",
    (
        "partials/digest.py",
        "PrefixHash.__init__",
        "max(size, 1)",
        "max(size, 2)",
    ): "a byte of a buffer that nothing is read into",
    (
        "partials/digest.py",
        "PrefixHash.__init__",
        "max(size, 1)",
        "max(size, 0)",
    ): "a byte of a buffer that nothing is read into",
    (
        "partials/digest.py",
        "PrefixHash.advance",
        "length > 0",
        "length >= 0",
    ): "nothing is read, and nothing is hashed of it",
    (
        "partials/digest.py",
        "PrefixHash.advance",
        "length > 0",
        "length > -1",
    ): "nothing is read, and nothing is hashed of it",
    (
        "transfer/durability.py",
        "",
        "(64 * 32, 2.0)",
        "(64 * 32, 1.0)",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "",
        "(64 * 32, 2.0)",
        "(64 * 32, 3.0)",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "",
        "64 * 32",
        "64 * 33",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "",
        "64 * 32",
        "65 * 32",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "",
        "64 * 32",
        "63 * 32",
    ): "how much, or how long, is unsynced at most, more or less",
    (
        "transfer/durability.py",
        "",
        "64 * 32",
        "64 * 31",
    ): "how much, or how long, is unsynced at most, more or less",
    ("partials/journal.py", "", "1 << 20", "2 << 20"): "far above any header, far below what hurts",
    ("partials/journal.py", "", "1 << 20", "1 << 19"): "far above any header, far below what hurts",
    ("partials/journal.py", "", "1 << 20", "1 << 21"): "far above any header, far below what hurts",
    (
        "partials/journal.py",
        "JournalWriter.sync",
        "self._fd >= 0",
        "self._fd > 0",
    ): "descriptor 0 is standard input",
    (
        "partials/journal.py",
        "JournalWriter.close",
        "self._fd >= 0",
        "self._fd >= 1",
    ): "descriptor 0 is standard input",
    (
        "partials/journal.py",
        "JournalWriter._add",
        "self._fd >= 0",
        "self._fd >= 1",
    ): "descriptor 0 is standard input",
    (
        "partials/journal.py",
        "JournalWriter.sync",
        "self._fd >= 0",
        "self._fd >= 1",
    ): "descriptor 0 is standard input",
    (
        "partials/partial.py",
        "Partial.open",
        _CREATED,
        _FIRST_NOT,
    ): "what is not there is then made by the second try",
    (
        "partials/partial.py",
        "Partial.open",
        _CREATED,
        _THEN_NOT,
    ): "what is not there is then made by the second try",
    (
        "partials/partial.py",
        "Partial.sync",
        "journal.mark() if journal else 0",
        "journal.mark() if journal else -1",
    ): "where there is no journal nobody asks for the mark",
    (
        "partials/recovery.py",
        "lay_down",
        "there.worth > mine.bytes",
        "there.worth >= mine.bytes",
    ): "of two that are worth as much either may stay",
}
