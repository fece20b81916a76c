"""Of what is asked, answered and kept secret."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "sources/content_checks.py",
        '_POINTER, _MAX_POINTER_BYTES = b"version https://git-lfs", 1024',
        '_POINTER, _MAX_POINTER_BYTES = b"version https://git-lfs", 1025',
    ): "no pointer comes near that size; which of two true sentences is said depends on it",
    (
        "sources/content_checks.py",
        "raise _lie(response, texts.ENCODED(encoding=answer.encoding[:20]))",
        "raise _lie(response, texts.ENCODED(encoding=answer.encoding[: 19]))",
    ): "how much of a nonsensical name is shown",
    (
        "sources/content_checks.py",
        "raise _lie(response, texts.ENCODED(encoding=answer.encoding[:20]))",
        "raise _lie(response, texts.ENCODED(encoding=answer.encoding[: 21]))",
    ): "how much of a nonsensical name is shown",
    (
        "sources/content_checks.py",
        "return bool(response.raw.read(len(_POINTER), decode_content=False) == _POINTER)",
        "return bool(response.raw.read(len(_POINTER), decode_content=True) == _POINTER)",
    ): "a length is compared only where no encoding is named",
    (
        "transfer/finalize.py",
        "FOLLOWED_BYTES = 16 << 20",
        "FOLLOWED_BYTES = 16 << 19",
    ): "who hashes it, not whether it is hashed",
    (
        "transfer/finalize.py",
        "FOLLOWED_BYTES = 16 << 20",
        "FOLLOWED_BYTES = 16 << 21",
    ): "who hashes it, not whether it is hashed",
    (
        "transfer/finalize.py",
        "FOLLOWED_BYTES = 16 << 20",
        "FOLLOWED_BYTES = 15 << 20",
    ): "who hashes it, not whether it is hashed",
    (
        "transfer/finalize.py",
        "FOLLOWED_BYTES = 16 << 20",
        "FOLLOWED_BYTES = 17 << 20",
    ): "who hashes it, not whether it is hashed",
    (
        "transfer/finalize.py",
        'f"hfget-hash-{job.file.path[:40]}", lambda: self._hash_along(job)',
        'f"hfget-hash-{job.file.path[: 39]}", lambda: self._hash_along(job)',
    ): "how much of a path is in a thread's name",
    (
        "transfer/finalize.py",
        'f"hfget-hash-{job.file.path[:40]}", lambda: self._hash_along(job)',
        'f"hfget-hash-{job.file.path[: 41]}", lambda: self._hash_along(job)',
    ): "how much of a path is in a thread's name",
}
