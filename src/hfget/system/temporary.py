"""Names for what is given another one by rename, or goes at once."""

from __future__ import annotations

import random


def temporary_name() -> str:
    """A name that `sweep_temporaries` knows."""
    return f".{random.getrandbits(64):016x}.tmp"
