"""Of what is asked, answered and kept secret."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "transfer/answer.py",
        '_POINTER, _MAX_POINTER_BYTES = b"version https://git-lfs", 1024',
        '_POINTER, _MAX_POINTER_BYTES = b"version https://git-lfs", 1025',
    ): "no pointer comes near that size; which of two true sentences is said depends on it",
    (
        "transfer/answer.py",
        'raise _lie(response, f"the answer is encoded as {answer.encoding[:20]!r}")',
        'raise _lie(response, f"the answer is encoded as {answer.encoding[: 19]!r}")',
    ): "how much of a nonsensical name is shown",
    (
        "transfer/answer.py",
        'raise _lie(response, f"the answer is encoded as {answer.encoding[:20]!r}")',
        'raise _lie(response, f"the answer is encoded as {answer.encoding[: 21]!r}")',
    ): "how much of a nonsensical name is shown",
    (
        "transfer/answer.py",
        "return bool(response.raw.read(len(_POINTER), decode_content=False) == _POINTER)",
        "return bool(response.raw.read(len(_POINTER), decode_content=True) == _POINTER)",
    ): "a length is compared only where no encoding is named",
}
