"""Of what becomes the bytes of a file."""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "transfer/journal.py",
        "self._epoch = secrets.randbits(32)",
        "self._epoch = secrets.randbits( 31)",
    ): "a random number of either size does",
    (
        "transfer/journal.py",
        "if self._fd >= 0:",
        "if self._fd > 0:",
    ): "descriptor 0 is standard input",
}
