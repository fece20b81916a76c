"""Of what is asked, answered and kept secret."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str, str], str] = {
    (
        "sources/content_checks.py",
        "",
        "(b'version https://git-lfs', 1024)",
        "(b'version https://git-lfs', 1025)",
    ): "no pointer comes near that size; which of two true sentences is said depends on it",
    (
        "sources/content_checks.py",
        "open_body",
        "answer.encoding[:20]",
        "answer.encoding[:19]",
    ): "how much of a nonsensical name is shown",
    (
        "sources/content_checks.py",
        "open_body",
        "answer.encoding[:20]",
        "answer.encoding[:21]",
    ): "how much of a nonsensical name is shown",
    (
        "sources/content_checks.py",
        "_is_pointer",
        "response.raw.read(len(_POINTER), decode_content=False)",
        "response.raw.read(len(_POINTER), decode_content=True)",
    ): "a length is compared only where no encoding is named",
    ("transfer/finalize.py", "", "16 << 20", "16 << 19"): "who hashes it, not whether it is hashed",
    ("transfer/finalize.py", "", "16 << 20", "16 << 21"): "who hashes it, not whether it is hashed",
    ("transfer/finalize.py", "", "16 << 20", "15 << 20"): "who hashes it, not whether it is hashed",
    ("transfer/finalize.py", "", "16 << 20", "17 << 20"): "who hashes it, not whether it is hashed",
    (
        "transfer/finalize.py",
        "Finisher.follow",
        "job.file.path[:40]",
        "job.file.path[:39]",
    ): "how much of a path is in a thread's name",
    (
        "transfer/finalize.py",
        "Finisher.follow",
        "job.file.path[:40]",
        "job.file.path[:41]",
    ): "how much of a path is in a thread's name",
}
